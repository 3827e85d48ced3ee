"""The Pareto front: what a policy gets of two rewards under each preference vector."""

from mialign.core.csv_files import where
from mialign.core.errors import InputError
from mialign.data.preferences import text
from mialign.paper.figures.style import curve_styles, name, need, ordered, settled

FRONT_DEFAULTS = {
    "labels": {},
    "order": None,
    "experiment": None,
    "rewards": None,  # the two on the axes; by default the first two of the table
}

SIZE = (4.2, 3.2)  # inches
HOLLOW = {"linestyle": "", "markersize": 5, "markerfacecolor": "white"}


def front(rows: list[dict], settings: dict):
    """Mean normalised reward 1 against 2, a point a vector, a line a method, 95 % intervals as thin crosses.

    All are at the table's lowest temperature. The point of its first vector is hollow. Vectors of three weights have no
    order, so their points are not joined.
    """
    from matplotlib.figure import Figure

    chosen = settled(FRONT_DEFAULTS, settings)
    rows = where(
        rows, metric="normalised_reward", **({"experiment": chosen["experiment"]} if chosen["experiment"] else {})
    )
    need(rows, "normalised_reward")
    rows = where(rows, temperature=min(row["temperature"] for row in rows))
    weighed = list(dict.fromkeys(row["reward"] for row in rows))
    rewards = chosen["rewards"] or weighed[:2]
    if len(rewards) != 2:
        raise InputError(f"the front is of two rewards, and the table has {', '.join(rewards) or 'none'}")
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    methods = ordered([row["method"] for row in rows], chosen["order"])
    for method, style in curve_styles(methods).items():
        points = _points(where(rows, method=method), rewards)
        _line(axes, points, name(method, chosen["labels"]), style)
    axes.set_xlabel(f"{name(rewards[0], {})} (deviations of the base)")
    axes.set_ylabel(f"{name(rewards[1], {})} (deviations of the base)")
    first = [float(weight) for weight in rows[0]["preference"].split()]
    axes.plot([], [], **HOLLOW, color="0.4", marker="o", label=text(weighed, first))
    figure.legend(loc="outside lower center", ncols=2, handlelength=2.6)
    return figure


def _points(rows: list[dict], rewards: list[str]) -> dict[str, tuple[dict, dict]]:
    """Vector -> the rows of both rewards, in the order of the table."""
    vectors = dict.fromkeys(row["preference"] for row in rows)
    found = {vector: [where(rows, preference=vector, reward=reward) for reward in rewards] for vector in vectors}
    return {vector: (x[0], y[0]) for vector, (x, y) in found.items() if x and y}


def _line(axes, points: dict[str, tuple[dict, dict]], label: str, style: dict) -> None:
    across, up = zip(*points.values(), strict=True)
    x, y = ([row["value"] for row in side] for side in (across, up))
    if len(next(iter(points)).split()) > 2:
        style = style | {"linestyle": ""}
    thin = {"color": style["color"], "linewidth": 0.4, "alpha": 0.4, "zorder": 2}
    axes.hlines(y, [row["low"] for row in across], [row["high"] for row in across], label="_interval", **thin)
    axes.vlines(x, [row["low"] for row in up], [row["high"] for row in up], label="_interval", **thin)
    axes.plot(x, y, label=label, markersize=3.2, zorder=3, **style)
    axes.plot(x[:1], y[:1], **style | HOLLOW, zorder=4, label="_first")
