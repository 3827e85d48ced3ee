"""The chance that a published effect is found, by the number of items."""

from mialign.evaluation.statistics.power import POWERS, power_of
from mialign.paper.claims import Claim, families
from mialign.paper.figures.style import SPARE, TEXT_WIDTH, need, settled

DEFAULTS = {"labels": {}}  # experiment -> method -> label
POINTS = 200  # of a curve
RANGE = {50.0: (10, 10_000), 0.0: (100, 100_000)}  # of items, for win rates and for gains


def power(rows: list[dict], settings: dict):
    """A panel a family of claims of an effect: a curve each against items, and a line where its own items are.

    Of a gain in accuracy the curve is for methods that are correct independently of each other (claims.Claim.sd).
    """
    import numpy as np
    from matplotlib.figure import Figure

    chosen = settled(DEFAULTS, settings)
    rows = need(rows, "published comparisons or accuracies")
    known = {"experiments": {name: _labelled(labels) for name, labels in chosen["labels"].items()}}
    panels = [[claim for claim in family if claim.effect] for family in families(rows).values()]
    panels = [claims for claims in panels if claims]
    figure = Figure(figsize=(TEXT_WIDTH, 3.5), layout="constrained")
    for axes, claims in zip(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0], panels, strict=True):
        first = claims[0]
        items = np.geomspace(*RANGE[first.null], POINTS)
        for place, claim in enumerate(claims):
            curve = [100 * power_of(claim.value - claim.null, claim.sd, one) for one in items]
            axes.plot(items, curve, **_style(place), label=_name(claim, known))
        axes.axvline(first.n, color="0.3", linewidth=0.8, linestyle=":")
        axes.annotate(f"{first.n:,} items", (first.n, 2), xytext=(3, 0), textcoords="offset points", fontsize=7.5)
        for level in POWERS:
            axes.axhline(100 * level, color="0.7", linewidth=0.5, zorder=0)
        axes.set(xscale="log", xlabel="Items", ylim=(0, 101), title=_title(first))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), fontsize=7.5)
    figure.axes[0].set_ylabel("Power (%)")
    return figure


def _style(place: int) -> dict:
    """Of a curve, without marks; those beyond the spare styles have their colours in whole lines."""
    again, place = divmod(place, len(SPARE))
    return SPARE[place] | {"marker": ""} | ({"linestyle": "-"} if again else {})


def _labelled(labels: dict[str, str]) -> dict:
    return {"methods": {method: {"label": label} for method, label in labels.items()}}


def _name(claim: Claim, known: dict) -> str:
    return f"{claim.title(known)} ({claim.value - claim.null:+.1f})".replace("-", "\N{MINUS SIGN}").replace("$", r"\$")


def _title(claim: Claim) -> str:
    return "Win rates" if claim.null else "Gains in accuracy"
