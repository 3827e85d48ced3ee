"""Bar figures in the form of the paper's figures 1 and 2."""

from math import ceil

from mialign.core.csv_files import where
from mialign.evaluation.metrics.records import CATEGORIES
from mialign.paper.figures.style import (
    COMPARISON_SHADES,
    METHOD_SHADES,
    TEXT_WIDTH,
    legend_below,
    name,
    need,
    ordered,
    settled,
    whiskers,
)
from mialign.paper.reported import reported

COMMON = {"labels": {}, "experiment": None}

CATEGORY_DEFAULTS = COMMON | {
    "title": "Win rate by category",
    "comparisons": None,  # [[test, baseline], ...]; by default all whose baseline is not the base model
    "shades": COMPARISON_SHADES,
    "line": 50,  # a thin line at no difference; null for none
}

ATTEMPT_DEFAULTS = COMMON | {
    "order": None,  # methods; by default the base, then as in the table
    "shades": METHOD_SHADES,
    "ylims": {},  # attempts -> [low, high]; by default from 0
}

SIZE = (TEXT_WIDTH, 2.3)  # inches
WIN_RATES = (0, 110)  # the axis: room above 100 for whiskers


def by_category(rows: list[dict], settings: dict):
    """Figure 1: win rates in groups of bars by category, one shade a comparison, legend below."""
    from matplotlib.figure import Figure

    chosen = settled(CATEGORY_DEFAULTS, settings)
    rows = published(rows, chosen)
    rows = where(rows, metric="win_rate", axis="principle-aware", temperature=0.0)
    rows = need([row for row in rows if row["category"] != "all"], "win_rate by category")
    table = {(row["method"], row["baseline"], row["category"]): row for row in rows}
    pairs = _pairs(rows, chosen["comparisons"])
    present = dict.fromkeys(row["category"] for row in rows)
    categories = sorted(present, key=lambda c: CATEGORIES.index(c) if c in CATEGORIES else 99)

    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(pairs)
    for index, pair in enumerate(pairs):
        x = [place + (index - (len(pairs) - 1) / 2) * width for place in range(len(categories))]
        cells = [table.get((*pair, category)) for category in categories]
        label = " vs ".join(name(method, chosen["labels"]) for method in pair)
        _bars(axes, x, cells, width, [index] * len(x), chosen["shades"], WIN_RATES[0], label)
    if chosen["line"] is not None:
        axes.axhline(chosen["line"], color="0.6", linewidth=0.5, zorder=0)
    axes.set(ylim=WIN_RATES, yticks=[0, 50, 100], ylabel="Win rate (%)", xlim=(-0.6, len(categories) - 0.4))
    axes.set_xticks(range(len(categories)), [_capital(name(c, chosen["labels"])) for c in categories])
    axes.tick_params(axis="x", length=0)
    axes.set_title(chosen["title"])
    legend_below(figure, *axes.get_legend_handles_labels(), most=4, handlelength=1.2)
    return figure


def by_attempts(rows: list[dict], settings: dict):
    """Figure 2: accuracy of the methods as bars, one panel for each number of attempts."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    chosen = settled(ATTEMPT_DEFAULTS, settings)
    table = attempts_table(rows, chosen)
    methods = ordered([method for method, _ in table], chosen["order"])
    attempts = sorted({number for _, number in table})

    figure = Figure(figsize=SIZE, layout="constrained")
    for column, number in enumerate(attempts):
        axes = figure.add_subplot(1, len(attempts), column + 1)
        cells = [table.get((method, number)) for method in methods]
        places = list(range(len(methods)))
        ylim = chosen["ylims"].get(str(number)) or (0, _top(cells))
        _bars(axes, places, cells, 0.75, places, chosen["shades"], ylim[0])
        axes.set_title(f"{number} attempt" + "s" * (number > 1))
        labels = [name(method, chosen["labels"]) for method in methods]
        axes.set_xticks(places, labels, rotation=45, ha="right", rotation_mode="anchor")
        axes.tick_params(axis="x", length=0)
        axes.set(ylim=ylim, xlim=(-0.6, len(methods) - 0.4))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        if not column:
            axes.set_ylabel("Accuracy (%)")
    return figure


def published(rows: list[dict], chosen: dict) -> list[dict]:
    """Of a table with sources, the rows that the paper's figures show; and of the chosen experiment."""
    rows = [row for row in rows if row.get("source", "figure").startswith("figure")]
    return rows if chosen["experiment"] is None else where(rows, experiment=chosen["experiment"])


def attempts_table(rows: list[dict], chosen: dict) -> dict[tuple[str, int], dict]:
    """(method, attempts) -> row; one attempt is at the lowest temperature there is, several at the highest."""
    rows = need(reported(where(published(rows, chosen), metric="accuracy")), "accuracy")
    table: dict = {}
    for row in sorted(rows, key=lambda row: row["temperature"] if row["attempts"] > 1 else -row["temperature"]):
        table[row["method"], row["attempts"]] = row
    first = {method: place for place, method in enumerate(dict.fromkeys(row["method"] for row in rows))}
    return dict(sorted(table.items(), key=lambda item: first[item[0][0]]))


def _pairs(rows: list[dict], wanted: list | None) -> list[tuple[str, str]]:
    """(test, baseline): those wanted, or all but those against the base model, or all if there are no others."""
    present = list(dict.fromkeys((row["method"], row["baseline"]) for row in rows))
    return [tuple(pair) for pair in wanted or []] or [pair for pair in present if pair[1] != "base"] or present


def _bars(axes, x, cells, width, shade_of, shades, foot, label=None) -> None:
    """Bars that stand on `foot`, with thin black edges; comparisons beyond the shades use them again, hatched."""
    tops = [cell["value"] if cell and cell["value"] is not None else float("nan") for cell in cells]
    axes.bar(
        x,
        [top - foot for top in tops],
        width,
        foot,
        color=[shades[index % len(shades)] for index in shade_of],
        hatch=["////" if index >= len(shades) and label else None for index in shade_of],
        edgecolor="black",
        linewidth=0.5,
        label=label,
        zorder=2,
    )
    whiskers(axes, x, cells)


def _top(cells: list[dict | None]) -> float:
    """A round end of the axis above all bars and intervals."""
    most = max((cell["high"] or cell["value"] or 0 for cell in cells if cell), default=0)
    step = next(step for step in (1, 5, 10, 20) if most <= 5 * step or step == 20)
    return min(max(ceil(most * 1.001 / step) * step, step), 100)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
