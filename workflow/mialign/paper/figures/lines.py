"""Line figures: accuracy against attempts (the authors' third figure), training curves, the collapse of SAMI."""

from collections.abc import Sequence

from mialign.core.csv_files import where
from mialign.evaluation.choosing_scores import CHOOSING, CORRELATION
from mialign.paper.figures.bars import COMMON, attempts_table
from mialign.paper.figures.style import (
    METHOD_SHADES,
    TEXT_WIDTH,
    curve_styles,
    legend_below,
    name,
    need,
    ordered,
    settled,
    whiskers,
)

AGAINST_DEFAULTS = COMMON | {
    "order": None,
    "shades": METHOD_SHADES,  # of the markers
    "ylim": None,
}
MARKERS = ("s", "^", "o", "D", "v", "P", "X")

COLLAPSE_DEFAULTS = {"labels": {}}
COLLAPSE_PANELS = ("adherence", "correct", "matched_logprob", "loss")

TRAINING_DEFAULTS = {
    "height": None,  # by default so much for each panel
    "labels": {},  # experiment -> method -> label
    "panels": ["loss", "rows", "columns", "matched_logprob", "followed", "correlation", "ended", "length"],
}

# panel -> (title, the metrics it averages, factor)
PANELS = {
    "loss": ("Loss", ("loss",), 1),
    "rows": ("Grid rows (%)", ("grid_accuracy_rows",), 100),
    "columns": ("Grid columns (%)", ("grid_accuracy_columns",), 100),
    "matched_logprob": ("Log-prob. / token", ("matched_logprob",), 1),
    "adherence": ("Adherence (%)", ("adherence",), 100),
    "accuracy": ("Accuracy (%)", ("accuracy",), 100),
    "followed": ("Validation (%)", tuple(score for score in CHOOSING if score != CORRELATION), 100),
    "correlation": ("Validation (corr.)", (CORRELATION,), 1),
    "correct": ("Correct content (%)", ("correct",), 100),
    "ended": ("Ended (%)", ("ended",), 100),
    "length": ("Response tokens", ("length",), 1),
}


def against_attempts(rows: list[dict], settings: dict):
    """Figure 3: accuracy against the number of attempts, one line with its own marker a method."""
    from matplotlib.figure import Figure

    chosen = settled(AGAINST_DEFAULTS, settings)
    table = attempts_table(rows, chosen)
    methods = ordered([method for method, _ in table], chosen["order"])
    attempts = sorted({number for _, number in table})

    figure = Figure(figsize=(3.4, 2.6), layout="constrained")
    axes = figure.subplots()
    apart = _apart(table, attempts)
    for index, method in enumerate(methods):
        cells = [table[method, number] for number in attempts if (method, number) in table]
        x = [cell["attempts"] + apart * (index - (len(methods) - 1) / 2) for cell in cells]
        axes.plot(
            x,
            [float("nan") if cell["value"] is None else cell["value"] for cell in cells],
            color="black" if index else "0.5",
            linewidth=0.8,
            marker=MARKERS[index % len(MARKERS)],
            markerfacecolor=chosen["shades"][index % len(chosen["shades"])],
            markeredgecolor="black",
            markeredgewidth=0.6,
            markersize=4.5,
            label=name(method, chosen["labels"]),
            zorder=5,
        )
        whiskers(axes, x, cells)
    axes.set(xlabel="Attempts", ylabel="Accuracy (%)", xticks=attempts)
    if chosen["ylim"]:
        axes.set_ylim(chosen["ylim"])
    axes.legend(loc="best")
    return figure


def _apart(table: dict, attempts: list[int]) -> float:
    """How far apart the methods stand at one number of attempts: where there are intervals, they would overlap."""
    intervals = any(cell["low"] is not None for cell in table.values())
    return 0.014 * (max(attempts) - min(attempts)) if intervals else 0


