"""The claims of the original: the paper held against itself, and this run against the paper."""

from pathlib import Path

from mialign.core import csv_files
from mialign.core.macro_names import KEYS
from mialign.evaluation.judge.settings import MAIN, by_program
from mialign.evaluation.statistics.significance import holm
from mialign.paper.claims import KINDS, Claim, families, in_full
from mialign.paper.formatting import count, decimal, interval, measured
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.tables.layout import Table, written
from mialign.paper.tables.replication import published_and_ours
from mialign.paper.tex_escape import escape

SIZE = r"\footnotesize\setlength{\tabcolsep}{3pt}"
STAR = r"\rlap{*}"  # of another checkpoint than the figure's; the caption says so
NARROW = r">{\raggedright\arraybackslash}X"


def paper(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a claim: its published values by source, in their own digits, their interval and p, and the verdict.

    Intervals and p are of `claims.Claim`, p adjusted by Holm within each group of rows. The CSV has this run beside it.
    """
    header = ["claim", *KINDS, "items", r"95\,\% interval", "$p$", "assessment"]
    result = Table(f"@{{}}lrrrrrr{NARROW}@{{}}", header, environment="tabularx", size=SIZE)
    for title, records in _records(inputs, settings).items():
        result.rows.append(title)
        for claim, record in records:
            signed, p = claim.null == 0, record["published_p"]
            result.rows.append([
                escape(record["claim"]),
                *(_in_full(claim, name) for name in KINDS),
                count(claim.n),
                f"[{decimal(record['published_low'], 1, signed)}, {decimal(record['published_high'], 1, signed)}]",
                "--" if p is None else probability(p),
                record["paper"],
            ])  # fmt: skip
            result.tidy.append(record)
    return written(result)


def run(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a claim: what is claimed, and what this run has of it, by metrics/effects.csv, with the verdict."""
    header = ["claim", "claimed", "here", "$p$", "assessment"]
    result = Table(f"@{{}}lllr{NARROW}@{{}}", header, environment="tabularx", size=SIZE)
    for title, records in _records(inputs, settings).items():
        result.rows.append(title)
        for claim, record in records:
            known = measured(record)
            result.rows.append([
                escape(record["claim"]),
                ("higher" if True in claim.directions else "lower") if claim.effect else "no effect",
                interval(record, signed=claim.null == 0) if known else "--",
                probability(record["p"]) if known else "--",
                record["here"],
            ])  # fmt: skip
            result.tidy.append(record)
    return written(result)


def _records(inputs: list[Path], settings: dict) -> dict[str, list[tuple[Claim, dict]]]:
    """Group -> claims, each with all that is known of it."""
    original, ours = published_and_ours(inputs)
    groups = {}
    for title, claims in families(original).items():
        for claim, p in zip(claims, _adjusted(claims), strict=True):
            row = found(claim, ours, settings)
            counts = {name: (found(claim, ours, settings, name) or {}).get("value") for name in ("p", "items", "seeds")}
            low, high = claim.interval()
            record = {
                "measure": title.replace("\\", ""),
                "claim": claim.title(settings),
                **{f"published_{name}": claim.values.get(name) for name in KINDS},
                "another_checkpoint": " ".join(sorted(claim.apart)),
                "published_low": round(low, 4),
                "published_high": round(high, 4),
                "published_n": claim.n,
                "published_p": None if p is None else round(p, 6),
                "paper": verdict_on_paper(claim),
                "run": settings["run"],
                # Those of the row of metrics/effects.csv, so that whoever reads the CSV finds it.
                **{key: (row or {}).get(key) for key in KEYS},
                **{key: (row or {}).get(key) for key in ("value", "low", "high", "n", "judge")},
                **counts,
                "here": verdict_on_run(claim, row, counts, settings),
            }
            groups.setdefault(title, []).append((claim, record))
    return groups


def _in_full(claim: Claim, name: str) -> str:
    """A published value in the digits it was published with; of a range, its ends; a star if no verdict rests on it."""
    row, value = claim.rows.get(name, {}), claim.values.get(name)
    if value is None:
        return "--"
    if row.get("low") is not None and row.get("high") is not None:
        return f"{row['low']:g}--{row['high']:g}"
    sign = "$+$" if claim.null == 0 and value > 0 else ""
    mark = STAR if name in claim.apart else ""
    return sign + in_full(value).replace("-", "$-$") + mark


def verdict_on_paper(claim: Claim) -> str:
    """What holds of the published values, in the words of the paper's rule."""
    undecided = [] if claim.decided() else [f"cannot be decided with {claim.n:,} items"]
    return "; ".join([*claim.consistency(), *undecided])


def verdict_on_run(claim: Claim, row: dict | None, counts: dict, settings: dict) -> str:
    """Whether this run has the claimed effect, or none where none is claimed."""
    experiment = settings["experiments"].get(claim.experiment, {})
    if not measured(row):
        return "not measured"
    if claim.axis == "principle-free" and by_program(experiment) and row["judge"] == MAIN:
        return "not comparable"  # a program counts correct content, and the original's judge what is better
    shown = claim.shown(row)
    if shown is None:
        seeds = "one seed" if counts["seeds"] == 1 else f"{counts['seeds']:.0f} seeds"
        return f"cannot be decided with {counts['items']:,.0f} items and {seeds}"
    return "agrees" if shown else "disagrees"


def found(claim: Claim, ours: list[dict], settings: dict, metric: str | None = None) -> dict | None:
    """The row of metrics/effects.csv about a claim: its effect, or another metric of it."""
    where = {"experiment": claim.experiment, "method": claim.method, "baseline": claim.baseline}
    where["axis"] = claim.axis
    if claim.attempts is not None:
        where |= {"attempts": claim.attempts, "extractor": claim.extractor}
    where["temperature"] = usual_temperature(where, settings)
    return csv_files.pick(ours, **where, metric=metric or ("win_rate" if claim.null else "difference"))


def _adjusted(claims: list[Claim]) -> list[float | None]:
    """The p of each claim, adjusted for those that have one."""
    given = [claim.p() for claim in claims]
    known = iter(holm([p for p in given if p is not None]))
    return [None if p is None else next(known) for p in given]


def probability(p: float) -> str:
    """A p for LaTeX text, with two digits behind the point, or that it is smaller."""
    return "$<$0.01" if p < 0.01 else f"{p:.2f}"
