"""The claims of the original: what its text, figures and released files say of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

from mialign.core.files import Written
from mialign.evaluation.statistics.rates import Z, compositions, is_possible, wilson_of_points
from mialign.evaluation.statistics.significance import sign_test
from mialign.paper.formatting import label
from mialign.paper.macros.published import kind

KINDS = ("figure", "text", "files")
SMALL = {50.0: 1.5, 0.0: 0.5}  # published differences up to here count as no effect: the original calls them none
MARGIN = {50.0: 5.0, 0.0: 2.0}  # that there is no effect is shown by an interval within so many points of none
ANOTHER = "not the checkpoint of the figure"  # in the note of a published value
READ_OFF = 0.02  # points: of two bars, each read off to the second decimal


@dataclass(frozen=True)
class Claim:
    """One reported effect: `method` over `baseline`, by a judge (axis) or in so many attempts.

    rows: the published row of each kind of source (see KINDS). values: the same as numbers, and gains of the figure as
    differences of its bars. apart: the kinds whose value is of another checkpoint than the figure's, so that no verdict
    rests on it. counts: wins, ties and losses, where files give them. bars: for gains, both accuracies.
    """

    experiment: str
    method: str
    baseline: str
    null: float
    n: int
    values: dict[str, float]
    rows: dict[str, dict]
    apart: frozenset[str] = frozenset()
    axis: str = ""
    attempts: float | None = None
    extractor: str = ""
    counts: tuple[int, int, int] | None = None
    bars: tuple[float, float] | None = None

    def title(self, settings: dict) -> str:
        """The effect in words, with the names that the settings give to methods."""
        known = settings["experiments"].get(self.experiment, {})
        pair = f"{label(self.method, known)} over {label(self.baseline, known)}"
        if self.attempts is None:
            return pair
        return f"{pair}, {self.attempts:g} attempt{'s' if self.attempts > 1 else ''}"

    @property
    def own(self) -> dict[str, float]:
        """The values that are of one checkpoint."""
        return {kind: value for kind, value in self.values.items() if kind not in self.apart}

    @property
    def directions(self) -> set[bool]:
        """Whether it is above, by each source that sees an effect at all."""
        return {
            value > self.null
            for value in self.own.values()
            if value is not None and abs(value - self.null) > SMALL[self.null]
        }

    @property
    def effect(self) -> bool:
        """Whether one direction is claimed; otherwise the claim is that there is no effect."""
        return len(self.directions) == 1

    @property
    def value(self) -> float:
        """The value that its own interval is about: the figure's, or the text's where no figure has it."""
        return self.values.get("figure", self.values.get("text"))

    @property
    def sd(self) -> float:
        """The standard deviation of one item, in points.

        Of a win rate by the counts, or else without ties; of a gain as if both methods were correct independently.
        """
        if self.bars:
            return sqrt(sum(bar * (100 - bar) for bar in self.bars))
        if self.counts:
            wins, ties, _ = (count / self.n for count in self.counts)
            return 100 * sqrt(wins + ties / 4 - (wins + ties / 2) ** 2)
        return sqrt(self.value * (100 - self.value))

    @property
    def least_sd(self) -> float:
        """The same at best: where no question is lost that the baseline has correct, or else where all others tie."""
        gap = abs(self.value - self.null) / 100
        return 100 * sqrt(gap - gap**2) if self.bars else self.sd

    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`: Wilson's, or for a gain that of two independent accuracies."""
        if self.bars:
            half = Z * self.sd / sqrt(self.n)
            return self.value - half, self.value + half
        low, high = wilson_of_points(self.value / 100 * self.n, self.n)
        return 100 * low, 100 * high

    def p(self) -> float | None:
        """The p of there being no effect: the sign test of the counts, or of the fewest ties that give `value`."""
        if self.bars:
            from scipy.stats import norm

            return float(2 * norm.sf(abs(self.value) / self.sd * sqrt(self.n)))
        counts = self.counts or next(iter(compositions(self.value, self.n)), None)
        return sign_test(counts[0], counts[2]) if counts else None

    def decided(self) -> bool:
        """Whether the interval leaves out that there is no effect; where none is claimed, that there is one."""
        return decided(*self.interval(), self.null, self.effect)

    def shown(self, row: dict) -> bool | None:
        """Whether the value and interval of a row show the claim (True) or its opposite; None if they decide neither.

        The opposite of no effect is one beyond MARGIN, with an interval that leaves out that there is none.
        """
        low, high = row["low"], row["high"]
        if decided(low, high, self.null, self.effect):
            return not self.effect or self.directions == {row["value"] > self.null}
        beyond = not self.effect and not decided(row["value"], row["value"], self.null, effect=False)
        return False if beyond and (low > self.null or high < self.null) else None

    def consistency(self) -> list[str]:
        """Verdicts on the published values alone: what n items cannot give, and whether text and figure agree."""
        found = []
        printed = [self.rows[kind] for kind in self.own if kind != "figure" and kind in self.rows]
        said = [row["value"] for row in printed if row.get("low") is None]
        if any(not is_possible(value, rounding(value), self.n, self.bars is None) for value in said):
            found.append(f"not a possible value with {self.n:,} items")
        text, shown = self.own.get("text"), [self.own[key] for key in ("figure", "files") if key in self.own]
        if text is not None and shown:
            # The text calls an effect of 0 unchanged, and gives no number.
            unchanged = text == self.null == 0
            apart = MARGIN[0.0] if unchanged else rounding(text) + READ_OFF
            found.append("agrees" if all(abs(text - value) <= apart for value in shown) else "disagrees")
        else:
            found.append("not comparable")
        return found


