"""Figures read back from their vector graphics: heights, order, axes, shades and legends."""

import json
import math
import sys
from collections import Counter

import pymupdf
import pytest

import run
from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.paper.figures import FIGURES, draw
from mialign.paper.figures.style import curve_styles

CATEGORIES = ["Writing", "Roleplay", "Reasoning", "Math", "Coding", "Extraction", "STEM", "Humanities"]
PUBLISHED = {  # read off the paper's figures; typed here a second time, apart from the CSV
    "figure1": {
        "DPO vs SFT": [50, 55, 40, 70, 40, 65, 70, 70],
        "SAMI vs SFT": [50, 80, 40, 100, 30, 70, 40, 50],
        "SAMI vs DPO": [70, 60, 50, 95, 40, 60, 40, 30],
    },
    "figure2": {1: [34.67, 35.77, 37.87, 37.50], 10: [65.0, 68.9, 75.1, 76.4], 32: [85.07, 86.08, 89.23, 89.48]},
}
METHODS = ["Base", "SAMI", "SFT", "SFT+SAMI"]


@pytest.fixture(scope="session")
def published(root, tmp_path_factory):
    """The three published figures, drawn by the command from the files of the repository."""
    folder, sources = tmp_path_factory.mktemp("published"), root / "workflow" / "resources" / "published"
    for number, data in ((1, "comparisons"), (2, "accuracy"), (3, "accuracy")):
        arguments = ["--name", f"figure{number}", "--data", str(sources / f"{data}.csv")]
        arguments += ["--settings-file", str(sources / "figures.json"), "--out", str(folder / f"figure{number}.pdf")]
        assert command(*arguments) == 0
    return folder


def command(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["run.py", "figure", *arguments])
        return run.main()


class Picture:
    """What a page shows: words with their places, and drawings."""

    def __init__(self, path):
        page = pymupdf.open(path)[0]
        self.size = page.rect
        self.words = [(" ".join(w[4] for w in line), *_box(line)) for line in _lines(page)]
        self.drawings = page.get_drawings()
        self.text = page.get_text()

    def ticks(self, axis: str) -> list[pymupdf.Rect]:
        """Tick marks: lines of 2.5 points, horizontal on the y axis and vertical on the x axis."""
        marks = [d["rect"] for d in self.drawings if d["width"] and abs(d["width"] - 0.6) < 1e-3]
        long, short = ("width", "height") if axis == "y" else ("height", "width")
        return [m for m in marks if abs(getattr(m, long) - 2.5) < 0.01 and getattr(m, short) < 0.01]

    def shapes(self, stroke: float, boxes: bool) -> list[dict]:
        """Filled outlines with a stroke of this width: the bars (boxes of 0.5), or the markers (0.6)."""
        wide = [d for d in self.drawings if d["fill"] and d["width"] and abs(d["width"] - stroke) < 1e-3]
        return [d for d in wide if d["rect"].width > 3 and (d["items"][0][0] == "re" or not boxes)]


def _lines(page):
    """Words grouped to labels: those of one line of text."""
    groups: dict = {}
    for word in page.get_text("words"):
        groups.setdefault(word[5:7], []).append(word)
    return groups.values()


def _box(line):
    return min(w[0] for w in line), min(w[1] for w in line), max(w[2] for w in line), max(w[3] for w in line)


def scale(marks: list[pymupdf.Rect], values: list[float]):
    """From the page's y to the axis' values, by the outermost ticks; the others must lie on the same line."""
    ys = sorted((mark.y0 for mark in marks), reverse=True)
    assert len(ys) == len(values)

    def value(y: float) -> float:
        return values[0] + (values[-1] - values[0]) * (ys[0] - y) / (ys[0] - ys[-1])

    assert [value(y) for y in ys] == pytest.approx(values, abs=0.005)
    return value


def shade(drawing: dict) -> float:
    assert max(drawing["fill"]) - min(drawing["fill"]) < 0.01, "not a grey"
    return sum(drawing["fill"]) / 3


