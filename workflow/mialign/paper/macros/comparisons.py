"""Experiment 1 in numbers: win rates, ties, lengths, and what the answers are like."""

import re

from mialign.core.macro_names import key, name
from mialign.evaluation.judge.settings import MAIN
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number, forms, sign


def of_comparisons(table: list[dict], origin: str) -> list[Number]:
    """Win rates, wins, ties and losses of every comparison; by category the win rate only.

    With them the further judge of an experiment, where its verdicts stand in for those of the main one.
    """
    found = _further_judges(table, origin)
    for row in table:
        if row["category"] != "all" and row["metric"] != "win_rate":
            continue
        stem = name(metric(row), row["experiment"], row["method"], row["baseline"], *unusual(row))
        found += forms(stem, row, row["metric"], f"{origin}: {key(row)}")
    return found + _by_category(table, origin)


def _further_judges(table: list[dict], origin: str) -> list[Number]:
    known = {row["experiment"]: row["judge"] for row in table if row.get("judge", MAIN) != MAIN}
    return [
        Number(name("furtherJudge", title), formatting.setting(judge), f"{origin}: judge of {title}")
        for title, judge in known.items()
    ]


def metric(row: dict) -> str:
    """The metric of a row as names of macros have it: win for win_rate."""
    return re.sub("^win_rate", "win", row["metric"])


def unusual(row: dict) -> list:
    """The parts of a name for what differs from the first choice: all categories, principles known, temperature 0."""
    parts = []
    if row.get("axis", "") == "principle-free":
        parts.append("free")
    if row.get("category", "all") not in ("", "all"):
        parts.append(row["category"])
    if row.get("temperature"):
        parts += ["at", row["temperature"]]
    return parts


def _by_category(table: list[dict], origin: str) -> list[Number]:
    """Of every comparison: the categories above, below and not distinguishable from one half, and the extremes."""
    groups: dict[tuple, list[dict]] = {}
    for row in table:
        if row["metric"] == "win_rate" and row["category"] != "all":
            pair = (row["experiment"], row["method"], row["baseline"], row.get("axis", ""), row.get("temperature"))
            groups.setdefault(pair, []).append(row)
    found = []
    for group in groups.values():
        first = dict(group[0], category="all")
        stem = name("win", first["experiment"], first["method"], first["baseline"], *unusual(first))
        source = f"{origin}: {key(first)}, by category"
        for side in ("above", "below", "unclear"):
            members = [formatting.category(row["category"]) for row in group if sign(row, 50) == side]
            found.append(Number(f"{stem}Categories{side.title()}", str(len(members)), source))
            found.append(Number(f"{stem}Categories{side.title()}List", formatting.listing(members), source))
        known = [row for row in group if formatting.measured(row)]
        for side, choose in (("Best", max), ("Worst", min)):
            row = choose(known, key=lambda row: row["value"], default=None)
            title = formatting.category(row["category"]) if row else formatting.NOT_MEASURED
            found += [Number(f"{stem}{side}Category", title, source)]
            found += [Number(f"{stem}{side}", formatting.interval(row), source)]
    return found


def of_qualities(table: list[dict], origin: str) -> list[Number]:
    """Adherence, correct content, share that ends and length of every model, and between what bounds all models lie."""
    found = []
    overall: dict[tuple, list[float]] = {}
    for row in table:
        stem = name(row["metric"], row["experiment"], row["method"], *unusual(row))
        found += forms(stem, row, row["metric"], f"{origin}: {key(row)}")
        if row["category"] == "all" and formatting.measured(row):
            overall.setdefault((row["metric"], row["experiment"]), []).append(row["value"])
    for about, values in overall.items():
        ends = dict.fromkeys(formatting.decimal(end) for end in (min(values), max(values)))
        found.append(Number(name("span", *about), " to ".join(ends), f"{origin}: {' '.join(about)}, least and most"))
    return found