def collapse(rows: list[dict], settings: dict):
    """How SAMI collapses when trained on: panels of what the text is worth beside what the training sees."""
    from matplotlib.figure import Figure

    chosen = settled(COLLAPSE_DEFAULTS, settings)
    rows = need(where(rows, experiment="collapse"), "experiment 'collapse'")
    curves = ordered([row["method"] for row in rows])
    styles = curve_styles(curves)
    panels = [panel for panel in COLLAPSE_PANELS if _curve(rows, panel)]

    figure = Figure(figsize=(TEXT_WIDTH, 2.1), layout="constrained")
    for column, panel in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), column + 1)
        for curve in curves:
            _line(axes, _curve(where(rows, method=curve), panel), styles[curve], name(curve, chosen["labels"]))
        axes.set(title=PANELS[panel][0], xlabel="Step")
        _tidy_up(axes, panel)
    _legend(figure)
    return figure


def training(rows: list[dict], settings: dict):
    """Training curves: a column for each experiment, a row for each quantity; mean and range over seeds."""
    from matplotlib.figure import Figure

    chosen = settled(TRAINING_DEFAULTS, settings)
    rows = need([row for row in rows if row["experiment"] != "collapse"], "training curves")
    experiments = list(dict.fromkeys(row["experiment"] for row in rows))
    methods = ordered([row["method"] for row in rows])
    styles = curve_styles(methods)
    panels = [panel for panel in chosen["panels"] if _curve(rows, panel)]

    figure = Figure(figsize=(TEXT_WIDTH, chosen["height"] or 1.1 * len(panels)), layout="constrained")
    grid = figure.subplots(len(panels), len(experiments), squeeze=False, sharex="col")
    for column, experiment in enumerate(experiments):
        of_experiment = where(rows, experiment=experiment)
        for row, panel in enumerate(panels):
            axes = grid[row, column]
            for method in methods:
                curve = _curve(where(of_experiment, method=method), panel)
                _line(axes, curve, styles[method], name(method, chosen["labels"].get(experiment, {})))
            if not column:
                axes.set_ylabel(PANELS[panel][0])
            _tidy_up(axes, panel)
            if not axes.lines:
                _leave_empty(axes)
        grid[0, column].set_title(name(experiment, {}))
        grid[-1, column].set_xlabel("Step")
    figure.align_ylabels()
    _legend(figure)
    if not chosen["height"]:  # a long legend does not take its room from the panels
        legend = figure.legends[0].get_window_extent().height / figure.dpi
        figure.set_figheight(figure.get_figheight() + max(0, legend - 0.6))
    return figure


def _leave_empty(axes) -> None:
    """A panel whose quantity no method here was measured by, in a column that others share."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelleft=False)


def _curve(rows: list[dict], panel: str) -> list[tuple[int, float, float, float]]:
    """(step, mean, least, most) over seeds, each seed's value being the mean of the panel's metrics."""
    _, metrics, factor = PANELS[panel]
    at: dict[int, dict] = {}
    for row in rows:
        if row["metric"] in metrics and row["value"] is not None:
            at.setdefault(row["step"], {}).setdefault(row["seed"], []).append(row["value"] * factor)
    curve = []
    for step in sorted(at):
        seeds = [sum(values) / len(values) for values in at[step].values()]
        curve.append((step, sum(seeds) / len(seeds), min(seeds), max(seeds)))
    return curve


def _line(axes, curve: Sequence[tuple], style: dict, label: str) -> None:
    if not curve:
        return
    steps, mean, least, most = zip(*curve, strict=True)
    marks = {} if len(steps) <= 10 else {"marker": ""}  # markers on the few validated steps, not on every step
    axes.plot(steps, mean, **(style | marks), label=label, markersize=3.2)
    if least != most:
        axes.fill_between(steps, least, most, color=style["color"], alpha=0.15, linewidth=0)


def _tidy_up(axes, panel: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 4, 5, 10], integer=True))
    if PANELS[panel][2] == 100 and axes.get_ylim()[1] > 100:
        axes.set_ylim(top=101)
    if panel in ("adherence", "correct"):
        axes.set_ylim(-3, 103)
        axes.set_yticks([0, 50, 100])


def _legend(figure) -> None:
    """One legend below for all panels, with line and marker of each key."""
    found = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in found or not found[label].get_marker():
                found[label] = handle
    legend_below(figure, found.values(), found.keys(), most=5, handlelength=2.6)