def panels_of(marks: list[pymupdf.Rect]) -> dict[int, list[pymupdf.Rect]]:
    """Tick marks of y axes, by the place of their axis from left to right."""
    axes = sorted({round(mark.x1) for mark in marks})
    return {place: [mark for mark in marks if round(mark.x1) == x] for place, x in enumerate(axes)}


def test_figure1_as_published(published):
    picture = Picture(published / "figure1.pdf")
    value = scale(picture.ticks("y"), [0, 50, 100])
    frame = next(d["rect"] for d in picture.drawings if d["type"] == "s" and d["rect"].width < 0.01)
    assert (value(frame.y1), value(frame.y0)) == pytest.approx((0, 110), abs=0.01)

    shapes = picture.shapes(0.5, boxes=True)
    keys, bars = [s for s in shapes if s["rect"].height < 7], [s for s in shapes if s["rect"].height >= 7]
    bars.sort(key=lambda bar: bar["rect"].x0)
    assert all(value(bar["rect"].y1) == pytest.approx(0, abs=0.01) for bar in bars)
    assert [value(bar["rect"].y0) for bar in bars] == pytest.approx(
        [rate for group in zip(*PUBLISHED["figure1"].values(), strict=True) for rate in group], abs=0.01
    )
    assert [shade(bar) for bar in bars] == pytest.approx([0.75, 0.5, 0.0] * 8, abs=0.01)

    words = {word: (x0, y0, x1, y1) for word, x0, y0, x1, y1 in picture.words}
    labels = sorted((w for w in words if w in CATEGORIES), key=lambda w: words[w][0])
    assert labels == CATEGORIES
    for place, label in enumerate(labels):  # each label is centred under its middle bar
        middle = bars[3 * place + 1]["rect"]
        assert (words[label][0] + words[label][2]) / 2 == pytest.approx((middle.x0 + middle.x1) / 2, abs=0.5)
    legend = sorted((w for w in words if " vs " in w), key=lambda w: words[w][0])
    assert legend == list(PUBLISHED["figure1"])
    assert len({round(words[label][1]) for label in legend}) == 1  # one row
    assert all(words[label][1] > words["Writing"][3] for label in legend)  # below
    keys.sort(key=lambda key: key["rect"].x0)
    assert [shade(key) for key in keys] == pytest.approx([0.75, 0.5, 0.0], abs=0.01)
    assert "Win rate by category of MT-Bench" in words


def test_figure2_as_published(published):
    picture = Picture(published / "figure2.pdf")
    panels = panels_of(picture.ticks("y"))
    bars = sorted(picture.shapes(0.5, boxes=True), key=lambda bar: bar["rect"].x0)
    ticks = {1: [34, 36, 38, 40], 10: [60, 65, 70, 75, 80], 32: [84, 86, 88, 90]}
    assert len(panels) == 3
    assert len(bars) == 12
    for place, (attempts, heights) in enumerate(PUBLISHED["figure2"].items()):
        value = scale(panels[place], ticks[attempts])
        of_panel = bars[4 * place : 4 * place + 4]
        assert [value(bar["rect"].y0) for bar in of_panel] == pytest.approx(heights, abs=0.01)
        assert all(value(bar["rect"].y1) == pytest.approx(ticks[attempts][0], abs=0.01) for bar in of_panel)
        assert [shade(bar) for bar in of_panel] == pytest.approx([0.5, 0.0, 1.0, 0.5], abs=0.01)
    titles = sorted((w for w in picture.words if "attempt" in w[0]), key=lambda word: word[1])
    assert [word[0] for word in titles] == ["1 attempt", "10 attempts", "32 attempts"]
    labels = sorted((w for w in picture.words if w[0] in METHODS), key=lambda word: word[3])
    assert [word[0] for word in labels] == METHODS * 3
    for _, x0, y0, x1, y1 in labels:  # turned by 45 degrees: about as high as wide
        assert y1 - y0 == pytest.approx(x1 - x0, rel=0.1)


