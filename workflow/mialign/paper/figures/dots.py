"""Dot figures: one row a method or comparison, a panel a quantity, a dot with its interval a temperature."""

from collections.abc import Callable

from mialign.core.csv_files import where
from mialign.core.errors import InputError
from mialign.paper.figures.style import (
    TEMPERATURE_FACES,
    TEXT_WIDTH,
    name,
    need,
    ordered,
    settled,
    telling,
    whiskers,
)
from mialign.paper.reported import reported

DEFAULTS = {"labels": {}, "experiment": None}


def overall(rows: list[dict], settings: dict):
    """Win rates over all categories, every comparison, by axis and temperature."""
    chosen = settled(DEFAULTS, settings)
    rows = _of_experiment(where(rows, category="all"), chosen)
    need(where(rows, metric="win_rate"), "win_rate over all categories")
    pairs = dict.fromkeys((row["method"], row["baseline"]) for row in rows)
    panels = {
        "Principle-aware (%)": {"metric": "win_rate", "axis": "principle-aware"},
        "Length-controlled (%)": {"metric": "win_rate_length_controlled", "axis": "principle-aware"},
        "Principle-free (%)": {"metric": "win_rate", "axis": "principle-free"},
    }
    entries = {
        " vs ".join(name(key, chosen["labels"]) for key in (method, baseline)): {"method": method, "baseline": baseline}
        for method, baseline in pairs
    }
    figure = _dots(rows, entries, panels, sharex=True)
    for axes in figure.axes:
        axes.axvline(50, color="0.6", linewidth=0.5, zorder=0)
    return figure


def qualities(rows: list[dict], settings: dict):
    """How well each method's responses follow, whether they are correct and end, and how long they are."""
    chosen = settled(DEFAULTS, settings)
    rows = _of_experiment(where(rows, category="all"), chosen)
    panels = {
        "Adherence (%)": {"metric": "adherence"},
        "Correct content (%)": {"metric": "correct"},
        "Ended (%)": {"metric": "ended"},
        "Tokens": {"metric": "tokens"},
    }
    return _dots(rows, _methods(rows, chosen), panels)


def formats(rows: list[dict], settings: dict):
    """Word problems: accuracy of one attempt, the share of step-by-step answers, accuracy within each format."""
    chosen = settled(DEFAULTS, settings)
    rows = reported(_of_experiment(rows, chosen))
    panels = {
        "Accuracy (%)": {"metric": "pass_at_k", "attempts": 1},
        "Step by step (%)": {"metric": "steps_share"},
        "Accuracy if in steps (%)": {"metric": "accuracy_given_steps"},
        "Accuracy if concise (%)": {"metric": "accuracy_given_concise"},
    }
    return _dots(rows, _methods(rows, chosen), panels)


def _of_experiment(rows: list[dict], chosen: dict) -> list[dict]:
    return rows if chosen["experiment"] is None else where(rows, experiment=chosen["experiment"])


def _methods(rows: list[dict], chosen: dict) -> dict[str, dict]:
    methods = ordered([row["method"] for row in rows])
    return {name(method, chosen["labels"]): {"method": method} for method in methods}


def _dots(rows: list[dict], entries: dict[str, dict], panels: dict[str, dict], sharex: bool = False):
    """Rows of dots (entries: label -> columns that select it) in panels (title -> columns that select it)."""
    from matplotlib.figure import Figure

    find = _finder(rows, entries, panels)
    temperatures = sorted({row["temperature"] for row in rows})
    values = {
        title: [cell["value"] for entry in entries for t in temperatures if (cell := find(entry, title, t))]
        for title in panels
    }
    shown = telling(values)
    if not shown:
        raise InputError("none of the values of this figure are in the table: nothing to draw")
    figure = Figure(figsize=(TEXT_WIDTH, 0.75 + 0.22 * len(entries)), layout="constrained")
    grid = figure.subplots(1, len(shown), sharey=True, sharex=sharex, squeeze=False)[0]
    for axes, title in zip(grid, shown, strict=True):
        for index, temperature in enumerate(temperatures):
            shift = (index - (len(temperatures) - 1) / 2) * 0.32
            cells = [find(entry, title, temperature) for entry in entries]
            _column(axes, [place + shift for place in range(len(entries))], cells, index, temperature)
        _tidy_up(axes, title)
    grid[0].set_yticks(range(len(entries)), list(entries))
    grid[0].set_ylim(len(entries) - 0.5, -0.5)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), handletextpad=0.2)
    return figure


def _column(axes, y: list[float], cells: list[dict | None], index: int, temperature: float) -> None:
    """The dots of one temperature, with their intervals."""
    whiskers(axes, y, cells, horizontal=True)
    axes.plot(
        [cell["value"] if cell else float("nan") for cell in cells],
        y,
        linestyle="",
        marker="o",
        markersize=3.6,
        markerfacecolor=TEMPERATURE_FACES[index % len(TEMPERATURE_FACES)],
        markeredgecolor="black",
        markeredgewidth=0.6,
        label=f"temperature {temperature:g}",
        zorder=5,
    )


def _tidy_up(axes, title: str) -> None:
    axes.set_title(title)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="y", color="0.9", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _finder(
    rows: list[dict], entries: dict[str, dict], panels: dict[str, dict]
) -> Callable[[str, str, float], dict | None]:
    def find(entry: str, title: str, temperature: float) -> dict | None:
        found = where(rows, **entries[entry], **panels[title], temperature=temperature)
        return found[0] if found and found[0]["value"] is not None else None

    return find
