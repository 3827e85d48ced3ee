"""How learning rates are chosen: by hand, from files, and that those of the configuration were chosen so."""

import csv
import math

import pytest

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.core.files import write_jsonl, write_text
from mialign.evaluation.learning_rates import COLUMNS, RateResult, choose, rate_result, read, standard_error
from mialign.paper.tables import tuning
from scripts import tuning as script


def results(*values, n=100):
    """One at each of the rates 1, 2, 3 ..."""
    return [RateResult(float(rate), 8, "accuracy", value, n) for rate, value in enumerate(values, start=1)]


def chosen(tried):
    return [one.rate for one in choose(tried) if one.chosen]


def test_the_standard_error_of_a_share():
    assert standard_error("accuracy", 0.2, 64) == pytest.approx(0.05)  # sqrt(0.16 / 64)
    assert standard_error("mean_score", 0.8, 100) == pytest.approx(0.04)
    assert standard_error("accuracy", 1.0, 64) == 0


def test_the_standard_error_of_a_correlation():
    assert standard_error("steering", 0.6, 64) == pytest.approx(0.08)  # (1 - 0.36) / 8
    assert standard_error("steering", -0.6, 64) == pytest.approx(0.08)
    assert RateResult(0.1, 8, "steering", 0.0, 100).error == pytest.approx(0.1)


def test_the_best_rate_is_chosen_and_of_equals_the_lowest():
    assert chosen(results(0.70, 0.75, 0.77, 0.80, 0.79)) == [4.0]
    assert chosen(results(0.99, 1.0, 1.0)) == [2.0]
    assert chosen(results(0.0, 0.0, 0.0)) == [1.0]
    assert chosen(results(0.5, 0.8, 0.8)[::-1]) == [2.0]


def test_of_correlations_that_cannot_be_told_from_none_the_lowest_rate_is_chosen():
    def steering(*values):
        rates = enumerate(values, start=1)
        return chosen([RateResult(float(rate), 8, "steering", value, 100) for rate, value in rates])

    assert steering(-0.3, 0.05, 0.09) == [1.0]  # the standard error of 0.09 is 0.0992
    assert steering(-0.3, 0.05, 0.11) == [3.0]


def test_rates_are_ordered_by_size_and_not_as_text():
    tried = [RateResult(rate, 8, "accuracy", 0.5, 64) for rate in (0.0004, 2.5e-05, 0.0001)]
    assert [one.rate for one in choose(tried)] == [2.5e-05, 0.0001, 0.0004]


def test_a_curve_gives_the_score_of_its_chosen_checkpoint():
    rows = [
        {"step": 0.0, "metric": "mean_score", "value": 0.9},
        {"step": 8.0, "metric": "mean_score", "value": 0.75},
        {"step": 8.0, "metric": "adherence", "value": 1.0},
        {"step": 16.0, "metric": "mean_score", "value": 0.6},
        {"step": 8.0, "metric": "selected", "value": 1.0},
    ]
    assert rate_result(0.001, rows, 96) == RateResult(0.001, 8, "mean_score", 0.75, 96)


def test_the_stage_writes_every_trial_and_one_choice_a_method(tmp_path, run_stage):
    curves = []
    for rate, value in ((2.5e-05, 0.25), (0.0001, 0.75), (0.0002, 0.7)):
        curves.append(tmp_path / f"tuning/maths/sft/{rate}.csv")
        points = ((6, "accuracy", value), (6, "steps", 1), (12, "accuracy", 0), (6, "selected", 1))
        write_text(curves[-1], csv_files.text(("step", "metric", "value"), points))
    validation = tmp_path / "prompts/maths/validation.jsonl"
    write_jsonl(validation, [{"id": number} for number in range(48)])
    run_stage(script, curves=curves, validation=[validation], out=tmp_path / "tuning.csv")
    head, *lines = (tmp_path / "tuning.csv").read_text().splitlines()
    assert head == ",".join(COLUMNS)
    assert lines == [
        "maths,sft,2.5e-05,6,accuracy,0.25,48,0.0625,no",
        "maths,sft,0.0001,6,accuracy,0.75,48,0.0625,yes",
        "maths,sft,0.0002,6,accuracy,0.7,48,0.0661438,no",
    ]


TUNED = pytest.mark.parametrize(
    "overlays",
    [(), ("config/neighbours.yaml",), ("config/smollm2.yaml",)],
    ids=["config", "neighbours", "smollm2"],
)


