"""Metrics of policies under preference vectors: by hand, and against slow computations that share no code with them."""

import math
from itertools import pairwise, product
from random import Random

import numpy as np
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.hypervolume import hypervolume
from mialign.evaluation.metrics import preferences, tidy
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.paper.figures import draw

QUICK = Bootstrap(resamples=200, seed=1)


# ---------------------------------------------------------------- hypervolume
def test_hypervolume_by_hand():
    assert hypervolume(np.array([[2.0, 1.0], [1.0, 2.0]]), 0.0) == 3.0
    assert hypervolume(np.array([[1.0, 0.0], [0.0, 1.0]]), -1.0) == 3.0
    assert hypervolume(np.array([[3.0, -2.0], [-5.0, 4.0]]), -1.0) == 0.0  # each is below the reference somewhere
    assert hypervolume(np.array([[2.0, 2.0], [1.0, 1.0]]), 0.0) == 4.0  # the second is dominated
    assert hypervolume(np.array([[1.0, 1.0, 1.0], [2.0, 1.0, 0.5]]), 0.0) == 1.5
    assert hypervolume(np.array([[1.0, 2.0, 3.0]]), 0.0) == 6.0


def slow_hypervolume(points: list[tuple[int, ...]]) -> int:
    """Unit cells above the origin that lie below a point in every objective; points have whole coordinates."""
    most = max((max(point) for point in points), default=0)
    cells = product(range(max(most, 0)), repeat=len(points[0]))
    return sum(
        any(all(at < limit for at, limit in zip(cell, point, strict=True)) for point in points) for cell in cells
    )


@given(
    st.sampled_from([2, 3]).flatmap(
        lambda objectives: st.lists(st.tuples(*[st.integers(-2, 6)] * objectives), min_size=1, max_size=6)
    )
)
def test_hypervolume_counts_cells(points):
    found = hypervolume(np.array([points, points], float), 0.0)
    assert found.tolist() == [slow_hypervolume(points)] * 2


@given(st.lists(st.tuples(*[st.floats(-2, 3)] * 3), min_size=1, max_size=5), st.integers(0, 10))
def test_hypervolume_is_that_of_inclusion_and_exclusion(points, seed):
    """And does not depend on the order of the points."""
    total = 0.0
    for chosen in product((0, 1), repeat=len(points)):
        some = [point for point, taken in zip(points, chosen, strict=True) if taken]
        if some:
            sides = [max(0.0, min(point[axis] for point in some) + 1) for axis in range(3)]
            total -= (-1) ** len(some) * math.prod(sides)
    shuffled = Random(seed).sample(points, len(points))
    assert hypervolume(np.array(shuffled), -1.0) == pytest.approx(total, abs=1e-9)


# ---------------------------------------------------------------- the table
VECTORS = [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]


def write(folder, method: str, rewards: dict[int, list[list[tuple[float, float]]]]) -> str:
    """Files of a policy: seed -> question -> vector -> the two rewards. The paths, one a seed."""
    paths = []
    for seed, questions in rewards.items():
        paths.append(str(folder / f"rewards/responses/e/{method}/seed{seed}.jsonl"))
        write_jsonl(
            paths[-1],
            [
                {
                    "prompt_id": f"q{number}/{vector}", "question_id": f"q{number}", "temperature": 1.0,
                    "preference": vector, "ended": number > 0, "rewards": {"kind": one, "brief": other},
                }
                for number, answers in enumerate(questions)
                for vector, (one, other) in zip(VECTORS, answers, strict=True)
            ],
        )  # fmt: skip
    return paths


def drawn(seed: int, pull: float) -> list[list[tuple[float, float]]]:
    """Rewards that follow the weights by so much, and noise."""
    random = Random(seed)
    return [[(pull * one + random.gauss(0, 1), pull * other + random.gauss(5, 2)) for one, other in VECTORS]
            for _ in range(12)]  # fmt: skip


