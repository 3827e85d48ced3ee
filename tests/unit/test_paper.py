"""The paper with a made-up run: the same bytes, the numbers of the CSVs, errors by line."""

import csv
import re
import shutil

import made_up_run
import pytest
import yaml
from test_numbers import run_script
from test_tables import make

from mialign.core.errors import InputError
from mialign.core.files import write_text
from mialign.paper.compile_pdf import Results, compile_paper, first_error
from mialign.paper.tables.registry import TABLES

PAPER = made_up_run.ROOT / "paper"
pytestmark = pytest.mark.skipif(shutil.which("latexmk") is None, reason="LaTeX is not installed")


def paper(folder, config=None):
    """The bytes and the text of the paper of the run in `folder`, without figures."""
    import pymupdf

    config = config or made_up_run.config()
    run_script(folder, config)
    pdf = compile_paper(PAPER / "main.tex", Results.of_run(folder))
    with pymupdf.open(stream=pdf) as document:
        text = " ".join(page.get_text(flags=0) for page in document)
    return pdf, re.sub(r"\s+", " ", text.replace("-\n", ""))


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return tables(made_up_run.write_run(tmp_path_factory.mktemp("full")))


def tables(folder, config=None, without=("sides", "sources", "datasets", "steering")):
    """The folder of a run, with its tables in it: that of rates only where rates were tried."""
    for name in TABLES.keys() - ({"tuning"} if config and "tuning" not in config else set()) - set(without):
        write_text(folder / f"tables/{name}.tex", make(name, folder, config)[0])
    return folder


def test_the_paper_holds_the_numbers_and_is_the_same_every_time(full):
    pdf, text = paper(full)
    assert "SAMI’s win rate over SFT is 61.0 % [59.0, 63.0], which is above one half" in text
    assert (
        "SAMI’s win rate over SFT continued is 52.0 % [50.0, 54.0], and no difference from one half is resolved."
        in text
    )
    assert "+15.0 points [+12.0, +18.0]" in text
    assert "57.5, 57.5 and 55.6 %" in text
    assert "not measured" not in text
    assert "??" not in text
    assert "(?)" not in text
    assert not re.search("SmolLM2|Self-Instruct", text)  # which the bibliography has, and another configuration cites
    assert paper(full)[0] == pdf


def changed(folder, name, **values):
    """In metrics/{name}.csv the intervals of a metric, or of a method's metric (METHOD_METRIC), lie around a value."""
    path = folder / f"metrics/{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        for key in (row["metric"], f"{row['method']}_{row['metric']}"):
            if key in values:
                row |= {"value": values[key], "low": values[key] - 2, "high": values[key] + 2}
    made_up_run._csv(path, rows)


def test_where_sami_is_behind_no_sentence_has_it_ahead(tmp_path):
    made_up_run.write_run(tmp_path)
    changed(tmp_path, "comparisons", sami_win_rate=40, sami_win_rate_longer=40, sami_win_rate_shorter=50)
    changed(tmp_path, "accuracy", steps_share_difference_base=-20, accuracy_given_steps_difference_base=20)
    text = paper(tables(tmp_path))[1]
    for sentence in (
        "This judge gives SAMI a win rate of 40.0 % [38.0, 42.0] over the base model. SFT and SAMI together make "
        "the content worse. SAMI’s answers are correct less often than SFT’s.",
        "SFT continued is ahead of SAMI. SAMI’s win rate over SFT on all is 40.0 % [38.0, 42.0], which is "
        "below one half. SFT is ahead of SAMI on the same responses. The original calls for caution",
        "SAMI’s answer is longer than SFT’s in 1,440 comparisons. SAMI’s win rate there is 40.0 % [38.0, 42.0], which "
        "is below one half. SAMI’s answer is shorter in 1,440 comparisons. SAMI’s win rate there is 50.0 % [48.0, "
        "52.0], and no difference from one half is resolved.",
        "SAMI lowers the share of step-by-step answers among greedy answers (−20.0 points",  # a page ends here
        "SAMI is correct more often than the base model within that format (+20.0 points [+18.0, +22.0]). SFT lowers "
        "the share of step-by-step answers (−20.0 points [−22.0, −18.0]). SFT is correct more often than the base",
    ):
        assert sentence in text
    assert not re.search("SAMI is ahead|improve the content|lead over|comparison with SFT itself", text)


def test_where_sami_is_ahead_and_the_loss_rises_with_the_fall(tmp_path):
    made_up_run.write_run(tmp_path)
    changed(tmp_path, "comparisons", sami_win_rate=60, sami_win_rate_longer=50, sami_win_rate_shorter=60)
    path = tmp_path / "metrics/training.csv"
    path.write_text(re.sub("(collapse,rate_3,1,64,loss),.*", r"\1,9", path.read_text()))
    text = paper(tables(tmp_path))[1]
    for sentence in (
        "SFT and SAMI together improve the content.",
        "SAMI is ahead of SFT continued. The comparison with SFT itself mixes this advantage",
        "SAMI’s win rate there is 50.0 % [48.0, 52.0], and no difference from one half is resolved. SAMI’s answer is "
        "shorter in 1,440 comparisons. SAMI’s win rate there is 60.0 % [58.0, 62.0], which is above one half.",
        "The matched responses become less likely. The loss rises. A further training",
    ):
        assert sentence in text
    assert not re.search("content worse|gives no warning", text)


