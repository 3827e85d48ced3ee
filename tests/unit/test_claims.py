"""The claims of the original, the verdicts on them, and what its values say when they are counted again."""

import csv
import io
import math
import re

import made_up_run
import numpy as np
import pytest
from test_tables import make

from mialign.core import csv_files
from mialign.core.yaml_files import read_yaml
from mialign.evaluation.statistics.power import seeds_for_none
from mialign.paper import released_files
from mialign.paper.claims import Claim, families, rounding
from mialign.paper.findings import baseline_first, computed, least_weight_unmoved, share_moved, shares_saved
from mialign.paper.tables.reproduction import verdict_on_paper, verdict_on_run

PUBLISHED = made_up_run.PUBLISHED
CHECKERS = {"experiments": {"multitask": {"judge": {"kind": "checkers"}}}}


@pytest.fixture(scope="module")
def published() -> list[dict]:
    return [row for path in sorted(PUBLISHED.glob("*.csv")) for row in csv_files.rows(path)]


def win(**values) -> Claim:
    rows = {kind: {"value": value, "low": None, "high": None} for kind, value in values.items()}
    return Claim("multitask", "sami", "sft", 50.0, 80, values, rows)


# ---------------------------------------------------------------- the paper with itself
def test_there_is_a_claim_for_each_overall_value(published):
    sizes = {title: len(claims) for title, claims in families(published).items()}
    assert list(sizes.values()) == [3, 3, 9]


@pytest.mark.parametrize(
    ("method", "baseline", "verdict"),
    [
        ("dpo", "sft", "not a possible value with 80 items; disagrees; cannot be decided with 80 items"),
        ("sami", "sft", "not a possible value with 80 items; disagrees; cannot be decided with 80 items"),
        ("sami", "dpo", "disagrees; cannot be decided with 80 items"),
    ],
)
def test_the_overall_win_rates(published, method, baseline, verdict):
    claim = next(
        c for c in families(published)[r"win rate, \%, temperature 0"] if c.method == method and c.baseline == baseline
    )
    assert verdict_on_paper(claim) == verdict


def test_the_gains(published):
    gains = {(c.method, c.attempts): verdict_on_paper(c) for c in families(published)["gain in accuracy, points"]}
    assert gains["sami", 1] == "agrees; cannot be decided with 7,473 items"
    assert gains["sami", 10] == gains["sft", 1] == gains["sft", 10] == "agrees"
    assert gains["sami", 32] == "disagrees; cannot be decided with 7,473 items"
    assert gains["sft", 32] == "disagrees"
    assert gains["sft_sami", 1] == gains["sft_sami", 32] == "agrees"  # said to be unchanged


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({"text": 57.5, "figure": 57.5}, "agrees; cannot be decided with 80 items"),
        ({"text": 70.0, "figure": 70.0}, "agrees"),
        ({"text": 70.0}, "not comparable"),
        ({"text": 70.0, "figure": 70.625}, "disagrees"),
        ({"text": 70.1, "figure": 70.0}, "not a possible value with 80 items; disagrees"),
        ({"text": 58.1, "figure": 58.125}, "agrees; cannot be decided with 80 items"),
        ({"text": 50.5}, "not a possible value with 80 items; not comparable; cannot be decided with 80 items"),
    ],
)
def test_the_rule_of_verdicts_on_the_paper(values, verdict):
    assert verdict_on_paper(win(**values)) == verdict


def test_a_value_of_another_checkpoint_decides_nothing():
    values = {"text": 57.5, "figure": 57.5, "files": 41.5}  # impossible, elsewhere and in the other direction
    rows = {kind: {"value": value, "low": None, "high": None} for kind, value in values.items()}
    claim = Claim("multitask", "sami", "sft", 50.0, 80, values, rows)
    assert verdict_on_paper(claim).startswith("not a possible value with 80 items; disagrees")
    assert not claim.effect
    apart = Claim("multitask", "sami", "sft", 50.0, 80, values, rows, apart=frozenset({"files"}))
    assert verdict_on_paper(apart) == "agrees; cannot be decided with 80 items"
    assert apart.directions == {True}


def test_the_released_verdicts_on_sami_are_of_another_checkpoint(published):
    apart = {(c.method, c.baseline): c.apart for c in families(published)[r"win rate, \%, temperature 0"]}
    assert apart == {("dpo", "sft"): set(), ("sami", "sft"): {"files"}, ("sami", "dpo"): set()}


