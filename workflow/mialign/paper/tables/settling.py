"""What would settle the claims: items and seeds needed, by what was published and by what this run has measured."""

from math import inf
from pathlib import Path

from mialign.core import csv_files
from mialign.core.macro_names import KEYS
from mialign.evaluation.statistics.power import (
    POWERS,
    items_for_none,
    items_needed,
    least_difference,
    of_items_and_seeds,
    seeds_for_none,
    seeds_needed,
    sequential_items,
)
from mialign.paper.claims import MARGIN, Claim, families
from mialign.paper.formatting import count, decimal, interval, label
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.reported import reported
from mialign.paper.tables.layout import Table, written
from mialign.paper.tables.replication import published_and_ours
from mialign.paper.tables.reproduction import NARROW, SIZE, STAR, found
from mialign.paper.tex_escape import escape

SHARES = tuple(f"{100 * power:.0f}" for power in POWERS)  # in names of columns and metrics
NEEDED = (*(f"needed_{share}" for share in SHARES), "sequential")
SEEDS = tuple(f"seeds_{share}" for share in SHARES)


def claims(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a claim: what its own items could show at each power, and the items and seeds that its effect needs.

    Of a gain the items are from `least_sd` to `sd`: how the two methods agree on questions is not published. Seeds are
    those needed if seeds vary as in this run, with any number of items.
    """
    original, ours = published_and_ours(inputs)
    needed = [rf"items, {share}\,\%" for share in SHARES]
    result = Table("@{}lrrrrrr@{}", ["claim", "effect", "items", "could show", *needed, "seeds"], size=SIZE)
    for title, family in families(original).items():
        if family:
            result.rows.append(title)
        for claim in family:
            spread = (found(claim, ours, settings, "sd_seeds") or {}).get("value")
            row = _needs(claim, spread)
            result.tidy.append({"measure": title.replace("\\", ""), "claim": claim.title(settings)} | row)
            result.rows.append([
                escape(claim.title(settings)),
                decimal(row["effect"], 1, True) if claim.effect else "none",
                count(claim.n),
                r"$\pm$\,{} / {}".format(*(decimal(row[f"could_show_{share}"]) for share in SHARES)),
                *(_range(row[f"least_items_{share}"], row[f"items_{share}"]) for share in SHARES),
                _both([row[key] for key in SEEDS]),
            ])  # fmt: skip
    return written(result)


def _needs(claim: Claim, spread: float | None) -> dict:
    """What a claim needs: of an effect, to find it; of none, to bring the interval within the margin."""
    effect = claim.value - claim.null
    row = {"effect": round(effect, 4) if claim.effect else 0.0, "items": claim.n}
    margin = MARGIN[claim.null]
    for power, share in zip(POWERS, SHARES, strict=True):
        row[f"could_show_{share}"] = round(least_difference(claim.n, claim.sd, power), 4)
        for name, sd in (("least_items", claim.least_sd), ("items", claim.sd)):
            needed = items_needed(effect, sd, power) if claim.effect else items_for_none(margin, claim.sd, power)
            row[f"{name}_{share}"] = needed
    for power, key in zip(POWERS, SEEDS, strict=True):
        needed = (
            seeds_needed(effect, spread or 0, power) if claim.effect else seeds_for_none(margin, spread or 0, power)
        )
        row[key] = needed if spread else None
    return row


def _range(least: float, most: float) -> str:
    return count(most) if least == most else f"{count(least)}--{count(most)}"


def run(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a comparison of this run: its effect, what it varies by, and what questions and seeds would decide it.

    A comparison of which the original claims that there is no effect has a star, and is decided as that claim is.
    """
    rows = csv_files.chosen(inputs[0], settings, ("baseline", "metric", "value"))
    original, _ = published_and_ours(inputs)
    claimed = {_about(vars(claim)): claim for family in families(original).values() for claim in family}
    header = ["comparison", "here", "equal length", "sd", r"more, 80 / 95\,\%", "one by one", "seeds"]
    result = Table(f"@{{}}{NARROW}llrrrr@{{}}", header, environment="tabularx", size=SIZE)
    for title, comparisons in _groups(rows, settings, claimed).items():
        first = next(iter(comparisons.values()))
        seeds = "one seed" if first["seeds"]["value"] == 1 else f"{first['seeds']['value']:.0f} seeds"
        result.rows.append(f"{title}: {first['items']['value']:,.0f} questions, {seeds}")
        for name, metrics in comparisons.items():
            claim = claimed.get(_about(next(iter(metrics.values()))))
            none = claim is not None and not claim.effect
            record = {"measure": title.replace("\\", ""), "comparison": name} | _run_record(
                metrics, claim if none else None
            )
            result.tidy.append(record)
            equal = metrics.get("win_rate_equal_length")
            result.rows.append([
                escape(name) + (STAR if none else ""),
                interval(record, signed="win_rate" not in metrics),
                interval(equal) if equal else "--",
                " / ".join("--" if record[key] is None else decimal(record[key]) for key in ("sd_items", "sd_seeds")),
                *(["decided", "", ""] if record["decided"] else _still(record)),
            ])  # fmt: skip
    return written(result)


def _about(row: dict) -> tuple:
    """What a claim and a row of metrics/effects.csv are about, however answers are read."""
    return row["experiment"], row["method"], row["baseline"], row["axis"] or "", row["attempts"]


def _run_record(metrics: dict[str, dict], none: Claim | None) -> dict:
    """All that is known of a comparison, from its rows by metric. none: the claim that there is no effect, if any."""
    null = 50.0 if "win_rate" in metrics else 0.0
    effect = metrics["win_rate" if null else "difference"]
    values = {metric: row["value"] for metric, row in metrics.items()}
    settled = none.shown(effect) is not None if none else effect["low"] > null or effect["high"] < null
    needed = {} if settled else _needed_of_none(values, MARGIN[null]) if none else _needed_of_effect(values)
    equal = metrics.get("win_rate_equal_length", {})
    return {
        **{key: effect.get(key) for key in (*KEYS, "value", "low", "high", "n", "judge")},
        **{key: values[key] for key in ("p", "items", "seeds", "sd_items", "sd_seeds", "sd_rest")},
        **{f"equal_length_{key}": equal.get(key) for key in ("value", "low", "high")},
        "no_effect_claimed": none is not None,
        "decided": settled,
        **{
            f"more_{key.removeprefix('needed_')}": max(0.0, needed[key] - values["items"]) if key in needed else None
            for key in NEEDED
        },
        **{key: needed.get(key) for key in SEEDS},
    }


def _needed_of_effect(values: dict[str, float | None]) -> dict[str, float]:
    """What would show the effect, by metrics/effects.csv: inf where no number is enough."""
    return {key: inf if values[key] is None else values[key] for key in (*NEEDED, *SEEDS) if key in values}


def _needed_of_none(values: dict[str, float | None], margin: float) -> dict[str, float]:
    """What would bring the interval within the margin, if there is no effect and all varies as here."""
    seeds = round(values["seeds"])
    sd, fixed = of_items_and_seeds(values["sd_items"], values["sd_seeds"], values["sd_rest"], seeds)
    needed = {}
    if sd:
        needed = {key: items_for_none(margin, sd, power, fixed) for key, power in zip(NEEDED, POWERS, strict=False)}
        needed["sequential"] = sequential_items(margin, sd, round(values["items"]), fixed)
    if values["sd_seeds"]:
        needed |= {key: seeds_for_none(margin, values["sd_seeds"], p) for key, p in zip(SEEDS, POWERS, strict=True)}
    return needed


def _groups(rows: list[dict], settings: dict, claimed: dict[tuple, Claim]) -> dict[str, dict[str, dict]]:
    """Title -> comparison -> row by metric: win rates at temperature 0 by judge, and gains by attempts.

    Experiments are apart: a title names its experiment where there are several. By the judge without principles there
    are the comparisons of which something is claimed.
    """
    judged = [row for row in rows if row["axis"] == "principle-aware" and not row["temperature"]]
    free = [
        row for row in rows if row["axis"] == "principle-free" and not row["temperature"] and _about(row) in claimed
    ]
    solved = reported([row for row in rows if row["extractor"]])
    solved = [row for row in solved if row["temperature"] == usual_temperature(row, settings)]
    groups = {r"win rate, \%, temperature 0": judged, "the same by the judge without principles": free}
    for attempts in sorted({row["attempts"] for row in solved}):
        title = f"gain in accuracy, points, {attempts:g} attempt{'s' if attempts > 1 else ''}"
        groups[title] = [r for r in solved if r["attempts"] == attempts and r["baseline"] in ("base", "sft")]
    judging, solving = (dict.fromkeys(row["experiment"] for row in kind) for kind in (judged, solved))
    found = {}
    for one in [*judging, *solving]:
        several = len(judging if one in judging else solving) > 1
        for title, of_group in groups.items():
            if of_one := [row for row in of_group if row["experiment"] == one]:
                found[f"{title}, {escape(one)}" if several else title] = _by_comparison(of_one, settings)
    return found


def _by_comparison(rows: list[dict], settings: dict) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for row in rows:
        known = settings["experiments"][row["experiment"]]
        name = f"{label(row['method'], known)} vs {label(row['baseline'], known)}"
        found.setdefault(name, {})[row["metric"]] = row
    return found


def _still(record: dict) -> list[str]:
    """The cells of what is still needed: questions at each power, one by one, and seeds."""
    *more, one_by_one = [record[f"more_{key.removeprefix('needed_')}"] for key in NEEDED]
    return [_both(more), _whole(one_by_one), _both([record[key] for key in SEEDS])]


def _both(numbers: list[float | None]) -> str:
    """The numbers at both powers, or once what stands for both."""
    return " / ".join(dict.fromkeys(map(_whole, numbers)))


def _whole(number: float | None) -> str:
    if number is None:
        return "--"
    return "none" if number == inf else count(number)