def decided(low: float, high: float, null: float, effect: bool) -> bool:
    """Whether an interval decides a claim: of an effect, by leaving out null; of none, by lying within MARGIN of it."""
    if effect:
        return low > null or high < null
    return null - MARGIN[null] <= low and high <= null + MARGIN[null]


def rounding(value: float) -> float:
    """Half a unit of the last digit that a published value has: as its CSV writes it, or else without end zeros."""
    digits = in_full(value).partition(".")[2]
    return 0.5 * 10.0 ** -len(digits)


def in_full(value: float) -> str:
    """A published value in the digits of its CSV; one that was computed in those that it needs."""
    return value.text if isinstance(value, Written) else repr(float(value)).removesuffix(".0")


def wins(published: list[dict], axis: str) -> Iterator[Claim]:
    """The overall win rates by the judge of an axis."""
    rows = [row for row in published if row.get("axis") == axis and row.get("category", "all") in ("", "all")]
    for experiment, method, baseline in dict.fromkeys((r["experiment"], r["method"], r["baseline"]) for r in rows):
        where = {"experiment": experiment, "method": method, "baseline": baseline}
        here = [row for row in rows if where.items() <= row.items()]
        found = {kind(row["source"]): row for row in here if row["metric"] == "win_rate"}
        counts = {row["metric"]: int(row["value"]) for row in here if row["metric"] in ("wins", "ties", "losses")}
        values = {name: row["value"] for name, row in found.items()}
        n = int(next(iter(found.values()))["n"])
        apart = frozenset(name for name, row in found.items() if ANOTHER in row["source"])
        own = len(counts) == 3 and "files" not in apart
        counted = (counts["wins"], counts["ties"], counts["losses"]) if own else None
        yield Claim(**where, null=50.0, n=n, values=values, rows=found, apart=apart, axis=axis, counts=counted)


def gains(published: list[dict]) -> Iterator[Claim]:
    """Gains over the base and of SFT+SAMI over SFT; those of the figure are differences of its bars."""
    rows = [row for row in published if row.get("attempts") is not None]
    for experiment in dict.fromkeys(row["experiment"] for row in rows):
        methods = [m for m in dict.fromkeys(row["method"] for row in rows) if m != "base"]
        pairs = [(m, "base") for m in methods if "_" not in m] + [(m, m.split("_")[0]) for m in methods if "_" in m]
        for method, other in pairs:
            for attempts in sorted({row["attempts"] for row in rows}):
                at = [row for row in rows if (row["experiment"], row["attempts"]) == (experiment, attempts)]
                yield _gain(at, experiment, method, other)


def _gain(at: list[dict], experiment: str, method: str, other: str) -> Claim:
    found = {
        kind(row["source"]): row for row in at if row["method"] == method and row["metric"] == f"difference_{other}"
    }
    values = {name: row["value"] for name, row in found.items()}
    bars = {
        row["method"]: row["value"] for row in at if row["metric"] == "accuracy" and kind(row["source"]) == "figure"
    }
    both = (bars[method], bars[other]) if method in bars and other in bars else None
    if both:
        values.setdefault("figure", round(both[0] - both[1], 4))
    return Claim(
        experiment, method, other, 0.0, int(at[0]["n"]), values, found,
        attempts=at[0]["attempts"], extractor=at[0]["extractor"], bars=both,
    )  # fmt: skip


def families(published: Iterable[dict]) -> dict[str, list[Claim]]:
    """All claims, by what they are about: each a family of tests of its own."""
    rows = list(published)
    return {
        r"win rate, \%, temperature 0": list(wins(rows, "principle-aware")),
        "the same by the judge without principles": list(wins(rows, "principle-free")),
        "gain in accuracy, points": list(gains(rows)),
    }
