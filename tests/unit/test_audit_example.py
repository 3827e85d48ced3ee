"""The crate that ships with the repository: small, of the present format, and what docs/audit.md shows of it is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mialign.audit import crate, crate_metadata, drawing, explanation, lookup, manifest
from mialign.audit.lineage import Lineage
from mialign.core.csv_files import rows
from mialign.core.files import read_json

EXAMPLE = "docs/example/crate.zip"
# Of a run of one's own; they write what verify and the tests of the audit read.
NOT_HERE = (
    "snakemake --cores 1 audit",
    "python workflow/run.py audit results/mini --crate mini.zip --without paper.pdf '*.png' '*.html'",
)
REMAKE = "the crate is of another format than the code; `make example` makes it anew"


@pytest.fixture(scope="module")
def example(root):
    with crate.unpacked(root / EXAMPLE) as folder:
        yield folder


# ---------------------------------------------------------------- the page about it
def blocks(page: str) -> list[list[str]]:
    return [text.splitlines() for text in re.findall(r"^```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)]


def is_command(line: str) -> bool:
    return line.split()[0] in ("python", "grep", "cd", "snakemake", "make")


def shown(line: str) -> re.Pattern:
    """What a line of the page stands for; … stands for anything."""
    return re.compile(".*".join(map(re.escape, line.split("…"))))


def test_the_commands_of_the_page_print_what_it_shows(root, tmp_path):
    """In a folder that has the workflow and the example, with the example for a run of one's own."""
    for name in ("workflow", "docs", "config"):
        (tmp_path / name).symlink_to(root / name)
    (tmp_path / "results").mkdir()
    for name in ("mini", "other"):
        (tmp_path / "results" / name).symlink_to("example")
    tried, printed = [], []
    for block in blocks((root / "docs/audit.md").read_text(encoding="utf-8")):
        if is_command(block[0]):
            for command in (line for line in block if line not in NOT_HERE):
                done = subprocess.run(
                    ["bash", "-c", command.replace("python ", f"{sys.executable} ", 1)],
                    cwd=tmp_path, capture_output=True, text=True, timeout=120,
                )  # fmt: skip
                assert done.returncode == 0, (command, done.stderr)
                tried.append(command)
                printed = done.stdout.splitlines()
        else:
            for line in block:
                assert any(map(shown(line).fullmatch, printed)), (line, f"see {tried[-1]}")
    assert len(tried) > 8
    assert (tmp_path / "results/example.html").stat().st_size > 10_000


@pytest.mark.parametrize("command", NOT_HERE)
def test_what_is_not_tried_stands_in_the_page(root, command):
    assert [command] in blocks((root / "docs/audit.md").read_text(encoding="utf-8"))


def test_everything_that_the_table_of_the_page_asks_for_is_there(root, example):
    table = (root / "docs/audit.md").read_text(encoding="utf-8").partition("| ask for |")[2].partition("\n\n")[0]
    asked = [name for line in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", line.split("|")[2])]
    assert len(asked) == 7
    lineage = Lineage(example)
    for name in asked:
        found = explanation.explain(lineage, lookup.find(lineage, name))
        assert found["jobs"], name
        assert "It was made by these jobs" in explanation.words(found, lineage)


# ---------------------------------------------------------------- what it is
def test_it_is_small_and_holds_a_run_with_all_that_a_number_is_counted_from(root, example):
    assert (root / EXAMPLE).stat().st_size <= 1_000_000
    assert all((example / name).is_file() for name in ("paper/numbers.csv", "audit/graph.svg", "audit/Snakefile"))
    kinds = {name.partition("/")[0] for name in manifest.read(example) if "/" in name}
    assert all(any((example / kind).rglob("*.*")) for kind in kinds)
    assert {Path(name).suffix for name in crate.left_out(example)} == {".safetensors", ".png", ".pdf"}


def test_it_is_of_the_present_format(root, example):
    about = read_json(example / crate_metadata.NAME)
    parts = {entity["@id"]: entity for entity in about["@graph"] if "File" in entity["@type"]}
    listed = manifest.read(example)
    kept = {name: digest for name, digest in listed.items() if name not in crate.left_out(example)}
    kept |= {name: parts[name]["sha256"] for name in drawing.NAMES}
    assert about == crate_metadata.describe(Lineage(example), kept), REMAKE
    before = {name: (example / name).read_bytes() for name in drawing.NAMES}
    drawing.write(example)
    assert {name: (example / name).read_bytes() for name in drawing.NAMES} == before, REMAKE


def test_its_jobs_noted_what_jobs_note_now(root, example, tmp_path):
    (tmp_path / "q.jsonl").write_text('{"question": "How many?", "category": "maths"}\n')
    settings = {"file": "q.jsonl", "fields": {"question": "question", "category": "category"}}
    words = ["questions", "--name", "q", "--data", tmp_path, "--settings", json.dumps(settings)]
    words += ["--categories", "maths", "--log", tmp_path / "logs/q.log", "--out", tmp_path / "out.jsonl"]
    subprocess.run([sys.executable, root / "workflow/run.py", *words], check=True, capture_output=True, timeout=60)
    now = json.loads((tmp_path / "logs/q.json").read_text())
    for job in Lineage(example).own:
        assert job.keys() == now.keys(), (job["log"], REMAKE)
        assert job["code"].keys() == now["code"].keys(), REMAKE


def test_its_code_was_committed_and_no_folder_of_a_machine_is_named_in_it(example):
    jobs = Lineage(example).own
    assert {job["code"]["dirty"] for job in jobs} == {False}
    assert len({job["code"]["commit"] for job in jobs}) == 1
    noted = [name for job in jobs for side in ("inputs", "outputs") for name in job[side]]
    assert [name for name in noted if name.startswith(("/", ".."))] == []
    assert {row["used"] for row in rows(example / "paper/numbers.csv", ("name", "text", "origin", "used"))} == {
        "yes", "no"
    }  # fmt: skip
