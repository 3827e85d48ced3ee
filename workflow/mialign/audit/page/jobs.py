"""The jobs of a run: what each took and whose files it read, as run.py noted it beside its log, and their graph."""

from pathlib import Path

from mialign.audit.graph import graph
from mialign.audit.lineage import Lineage
from mialign.core import job_usage
from mialign.core.errors import InputError

LOG = 4000  # characters of a log that are shown, from its end


def jobs(lineage: Lineage) -> list[dict]:
    """Each job: name, rule, seconds, memory_mib, the end of its log, and `reads`, the names of others.

    Of a folder without provenance the names and times are known, and no reads.
    """
    logs = lineage.folder / "logs"
    reads = _reads(lineage)
    return [
        {"name": name, "rule": name.partition("/")[0], **_took(path), "log": _end(path), "reads": reads.get(name, [])}
        for path in sorted(logs.rglob("*.tsv"))
        for name in [path.relative_to(logs).with_suffix("").as_posix()]
    ]


def drawn(lineage: Lineage) -> dict:
    """The graph of rules, as the page draws it: rules with their places, arrows with the places that they pass."""
    found = graph(lineage)
    return {
        "rules": [{"name": rule.name, "reads": list(rule.reads), "place": rule.place} for rule in found.rules],
        "arrows": [{"read": read, "reader": name, "way": way} for (read, name), way in found.arrows.items()],
    }


def _reads(lineage: Lineage) -> dict[str, list[str]]:
    """By the name of a job, those whose files it read."""
    maker = {file: lineage.title(job) for job in lineage.own for file in job["outputs"]}
    found = {}
    for job in lineage.own:
        name = lineage.title(job)
        found[name] = [read for read in dict.fromkeys(map(maker.get, job["inputs"])) if read not in (None, name)]
    return found


def _took(path: Path) -> dict[str, float]:
    try:
        return dict(zip(job_usage.COLUMNS, job_usage.read(path), strict=True))
    except (StopIteration, KeyError, TypeError, ValueError):  # no row, another column, a cell too few, no number
        raise InputError(f"{path}: a row of numbers is needed; delete the file, and the page will do without") from None


def _end(path: Path) -> str:
    log = path.with_suffix(".log")
    return log.read_text(encoding="utf-8", errors="replace")[-LOG:] if log.is_file() else ""