def kept(root, config):
    """The table of the configuration by experiment and method."""
    with (root / config["tuning"]["table"]).open(encoding="utf-8") as stream:
        table = list(csv.DictReader(stream))
    found = {}
    for row in table:
        found.setdefault((row["experiment"], row["method"]), []).append(row)
    return found


def methods(config):
    """The methods by what they are called in the table: of iterations, which share a rate, the last one."""
    given = {
        (title, name): one
        for title, experiment in config["experiments"].items()
        for name, one in experiment["methods"].items()
        if one is not None  # which takes a method of config.yaml out
    }
    return {(title, _last(name, one)): one for (title, name), one in given.items()}


# A method that changes one thing alone keeps the rate of the other.
AS_ANOTHER = {
    ("multitask", "original_code_3"): ("multitask", "original_3"),
    ("multitask", "original_rmsprop"): ("multitask", "original_3"),
    ("multitask", "written"): ("multitask", "n2"),
    ("unseen", "sami"): ("multitask", "n2"),
    ("weak_to_strong", "written"): ("multitask", "n2"),
    ("weak_to_strong", "written_by_strong"): ("multitask", "n2"),
    ("weak_to_strong", "by_hand"): ("multitask", "n2"),
    ("preferences", "mi_epo_rollouts"): ("preferences", "mi_epo_3"),
    ("preferences", "mo_odpo_3"): ("preferences", "mi_epo_3"),
    ("maths", "subset"): ("maths", "star_2"),
    ("maths", "unverified"): ("maths", "star_2"),
    ("maths", "unverified_longer"): ("maths", "star_2"),
    ("three_rewards", "mi_epo_2"): ("preferences", "mi_epo_3"),
    ("three_rewards", "mo_odpo_2"): ("preferences", "mi_epo_3"),
    ("three_rewards", "friendly_expert"): ("preferences", "friendly_expert"),
    ("three_rewards", "brief_expert"): ("preferences", "brief_expert"),
    ("three_rewards", "polite_expert"): ("preferences", "friendly_expert"),
}
# With the real model the objectives of experiment 1 are tried, and other methods take the rate of theirs.
AS_ITS_OBJECTIVE = {
    ("multitask", "sft_more"): ("multitask", "sft"),
    ("multitask", "sft_all"): ("multitask", "sft"),
    ("maths", "sft"): ("multitask", "sft"),
    ("maths", "sft_more"): ("multitask", "sft"),
    ("maths", "sft_all"): ("multitask", "sft"),
    ("maths", "sami"): ("multitask", "sami"),
    ("maths", "sft_sami"): ("multitask", "sami"),
}
# Or a share of it: RMSprop's first step is 1 / sqrt(1 - 0.99) times its rate, and AdamW's is its rate.
SHARES = {("multitask", "original_rmsprop"): 0.1}


def _last(name, method):
    return f"{name}_{method['iterations']}" if "iterations" in method else name


@TUNED
def test_the_rates_of_the_configuration_are_the_chosen_ones(root, read_config, overlays):
    config = read_config(*overlays)
    tried = kept(root, config)
    other = AS_ITS_OBJECTIVE if config["run"] == "smollm2" else AS_ANOTHER
    rates = {
        about: float(row["learning_rate"]) for about, rows in tried.items() for row in rows if row["chosen"] == "yes"
    }
    assert {about: one["learning_rate"] for about, one in methods(config).items()} == pytest.approx(
        {about: SHARES.get(about, 1) * rates[other.get(about, about)] for about in methods(config)}
    )
    for rows in tried.values():
        again = choose(
            [
                RateResult(
                    float(row["learning_rate"]), int(row["step"]), row["score"], float(row["value"]), int(row["n"])
                )
                for row in rows
            ]
        )
        if config["run"] == "smollm2":  # a trial takes minutes, so an objective has the rates about its best alone
            assert {one.rate for one in again} < set(config["tuning"]["rates"])
        else:
            assert [one.rate for one in again] == config["tuning"]["rates"]
        assert ["yes" if one.chosen else "no" for one in again] == [row["chosen"] for row in rows]
        assert all(
            math.isclose(one.error, float(row["standard_error"]), rel_tol=1e-5)
            for one, row in zip(again, rows, strict=True)
        )


# Where the highest rate is the best, what twice that rate scored.
HIGHER = {("multitask", "n4"): 0.5964, ("maths", "unverified"): 0.0}


@TUNED
def test_the_best_rate_lies_within_its_grid(root, read_config, overlays):
    """A lowest rate may be the best where no rate helps: below it lies the start, which is then as good."""
    config = read_config(*overlays)
    tried = kept(root, config)
    assert tried
    for about, rows in tried.items():
        values = [float(row["value"]) for row in rows]
        if max(values[1:-1]) < max(values) and HIGHER.get(about, 1) >= values[-1]:
            assert values[0] == max(values), about
            error = float(rows[0]["standard_error"])
            assert abs(values[0] - start(config, tried, about)) < error, about