@pytest.mark.parametrize(("value", "half"), [(58.15, 0.005), (56.5, 0.05), (5.0, 0.5), (0.0, 0.5), (55.625, 0.0005)])
def test_rounding_is_half_a_unit_of_the_last_digit(value, half):
    assert rounding(value) == pytest.approx(half)


def test_end_zeros_of_the_csv_are_digits_too(tmp_path):
    (tmp_path / "values.csv").write_text("value\n57.50\n56.5\n5\n5.0\n")
    values = [row["value"] for row in csv_files.rows(tmp_path / "values.csv")]
    assert values == [57.5, 56.5, 5, 5]
    assert [rounding(value) for value in values] == pytest.approx([0.005, 0.05, 0.5, 0.05])
    text = values[0]
    assert verdict_on_paper(win(text=text, figure=57.52)) == "agrees; cannot be decided with 80 items"
    assert verdict_on_paper(win(text=text, figure=57.54)) == "disagrees; cannot be decided with 80 items"


def test_counts_are_used_where_they_are_those_of_the_figure(published):
    dpo, sami, _ = families(published)[r"win rate, \%, temperature 0"]
    assert dpo.counts == (43, 6, 31)
    assert sami.counts is None  # the released ones are another checkpoint's
    points = [1.0] * 43 + [0.5] * 6 + [0.0] * 31
    mean = sum(points) / 80
    assert dpo.sd == pytest.approx(100 * (sum((point - mean) ** 2 for point in points) / 80) ** 0.5)


def test_a_gain_varies_at_best_as_if_nothing_were_lost_and_else_as_if_methods_were_independent(published):
    claim = families(published)["gain in accuracy, points"][0]
    p, q = 0.3577, 0.3467
    assert claim.sd == pytest.approx(100 * (p * (1 - p) + q * (1 - q)) ** 0.5)
    gain = p - q  # 1 on that share of the questions, 0 on the others
    assert claim.least_sd == pytest.approx(100 * (gain * (1 - gain)) ** 0.5)


# ---------------------------------------------------------------- this run
@pytest.mark.parametrize(
    ("values", "value", "low", "high", "verdict"),
    [
        ({"text": 57.5}, 60, 55, 65, "agrees"),
        ({"text": 57.5}, 40, 35, 45, "disagrees"),
        ({"text": 57.5}, 52, 49, 55, "cannot be decided with 480 items and 3 seeds"),
        ({"text": 50.0}, 50, 47, 53, "agrees"),
        ({"text": 50.0}, 52, 51, 54, "agrees"),  # an effect, within the margin
        ({"text": 50.0}, 60, 52, 68, "disagrees"),
        ({"text": 50.0}, 53, 51, 57, "cannot be decided with 480 items and 3 seeds"),
        ({"text": 50.0}, 50, 40, 60, "cannot be decided with 480 items and 3 seeds"),
    ],
)
def test_the_rule_of_verdicts_on_a_run(values, value, low, high, verdict):
    row = {"value": value, "low": low, "high": high, "n": 1440}
    assert verdict_on_run(win(**values), row, {"items": 480, "seeds": 3}, CHECKERS) == verdict


def test_what_was_not_run_is_not_measured_and_one_seed_is_said():
    assert verdict_on_run(win(text=57.5), None, {}, CHECKERS) == "not measured"
    row = {"value": 52, "low": 40, "high": 64, "n": 80}
    said = verdict_on_run(win(text=57.5), row, {"items": 80, "seeds": 1}, CHECKERS)
    assert said == "cannot be decided with 80 items and one seed"


def test_the_judge_without_principles_is_comparable_where_it_is_no_program():
    claim = Claim("multitask", "sami", "sft", 50.0, 80, {"text": 50.0}, {}, axis="principle-free")
    row, counts = {"value": 50, "low": 48, "high": 52, "n": 9, "judge": "judge"}, {"items": 9, "seeds": 1}
    assert verdict_on_run(claim, row, counts, CHECKERS) == "not comparable"
    assert verdict_on_run(claim, row | {"judge": "further"}, counts, CHECKERS) == "agrees"
    assert verdict_on_run(claim, row, counts, {"experiments": {"multitask": {"judge": {"kind": "openai"}}}}) == "agrees"


