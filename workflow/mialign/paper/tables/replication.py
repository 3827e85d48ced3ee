"""The effects that the original reports, and whether they appear here: decided by the interval of our own value."""

from pathlib import Path

from mialign.core import csv_files
from mialign.core.macro_names import KEYS
from mialign.paper.claims import KINDS, Claim, families
from mialign.paper.formatting import interval, measured, published, published_row
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.macros.number_formats import sign
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row an effect: the published values by their source, ours with its interval, and a verdict."""
    original, ours = published_and_ours(inputs)
    header = ["effect", *KINDS, "here", "assessment"]
    result = Table("@{}lrrrll@{}", header, size=r"\small\setlength{\tabcolsep}{5pt}")
    for title, claims in families(original).items():
        if claims:
            result.rows.append(title)
        for claim in claims:
            row, effect = _here(claim, ours, settings), claim.title(settings)
            verdict = judged(claim, row)
            shown = [published_text(claim, name) for name in KINDS]
            result.rows.append([escape(effect), *shown, interval(row, signed=claim.null == 0), verdict])
            tidy = {
                "measure": title.replace("\\", ""),
                "effect": effect,
                **{f"published_{name}": claim.values.get(name, "") for name in KINDS},
            }
            result.tidy.append(
                tidy
                | {key: (row or {}).get(key, "") for key in (*KEYS, "value", "low", "high", "n")}
                | {"verdict": verdict}
            )
    return written(result)


def judged(claim: Claim, row: dict | None) -> str:
    """Whether the published direction is resolved here; published values that disagree about it are no effect."""
    if not measured(row):
        return "not measured"
    side = sign(row, claim.null)
    if not claim.effect:
        return "none resolved" if side == "unclear" else f"{'higher' if side == 'above' else 'lower'} here only"
    if side == "unclear":
        return "not resolved"
    return "appears" if claim.directions == {side == "above"} else "reversed"


def published_text(claim: Claim, name: str) -> str:
    """What a kind of source says of a claim, or a dash."""
    if claim.null and name in claim.rows:
        return published_row(claim.rows[name])
    return published(claim.values[name], signed=not claim.null) if name in claim.values else "--"


def published_and_ours(inputs: list[Path]) -> tuple[list[dict], list[dict]]:
    """The rows of all inputs: those that have a source, and those of this run."""
    rows = [row for path in inputs for row in csv_files.rows(path)]
    return [row for row in rows if "source" in row], [row for row in rows if "source" not in row]


def _here(claim: Claim, ours: list[dict], settings: dict) -> dict | None:
    where = {"experiment": claim.experiment, "method": claim.method}
    if claim.attempts is None:
        rows = [row for row in ours if "axis" in row]
        where |= {"baseline": claim.baseline, "axis": claim.axis, "category": "all"}
        return csv_files.pick(rows, **where, temperature=0.0, metric="win_rate")
    rows = [row for row in ours if "attempts" in row]
    where |= {"attempts": claim.attempts, "extractor": claim.extractor, "metric": f"difference_{claim.baseline}"}
    return csv_files.pick(rows, **where, temperature=usual_temperature(where, settings))