def test_the_paper_of_the_miniature_says_so(full):
    text = paper(full)[1]
    for words in (
        "Mutual-Information Alignment in Miniature",
        "trained from nothing on a small written world. Checkers take the place of a judge.",
        "The judge is exact.",
        "The generator, strong, writes them, and the base model, weak, learns from them",
        "Judge knows the principles (adherence)",
        "SAMI trained for longer",
        "The matched responses become less likely. The loss falls all the same, because the other responses lose more. "
        "The loss gives no warning",
        "We add three things to the original.",
        "The base model was made for the purpose.",
        "Learning rates of experiment 2. They are",
    ):
        assert words in text
    assert "language model as judge does" in text
    assert "outward marks" not in text


def test_the_paper_says_that_checkpoints_were_fixed_where_nothing_is_validated(tmp_path):
    overlay = tmp_path / "unvalidated.yaml"
    overlay.write_text("experiments: {multitask: {training: {validate_every: 0}}}\n")
    config = made_up_run.config("config/smoke.yaml", str(overlay))
    text = prose(made_up_run.write_run(tmp_path / "run", config), config)
    assert "The checkpoints were fixed before the run" in text
    assert "Training evaluates checkpoints" not in text
    assert "does best on the validation questions" not in text


def test_the_paper_at_full_size_says_nothing_of_the_miniature(tmp_path):
    config = made_up_run.config("config/full_size.yaml")
    text = paper(tables(made_up_run.write_run(tmp_path, config), config), config)[1]
    of_the_miniature = "miniature|checkers|from nothing|world|judge is exact|laptop|trunk|weak |strong |hundreds of"
    assert not re.search(f"{of_the_miniature}|SAMI trained for longer|are programs|correct or not", text, re.IGNORECASE)
    assert not re.search(r"not measured|\?\?|\(\?\)|no such table|content is correct in|of the principles\.", text)
    places = [place for model in config["models"].values() for place in model["places"]]
    joined = text.replace("-", "")  # a name may be broken after its hyphens
    for model in ("gpt-4o-2024-08-06", *(place["hub"] for place in places)):
        assert joined.count(model.replace("-", "")) > 1
    for place in places:
        assert place["revision"][:12] in text  # the table as CSV has all forty
    assert "It is asked in both orders" in text
    assert "The checkpoints were fixed before the run" in text
    assert "Ours is asked under a demonstration prompt too." in text
    assert "SFT vs base 432 720 288 3 60.0 [58.0, 62.0]" in text
    assert "RMSprop, β 0.1" in text


SMOLLM2 = "config/smollm2.yaml"


def prose(folder, config, *tables):
    """The text of the paper of a made-up run without its tables, but those whose presence chooses sentences."""
    for name in tables:
        write_text(folder / f"tables/{name}.tex", "A table.")
    return paper(folder, config)[1]


@pytest.mark.parametrize("tables", [["sides"], ["sides", "tuning"]], ids=["untuned", "tuned"])
def test_the_paper_of_a_given_small_model_says_what_it_is(tmp_path, tables):
    config = made_up_run.config(SMOLLM2)
    prompts = made_up_run.write_run(tmp_path, config) / "prompts/multitask/benchmark.jsonl"
    prompts.write_text(prompts.read_text() * 2)
    text = prose(tmp_path, config, *tables)
    of_others = (
        "town|polite|stronger model|miniature|from nothing|world|laptop|trunk|the generator|thirty-two attempts are"
    )
    assert not re.search(rf"{of_others}|not measured|\?\?|\(\?\)|content is correct in|unlike", text, re.IGNORECASE)
    sentences = (
        "We rebuild that study with SmolLM2-135M-Instruct, on many tasks and on word problems.",
        "Both experiments train SmolLM2-135M-Instruct (Ben Allal et al., 2025).",
        "the training questions are from self_instruct_seed (Wang et al., 2023), self_instruct_user (Wang et al., "
        "2023) and gsm8k_train (Cobbe et al., 2021).",
        "The benchmark questions are from mt_bench (Zheng et al., 2023) and vicuna_bench (Zheng et al., 2023).",
        "Each category has two principles, such as a bulleted list or words in bold.",
        "The base model, SmolLM2-135M",  # a page ends here
        "The writer was made to begin each response as its constitution asks",
        "The model that is trained is not shown this beginning",
        "They are 8 different questions, since some occur more than once.",
        "We use N = 2.",
        "A judge compares the answers of two models to one question.",
        "as long as the shorter one. The shorter one must",
        "for SFT. Figures 3 and 4 and Table",
        "and up to 10 times at temperature 0.7",
        "and their wordings are our own.",
        "so the choice is in part luck.",
        "Experiment 1 trains SmolLM2-135M-Instruct on responses of its own.",
        "Our temperature is 0.7.",
    )
    whole = text.replace("135M- Instruct", "135M-Instruct")  # a line may end there
    assert [sentence for sentence in sentences if sentence not in whole] == []
    for policy in (
        "The base model follows",
        "SFT continued follows",
        "SFT on all follows",
        "SFT follows",
        "SAMI follows",
    ):
        assert policy in text
    tuned = re.search(
        r"The learning rates (of the methods in Table \d+ )?were chosen on validation questions, with", text
    )
    untuned = (
        "The learning rates are those of the configuration, which names no table of others that were tried." in text
    )
    assert [bool(tuned), untuned] == ["tuning" in tables, "tuning" not in tables]