def test_figure3_as_published(published):
    picture = Picture(published / "figure3.pdf")
    value = scale(picture.ticks("y"), [30, 40, 50, 60, 70, 80, 90])
    frame = next(d["rect"] for d in picture.drawings if d["type"] == "s" and d["rect"].width < 0.01)
    assert (value(frame.y1), value(frame.y0)) == pytest.approx((30, 95), abs=0.01)
    at = sorted(mark.x0 for mark in picture.ticks("x"))
    assert (at[1] - at[0]) / (at[2] - at[0]) == pytest.approx(9 / 31, abs=1e-4)  # 1, 10, 32

    markers = picture.shapes(0.6, boxes=False)
    assert len(markers) == 4 * 4  # three points and the legend's key, a method
    outlines = [("re", 1), ("l", 3), ("c", 8), ("l", 4)]  # square, triangle, circle, diamond
    for place, outline in enumerate(outlines):
        of_line = markers[3 * place : 3 * place + 3]
        assert {(m["items"][0][0], len(m["items"])) for m in [*of_line, markers[12 + place]]} == {outline}
        points = [((m["rect"].x0 + m["rect"].x1) / 2, value((m["rect"].y0 + m["rect"].y1) / 2)) for m in of_line]
        assert [x for x, _ in points] == pytest.approx(at, abs=0.01)
        assert [y for _, y in points] == pytest.approx([PUBLISHED["figure2"][k][place] for k in (1, 10, 32)], abs=0.01)
        assert shade(of_line[0]) == pytest.approx([0.5, 0.0, 1.0, 0.5][place], abs=0.01)
    corners = sorted(corner.y for item in markers[3]["items"] for corner in item[1:])
    assert corners[0] == corners[1] < corners[2] - 1  # one corner, where two sides meet, on top: the triangle points up
    legend = [word for word in picture.words if word[0] in METHODS]
    assert [word[0] for word in sorted(legend, key=lambda word: word[2])] == METHODS
    assert Counter(word[0] for word in picture.words)["32"] == 1


def test_published_values_name_their_source(root):
    for name in ("comparisons", "qualities", "accuracy"):
        rows = csv_files.rows(root / "workflow" / "resources" / "published" / f"{name}.csv", ("source",))
        assert all(row["source"].split(":")[0] in ("figure", "text", "files") for row in rows)
        ranges = [
            row for row in rows if row["low"] is not None
        ]  # no intervals were published, but for all pairs a range
        assert all(row["axis"] == "principle-free" and (row["low"], row["high"]) == (49, 51) for row in ranges)


@pytest.mark.parametrize(
    ("method", "wins", "ties", "losses"), [("dpo", 43, 6, 31), ("sami", 43, 5, 32)], ids=["dpo", "sami"]
)
def test_released_verdicts_give_their_win_rate(root, method, wins, ties, losses):
    rows = csv_files.rows(root / "workflow" / "resources" / "published" / "comparisons.csv")
    found = {r["metric"]: r["value"] for r in rows if r["source"].startswith("files") and r["method"] == method}
    assert found == {"win_rate": (wins + ties / 2) / 0.8, "wins": wins, "ties": ties, "losses": losses}


def test_released_lengths(root):
    rows = csv_files.rows(root / "workflow" / "resources" / "published" / "qualities.csv")
    assert {row["method"]: row["value"] for row in rows} == {"sft": 156.9, "dpo": 179.5, "sami": 255.4}


# ------------------------------------------------------------------ our own figures


def comparison(method, baseline, category, value, half=None, temperature=0.0, metric="win_rate"):
    keys = {"experiment": "multitask", "method": method, "baseline": baseline, "axis": "principle-aware"}
    low, high = (None, None) if half is None else (value - half, value + half)
    return keys | {"temperature": temperature, "category": category, "metric": metric} | estimate(value, low, high)