def table(paths: list[str], bootstrap=QUICK) -> dict[tuple, dict]:
    rows = list(preferences.rows(paths, bootstrap, rewards={"e": ["kind", "brief"]}))
    found = {(row["method"], row["preference"], row["reward"], row["metric"]): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture
def rewards() -> dict[str, dict[int, list]]:
    base = {seed: drawn(seed, 0.0) for seed in (1, 2)}
    return {"base": base, "steered": {seed: drawn(seed, 3.0) for seed in (1, 2)}}


@pytest.fixture
def files(tmp_path, rewards) -> list[str]:
    return [path for method, given in rewards.items() for path in write(tmp_path, method, given)]


def test_every_number_against_a_slow_computation(files, rewards):
    found = table(files)
    flat = [pair for questions in rewards["base"].values() for answers in questions for pair in answers]
    mean = [sum(pair[k] for pair in flat) / len(flat) for k in (0, 1)]
    sd = [math.sqrt(sum((pair[k] - mean[k]) ** 2 for pair in flat) / len(flat)) for k in (0, 1)]
    under = [
        [[(answers[v][k] - mean[k]) / sd[k] for k in (0, 1)] for qs in rewards["steered"].values() for answers in qs]
        for v in range(3)
    ]
    means = [[sum(one[k] for one in answers) / len(answers) for k in (0, 1)] for answers in under]

    def value(preference, reward, metric):
        return found["steered", preference, reward, metric]["value"]

    for v, preference in enumerate(("0.0 1.0", "0.5 0.5", "1.0 0.0")):
        for k, name in enumerate(("kind", "brief")):
            assert value(preference, name, "normalised_reward") == pytest.approx(means[v][k])
            assert value(preference, name, "reward") == pytest.approx(means[v][k] * sd[k] + mean[k])
        assert value(preference, "all", "ended") == pytest.approx(100 * 11 / 12)
        assert found["steered", preference, "kind", "reward"]["n"] == 24
    mip = sum(w * s for vector, row in zip(VECTORS, means, strict=True) for w, s in zip(vector, row, strict=True)) / 3
    assert value("all", "all", "mip") == pytest.approx(mip)
    determinants = []
    for answers, (one, other) in zip(under, means, strict=True):
        n = len(answers)
        a, b = (sum((pair[k] - (one, other)[k]) ** 2 for pair in answers) / n for k in (0, 1))
        c = sum((pair[0] - one) * (pair[1] - other) for pair in answers) / n
        determinants.append(a * b - c * c)
    assert value("all", "all", "crd") == pytest.approx(sum(determinants) / 3)
    drawn = QUICK.means(np.moveaxis(np.array(under).reshape(3, 2, 12, 2), (0, 1, 2, 3), (2, 1, 0, 3)))
    volumes = [float(hypervolume(one, -1.0)) for one in (np.array(means), *drawn)]
    expected = 2 * volumes[0] - sum(volumes[1:]) / len(drawn)
    assert value("all", "all", "hypervolume") == pytest.approx(expected)
    # Weights 0, 1/2, 1: the slope of a line through three points at equal distances is that of its ends.
    assert value("all", "kind", "slope") == pytest.approx(means[2][0] - means[0][0])
    assert value("all", "brief", "slope") == pytest.approx(means[0][1] - means[2][1])
    # Each half has two of the points: the line through them, over a whole unit of weight.
    assert value("all", "kind", "slope_below_half") == pytest.approx(2 * (means[1][0] - means[0][0]))
    assert value("all", "kind", "slope_above_half") == pytest.approx(2 * (means[2][0] - means[1][0]))
    assert value("all", "brief", "slope_below_half") == pytest.approx(2 * (means[1][1] - means[2][1]))

    def share(v, k, low, high):
        return sum(low <= pair[k] < high for pair in under[v]) / len(under[v])

    edges = [-math.inf, *(number / 2 for number in range(-6, 7)), math.inf]
    for k, name in enumerate(("kind", "brief")):
        common = [
            sum(min(share(u, k, *bin), share(v, k, *bin)) for bin in pairwise(edges))
            for u, v in ((0, 1), (0, 2), (1, 2))
        ]
        assert value("all", name, "overlap") == pytest.approx(2 * sum(common) / 3 - resampled_overlap(under, k))


def resampled_overlap(under: list[list[list[float]]], reward: int) -> float:
    """The mean overlap of the bootstrap's resamples, bin by bin; answers of seed 1 come before those of seed 2."""
    bins = [[math.floor(max(-3.5, min(3.0, answer[reward])) * 2) for answer in answers] for answers in under]
    shares = {}
    for v, number in product(range(3), range(-7, 7)):
        ones = np.array([float(one == number) for one in bins[v]]).reshape(2, -1).T
        shares[v, number] = QUICK.means(ones)
    common = [sum(np.minimum(shares[u, b], shares[v, b]) for b in range(-7, 7)) for u, v in ((0, 1), (0, 2), (1, 2))]
    return float(np.mean(common))


def test_the_base_has_mean_zero_and_a_policy_that_follows_a_slope_above_zero(files):
    found = table(files)
    means = [found["base", f"{one} {other}", "kind", "normalised_reward"]["value"] for one, other in VECTORS]
    assert sum(means) == pytest.approx(0, abs=1e-12)
    for name in ("kind", "brief"):
        assert found["steered", "all", name, "slope"]["low"] > 0
        assert found["base", "all", name, "slope"]["low"] < 0 < found["base", "all", name, "slope"]["high"]
    overlaps = [found[method, "all", "kind", "overlap"] for method in ("base", "steered")]
    assert overlaps[1]["high"] < overlaps[0]["low"]
    assert all(0 <= one["low"] <= one["high"] <= 1 for one in overlaps)


def test_differences_are_paired(tmp_path, rewards, files):
    """Of a policy and its double they are nothing, whatever its questions and seeds vary; else they are differences."""
    found = table([*files, *write(tmp_path, "double", rewards["steered"])])
    for reward, metric in (
        ("kind", "slope"),
        ("brief", "overlap"),
        ("all", "hypervolume"),
        ("all", "mip"),
        ("all", "crd"),
    ):
        same = found["steered", "all", reward, f"{metric}_difference_double"]
        assert [same[end] for end in ("value", "low", "high")] == [0, 0, 0]
        more = found["steered", "all", reward, f"{metric}_difference_base"]
        apart = [found[method, "all", reward, metric]["value"] for method in ("steered", "base")]
        assert more["value"] == pytest.approx(apart[0] - apart[1])
        assert ("base", "all", reward, f"{metric}_difference_steered") not in found
    assert found["steered", "all", "kind", "slope_difference_base"]["low"] > 0
    assert found["steered", "all", "kind", "overlap_difference_base"]["high"] < 0


def test_intervals_hold_their_values(files):
    for (_, _, _, metric), row in table(files).items():
        if metric != "ended":
            assert row["low"] <= row["value"] <= row["high"], row


def test_means_of_the_bootstrap_are_its_ratios():
    """With one number an observation, the replicates are those of the mean as a ratio of sums."""
    values = np.random.default_rng(3).normal(size=(9, 3))
    np.testing.assert_allclose(QUICK.means(values), QUICK.replicates(values, np.ones_like(values)), atol=1e-11)
    stacked = QUICK.means(np.stack([values, 2 * values], axis=-1))
    np.testing.assert_allclose(stacked[:, 1], 2 * stacked[:, 0])


def test_a_soup_is_one_policy_of_several_files(tmp_path, rewards, files):
    whole = table(files)
    paths = []
    for place, vector in enumerate(VECTORS):
        own = write(tmp_path, f"soup.{place}", rewards["steered"])
        for path in own:
            write_jsonl(path, [record for record in read_jsonl(path) if record["preference"] == vector])
        paths += own
    found = table([*files, *paths])
    for (method, *key), row in whole.items():
        if method == "steered":
            assert found["soup", *key] == row | {"method": "soup"}


# ---------------------------------------------------------------- what cannot be measured
def test_a_policy_needs_the_base(tmp_path, rewards):
    with pytest.raises(InputError, match="e: the base has no rewards, and those of others are normalised by its own"):
        table(write(tmp_path, "steered", rewards["steered"]))


def test_a_reward_that_the_base_never_varies_cannot_be_normalised(tmp_path):
    base = {1: [[(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]] * 2}
    with pytest.raises(
        InputError, match=r"rewards\.kind: the score is 0 for all answers of the base, so it cannot be norm"
    ):
        table(write(tmp_path, "base", base))


def test_a_file_that_is_cut_short_is_refused(files):
    short = next(path for path in files if "steered" in path)
    write_jsonl(short, read_jsonl(short)[:-1])
    with pytest.raises(InputError, match=r"rewards of steered \(e\): not every question has an answer under \[1\.0, 0"):
        table(files)


# ---------------------------------------------------------------- the figure
def hollow(path) -> int:
    """How many markers are white with a rim; the page is white without one."""
    drawings = pymupdf.open(path)[0].get_drawings()
    return sum(one["fill"] == (1, 1, 1) and one["color"] not in (None, (1, 1, 1)) for one in drawings)


def test_the_front_is_drawn_from_the_table(files, tmp_path):
    rows = preferences.rows(files, QUICK, rewards={"e": ["kind", "brief"]})
    tidy.write(tmp_path / "preferences.csv", preferences.COLUMNS, rows)
    table = csv_files.rows(tmp_path / "preferences.csv")
    draw("front", table, {"experiment": "e", "labels": {"steered": "MI-EPO"}}, tmp_path / "front.pdf")
    words = pymupdf.open(tmp_path / "front.pdf")[0].get_text()
    for text in ("MI-EPO", "Base", "kind (deviations of the base)", "brief (deviations of the base)"):
        assert text in words
    assert "kind 0.0, brief 1.0" in words  # the vector of the hollow points
    draw("front", table, {"order": ["steered"]}, tmp_path / "one.pdf")
    assert [hollow(tmp_path / file) for file in ("front.pdf", "one.pdf")] == [2 + 1, 1 + 1]  # methods, and the legend
    draw("front", table, {"rewards": ["brief", "kind"]}, tmp_path / "turned.pdf")
    with pytest.raises(InputError, match="the front is of two rewards, and the table has kind"):
        draw("front", [row for row in table if row["reward"] != "brief"], {}, tmp_path / "one.pdf")
