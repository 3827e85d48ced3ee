"""The page: its parts laid into the template, with a policy under which nothing else can run or be loaded."""

import base64
import hashlib
from importlib import resources
from pathlib import Path, PurePosixPath

from mialign.audit.lineage import Lineage
from mialign.audit.page import chunk, jobs, tables
from mialign.audit.page.records import Records
from mialign.core.errors import InputError

# In the order in which they stand in the page.
SCRIPTS = (
    "data", "dom", "table", "find", "recount", "evidence", "answers", "training", "jobs", "report", "pages", "start"
)  # fmt: skip
TABLES = ("tables/*.csv", "metrics/*.csv", "times/*.csv", "pairs/**/*.csv", "written_principles/*.csv", "*.csv")


def write(folder: Path) -> str:
    """The page of the results below `folder`; the same files give the same text."""
    if not any(folder.glob("metrics/*.csv")):
        raise InputError(f"{folder}: no metrics/*.csv there; name the folder of a run, results/<run>")
    parts = _parts(folder)
    index = {"parts": {name: number for number, name in enumerate(parts, start=1)}}
    encoded = [chunk.encode(value) for value in (index, *parts.values())]
    scripts = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    style = _asset("page.css")
    filled = {
        "POLICY": _policy(scripts, style),
        "STYLE": style,
        "SCRIPT": scripts,
        "DATA": "\n".join(
            f'<script type="text/plain" id="part{at}">{text}</script>' for at, text in enumerate(encoded)
        ),
    }
    page = _asset("page.html")
    for name, text in filled.items():
        before, after = page.split(f"<!--{name}-->")
        page = f"{before}{text}{after}"
    return page


def _parts(folder: Path) -> dict[str, object]:
    """What the page loads one by one: name -> value."""
    found = tables.below(folder, *TABLES)
    numbers = folder / "paper/numbers.csv"
    if numbers.is_file():
        found["paper/numbers.csv"] = tables.read(numbers)
    settings = _settings(found.get("paper/numbers.csv"))
    records = Records(folder)
    lineage = Lineage(folder)
    found |= _published(lineage)
    figures = {path.stem: path for path in sorted(folder.glob("figures/*.png"))}
    summary = {
        "run": settings.get("run", folder.resolve().name),
        "counts": dict(records.counts),
        "left_out": records.left_out,
        "settings": settings,
        "figures": list(figures),
        "tables": {name: len(table["rows"]) for name, table in found.items()},
        "answers": {name: list(seeds) for name, seeds in records.columns.items()},
        "pairs": {name: len(of_set) for name, of_set in records.pairs.items()},
    }
    return {
        "summary": summary,
        "curves": tables.curves(folder),
        "jobs": jobs.jobs(lineage),
        "graph": jobs.drawn(lineage),
        **found,
        **{f"questions/{experiment}": prompts for experiment, prompts in records.questions.items()},
        **records.columns,
        **records.pairs,
        **{f"figures/{name}": base64.b64encode(path.read_bytes()).decode() for name, path in figures.items()},
    }


def _published(lineage: Lineage) -> dict[str, dict]:
    """The published values behind numbers of the text, by the names of their origins, if they are as they were then.

    They are no results, so a folder that was copied elsewhere does not have them.
    """
    numbers = lineage.maker(f"{lineage.run}/paper/numbers.csv") or {"inputs": {}}
    read = {name: then for name, then in numbers["inputs"].items() if PurePosixPath(name).match("published/*.csv")}
    return {
        f"published/{PurePosixPath(name).name}": tables.read(lineage.place(name))
        for name, then in read.items()
        if lineage.state(name, then) == "same"
    }


def _settings(numbers: dict | None) -> dict[str, str]:
    """The settings that the numbers of the text hold, by path, as the config has them.

    Where an earlier version wrote the numbers, they are as LaTeX gets them.
    """
    if numbers is None:
        return {}
    rows = [dict(zip(numbers["columns"], row, strict=True)) for row in numbers["rows"]]
    if "setting" not in numbers["columns"]:
        rows = [row | {"setting": row["text"].replace("\\_", "_")} for row in rows]
    given = (row for row in rows if row["origin"].startswith("config: ") and row["setting"])
    return {row["origin"].removeprefix("config: "): row["setting"] for row in given}


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    """What a browser may do with the page: run this script, use this style, show pictures that are in it, and no more.

    Trusted types forbid besides that any text is made HTML or script (innerHTML, eval).
    """
    allowed = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