def accuracy(method, attempts, value, metric="accuracy", temperature=None):
    temperature = float(attempts > 1) if temperature is None else temperature
    keys = {"experiment": "maths", "method": method, "temperature": temperature, "attempts": attempts}
    return keys | {"extractor": "strict", "metric": metric} | estimate(value, value - 3, value + 4)


def quality(method, metric, value, temperature):
    keys = {"experiment": "multitask", "method": method, "temperature": temperature, "category": "all"}
    return keys | {"metric": metric} | estimate(value, value - 2, value + 2)


def estimate(value, low, high):
    return {"value": value, "low": low, "high": high, "n": 100}


def step(experiment, method, seed, at, metric, value):
    return {"experiment": experiment, "method": method, "seed": seed, "step": at, "metric": metric, "value": value}


def curves(experiment, methods, seeds):
    rows = []
    for place, method in enumerate(methods):
        for seed in seeds:
            for at in range(17):
                rows.append(step(experiment, method, seed, at, "loss", 1 / (1 + at) + place / 10 + (seed or 0) / 50))
                rows.append(step(experiment, method, seed, at, "matched_logprob", -0.1 * at * (place + 1)))
            for at in (0, 8, 16):
                rows.append(step(experiment, method, seed, at, "mean_score", 0.9 - 0.02 * at * place))
                rows.append(step(experiment, method, seed, at, "correct", 0.8 - 0.01 * at * place))
    return rows


OURS = {
    "figure1": [
        comparison(*pair, category, 55 + place, 5)
        for place, pair in enumerate([("dpo", "sft"), ("sami", "sft"), ("sami", "base"), ("mipo", "sft")])
        for category in ("writing", "math", "all")
    ],
    "figure2": [accuracy(m, k, 20 + k + i) for i, m in enumerate(["sami", "base", "best_of_two"]) for k in (1, 10, 32)],
    "overall": [comparison("sami", "sft", "all", 60, 3, t) for t in (0.0, 1.0)],
    "qualities": [quality(m, "adherence", 70, t) for m in ("sft", "base") for t in (0.0, 1.0)],
    "formats": [
        accuracy("base", 1, 40, metric, temperature=t)
        for metric in ("pass_at_k", "steps_share", "accuracy_given_steps")
        for t in (0.0, 1.0)
    ],
    "collapse": curves("collapse", ["rate_1", "kl"], [None]),
    "front": [
        {
            "experiment": "steered",
            "method": method,
            "temperature": 0.0,
            "preference": f"{w:.1f} {1 - w:.1f}",
            "reward": reward,
            "metric": "normalised_reward",
            "value": w * side,
            "low": w * side - 1,
            "high": w * side + 1,
        }
        for method in ("base", "mi_epo")
        for w in (0.0, 0.5, 1.0)
        for reward, side in (("friendly", 1), ("brief", -1))
    ],
    "training": curves("multitask", ["sft", "sami"], [1, 2]) + curves("maths", ["sami"], [1, 2]),
}
OURS["figure3"] = OURS["figure2"]


def bound(method, over, value, metric="bound", critic="sum"):
    keys = {"experiment": "multitask", "method": method, "critic": critic, "over": over, "metric": metric}
    return keys | (estimate(value, value - 0.02, value + 0.03) if metric == "bound" else estimate(value, None, None))


OURS["information"] = [
    bound(method, over, 0.1 + place / 10 + more)
    for place, method in enumerate(["sft", "base", "mi_1", "mi_2", "mi_3", "dpo_2"])
    for over, more in (("rows", 0.02), ("columns", 0.0), ("both", 0.01))
] + [bound("base", "", math.log(2), "cap", "")]

