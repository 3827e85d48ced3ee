"""The paper with a made-up run: the same bytes, the numbers of the CSVs, errors by line."""

import re
import shutil

import made_up_run
import pytest
from test_numbers import run_script
from test_tables import make

from mialign.errors import InputError
from mialign.files import write_text
from mialign.latex import compile_paper, first_error
from mialign.tables.registry import TABLES

PAPER = made_up_run.ROOT / "paper"
pytestmark = pytest.mark.skipif(shutil.which("latexmk") is None, reason="LaTeX is not installed")


def paper(folder, config=None):
    """The bytes and the text of the paper of the run in `folder`, without figures."""
    import pymupdf

    config = config or made_up_run.config()
    run_script(folder, config)
    pdf = compile_paper(
        PAPER,
        sorted((folder / "figures").glob("*.pdf")),
        sorted((folder / "tables").glob("*.tex")),
        folder / "paper/numbers.tex",
    )
    with pymupdf.open(stream=pdf) as document:
        text = " ".join(page.get_text(flags=0) for page in document)
    return pdf, re.sub(r"\s+", " ", text.replace("-\n", ""))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return tables(made_up_run.write_run(tmp_path_factory.mktemp("full")))


def tables(folder, config=None):
    """The folder of a run, with its tables in it."""
    for name in TABLES:
        write_text(folder / f"tables/{name}.tex", make(name, folder, config)[0])
    return folder


def test_the_paper_holds_the_numbers_and_is_the_same_every_time(full):
    pdf, text = paper(full)
    assert "SAMI’s win rate over SFT is 61.0 % [59.0, 63.0], which is above one half" in text
    assert "it is 52.0 % [50.0, 54.0], which cannot be told from one half" in text
    assert "+15.0 points [+12.0, +18.0]" in text
    assert "57.5, 57.5 and 55.6 %" in text
    assert "not measured" not in text
    assert "??" not in text
    assert "(?)" not in text
    assert paper(full)[0] == pdf


def test_the_paper_of_the_miniature_says_so(full):
    text = paper(full)[1]
    for words in (
        "Mutual-Information Alignment in Miniature",
        "trained from nothing on a small written world, checkers in place of a judge",
        "The judge is exact.",
        "strong writes, weak learns",
        "Judge knows the principles (adherence)",
        "When SAMI runs on",
        "We add three things to the original.",
        "The base was made for the purpose.",
        "Learning rates are some fifty to eight hundred times higher",
    ):
        assert words in text
    assert "language model as judge does" in text
    assert "outward marks" not in text


def test_the_paper_at_full_size_says_nothing_of_the_miniature(tmp_path):
    config = made_up_run.config("config/paper.yaml")
    text = paper(tables(made_up_run.write_run(tmp_path, config), config), config)[1]
    of_the_miniature = "miniature|checkers|from nothing|world|judge is exact|laptop|trunk|weak |strong |hundreds of"
    assert not re.search(f"{of_the_miniature}|runs on|are programs|right or wrong", text, re.IGNORECASE)
    assert not re.search(r"not measured|\?\?|\(\?\)|no such table|Content is right|of the principles, against", text)
    joined = text.replace("-", "")  # a name may be broken after its hyphens
    for model in ("gpt-4o-2024-08-06", *(model["hub"] for model in config["models"].values())):
        assert joined.count(model.replace("-", "")) > 1
    for model in config["models"].values():
        assert model["revision"] in text
    assert "It is asked in both orders" in text
    assert "on the validation questions (up to 128 of them)" in text
    assert "SFT vs base 432 720 288 3 60.0 [58.0, 62.0]" in text
    assert "RMSprop, β 0.1" in text


def test_small_models_on_real_questions_are_a_case_of_their_own(full):
    """What the text says of them when the judge is a program and the questions are not of our world."""
    config = made_up_run.config()
    config["sources"] = {name: {"file": "x.jsonl", "size": 9} for name in config["sources"]}
    text = paper(full, config)[1]
    assert "in Miniature" in text
    assert "questions from public files, which such models cannot answer, checkers in place of a judge" in text
    assert "on questions like these that count is rough." in text
    assert "The judge is a program, written for other questions than these." in text
    assert "Content is right" not in text


def test_an_empty_run_compiles_and_says_what_is_missing(tmp_path):
    made_up_run.write_run(tmp_path)
    for path in (tmp_path / "metrics").glob("*.csv"):
        path.write_text(path.read_text().splitlines()[0] + "\n")
    text = paper(tmp_path)[1]
    assert "not measured" in text
    assert "This run made no such table." in text


def test_an_error_names_file_and_line(full, tmp_path):
    shutil.copytree(PAPER, tmp_path / "paper")
    with (tmp_path / "paper/sections/collapse.tex").open("a") as stream:
        stream.write("\nand then \\nosuchcommand\n")
    line = len((tmp_path / "paper/sections/collapse.tex").read_text().splitlines())
    run_script(full, made_up_run.config())
    with pytest.raises(InputError, match=rf"collapse\.tex, line {line}: Undefined control sequence"):
        compile_paper(
            tmp_path / "paper",
            sorted((full / "figures").glob("*.pdf")),
            sorted((full / "tables").glob("*.tex")),
            full / "paper/numbers.tex",
        )


def test_first_error_of_a_log():
    log = "This is pdfTeX\n./main.tex:7: Undefined control sequence.\nl.7 \\foo\n  bar\n"
    assert first_error(log) == "LaTeX stopped at main.tex, line 7: Undefined control sequence.\n  at: l.7 \\foo"
    assert "installation" in first_error("")
