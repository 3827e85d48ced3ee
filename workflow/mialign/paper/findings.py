"""What does not agree in the original and its neighbours, computed from published values."""

from collections.abc import Iterator
from math import ceil, erf, log2, sqrt
from typing import NamedTuple

from mialign.evaluation.judge.authors_protocol import draws
from mialign.evaluation.statistics.rates import (
    clopper_pearson,
    compositions,
    is_possible,
    nearest_values,
    wilson,
    wilson_of_points,
)
from mialign.evaluation.statistics.significance import holm, sign_test
from mialign.paper.claims import families, in_full, rounding
from mialign.paper.formatting import listing
from mialign.paper.macros.published import kind

SOURCE = "arXiv 2410.01704"


class Discrepancy(NamedTuple):
    """What was held against what, what came out, and the files or values that it rests on."""

    about: str
    result: str
    source: str


def computed(published: list[dict], known: dict) -> Iterator[Discrepancy]:
    """The findings, from the rows of published/*.csv and the values of published/findings.yaml."""
    wins, _, gains = families(published).values()
    for claim in (*wins, *gains):
        titled = claim.title({"experiments": {}})
        text, figure = claim.values.get("text"), claim.values.get("figure")
        if claim.null and not is_possible(text, rounding(text), claim.n, ties=True):
            below, above = nearest_values(text, claim.n, ties=True)
            result = f"{claim.n} items give {below:g} or {above:g}, if a tie is half a win"
            yield Discrepancy(f"{titled}: the text has {in_full(text)} %", result, f"{SOURCE}, text")
        if "disagrees" in claim.consistency():
            unit = "%" if claim.null else "points"
            about = f"{titled}: the text has {in_full(text)} {unit}"
            yield Discrepancy(about, f"the figure has {figure:g} {unit}", f"{SOURCE}, text and figure")
    yield from _bars([row for row in published if row.get("metric") == "win_rate" and kind(row["source"]) == "figure"])
    yield from _released([row for row in published if kind(row["source"]) == "files"])
    yield from _training(known)
    yield from _judges(known["sides"])
    yield from _neighbours(known)


def _bars(rows: list[dict]) -> Iterator[Discrepancy]:
    bars = [row for row in rows if row["category"] != "all"]
    n = int(bars[0]["n"])
    beyond = [row for row in bars if not _holds(50, wilson_of_points(row["value"] / 100 * n, n))]
    few = [compositions(row["value"], n)[0] for row in bars]
    adjusted = holm([sign_test(won, lost) for won, _, lost in few])
    kept = [row for row, p in zip(bars, adjusted, strict=True) if p < 0.05]
    named = ", ".join(f"{row['method'].upper()} over {row['baseline'].upper()} in {row['category']}" for row in kept)
    result = (
        f"{len(beyond)} intervals of 95 % leave out 50 %; with the fewest ties and p adjusted by Holm: {len(kept)}"
        + (f", {named}" if kept else "")
    )
    yield Discrepancy(f"Figure 1: {len(bars)} bars of {n} items each", result, f"{SOURCE}, figure 1")
    categories = len({row["category"] for row in bars})
    yield Discrepancy(
        "categories: the abstract names seven", f"figure 1 has {categories}", f"{SOURCE}, text and figure"
    )


def _holds(value: float, interval: tuple[float, float]) -> bool:
    return 100 * interval[0] <= value <= 100 * interval[1]


def _released(rows: list[dict]) -> Iterator[Discrepancy]:
    for first in (row for row in rows if row["metric"] == "wins"):
        same = {
            row["metric"]: int(row["value"]) for row in rows if row["source"] == first["source"] and "baseline" in row
        }
        won, tied, lost = same["wins"], same["ties"], same["losses"]
        low, high = (100 * end for end in clopper_pearson(won, won + lost))
        result = (
            f"{100 * (won + tied / 2) / (won + tied + lost):g} %; of those decided {100 * won / (won + lost):.1f} % "
            f"are wins (exact 95 % interval {low:.1f} to {high:.1f}), sign test p = {sign_test(won, lost):.2f}"
        )
        pair = f"{first['method'].upper()} over {first['baseline'].upper()}"
        about = f"released verdicts, {pair}: {won} wins, {tied} ties, {lost} losses"
        yield Discrepancy(about, result, first["source"].partition(": ")[2])
    tokens = {row["method"]: row["value"] for row in rows if row["metric"] == "tokens"}
    most, least = max(tokens, key=tokens.__getitem__), min(tokens, key=tokens.__getitem__)
    means = f"{tokens[least]:g} tokens on average of {least.upper()}, {tokens[most]:g} of {most.upper()}"
    ratio = f"those of {most.upper()} are {tokens[most] / tokens[least]:.2f} times as long"
    yield Discrepancy(f"released responses: {means}", ratio, "released responses, 80 a method")