NUMBERS = {2: "n2", 3: "n3", 4: "n4"}
OURS["constitutions"] = [
    {"experiment": "multitask", "method": method, "category": category, "metric": "adherence"}
    | {"temperature": temperature}
    | estimate(*(end + number + 10 * temperature for end in (50, 48, 53)))
    for number, method in {0: "base", **NUMBERS}.items()
    for temperature in (0.0, 1.0)
    for category in ("all", "math")
] + [
    row | {"method": {"mi_1": "n2", "mi_2": "n3", "mi_3": "n4"}.get(row["method"], row["method"]), "critic": critic}
    for row in OURS["information"]
    for critic in ([row["critic"]] if row["metric"] == "cap" else ["mean", "sum"])
]
OURS["power"] = [
    {"experiment": "multitask", "method": "sami", "baseline": "sft", "axis": "principle-aware", "category": "all"}
    | {"metric": "win_rate", "source": "figure 1", "attempts": None, **estimate(57.5, None, None), "n": 80}
] + [
    {"experiment": "maths", "method": method, "attempts": 1, "extractor": "authors", "metric": "accuracy"}
    | {"source": "figure 2", **estimate(value, None, None), "n": 7473}
    for method, value in (("base", 34.67), ("sami", 35.77))
]
NEEDED = {"constitutions": {"groups": [list(NUMBERS.items())]}}  # settings that a figure cannot do without


