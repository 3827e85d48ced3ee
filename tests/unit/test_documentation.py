"""The pages for people: their links lead somewhere, and the files, rules and stages that they name are there."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Template

from mialign.paper.figures import FIGURES
from mialign.paper.tables.registry import TABLES

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/audit.md",
    "docs/add-an-objective.md",
    "docs/benchmarks.md",
    "docs/fidelity.md",
    "docs/recipes.md",
    "slurm/README.md",
    "results/README.md",
)


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(root, page):
    text = (root / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (root / page).parent / path if path else root / page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_repository_that_a_page_names_are_there(root, page):
    text = (root / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:workflow|tests|config|envs)/[\w./-]+)`", text)
    missing = [name for name in named if "NAME" not in name and not (root / name).exists()]
    assert not missing


def test_the_readme_says_what_came_out_and_how_to_run_it_in_its_first_ten_lines(root):
    first = "\n".join((root / "README.md").read_text(encoding="utf-8").split("\n")[:10])
    for said in ("arXiv", "make paper", "results/mini/paper.pdf", "![", " % ["):
        assert said in first


@cache
def template(path: Path) -> Template:
    return Template(path.read_text(encoding="utf-8"))


def caption(root, file: str, **known) -> str:
    """What a caption of the report says, as Snakemake fills it."""
    return template(root / "workflow/report" / file).render(snakemake=SimpleNamespace(**known)).strip()


@pytest.mark.parametrize(
    ("file", "kinds"),
    [("table.rst", TABLES.keys() - {"training_times"}), ("figure.rst", FIGURES.keys())],  # trainings.rst has the times
)
def test_every_table_and_figure_has_a_caption_in_the_report(root, file, kinds):
    told = {kind: caption(root, file, params=SimpleNamespace(kind=kind, experiment=None)) for kind in kinds}
    assert not [kind for kind, text in told.items() if not text.endswith(".")]
    assert len(set(told.values())) == len(kinds)


def test_the_report_tells_of_the_experiments_of_its_run(root):
    config = {"run": "mine", "seeds": [1, 2], "experiments": {"users": {"base": "weak"}, "maths": None}}
    told = caption(root, "workflow.rst", config=config)
    assert told.startswith("SAMI, DPO and SFT: the run mine")
    assert "two experiments" in told
    told = caption(root, "workflow.rst", config={**config, "document": "methods"})
    assert told.startswith("The run mine")
    assert "two experiments" not in told
    assert "Its experiments are *users*." in told


def stages_of_rules(root) -> dict[str, str]:
    """Rule -> the stage that it runs; a rule that only names targets is not in it."""
    rules = root / "workflow/rules"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(rules.glob("*.smk")))
    inputs = "\n".join(path.read_text(encoding="utf-8") for path in sorted((rules / "inputs").glob("*.smk")))
    shared = re.findall(r"^([A-Z]+) = \(\n.*run\.py (\w+)", inputs, re.MULTILINE)  # commands of several rules
    for name, stage in shared:
        text = re.sub(rf"\b{name}\b", f"run.py {stage} ", text)
    found = {}
    for block in re.split(r"^(?=rule |use rule )", text, flags=re.MULTILINE)[1:]:
        if used := re.match(r"use rule (\w+) as (\w+)", block):
            found[used[2]] = used[1]
        elif stage := re.search(r"run\.py (\w+)", block):
            found[re.match(r"rule (\w+)", block)[1]] = stage[1]
    return found


def test_the_rules_that_run_the_stage_of_another_are_listed(root):
    found = {(rule, stage) for rule, stage in stages_of_rules(root).items() if rule != stage}
    assert ("collapse", "train") in found
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition("| rules | stage |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*`) \| `(\w+)` \|$", table, re.MULTILINE)
    assert {(rule, stage) for names, stage in rows for rule in re.findall(r"`(\w+)`", names)} == found


def test_every_stage_has_a_row(root):
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition("## Stages and files")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (\w[\w, ]*?) \|", table, re.MULTILINE)
    named = {stage for row in rows for stage in row.split(", ")}
    assert {path.stem for path in (root / "workflow/scripts").glob("*.py")} <= named