def _training(known: dict) -> Iterator[Discrepancy]:
    names = known["checkpoints"]
    updates = {method: examples / names["batch"] for method, examples in names["examples"].items()}
    told = " and ".join(f"{count:g} of {method.upper()}" for method, count in updates.items())
    result = f"{told} at batch {names['batch']}; the default warm-up lasts {names['warmup']}"
    about = "checkpoints of SFT and DPO are named by examples seen: " + ", ".join(map(str, names["examples"].values()))
    yield Discrepancy(about, f"updates: {result}", names["source"])
    yield _shares(**known["shares"])
    rate, source = known["bf16"]["rate"], known["bf16"]["source"]
    least = least_weight_unmoved(rate)
    about = f"weights in bf16 at the rate {rate:g}: an update of that size"
    yield Discrepancy(about, f"is rounded away for every weight of at least {least:.1e}", source)
    spreads = known["bf16"]["spreads"]
    about = "the same for normal weights of standard deviation " + listing([f"{sd:g}" for sd in spreads])
    moved = listing([f"{100 * share_moved(rate, sd):.0f} %" for sd in spreads])
    yield Discrepancy(about, f"an update moves {moved} of them", source)


def _shares(source: str, saved: list[float], every: int, pairs: list[int], ranks: list[int]) -> Discrepancy:
    """Which numbers of pairs give the checkpoints that are named by their share of an epoch."""
    found = {
        (count, gpus): [share for share in saved if share in shares_saved(count, gpus, every)]
        for count in range(min(pairs), max(pairs) + 1)
        for gpus in ranks
    }
    given = [
        f"{n:,} pairs on {gpus} GPU{'s' if gpus > 1 else ''} give {listing([f'{share:g}' for share in found[n, gpus]])}"
        for n in pairs
        for gpus in ranks
        if found[n, gpus]
    ]
    always = _runs([n for n in range(min(pairs), max(pairs) + 1) if all(found[n, gpus] == saved for gpus in ranks)])
    fitting = [f"{low:,} to {high:,} pairs give all on any number" for low, high in always]
    counts, gpus = (listing([f"{one:,}" for one in numbers]) for numbers in (pairs, ranks))
    shares = listing([f"{share:g}" for share in saved])
    about = f"SAMI's checkpoints at {shares} of an epoch, saved every {every} grids, on {gpus} GPUs: {counts} pairs"
    return Discrepancy(about, "; ".join([*given, "no other of these gives any", *fitting]), source)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """The first and last of each run of whole numbers that follow each other."""
    firsts = [n for n in numbers if n - 1 not in numbers]
    return list(zip(firsts, [n for n in numbers if n + 1 not in numbers], strict=True))


def shares_saved(pairs: int, ranks: int, every: int) -> set[float]:
    """The shares of an epoch that checkpoints are named by, one each `every` pairs of a rank.

    As the original's trainer has it: the number of the step, which begins at 0, by the steps of a rank, with two
    decimals; the sampler fills up the last ranks.
    """
    steps = ceil(pairs / ranks)
    return {round((saved - 1) / steps, 2) for saved in range(every, steps + 1, every)}


def least_weight_unmoved(update: float) -> float:
    """The power of two from which on a bf16 weight is the same after an update: half the distance to the next number.

    bf16 keeps 7 bits behind the leading one, so that in [2^e, 2^(e+1)) numbers are 2^(e-7) apart.
    """
    return 2.0 ** (ceil(log2(update) + 8))


def share_moved(update: float, sd: float) -> float:
    """The share of normal weights in bf16, with mean 0, that an update of this size moves."""
    return erf(least_weight_unmoved(update) / sd / sqrt(2))


def baseline_first(items: int, seed: int) -> list[bool]:
    """Whether the baseline's answer is A, by item, as the judges of the original and of SAMI draw it: where it is 0."""
    return [drawn == 0 for drawn in draws(items, seed)]


def _judges(known: dict) -> Iterator[Discrepancy]:
    counts = {name: (sum(baseline_first(items, known["seed"])), items) for name, items in known["items"].items()}
    about = f"which answer the judge sees first, drawn with seed {known['seed']} on " + listing(list(counts))
    result = listing([f"{first} of {items}" for first, items in counts.values()])
    yield Discrepancy(about, f"the baseline's in {result}", known["source"])
    for one in known["chosen"]:
        about = f"released verdicts, {one['pair']}: which answer is chosen where it is no tie"
        yield Discrepancy(about, which_chosen(one["first"], one["second"]), one["source"])


def which_chosen(first: int, second: int) -> str:
    """How often the judge chose the answer that it was shown first, and how likely that is by chance."""
    share = 100 * first / (first + second)
    return f"the first in {first} of {first + second} ({share:.1f} %), sign test p = {sign_test(first, second):.2g}"


def _neighbours(known: dict) -> Iterator[Discrepancy]:
    smoothing = known["rmsprop"]["smoothing"]
    yield Discrepancy(
        f"SAMI: the first update of RMSprop, with the default smoothing {smoothing:g}",
        f"is {1 / sqrt(1 - smoothing):.0f} times the rate: 1 / sqrt(1 - {smoothing:g})",
        known["rmsprop"]["source"],
    )
    for one in known["neighbours"]["accuracies"]:
        low, high = (100 * end for end in wilson(one["items"] // 2, one["items"]))
        result = f"half of them correct is a 95 % interval of {low:.1f} to {high:.1f} %"
        yield Discrepancy(f"{one['about']}, {one['items']} questions", result, one["source"])
    for one in known["neighbours"]["increases"]:
        found = 100 * (one["after"] / one["before"] - 1)
        about = f"{one['about']}: the text has +{one['said']:g} %"
        result = f"the cells {one['before']:g} and {one['after']:g} give +{found:.1f} %"
        yield Discrepancy(about, result, one["source"])
