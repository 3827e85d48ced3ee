"""What would settle the claims: items and seeds needed, by what was published and by what this run has measured."""

from math import inf
from pathlib import Path

from mialign.core import csv_files
from mialign.core.macro_names import KEYS
from mialign.evaluation.statistics.power import items_for_none, items_needed, least_difference, seeds_needed
from mialign.paper.claims import MARGIN, Claim, families
from mialign.paper.formatting import count, decimal, interval, label
from mialign.paper.macros.accuracy import usual_temperature
from mialign.paper.reported import reported
from mialign.paper.tables.layout import Table, written
from mialign.paper.tables.replication import published_and_ours
from mialign.paper.tables.reproduction import SIZE, found
from mialign.paper.tex_escape import escape

POWERS = (0.8, 0.95)
NEEDED = ("needed_80", "needed_95", "sequential")


def claims(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a claim: what its own items could show with 80 % power, and the items and seeds that its effect needs.

    Of a gain the items are from `least_sd` to `sd`: how the two methods agree on questions is not published. Seeds are
    those needed if seeds vary as in this run, with any number of items.
    """
    original, ours = published_and_ours(inputs)
    header = ["claim", "effect", "items", "could show", *(rf"items, {100 * p:.0f}\,\%" for p in POWERS), "seeds"]
    result = Table("@{}lrrrrrr@{}", header, size=SIZE)
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
                rf"$\pm$\,{decimal(row['could_show'])}",
                *(_range(row[f"least_items_{100 * p:.0f}"], row[f"items_{100 * p:.0f}"]) for p in POWERS),
                _whole(row["seeds_80"]),
            ])  # fmt: skip
    return written(result)


def _needs(claim: Claim, spread: float | None) -> dict:
    """What a claim needs: of an effect, to find it; of none, to bring the interval within the margin."""
    effect = claim.value - claim.null
    row = {"effect": round(effect, 4) if claim.effect else 0.0, "items": claim.n}
    row["could_show"] = round(least_difference(claim.n, claim.sd, POWERS[0]), 4)
    for power in POWERS:
        for name, sd in (("least_items", claim.least_sd), ("items", claim.sd)):
            if claim.effect:
                needed = items_needed(effect, sd, power)
            else:
                needed = items_for_none(MARGIN[claim.null], claim.sd, power)
            row[f"{name}_{100 * power:.0f}"] = needed
    row["seeds_80"] = seeds_needed(effect, spread, POWERS[0]) if claim.effect and spread else None
    return row


def _range(least: float, most: float) -> str:
    return count(most) if least == most else f"{count(least)}--{count(most)}"


def run(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """A row a comparison of this run: its effect, what it varies by, and what questions and seeds would decide it."""
    rows = csv_files.chosen(inputs[0], settings, ("baseline", "metric", "value"))
    header = ["comparison", "here", "equal length", "sd", r"more, 80 / 95\,\%", "one by one", "seeds"]
    result = Table("@{}lllrrrr@{}", header, size=SIZE)
    for title, comparisons in _groups(rows, settings).items():
        first = next(iter(comparisons.values()))
        seeds = "one seed" if first["seeds"]["value"] == 1 else f"{first['seeds']['value']:.0f} seeds"
        result.rows.append(f"{title}: {first['items']['value']:,.0f} questions, {seeds}")
        for name, metrics in comparisons.items():
            record = {"measure": title.replace("\\", ""), "comparison": name} | _run_record(metrics)
            result.tidy.append(record)
            equal = metrics.get("win_rate_equal_length")
            result.rows.append([
                escape(name),
                interval(record, signed="win_rate" not in metrics),
                interval(equal) if equal else "--",
                " / ".join("--" if record[key] is None else decimal(record[key]) for key in ("sd_items", "sd_seeds")),
                *(["decided", "", ""] if record["decided"] else _still(record)),
            ])  # fmt: skip
    return written(result)


def _run_record(metrics: dict[str, dict]) -> dict:
    """All that is known of a comparison, from its rows by metric."""
    null = 50.0 if "win_rate" in metrics else 0.0
    effect = metrics["win_rate" if null else "difference"]
    values = {metric: row["value"] for metric, row in metrics.items()}
    settled = effect["low"] > null or effect["high"] < null
    more = {} if settled else {key: _more(values[key], values["items"]) for key in NEEDED if key in values}
    equal = metrics.get("win_rate_equal_length", {})
    return {
        **{key: effect.get(key) for key in (*KEYS, "value", "low", "high", "n")},
        **{key: values[key] for key in ("p", "items", "seeds", "sd_items", "sd_seeds", "sd_rest")},
        **{f"equal_length_{key}": equal.get(key) for key in ("value", "low", "high")},
        "decided": settled,
        **{f"more_{key.removeprefix('needed_')}": more.get(key) for key in NEEDED},
        "seeds_80": None if settled else values.get("seeds_80"),
    }


def _groups(rows: list[dict], settings: dict) -> dict[str, dict[str, dict]]:
    """Title -> comparison -> row by metric: win rates by principles at temperature 0, and gains by attempts."""
    judged = [row for row in rows if row["axis"] == "principle-aware" and not row["temperature"]]
    solved = reported([row for row in rows if row["extractor"]])
    solved = [row for row in solved if row["temperature"] == usual_temperature(row, settings)]
    groups = {r"win rate, \%, temperature 0": judged}
    for attempts in sorted({row["attempts"] for row in solved}):
        title = f"gain in accuracy, points, {attempts:g} attempt{'s' if attempts > 1 else ''}"
        groups[title] = [r for r in solved if r["attempts"] == attempts and r["baseline"] in ("base", "sft")]
    return {title: _by_comparison(of_group, settings) for title, of_group in groups.items() if of_group}


def _by_comparison(rows: list[dict], settings: dict) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for row in rows:
        known = settings["experiments"][row["experiment"]]
        name = f"{label(row['method'], known)} vs {label(row['baseline'], known)}"
        found.setdefault(name, {})[row["metric"]] = row
    return found


def _more(needed: float | None, items: float) -> float:
    """Questions beyond those that there are; inf where no number is enough."""
    return inf if needed is None else max(0.0, needed - items)


def _still(record: dict) -> list[str]:
    """The cells of what is still needed: questions at each power, one by one, and seeds."""
    told = [_whole(record[f"more_{key.removeprefix('needed_')}"]) for key in NEEDED]
    return [" / ".join(dict.fromkeys(told[:-1])), told[-1], _whole(record["seeds_80"])]  # `none` or a dash once


def _whole(number: float | None) -> str:
    if number is None:
        return "--"
    return "none" if number == inf else count(number)
