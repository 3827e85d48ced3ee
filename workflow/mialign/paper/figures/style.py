"""What all figures share: look, names, order, settings, and saving with the same bytes every time."""

from collections.abc import Iterable
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import writing

TEXT_WIDTH = 6.3  # inches, of the article

RC = {
    "font.family": "STIXGeneral",  # comes with matplotlib, so every machine draws the same glyphs
    "mathtext.fontset": "stix",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,
    "path.simplify": False,
}

NAMES = {
    "base": "Base",
    "generator": "Generator",
    "sft": "SFT",
    "dpo": "DPO",
    "sami": "SAMI",
    "sft_sami": "SFT+SAMI",
    "sft_more": "SFT continued",
    "sft_all": "SFT on all",
    "stem": "STEM",
    "multitask": "Experiment 1",
    "maths": "Experiment 2",
}

# Greys of bars, markers and dots, in the order in which a figure draws them.
COMPARISON_SHADES = ["0.75", "0.5", "0.0", "1.0"]  # figure 1: DPO over SFT, SAMI over SFT, SAMI over DPO, then others
METHOD_SHADES = ["0.5", "0.0", "1.0", "0.85", "0.3"]  # figures 2 and 3: the base, then the methods
TEMPERATURE_FACES = ("black", "white", "0.6")

# Colours that differ in lightness too, with dashes and markers, for curves of methods.
CURVES = {
    "sft": {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "sft_more": {"color": "#56B4E9", "linestyle": (0, (4, 1.5)), "marker": "D"},
    "sft_all": {"color": "#009E73", "linestyle": (0, (1.5, 1)), "marker": "P"},
    "dpo": {"color": "#D55E00", "linestyle": (0, (1.5, 1)), "marker": "^"},
    "sami": {"color": "#000000", "linestyle": "-", "marker": "s"},
    "sft_sami": {"color": "#CC79A7", "linestyle": (0, (5, 1, 1, 1)), "marker": "v"},
}
SPARE = (
    {"color": "#000000", "linestyle": (0, (1.5, 1)), "marker": "X"},
    {"color": "#D55E00", "linestyle": (0, (4, 1.5)), "marker": "v"},
    {"color": "#0072B2", "linestyle": (0, (5, 1, 1, 1)), "marker": "s"},
    {"color": "#009E73", "linestyle": (0, (5, 1, 1, 1)), "marker": "D"},
    {"color": "#E69F00", "linestyle": "-", "marker": "v"},
    {"color": "#999999", "linestyle": (0, (4, 1.5)), "marker": "P"},
)


def settled(defaults: dict, settings: dict) -> dict:
    """Defaults with the settings laid over them; settings that the figure does not have are refused."""
    unknown = sorted(settings.keys() - defaults.keys())
    if unknown:
        raise InputError(f"figure settings: {unknown[0]!r} is none of {', '.join(sorted(defaults))}")
    return defaults | settings


def name(key: str, labels: dict) -> str:
    """The label of a method, category or curve: from the settings, a known name, or the key made readable."""
    label = labels.get(key) or NAMES.get(key) or key.replace("_", " ")
    label = f" {label}" if label.startswith("_") else label  # legends leave out what begins with it
    return label.replace("$", r"\$")  # a dollar is a dollar, not the beginning of a formula


def need(rows: list[dict], what: str) -> list[dict]:
    """The rows themselves; InputError if none of them has a value."""
    if not any(row["value"] is not None for row in rows):
        raise InputError(f"no values of {what} in the table: nothing to draw")
    return rows


def telling(values: dict[str, list[float]]) -> list[str]:
    """Of panels and the values that they would show: those that are not all alike, or where all are so, any."""
    present = [panel for panel, found in values.items() if found]
    return [panel for panel in present if len({f"{value:.3g}" for value in values[panel]}) > 1] or present


def ordered(keys: list[str], order: list[str] | None = None) -> list[str]:
    """Distinct keys: the given order alone if there is one, otherwise the base and then the order of the table."""
    present = list(dict.fromkeys(keys))
    if order:
        return [key for key in order if key in present]
    return sorted(present, key=lambda key: key != "base")


def curve_styles(keys: list[str]) -> dict[str, dict]:
    """A style for each key: known methods have their own, others take the spare ones in turn."""
    others = [key for key in keys if key not in CURVES]
    return {key: CURVES[key] if key in CURVES else SPARE[others.index(key) % len(SPARE)] for key in keys}


def whiskers(axes, x: list[float], rows: list[dict | None], horizontal: bool = False) -> None:
    """Thin 95 % intervals where the rows have them, with a white rim so that they show on black."""
    from matplotlib.patheffects import Normal, Stroke

    pairs = [(at, row) for at, row in zip(x, rows, strict=True) if row]
    ends = [(at, row["low"], row["high"]) for at, row in pairs if row.get("low") is not None]
    if ends:
        at, low, high = zip(*ends, strict=True)
        draw = axes.hlines if horizontal else axes.vlines
        rim = [Stroke(linewidth=1.8, foreground="white"), Normal()]
        lines = draw(at, low, high, color="black", linewidth=0.7, zorder=4, path_effects=rim, label="_interval")
        lines.set_snap(False)  # line and rim would be rounded to different pixels


def save(figure, out: str | Path) -> None:
    """Write out (.pdf) and its twin .png, without dates or versions."""
    out = Path(out)
    if out.suffix != ".pdf":
        raise InputError(f"{out}: the figure's file must end in .pdf (a .png is written beside it)")
    with writing(out) as path:
        figure.savefig(path, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    with writing(out.with_suffix(".png")) as path:
        figure.savefig(path, dpi=200, metadata={"Software": None})


def legend_below(figure, handles: Iterable, labels: Iterable[str], most: int, **more) -> None:
    """A legend under all panels, in as many columns, `most` at the most, as fit into the width of the figure."""
    handles, labels = list(handles), list(labels)
    for columns in range(min(most, len(labels)), 0, -1):
        legend = figure.legend(handles, labels, loc="outside lower center", ncols=columns, **more)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()