def test_the_table_has_published_digits_and_the_run_apart(run):
    text, tidy = make("reproduction", run)
    assert r"SAMI over SFT & 57.5 & 58.15 & 56.875\rlap{*} & 80 & [46.6, 67.7] & 0.60 & not a possible value" in text
    assert r"SAMI over DPO & 55.625 & 57.50 & -- & 80" in text
    assert r"SAMI over DPO & -- & 49--51 & -- & 80" in text
    rows = list(csv.DictReader(io.StringIO(tidy)))
    assert len(rows) == 15
    assert {row["run"] for row in rows} == {"mini"}
    assert [row["claim"] for row in rows if row["another_checkpoint"]] == ["SAMI over SFT"]
    assert text.count(r"\rlap{*}") == 1
    keys = ("experiment", "method", "baseline", "axis", "attempts", "temperature", "metric")
    assert [rows[1][key] for key in keys] == ["multitask", "sami", "sft", "principle-aware", "", "0.0", "win_rate"]
    assert [rows[6][key] for key in keys] == ["maths", "sami", "base", "", "1", "0.0", "difference"]
    with (run / "metrics/effects.csv").open() as stream:
        of_metrics = [tuple(row[key] for key in (*keys[:4], "metric")) for row in csv.DictReader(stream)]
    assert all(tuple(row[key] for key in (*keys[:4], "metric")) in of_metrics for row in rows if row["value"])
    text, _ = make("reproduction_run", run)
    assert r"SAMI over SFT & higher & 61.0 [58.0, 64.0] & 0.04 & agrees" in text
    assert r"SFT+SAMI over SFT,{} 1 attempt & no effect & $+$6.0 [$+$3.0, $+$9.0] & 0.04 & disagrees" in text
    assert text.count("not comparable") == 3


def test_a_run_without_the_comparisons_prints_none(run, tmp_path):
    made_up_run.write_run(tmp_path)
    path = tmp_path / "metrics/effects.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *(row for row in rows if ",sami,sft," not in row)]) + "\n")
    text, _ = make("reproduction_run", tmp_path)
    assert "SAMI over SFT & higher & -- & -- & not measured" in text


# ---------------------------------------------------------------- what would settle it
def test_items_for_the_published_effects(run):
    text, tidy = make("settling", run)
    rows = {(row["measure"], row["claim"]): row for row in csv.DictReader(io.StringIO(tidy))}
    # (z_.975 + z_.80)^2 sd^2 / difference^2 = 7.8489 x 0.244375 / 0.075^2
    assert rows["win rate, %, temperature 0", "SAMI over SFT"]["items_80"] == "341"
    assert rows["the same by the judge without principles", "SAMI over SFT"]["effect"] == "0.0"
    gain = rows["gain in accuracy, points", "SAMI over base, 1 attempt"]
    assert 700 < float(gain["least_items_80"]) < 710 < 29_000 < float(gain["items_80"]) < 30_000
    assert "SAMI over DPO & none & 80" in text
    # 2.8016 and 3.6049 standard errors of 49.434 / sqrt(80)
    assert r"SAMI over SFT & $+$7.5 & 80 & $\pm$\,15.5 / 19.9 & 341 & 565 & 3 / 4 \\" in text
    # In this run seeds vary by 2 points: Student's interval of so many lies within 5 of one half
    none = rows["the same by the judge without principles", "SAMI over SFT"]
    assert (none["seeds_80"], none["seeds_95"]) == (str(seeds_for_none(5, 2, 0.8)), str(seeds_for_none(5, 2, 0.95)))


def test_what_a_run_still_needs(run):
    text, tidy = make("settling_run", run)
    assert r"\emph{win rate, \%, temperature 0: 480 questions, 3 seeds}" in text
    assert r"SAMI vs SFT & 61.0 [58.0, 64.0] & 60.0 [57.0, 63.0] & 20.0 / 2.0 & decided &  &  \\" in text
    assert r"SAMI vs DPO & 51.0 [48.0, 54.0] & 50.0 [47.0, 53.0] & 20.0 / 2.0 & 120 / none & 220 & 5 / 8 \\" in text
    rows = list(csv.DictReader(io.StringIO(tidy)))
    undecided = next(row for row in rows if row["comparison"] == "SAMI vs DPO")
    assert (undecided["more_80"], undecided["more_95"], undecided["decided"]) == ("120.0", "inf", "False")


