"""The effects that the original reports, and whether they appear here: decided by the interval of our own value."""

from pathlib import Path

from mialign.core import csv_files
from mialign.paper.formatting import interval, label, measured, published, published_row
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.macros.number_formats import sign
from mialign.paper.macros.published import kind
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape

KINDS = ("figure", "text", "files")
SMALL = {50.0: 1.5, 0.0: 0.5}  # published differences up to here count as no effect: the original calls them none


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row an effect: the published values by their source, ours with its interval, and a verdict."""
    original = [path for path in inputs if "source" in (csv_files.rows(path) or [{}])[0]]
    ours = [path for path in inputs if path not in original]
    header = ["effect", *KINDS, "here", "verdict"]
    result = Table("@{}lrrrll@{}", header, size=r"\small\setlength{\tabcolsep}{5pt}")
    published_rows, our_rows = _all(original), _all(ours)
    for title, effects in (
        ("win rate, \\%, temperature 0", _wins(published_rows, our_rows, settings, "principle-aware")),
        ("the same by the judge without principles", _wins(published_rows, our_rows, settings, "principle-free")),
        ("gain in accuracy, points", _gains(published_rows, our_rows, settings)),
    ):
        rows = list(effects)
        if rows:
            result.rows.append(title)
        for effect, values, texts, row, null in rows:
            verdict = judged(values, row, null)
            shown = [texts.get(name, "--") for name in KINDS]
            result.rows.append([escape(effect), *shown, interval(row, signed=null == 0), verdict])
            tidy = {
                "measure": title.replace("\\", ""),
                "effect": effect,
                **{f"published_{name}": values.get(name, "") for name in KINDS},
            }
            result.tidy.append(
                tidy | {key: (row or {}).get(key, "") for key in ("value", "low", "high", "n")} | {"verdict": verdict}
            )
    return written(result)


def judged(values: dict[str, float], row: dict | None, null: float) -> str:
    """Whether the published direction is resolved here; published values that disagree about it are no effect."""
    if not measured(row):
        return "not measured"
    side = sign(row, null)
    directions = {value > null for value in values.values() if value is not None and abs(value - null) > SMALL[null]}
    if len(directions) != 1:
        return "none resolved" if side == "unclear" else f"{'higher' if side == 'above' else 'lower'} here only"
    if side == "unclear":
        return "not resolved"
    return "appears" if directions == {side == "above"} else "reversed"


def _all(paths: list[Path]) -> list[dict]:
    return [row for path in paths for row in csv_files.rows(path)]


def _wins(original: list[dict], ours: list[dict], settings: dict, axis: str):
    rows = [row for row in original if row["metric"] == "win_rate" and row.get("category", "all") in ("", "all")]
    rows = [row for row in rows if row["axis"] == axis]
    for experiment, method, baseline in dict.fromkeys((r["experiment"], r["method"], r["baseline"]) for r in rows):
        where = {"experiment": experiment, "method": method, "baseline": baseline, "axis": axis}
        found = {kind(row["source"]): row for row in rows if where.items() <= row.items()}
        values = {name: row["value"] for name, row in found.items()}
        texts = {name: published_row(row) for name, row in found.items()}
        row = csv_files.pick(ours, **where, temperature=0.0, category="all", metric="win_rate")
        known = settings.get("experiments", {}).get(experiment)
        yield f"{label(method, known)} over {label(baseline, known)}", values, texts, row, 50.0


def _gains(original: list[dict], ours: list[dict], settings: dict):
    """Gains over the base and of SFT+SAMI over SFT, ours by the extractor of the published values.

    Those of the figure are differences of its bars.
    """
    rows = [row for row in original if "attempts" in row and row["attempts"] is not None]
    experiments = list(dict.fromkeys(row["experiment"] for row in rows))
    for experiment in experiments:
        known = settings.get("experiments", {}).get(experiment)
        methods = [m for m in dict.fromkeys(row["method"] for row in rows) if m != "base"]
        pairs = [(m, "base") for m in methods if "_" not in m] + [(m, m.split("_")[0]) for m in methods if "_" in m]
        for method, other in pairs:
            for attempts in sorted({row["attempts"] for row in rows}):
                at = [row for row in rows if (row["experiment"], row["attempts"]) == (experiment, attempts)]
                values = _published_gain(at, method, other)
                wanted = {
                    "attempts": attempts,
                    "extractor": at[0]["extractor"],
                    "metric": f"difference_{other}",
                }
                temperature = usual_temperature({"experiment": experiment, "attempts": attempts}, settings)
                row = csv_files.pick(
                    [one for one in ours if "attempts" in one],
                    experiment=experiment,
                    method=method,
                    temperature=temperature,
                    **wanted,
                )
                number = f"{attempts:g} attempt{'s' if attempts > 1 else ''}"
                texts = {name: published(value, signed=True) for name, value in values.items()}
                yield f"{label(method, known)} over {label(other, known)}, {number}", values, texts, row, 0.0


def _published_gain(at: list[dict], method: str, other: str) -> dict[str, float]:
    values = {
        kind(row["source"]): row["value"]
        for row in at
        if row["method"] == method and row["metric"] == f"difference_{other}"
    }
    bars = {
        row["method"]: row["value"] for row in at if row["metric"] == "accuracy" and kind(row["source"]) == "figure"
    }
    if method in bars and other in bars:
        values.setdefault("figure", round(bars[method] - bars[other], 4))
    return values
