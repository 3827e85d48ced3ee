"""The rule that reads answers for the paper: the authors', because the published values beside ours are read by it.

Their rule reads numbers alone. Letters are read by the strict one.
"""

from collections.abc import Iterable

RULES = ("authors", "strict")


def extractors(rows: Iterable[dict]) -> dict[str, str | None]:
    """Experiment -> the extractor that the paper reports, of rows that have one (metrics/accuracy.csv)."""
    known: dict[str, set] = {}
    for row in rows:
        known.setdefault(row["experiment"], set()).add(row["extractor"])
    return {experiment: next((rule for rule in RULES if rule in found), None) for experiment, found in known.items()}


def reported(rows: list[dict]) -> list[dict]:
    """The rows of the extractor that the paper reports."""
    usual = extractors(rows)
    return [row for row in rows if row["extractor"] == usual[row["experiment"]]]