# Of the base models of config/neighbours.yaml: mean_score at step 0 of the curves that `snakemake tuning` leaves.
BASES = {("neighbours", "multitask"): 0.69401, ("neighbours", "users"): 0.679688}


def start(config, tried, about):
    """The score of a method's parent."""
    parent = methods(config)[about]["parent"]
    if parent == "base":
        return BASES[config["run"], about[0]]
    return next(float(row["value"]) for row in tried[about[0], parent] if row["chosen"] == "yes")


HEADER = ",".join(COLUMNS)
ROW = "multitask,sft,0.0004,8,mean_score,0.7,96,0.05,yes"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (ROW.replace("0.0004", "fast"), r"kept\.csv, line 3: learning_rate is 'fast'; `snakemake tuning` writes"),
        (ROW.replace("0.7", "nan"), "line 3: value is None"),
        (ROW.replace("0.7", "-3"), r"line 3: value is -3\.0"),
        (ROW.replace("0.7", "-0.2"), r"line 3: value is -0\.2"),
        (ROW.replace("mean_score,0.7", "steering,-1.2"), r"line 3: value is -1\.2"),
        (ROW.replace("0.7", "x"), "line 3: the column 'value' holds 'x', which is not a number"),
        (ROW.replace("96", "9.5"), r"line 3: n is 9\.5"),
        (ROW.replace("mean_score", "me_r%it"), "line 3: score is 'me_r%it'"),
        (ROW.replace("yes", "maybe"), "line 3: chosen is 'maybe'"),
        (ROW.replace("0.05", "x"), "line 3: standard_error is 'x'"),
        ("multitask,sft", "line 3: learning_rate is ''"),
        (ROW, "multitask, sft, 0.0004 is there twice"),
        (ROW + "é", "not UTF-8"),
    ],
)
def test_a_kept_table_that_the_stage_did_not_write_is_refused(tmp_path, line, message):
    path = tmp_path / "kept.csv"
    path.write_bytes(f"{HEADER}\n{ROW}\n{line}\n".encode("latin-1"))
    with pytest.raises(InputError, match=message):
        read(path)
    path.write_text(f"{HEADER}\n{ROW}\n{ROW.replace('sft', 'mi_epo').replace('mean_score,0.7', 'steering,-0.2')}\n")
    assert [row["value"] for row in read(path)] == [0.7, -0.2]


def test_a_curve_without_a_score_is_named(tmp_path, run_stage):
    (tmp_path / "maths/sami").mkdir(parents=True)
    (tmp_path / "maths/sami/0.1.csv").write_text("step,metric,value\n8,adherence,0.5\n8,selected,1\n")
    write_jsonl(tmp_path / "prompts/maths/validation.jsonl", [{"id": "1"}])
    with pytest.raises(
        InputError,
        match=r"maths/sami/0\.1\.csv has no score \(mean_score or accuracy or preferred or win_rate or steering\)",
    ):
        run_stage(
            script,
            curves=[tmp_path / "maths/sami/0.1.csv"],
            validation=[tmp_path / "prompts/maths/validation.jsonl"],
            out=tmp_path / "out.csv",
        )


def test_the_table_sets_the_chosen_rate_in_bold_and_marks_an_edge(tmp_path):
    head = "experiment,method,learning_rate,step,score,value,n,standard_error,chosen\n"
    rows = [
        f"e,{name},{rate},8,accuracy,{value},64,0.0625,{chosen}\n"
        for name, rate, value, chosen in (
            ("sami", 0.0001, 0.25, "no"),
            ("sami", 0.0002, 0.5, "yes"),
            ("sami", 0.0004, 0.375, "no"),
            ("sft", 0.0001, 0.5, "yes"),
            ("sft", 0.0002, 0.25, "no"),
        )
    ]
    (tmp_path / "tuning.csv").write_text(head + "".join(rows))
    methods = {"sami": {"label": "SAMI"}, "sft": {"label": "SFT"}}
    body, _ = tuning.table([tmp_path / "tuning.csv"], {"experiments": {"e": {"methods": methods}}})
    assert r"SAMI & 25.0 (6.2) & \textbf{50.0 (6.2)} & 37.5 (6.2)" in body
    assert r"SFT & \textbf{50.0 (6.2)}\textsuperscript{\dag} & 25.0 (6.2) & --" in body
