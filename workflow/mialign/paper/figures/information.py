"""What responses tell of their constitutions: the bound of the mutual information, by iteration where there are any."""

import re

from mialign.core.csv_files import where
from mialign.paper.figures.bars import COMMON
from mialign.paper.figures.style import TEXT_WIDTH, curve_styles, name, need, ordered, settled, whiskers

SIZE = (TEXT_WIDTH, 2.8)  # inches
PANELS = {"rows": "Rows", "columns": "Columns", "both": "Mean of both"}
POINT = {"markersize": 4, "markeredgecolor": "black", "markeredgewidth": 0.6, "zorder": 5}


def by_iteration(rows: list[dict], settings: dict):
    """The bound in nat and its cap log N: a panel for rows, one for columns and one for the mean of both.

    Methods NAME_1 to NAME_n (n above 1) are iterations of one: a line against their numbers, which begins with the base
    at 0. All others are single points to the right.
    """
    from matplotlib.figure import Figure

    chosen = settled(COMMON, settings)
    if chosen["experiment"] is not None:
        rows = where(rows, experiment=chosen["experiment"])
    bounds = need(where(rows, metric="bound", critic="sum"), "bound (critic sum)")
    methods = ordered([row["method"] for row in bounds])
    lines, places = _places(methods)
    caps = {row["value"] for row in where(rows, metric="cap") if row["value"] is not None}

    figure = Figure(figsize=SIZE, layout="constrained")
    grid = figure.subplots(1, len(PANELS))  # each with its own scale: rows of a large model lie far below columns
    for axes, (along, title) in zip(grid, PANELS.items(), strict=True):
        of_panel = [row for row in where(bounds, over=along) if row["method"] in places]
        cells = {row["method"]: row for row in of_panel if row["value"] is not None}
        for cap in caps:
            axes.axhline(cap, color="0.4", linewidth=0.7, linestyle=(0, (4, 2)), label=r"Cap, $\log N$")
        _panel(axes, cells, lines, places, chosen["labels"])
        _label_places(axes, lines, places, chosen["labels"])
        axes.set_title(title)
    grid[0].set_ylabel("Bound (nat)")
    entries = {label: handle for handle, label in zip(*grid[0].get_legend_handles_labels(), strict=True)}
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=2)
    return figure


def _panel(axes, cells: dict[str, dict], lines: dict[str, list[str]], places: dict[str, float], labels: dict) -> None:
    """One panel: lines, single points and intervals of the rows that there are (cells, by method)."""
    styles = curve_styles(list(lines))
    for stem, members in lines.items():
        way = [method for method in ("base", *members) if method in cells]
        label = f"{name(members[0], labels).removesuffix(' 1').removesuffix(', iteration')}, by iteration"
        axes.plot([places[one] for one in way], [cells[one]["value"] for one in way], **styles[stem], label=label)
    shown = [method for method in places if method in cells]
    for method in shown:
        if not any(method in members for members in lines.values()):
            base = method == "base"
            label = f"{name(method, labels)} (0)" if base and lines else "_named on the axis"
            face = "0.5" if base else "black"
            axes.plot(places[method], cells[method]["value"], "o", markerfacecolor=face, label=label, **POINT)
    whiskers(axes, [places[method] for method in shown], [cells[method] for method in shown])
    axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)


def _places(methods: list[str]) -> tuple[dict[str, list[str]], dict[str, float]]:
    """The iterations by the name of their method, and where each method stands on the axis.

    Where there are several lines, their points at one number stand side by side.
    """
    numbered: dict[str, dict[int, str]] = {}
    for method in methods:
        if found := re.fullmatch(r"(.+)_([1-9]\d*)", method):
            numbered.setdefault(found[1], {})[int(found[2])] = method
    lines = {
        stem: [members[number] for number in sorted(members)]
        for stem, members in numbered.items()
        if len(members) > 1 and set(members) == set(range(1, len(members) + 1))
    }
    places = {"base": 0.0} if "base" in methods else {}
    for index, members in enumerate(lines.values()):
        shift = (index - (len(lines) - 1) / 2) * 0.12
        places |= {method: number + shift for number, method in enumerate(members, start=1)}
    others = [method for method in methods if method not in places]
    last = max(map(len, lines.values()), default=0)
    return lines, places | {method: float(place) for place, method in enumerate(others, start=last + 1)}


def _label_places(axes, lines: dict[str, list[str]], places: dict[str, float], labels: dict) -> None:
    """Numbers where there are iterations, and names of the other methods."""
    last = max(map(len, lines.values()), default=0)
    ticks = {float(number): str(number) for number in range(last + 1)} if lines else {}
    joined = {method for members in lines.values() for method in members}
    named = {place: method for method, place in places.items() if method not in joined}
    ticks = {place: name(method, labels) for place, method in named.items()} | ticks
    axes.set_xticks(list(ticks), list(ticks.values()))
    for label in axes.get_xticklabels():
        if not label.get_text().isdigit():
            label.set(rotation=60, ha="right", rotation_mode="anchor", fontsize=6)
    axes.set_xlim(-0.4, max(places.values()) + 0.4)