@pytest.mark.parametrize("name", FIGURES)
def test_same_bytes_again_and_no_date(name, tmp_path):
    for file in ("a.pdf", "b.pdf"):
        draw(name, OURS[name], NEEDED.get(name, {}), tmp_path / file)
    for kind in ("pdf", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    assert b"Date" not in (tmp_path / "a.pdf").read_bytes()
    assert b"Software" not in (tmp_path / "a.png").read_bytes()
    assert pymupdf.open(tmp_path / "a.png")[0].rect.width > 0
    assert Picture(tmp_path / "a.pdf").size.width <= 6.3 * 72 + 0.01  # the text width


def test_figure1_shows_added_methods_and_intervals(tmp_path):
    draw("figure1", OURS["figure1"], {"labels": {"math": "Sums"}}, tmp_path / "a.pdf")
    picture = Picture(tmp_path / "a.pdf")
    assert "mipo vs SFT" in picture.text
    assert "vs Base" not in picture.text  # the base has its own figure
    assert [word for word, *_ in picture.words if word in ("Writing", "Sums", "All")] == ["Writing", "Sums"]
    value = scale(picture.ticks("y"), [0, 50, 100])
    black = [d for d in picture.drawings if d["width"] and abs(d["width"] - 0.7) < 1e-3]
    ends = sorted((round(value(d["rect"].y1), 2), round(value(d["rect"].y0), 2)) for d in black)
    assert ends == sorted([(50, 60), (51, 61), (53, 63)] * 2)


def test_comparisons_and_their_order_can_be_chosen(tmp_path):
    settings = {"comparisons": [["sami", "base"], ["dpo", "sft"]], "labels": {"base": "start"}}
    draw("figure1", OURS["figure1"], settings, tmp_path / "a.pdf")
    legend = [w for w in sorted(Picture(tmp_path / "a.pdf").words, key=lambda w: w[1]) if " vs " in w[0]]
    assert [word[0] for word in legend] == ["SAMI vs start", "DPO vs SFT"]


@pytest.mark.parametrize("length", [4, 24, 60])
def test_the_legend_below_has_as_many_columns_as_fit(tmp_path, length):
    labels = {f"m{number}": "x" * length for number in range(6)}
    rows = [comparison(method, "sft", category, 60) for method in labels for category in ("math", "stem")]
    draw("figure1", rows, {"labels": labels}, tmp_path / "a.pdf")
    drawn = Picture(tmp_path / "a.pdf")
    shown = [word for word in drawn.words if "xxx" in word[0]]
    assert sum(word[0].count("vs SFT") for word in shown) == 6
    assert all(left >= 0 and right <= drawn.size.width for _, left, _, right, _ in shown)
    assert len({round(top) for _, _, top, _, _ in shown}) == {4: 2, 24: 3, 60: 6}[length]  # rows


@pytest.mark.parametrize("label", ["_new", "$5 & 6%", "a_b^c", "\\frac"])
def test_a_label_is_shown_as_it_is(tmp_path, label):
    """Of matplotlib an underscore at the head hides an entry of a legend, and dollars begin a formula."""
    settings = {"comparisons": [["dpo", "sft"]], "labels": {"dpo": label, "math": label}}
    draw("figure1", OURS["figure1"], settings, tmp_path / "a.pdf")
    shown = [word[0].strip() for word in Picture(tmp_path / "a.pdf").words]
    assert f"{label} vs SFT" in shown
    assert label.capitalize() in shown or label in shown


def test_one_attempt_is_greedy_and_the_base_comes_first(tmp_path):
    sampled = accuracy("sami", 1, 99, temperature=1.0)
    draw("figure2", [sampled, *OURS["figure2"]], {"ylims": {"1": [0, 100]}}, tmp_path / "a.pdf")
    picture = Picture(tmp_path / "a.pdf")
    bars = sorted(picture.shapes(0.5, boxes=True), key=lambda bar: bar["rect"].x0)
    value = scale(panels_of(picture.ticks("y"))[0], [0, 20, 40, 60, 80, 100])
    assert [value(bar["rect"].y0) for bar in bars[:3]] == pytest.approx([22, 21, 23], abs=0.01)
    labels = sorted((w for w in picture.words if w[0] in ("Base", "SAMI", "best of two")), key=lambda word: word[3])
    assert [word[0] for word in labels[:3]] == ["Base", "SAMI", "best of two"]


def test_markers_of_figure3_have_the_shades_of_the_bars_of_figure2(tmp_path):
    shades = {}
    for name, stroke in (("figure2", 0.5), ("figure3", 0.6)):
        draw(name, OURS[name], {}, tmp_path / f"{name}.pdf")
        shapes = Picture(tmp_path / f"{name}.pdf").shapes(stroke, boxes=name == "figure2")
        shades[name] = [round(shade(shape), 2) for shape in shapes]
    assert shades["figure2"] == [0.5, 0.0, 1.0] * 3
    assert shades["figure3"] == [0.5] * 3 + [0.0] * 3 + [1.0] * 3 + [0.5, 0.0, 1.0]  # points, then the legend


def test_training_shows_the_mean_over_seeds_and_its_range(tmp_path):
    draw("training", curves("multitask", ["sami"], [1, 2]), {"panels": ["loss"], "height": 2}, tmp_path / "a.pdf")
    picture = Picture(tmp_path / "a.pdf")
    value = scale(picture.ticks("y"), [0.25, 0.5, 0.75, 1.0])
    line = next(d for d in picture.drawings if d["type"] == "s" and len(d["items"]) == 16)
    assert value(line["rect"].y0) == pytest.approx(1.03, abs=0.001)
    band = next(d for d in picture.drawings if d["type"] == "f" and len(d["items"]) > 30)
    assert (value(band["rect"].y1), value(band["rect"].y0)) == pytest.approx((1 / 17 + 0.02, 1.04), abs=0.001)


def test_a_panel_of_a_quantity_that_was_not_measured_is_empty(tmp_path):
    measured = curves("multitask", ["sami"], [1])
    unmeasured = [row | {"experiment": "maths"} for row in measured if row["metric"] == "loss"]
    draw("training", [*measured, *unmeasured], {}, tmp_path / "a.pdf")
    both = len(Picture(tmp_path / "a.pdf").ticks("y"))
    draw("training", measured, {}, tmp_path / "b.pdf")
    alone = len(Picture(tmp_path / "b.pdf").ticks("y"))
    assert 0 < both - alone < alone  # the ticks of one panel more


def test_rows_and_columns_of_the_grid_and_the_share_that_ends_have_panels_of_their_own(tmp_path):
    keys = {"experiment": "multitask", "method": "sami", "seed": 1}
    metrics = {"grid_accuracy_rows": 0.5, "grid_accuracy_columns": 0.9, "ended": 1.0}  # each alike at every step
    rows = [keys | {"step": step, "metric": name, "value": value} for step in (0, 8) for name, value in metrics.items()]
    draw("training", rows, {}, tmp_path / "a.pdf")
    text = Picture(tmp_path / "a.pdf").text
    assert all(title in text for title in ("Grid rows (%)", "Grid columns (%)", "Ended (%)"))


def test_a_correlation_has_a_panel_of_its_own_and_is_no_share(tmp_path):
    keys = {"experiment": "multitask", "method": "mi_epo", "seed": 1}
    values = {"steering": (-0.5, 0.5), "accuracy": (0.2, 0.8)}
    rows = [
        keys | {"step": step, "metric": name, "value": value}
        for name, both in values.items()
        for step, value in zip((0, 8), both, strict=True)
    ]
    draw("training", rows, {}, tmp_path / "a.pdf")
    text = Picture(tmp_path / "a.pdf").text
    assert "Validation (%)" in text
    assert "Validation (corr.)" in text
    assert {"0.50", "80"} <= set(text.split())
    draw("training", [row for row in rows if row["metric"] == "steering"], {}, tmp_path / "b.pdf")
    assert "%" not in Picture(tmp_path / "b.pdf").text


def test_methods_of_one_name_have_the_label_of_their_experiment(tmp_path):
    rows = curves("multitask", ["sft"], [1]) + curves("large", ["sft"], [1])
    settings = {"labels": {"multitask": {"sft": "SFT"}, "large": {"sft": "SFT of 8B"}}, "panels": ["loss"], "height": 2}
    draw("training", rows, settings, tmp_path / "a.pdf")
    words = [word for word, *_ in Picture(tmp_path / "a.pdf").words]
    assert {"SFT", "SFT of 8B", "Experiment 1", "large"} <= set(words)


def test_a_panel_whose_values_are_all_alike_is_left_out(tmp_path):
    rows = [quality(m, "ended", 100, 0.0) for m in ("base", "sft")]
    rows += [quality(m, "adherence", value, 0.0) for m, value in (("base", 60), ("sft", 70))]
    draw("qualities", rows, {}, tmp_path / "a.pdf")
    text = Picture(tmp_path / "a.pdf").text
    assert "Adherence" in text
    assert "Ended" not in text


def test_intervals_of_figure3_stand_apart(tmp_path):
    draw("figure3", OURS["figure3"], {}, tmp_path / "a.pdf")
    lines = [d["rect"].x0 for d in Picture(tmp_path / "a.pdf").drawings if d["width"] and abs(d["width"] - 0.7) < 1e-3]
    assert len({round(x, 1) for x in lines}) == 3 * 3  # three methods at three numbers of attempts


def test_iterations_are_a_line_from_the_base_and_the_cap_is_drawn(tmp_path):
    draw("information", OURS["information"], {"labels": {"mi_1": "Mine 1", "sft": "Tuned"}}, tmp_path / "a.pdf")
    picture = Picture(tmp_path / "a.pdf")
    lines = [d["rect"] for d in picture.drawings if d["type"] == "s" and len(d["items"]) == 3]
    assert len(lines) == 3  # one a panel, over base, 1, 2 and 3
    value = scale(panels_of(picture.ticks("y"))[0], [0.0, 0.2, 0.4, 0.6])
    assert [(value(line.y1), value(line.y0)) for line in sorted(lines, key=lambda line: line.x0)] == [
        pytest.approx((0.2 + more, 0.5 + more), abs=0.002) for more in (0.02, 0.0, 0.01)
    ]
    dashed = [
        d["rect"].y0 for d in picture.drawings if d["width"] and abs(d["width"] - 0.7) < 1e-3 and d["dashes"] != "[] 0"
    ]
    assert [value(y) for y in dashed[:3]] == pytest.approx([math.log(2)] * 3, abs=0.002)
    words = [word for word, *_ in picture.words]
    assert {"Rows", "Columns", "Mean of both", "Mine, by iteration", "Base (0)", "Tuned", "dpo 2"} <= set(words)
    assert [word for word in words if word.isdigit()] == ["0", "1", "2", "3"] * 3


def test_adherence_and_the_bound_against_the_number_of_constitutions(tmp_path):
    """Of sampled answers, 10 above those that greedy ones have here."""
    settings = NEEDED["constitutions"] | {"labels": {"n2": "Mine, N = 2"}}
    draw("constitutions", OURS["constitutions"], settings, tmp_path / "a.pdf")
    picture = Picture(tmp_path / "a.pdf")
    drawn = [d for d in picture.drawings if d["type"] == "s" and len(d["items"]) == 2 and d["dashes"] != "[] 0"]
    lines = sorted((d["rect"] for d in drawn if d["rect"].height > 1), key=lambda rect: rect.x0)  # not the legend's
    marks = panels_of(picture.ticks("y"))
    panels = [([58, 60, 62, 64, 66], (62, 64)), ([0.2, 0.3, 0.4, 0.5, 0.6, 0.7], (0.3, 0.5))]
    for place, (ticks, ends) in enumerate(panels):
        value = scale(marks[place], ticks)
        assert (value(lines[place].y1), value(lines[place].y0)) == pytest.approx(ends, abs=0.01)
    words = [word for word, *_ in picture.words]
    assert {"Base", "Mine, N = 2 to 4", "Cap of the bound", "Adherence (%)", "Bound (nat)"} <= set(words)


def test_without_groups_the_number_of_constitutions_has_no_figure(tmp_path):
    with pytest.raises(InputError, match="differ in the number of constitutions alone: nothing to draw"):
        draw("constitutions", OURS["constitutions"], {}, tmp_path / "a.pdf")


def test_without_iterations_every_policy_has_its_point_and_name(tmp_path):
    rows = [row for row in OURS["information"] if "mi_" not in row["method"]]
    draw("information", rows, {}, tmp_path / "a.pdf")
    words = [word for word, *_ in Picture(tmp_path / "a.pdf").words]
    assert [words.count(word) for word in ("Base", "SFT", "dpo 2")] == [3, 3, 3]
    assert "iteration" not in " ".join(words)


def test_gaps_are_drawn_as_gaps(tmp_path):
    rows = [comparison("sami", "sft", "math", 60, 5), comparison("sami", "sft", "stem", 0) | estimate(None, None, None)]
    draw("figure1", rows, {}, tmp_path / "a.pdf")
    assert len([s for s in Picture(tmp_path / "a.pdf").shapes(0.5, boxes=True) if s["rect"].height > 7]) == 1


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_to_draw_and_unknown_settings_are_said(name, tmp_path):
    with pytest.raises(InputError, match="nothing to draw"):
        draw(name, [row | {"value": None} for row in OURS[name]], {}, tmp_path / "a.pdf")
    with pytest.raises(InputError, match="'hight'"):
        draw(name, OURS[name], {"hight": 3}, tmp_path / "a.pdf")
    assert not list(tmp_path.iterdir())


def test_command_needs_a_pdf_and_settings_that_can_be_read(tmp_path, root, capsys):
    data = root / "workflow" / "resources" / "published" / "comparisons.csv"
    broken = tmp_path / "settings.json"
    broken.write_text("{")
    arguments = ["--name", "figure1", "--data", str(data), "--settings", json.dumps({"title": "T"})]
    assert command(*arguments, "--out", str(tmp_path / "a.svg")) == 2
    assert "must end in .pdf" in capsys.readouterr().err
    assert command(*arguments, "--settings-file", str(broken), "--out", str(tmp_path / "a.pdf")) == 2
    assert "settings.json" in capsys.readouterr().err


def test_no_two_curves_look_alike():
    keys = ["sft", "dpo", "sami", "sft_more", "sft_all", "sft_sami", *"abcdef"]
    looks = [(style["color"], style["marker"]) for style in curve_styles(keys).values()]
    assert len(set(looks)) == len(keys)
