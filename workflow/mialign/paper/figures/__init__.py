"""Figures from tidy tables. One code draws our results and the published ones: CSV and settings differ."""

from pathlib import Path

from mialign.paper.figures import bars, constitutions, dots, front, information, lines, power
from mialign.paper.figures.style import RC, save

FIGURES = {
    "figure1": bars.by_category,
    "figure2": bars.by_attempts,
    "figure3": lines.against_attempts,
    "overall": dots.overall,
    "qualities": dots.qualities,
    "formats": dots.formats,
    "collapse": lines.collapse,
    "training": lines.training,
    "information": information.by_iteration,
    "constitutions": constitutions.by_number,
    "front": front.front,
    "power": power.power,
}


def draw(name: str, rows: list[dict], settings: dict, out: str | Path) -> None:
    """Draw a figure of FIGURES from the rows of its tidy tables to `out` (.pdf), with a .png beside it."""
    from matplotlib import rc_context

    with rc_context(RC):
        save(FIGURES[name](rows, settings), out)