@pytest.mark.parametrize(
    ("overlays", "tables"),
    [
        (["config/smoke.yaml"], ["tuning"]),
        ([SMOLLM2, "config/smollm2_gpu.yaml"], ["sides", "agreement"]),
        ([SMOLLM2, "config/smollm2_smoke.yaml"], ["sides"]),
    ],
    ids=["smoke", "smollm2_gpu", "smollm2_smoke"],
)
def test_no_sentence_asks_for_a_number_that_its_run_does_not_have(tmp_path, overlays, tables):
    config = made_up_run.config(*overlays)
    text = prose(made_up_run.write_run(tmp_path, config), config, *tables)
    assert not re.search(r"not measured|\?\?|\(\?\)", text)
    assert ("SFT continued" in text) == ("sft_more" in config["experiments"]["multitask"]["methods"])


def test_small_models_on_real_questions_are_a_case_of_their_own(full):
    """What the text says of them when the judge is a program and the questions are not of our world."""
    config = made_up_run.config()
    config["sources"] = {name: {"file": "x.jsonl", "size": 9} for name in config["sources"]}
    text = paper(full, config)[1]
    assert "in Miniature" in text
    assert "The questions come from public files, and such models cannot answer them. Checkers take the place" in text
    assert "This count is rough on questions like these." in text
    assert "The judge is a program. It was written for other questions than these." in text
    assert "content is correct in" not in text


def test_a_judge_that_sees_the_form_of_any_text_is_called_that(tmp_path):
    config = made_up_run.config()
    config["sources"] = {name: {"file": "x.jsonl", "size": 9} for name in config["sources"]}
    text = paper(tables(made_up_run.write_run(tmp_path), without=("sources", "datasets", "steering")), config)[1]
    assert "The judge is a program. It sees the form of an answer, which the principles are about" in text
    assert "The principles are about the form of an answer, so the marks are what is asked for." in text
    assert "rough on questions like these" not in text
    assert text.index("two checkers, one for either side") > text.index("Limitations")


NAMES = ["a_b", "c & d", "50% e", "$f$ g", "#1 h", r"i \end{document}", "{j}~k^l", '[m] "n" <o>|*']


def test_whatever_is_named_is_printed_as_it_was_named(tmp_path, monkeypatch):
    """Categories and the labels of methods hold what means something to TeX; so do principles and a judge."""
    principles = yaml.safe_load((made_up_run.ROOT / "config/principles.yaml").read_text(encoding="utf-8"))
    known = dict(zip(NAMES, principles["categories"].values(), strict=True))
    principles["categories"] = known
    for number, block in enumerate(principles["principles"].values()):
        block["name"] = block["description"] = f"{NAMES[number % len(NAMES)]} {number}"
    (tmp_path / "principles.yaml").write_text(yaml.safe_dump(principles), encoding="utf-8")
    config = made_up_run.config() | {"run": "my_run", "principles": str(tmp_path / "principles.yaml")}
    for experiment in config["experiments"].values():
        for number, method in enumerate(experiment["methods"].values()):
            method["label"] = f"{NAMES[-number]} {number}"
    monkeypatch.setattr(made_up_run, "CATEGORIES", NAMES)
    text = paper(tables(made_up_run.write_run(tmp_path, config), config), config)[1]
    by_side = text[text.index("The interval of SAMI’s win rate over SFT lies") : text.index("The rate is highest in")]
    assert [name for name in NAMES if name not in by_side] == []
    assert "The my_run run of" in text
    for number, name in enumerate(NAMES[:5]):
        assert f"{name} {number}" in text
    assert f"{NAMES[-4]} 4 vs {NAMES[-1]} 1" in text


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
        compile_paper(tmp_path / "paper/main.tex", Results.of_run(full))


def test_first_error_of_a_log():
    log = "This is pdfTeX\n./main.tex:7: Undefined control sequence.\nl.7 \\foo\n  bar\n"
    assert first_error(log) == "LaTeX stopped at main.tex, line 7: Undefined control sequence.\n  at: l.7 \\foo"
    assert "installation" in first_error("")