def test_where_no_effect_is_claimed_a_run_needs_what_brings_its_interval_within_the_margin(tmp_path):
    made_up_run.write_run(tmp_path)
    text, _ = make("settling_run", tmp_path)
    assert r"\emph{the same by the judge without principles: 480 questions, 3 seeds}" in text
    assert text.count(r"\rlap{*} & 50.0 [47.0, 53.0] & 49.0 [46.0, 52.0] & 20.0 / 2.0 & decided") == 3
    assert r"SFT+SAMI vs SFT\rlap{*} & $+$6.0 [$+$3.0, $+$9.0] & -- & 20.0 / 2.0 & decided" in text  # the opposite
    path = tmp_path / "metrics/effects.csv"
    wide = path.read_text().replace("principle-free,,,0.0,win_rate,50,47,53", "principle-free,,,0.0,win_rate,50,43,57")
    path.write_text(re.sub(r"(principle-free,,,0.0,sd_seeds),2", r"\1,1", wide))
    _, tidy = make("settling_run", tmp_path)
    rows = [row for row in csv.DictReader(io.StringIO(tidy)) if "without principles" in row["measure"]]
    assert [row["comparison"] for row in rows] == ["DPO vs SFT", "SAMI vs SFT", "SAMI vs DPO"]
    # sd of a question's mean over 3 seeds: sqrt(20^2 + 10^2 / 3); seeds alone leave 4.3027 / 1.96 x 1 / sqrt(3)
    variance, fixed = 400 + 100 / 3, (4.302653 / 1.959964) ** 2 / 3
    for row in rows:
        assert (row["decided"], row["no_effect_claimed"]) == ("False", "True")
        for share, z in (("80", 1.959964 + 1.281552), ("95", 1.959964 + 1.959964)):
            needed = math.ceil(variance / ((5 / z) ** 2 - fixed)) if (5 / z) ** 2 > fixed else math.inf
            assert float(row[f"more_{share}"]) == max(0, needed - 480)
            assert row[f"seeds_{share}"] == str(seeds_for_none(5, 1, int(share) / 100))


# ---------------------------------------------------------------- what does not agree
@pytest.fixture(scope="module")
def found(published) -> dict[str, str]:
    known = read_yaml(PUBLISHED / "findings.yaml", "a test")["computed"]
    return {one.about: one.result for one in computed(published, known)}


@pytest.mark.parametrize(
    ("about", "result"),
    [
        ("SAMI over DPO: the text has 57.50 %", "the figure has 55.625 %"),
        ("SFT over base, 32 attempts: the text has 5 points", "the figure has 4.16 points"),
        ("released verdicts, DPO over SFT: 43 wins, 6 ties, 31 losses", "57.5 %; of those decided 58.1 % are wins"),
        ("categories: the abstract names seven", "figure 1 has 8"),
        ("MI-EPO, hypervolume on safety over MO-ODPO: the text has +68.8 %", "the cells 1.54 and 2.7 give +75.3 %"),
        ("checkpoints of SFT and DPO are named by examples seen: 2688, 11520", "updates: 42 of SFT and 180 of DPO"),
        (
            "SAMI's checkpoints at 0.36 and 0.48 of an epoch, saved every 128 grids, on 1, 2 and 4 GPUs: "
            "4,000 and 6,000 pairs",
            "4,000 pairs on 1 GPU give 0.48; 6,000 pairs on 1 GPU give 0.36; no other of these gives any; 4,221 to "
            "4,300 pairs give all on any number",
        ),
        ("the same for normal weights of standard deviation 0.02, 0.01 and 0.003", "an update moves 2 %, 4 % and 13 %"),
        (
            "which answer the judge sees first, drawn with seed 1 on MT-Bench and TL;DR",
            "the baseline's in 37 of 80 and 119 of 250",
        ),
        ("SAMI: the first update of RMSprop, with the default smoothing 0.99", "is 10 times the rate"),
        # Wilson: (0.5 + z^2/400 +- z sqrt(0.25/200 + z^2/160000)) / (1 + z^2/200)
        ("MIPO: accuracy on GSM8K, 200 questions", "half of them correct is a 95 % interval of 43.1 to 56.9 %"),
    ],
)
def test_findings_are_computed(found, about, result):
    assert found[about].startswith(result)


def test_of_24_bars_one_stands_when_their_number_is_counted(found):
    (result,) = (result for about, result in found.items() if about.startswith("Figure 1"))
    assert result == (
        "2 intervals of 95 % leave out 50 %; with the fewest ties and p adjusted by Holm: 1, SAMI over SFT in math"
    )


def test_a_checkpoint_is_named_by_the_share_of_the_epoch_before_its_step():
    assert shares_saved(512, 1, 128) == {0.25, 0.5, 0.75, 1.0}  # 127, 255, 383 and 511 of 512
    assert shares_saved(500, 2, 128) == {0.51}  # 127 of 250
    assert shares_saved(511, 4, 128) == {0.99}  # 127 of 128, the last of them with a pair that is there twice
    assert 0.36 in shares_saved(6000, 1, 128)  # 2175 of 6000 is 0.3625
    assert 0.48 not in shares_saved(6000, 1, 128)  # 2815 is 0.469 and 2943 is 0.4905
    assert {0.36, 0.48} <= shares_saved(4266, 2, 128)  # 767 and 1023 of 2133


