"""What training with more constitutions of a question changes: adherence and the bound against their number N."""

from mialign.core.csv_files import where
from mialign.core.errors import InputError
from mialign.paper.figures.style import curve_styles, legend_below, name, need, settled, whiskers

DEFAULTS = {
    "labels": {},
    "experiment": None,
    "groups": [],  # of each group of methods that differ in N alone: [[N, method], ...]
}
SIZE = (5.2, 2.3)  # inches
BOUND = {"metric": "bound", "critic": "sum", "over": "columns"}  # of what an answer tells of its constitution
CAP = {"color": "0.4", "linewidth": 0.7, "linestyle": (0, (4, 2)), "label": "Cap of the bound"}
BASE = {"color": "0.5", "linewidth": 0.9, "zorder": 1}


def by_number(rows: list[dict], settings: dict):
    """Two panels, a line a group: adherence (%) and the bound in nat of answers to held-out questions.

    The base is a horizontal line, its interval a band. The bound is measured with one number of constitutions, the same
    for all methods, so all have one cap. rows: of metrics/qualities.csv and metrics/information.csv.
    """
    from matplotlib.figure import Figure

    chosen = settled(DEFAULTS, settings)
    if chosen["experiment"] is not None:
        rows = where(rows, experiment=chosen["experiment"])
    panels = {
        "Adherence (%)": _adherence(rows),
        "Bound (nat)": need([row for row in rows if BOUND.items() <= row.items()], "bound (critic sum, over columns)"),
    }
    if not chosen["groups"]:
        raise InputError("no methods that differ in the number of constitutions alone: nothing to draw")
    figure = Figure(figsize=SIZE, layout="constrained")
    for axes, (title, table) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        _panel(axes, {row["method"]: row for row in table if row["value"] is not None}, chosen)
        axes.set(xlabel="Constitutions in training, $N$", ylabel=title)
    for cap in {row["value"] for row in where(rows, metric="cap") if row["value"] is not None}:
        axes.axhline(cap, **CAP)
    handles, labels = axes.get_legend_handles_labels()
    legend_below(figure, handles, labels, most=4)
    return figure


def _adherence(rows: list[dict]) -> list[dict]:
    """Over all categories, at the highest temperature."""
    rows = need(where(rows, metric="adherence", category="all"), "adherence")
    # Greedy answers of a small model follow nearly all principles or none, so sampled ones say more.
    return where(rows, temperature=max(row["temperature"] for row in rows))


def _panel(axes, cells: dict[str, dict], chosen: dict) -> None:
    """Lines and intervals of the rows that there are (cells, by method)."""
    if base := cells.get("base"):
        axes.axhline(base["value"], label=name("base", chosen["labels"]), **BASE)
        if base["low"] is not None:
            axes.axhspan(base["low"], base["high"], color="0.5", alpha=0.15, linewidth=0)
    styles = curve_styles([group[0][1] for group in chosen["groups"]])
    for group in chosen["groups"]:
        numbers, methods = zip(*group, strict=True)
        found = [cells.get(method) for method in methods]
        values = [row["value"] if row else float("nan") for row in found]
        label = f"{name(methods[0], chosen['labels'])} to {numbers[-1]}"
        axes.plot(numbers, values, **styles[methods[0]] | {"marker": "o"}, label=label)
        whiskers(axes, list(numbers), found)
    axes.set_xticks(sorted({number for group in chosen["groups"] for number, _ in group}))
    axes.margins(x=0.15)