def test_normal_weights_in_bf16_that_one_update_moves():
    import torch

    torch.manual_seed(0)
    for sd in (0.02, 0.003):
        weights = (sd * torch.randn(200_000)).to(torch.bfloat16)
        moved = float((weights + 9.625e-7 != weights).float().mean())
        assert share_moved(9.625e-7, sd) == pytest.approx(moved, rel=0.05)


def test_the_first_update_of_rmsprop_is_that_of_the_library(found):
    import torch

    weight = torch.nn.Parameter(torch.tensor(0.0))
    (weight * 3.0).backward()
    torch.optim.RMSprop([weight], lr=5e-7).step()
    times = float(-weight.detach()) / 5e-7
    (result,) = (result for about, result in found.items() if "RMSprop" in about)
    assert result.startswith(f"is {times:.0f} times the rate")


def test_which_answer_comes_first_is_numpys_old_draw():
    state = np.random.get_state()
    np.random.seed(1)
    drawn = [np.random.randint(2) for _ in range(250)]
    np.random.set_state(state)
    assert [sum(baseline_first(items, 1)) for items in (1, 80, 250)] == [drawn[:n].count(0) for n in (1, 80, 250)]


@pytest.fixture(scope="module")
def counted(tmp_path_factory, published) -> dict[str, str]:
    known = read_yaml(PUBLISHED / "findings.yaml", "a test")["computed"]
    files = made_up_run.released_files(tmp_path_factory.mktemp("released"))
    return {one.about: one.result for one in released_files.counted(files, published, known)}


@pytest.mark.parametrize(
    ("about", "result"),
    [
        ("verdicts on DPO over SFT", "43 wins, 6 ties and 31 losses, as noted above"),
        ("verdicts on SAMI over SFT", "2 wins, 1 ties and 1 losses, noted above: 43, 5 and 32"),
        ("verdicts on SAMI over SFT: tokens on average", "25.00 of SFT and 12.50 of SAMI"),
        # drawn with seed 1: SAMI's answer is the first in questions 0 and 1, SFT's in 2 and 3
        ("verdicts on SAMI over SFT: which answer is chosen where it is no tie", "the first in 1 of 3 (33.3 %), sign"),
        ("2 principles (keys: antithesis, relevant_for, strong, weak)", "2 lack a key that the released"),
    ],
)
def test_released_files_are_counted(counted, about, result):
    assert counted[about].startswith(result)


@pytest.mark.parametrize("update", [9.625e-7, 1e-3, 0.6])
def test_a_bf16_weight_of_that_size_does_not_move_and_the_one_below_does(update):
    import torch

    least = least_weight_unmoved(update)
    for weight, moves in ((least, False), (least / 2, True)):
        kept = torch.tensor(weight, dtype=torch.bfloat16)
        assert bool(kept + update != kept) is moves


PLACES = (
    re.compile(r"\w+/[\w/]+(\.(py|yaml|ipynb|json))?\b.* at [0-9a-f]{7}\b"),  # a file or folder at a commit
    re.compile(r"arXiv \d{4}\.\d{5}(v\d|, version not recorded)"),
    re.compile("commit not recorded"),
)


def has_place(source: str) -> bool:
    return any(place.search(source) for place in PLACES)


def test_cited_findings_have_their_place(run):
    """A file at a commit, a paper in a version, or the words that it was not recorded."""
    for name in ("findings_original", "findings_neighbours"):
        text, tidy = make(name, run)
        rows = list(csv.DictReader(io.StringIO(tidy)))
        assert len(rows) > 10
        assert all(all(row.values()) for row in rows)
        assert [row["about"] for row in rows if not has_place(row["source"])] == []
        assert r"\begin{tabularx}" in text


@pytest.mark.parametrize(
    "place",
    ["the same code", "experiments/math", "train.py of both experiments", "janphilippfranken/sami at that time"],
)
def test_a_place_without_a_commit_is_none(place):
    assert not has_place(place)


def test_the_margins_in_the_text_are_those_of_the_rule():
    from mialign.paper.claims import MARGIN, READ_OFF

    text = (made_up_run.ROOT / "paper/sections/reproduction.tex").read_text()
    assert MARGIN == {50.0: 5.0, 0.0: 2.0}
    assert "within five points of one half" in text
    assert "within two points of zero" in text
    assert f"and {READ_OFF} points more" in text
