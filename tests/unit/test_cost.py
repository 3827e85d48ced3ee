"""What a run will take, against values worked out by hand."""

import csv
import json

import pytest
import yaml

from mialign.config import loading
from mialign.core.errors import InputError
from mialign.preflight import cost, measured_speeds
from mialign.preflight.assumptions import questions
from scripts import cost as stage


@pytest.fixture
def assumed() -> dict:
    """Round numbers: 100 tokens a second for each purpose, and models of the usual size."""
    return {
        "gpu": "one", "minutes_per_job": 6,
        "tokens_per_second": {"generation": 100, "generation_transformers": 50, "training": 100, "scoring": 100},
        "mean_tokens": {"prompt": 10, "answer": 20, "attempt": 30, "request": 1000, "verdict": 100},
        "parameters": {"a/b": 8e9, "c/d": 4e9}, "kept": {"multitask": 0.25},
        "bytes_per_weight": {"model": 2}, "rows": {"one": 40},
    }  # fmt: skip


@pytest.fixture
def settings() -> dict:
    method = {"parent": "base", "objective": "dpo", "data": "pairs", "steps": 9, "batch": 2, "validate_every": 4}
    pairs = {
        "from": "g", "questions": ["t"], "builder": "constitutions", "constitutions": 2,
        "sampling": {"max_tokens": 100}, "size": 18,
    }  # fmt: skip
    experiment = {
        "base": "b", "generator": "g", "training": {}, "data": {"pairs": pairs}, "methods": {"dpo": method},
        "questions": {"validation": ["v"], "benchmark": ["m"]},
        "comparisons": [["dpo", "base"]], "respond": {"temperatures": [0.0], "max_tokens": 15},
        "judge": {"kind": "openai", "server": {"price": {"in": 2.0, "out": 10.0}}},
    }  # fmt: skip
    return {
        "seeds": [1, 2],
        "engine": {"kind": "vllm"},
        "counted": {},
        "models": {"b": {"places": [{"hub": "a/b"}]}, "g": {"places": [{"hub": "c/d"}]}},
        "sources": {"t": {"dataset": "one", "at_most": 36}, "v": {"dataset": "one", "skip": 36}, "m": {"size": 5}},
        "experiments": {"multitask": experiment},
    }


def test_every_stage_by_hand(settings, assumed):
    rows = {row["stage"]: row for row in cost.table(settings, assumed)}
    assert rows["fetch_model"]["disk_gb"] == 24.0  # two bytes of 8e9 and of 4e9 weights
    # 36 questions x 2 answers x 20 tokens by a model of half the size, and 6 minutes to start
    assert rows["generate"]["gpu_hours"] == round(36 * 2 * 20 / 2 / 100 / 3600 + 0.1, 2)
    # 18 pairs x 2 prompts x (10 + 2 x 20) tokens, for each of two seeds
    assert rows["reference"]["million_tokens"] == round(2 * 18 * 2 * 50 / 1e6, 2)
    assert rows["train"]["disk_gb"] == 8 * 2 * (4 + 3 * 12)  # two seeds, each a checkpoint, and three states at work
    assert rows["train"]["memory_gb"] == rows["total"]["memory_gb"] == 8 * 4 * 4  # weight, gradient and two moments
    assert rows["respond"]["jobs"] == 2 * 3  # base, generator and dpo
    # 2 seeds x 5 questions x 2 axes x 2 orders
    assert rows["judge"]["judge_dollars"] == round(40 * (1000 * 2 + 100 * 10) / 1e6, 2)
    for key in ("jobs", "gpu_hours", "disk_gb", "judge_dollars"):
        assert rows["total"][key] == pytest.approx(
            sum(row[key] for name, row in rows.items() if name != "total"), abs=0.03
        )


def test_tokens_in_full(settings, assumed):
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    # 9 steps x 2 pairs x 2 prompts x (10 + 2 x 20) tokens, and four times 4 answers of 15: before the first step, then
    # at steps 4, 8 and 9
    assert exact["train"].tokens == 2 * (9 * 2 * 2 * 50 + 4 * 4 * 15)
    assert exact["reference"].tokens == 2 * 18 * 2 * 50
    assert exact["respond"].tokens == 6 * 5 * 15


def test_what_validates_nothing_answers_no_validation_question(settings, assumed):
    settings["experiments"]["multitask"]["methods"]["dpo"]["validate_every"] = 0
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["train"].tokens == 2 * 9 * 2 * 2 * 50


def test_bf16_takes_half_the_room_and_rmsprop_one_number_less(settings, assumed):
    methods = settings["experiments"]["multitask"]["methods"]
    methods["dpo"]["weights"] = "bf16"
    row = next(row for row in cost.table(settings, assumed) if row["stage"] == "train")
    assert (row["disk_gb"], row["memory_gb"]) == (8 * 2 * (2 + 3 * 6), 8 * 2 * 4)
    methods["dpo"]["kl"] = 0.1  # with a frozen copy of the parent
    methods["more"] = {**methods["dpo"], "parent": "dpo", "weights": "float32", "optimizer": "rmsprop", "kl": 0.0}
    row = next(row for row in cost.table(settings, assumed) if row["stage"] == "train")
    # two seeds; of both the checkpoint, and states (with one moment) of more alone, which begins where dpo has ended
    assert (row["disk_gb"], row["memory_gb"]) == (8 * 2 * (2 + 4 + 3 * 8), 8 * 4 * 3)
    methods["more"]["adapter"] = {"rank": 8}
    row = next(row for row in cost.table(settings, assumed) if row["stage"] == "train")
    assert row["memory_gb"] == 8 * 2 * 5


@pytest.mark.parametrize(("parent", "models"), [("dpo", 2), ("base", 1)])
def test_kl_reads_the_model_without_the_adapter_or_a_copy_of_a_parent_with_one(settings, assumed, parent, models):
    methods = settings["experiments"]["multitask"]["methods"]
    methods["dpo"]["adapter"] = {"rank": 8}
    methods["more"] = {**methods["dpo"], "parent": parent, "kl": 0.1}
    row = next(row for row in cost.table(settings, assumed) if row["stage"] == "train")
    assert row["memory_gb"] == 8 * 4 * models


def test_rollouts_are_written_each_time_the_questions_are_asked_and_need_their_reference(settings, assumed):
    experiment = settings["experiments"]["multitask"]
    (before,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
    experiment["methods"]["dpo"]["rollout_every"] = 3
    for size, times in ((18, 1), (6, 3)):
        experiment["data"]["pairs"]["size"] = size
        (after,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
        # Two seeds; 36 questions x 2 answers x 20 tokens, and 18 pairs x 2 prompts x (10 + 2 x 20) under the reference
        assert after.tokens - before.tokens == 2 * (times * 36 * 2 * 20 + 18 * 2 * 50)
        assert after.memory == 4 * 5 * 8e9  # weight, gradient, two moments, and the weight of the reference


def gpu_row(**changes) -> dict:
    row = {"date": "2026-12-01", "card": "one", "model": "8b", "what": "sami", "way": "ours, packed"}
    return row | {"metric": "tokens_per_second", "value": 200.0} | changes


def test_speeds_are_those_measured_on_the_card_where_there_are_any(settings, assumed):
    measured = [
        gpu_row(card="other", value=1.0),
        gpu_row(metric="peak_memory_gib", value=2.0),
        gpu_row(model="1b", value=3.0),
        gpu_row(value=None),  # it did not fit
        gpu_row(),
    ]
    rows = {row["stage"]: row for row in cost.table(settings, assumed, measured)}
    writing = "generation assumed; generation_transformers assumed"
    assert rows["total"]["speeds"] == f"one: {writing}; training measured 2026-12-01; scoring assumed"
    training, answers = 2 * 9 * 2 * 2 * 50, 2 * 3 * 4 * 15
    assert rows["train"]["gpu_hours"] == round((training / 200 + answers / 50) / 3600 + 2 * 0.1, 2)
    scoring = gpu_row(way="forward, packed", value=50.0)
    assert "scoring measured" in cost.table(settings, assumed, [scoring])[-1]["speeds"]
    assert measured_speeds.speeds(assumed, [scoring])[0] == assumed["tokens_per_second"] | {"scoring": 50.0}
    writing = gpu_row(what="generation", way="batch 64", value=70.0)
    assert measured_speeds.speeds(assumed, [writing])[0]["generation_transformers"] == 70.0


def test_what_a_server_writes_takes_no_gpu_of_ours(settings, assumed):
    settings["models"]["g"] = {"path": "g", "server": {"base_url": "http://127.0.0.1:1/v1"}}
    (row,) = (row for row in cost._rows(settings, assumed) if row.stage == "generate")
    assert (row.jobs, row.tokens, row.hours) == (1, 36 * 2 * 20, 0)


def test_without_vllm_transformers_writes_all_answers(settings, assumed):
    (fast, slow) = (
        next(row for row in cost._rows({**settings, "engine": {"kind": kind}}, assumed) if row.stage == "respond")
        for kind in ("vllm", "transformers")
    )
    assert slow.hours - 6 * 0.1 == pytest.approx(2 * (fast.hours - 6 * 0.1))


def test_without_measurements_all_speeds_are_assumed(settings, assumed):
    *rows, total = cost.table(settings, assumed)
    assert {part.split()[-1] for part in total["speeds"].split(";")} == {"assumed"}
    assert {row["speeds"] for row in rows} == {""}


def test_a_writer_of_principles_is_started_once_for_all_sets(settings, assumed):
    sets = settings["experiments"]["multitask"]["data"]
    sets["pairs"]["principles"] = {"from": "g"}
    sets["more"] = {**sets["pairs"]}
    settings["experiments"]["multitask"]["methods"]["more"] = {
        **settings["experiments"]["multitask"]["methods"]["dpo"], "data": "more",
    }  # fmt: skip
    rows = {row["stage"]: row for row in cost.table(settings, assumed)}
    assert (rows["written_principles"]["jobs"], rows["written_principles"]["gpu_hours"]) == (1, 0.1)


def test_attempts_count_the_greedy_one_too(settings, assumed):
    experiment = settings["experiments"]["multitask"]
    del experiment["respond"], experiment["judge"]
    experiment |= {"solve": {"attempts": [1, 10, 32], "max_tokens": 500}, "comparisons": []}
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["solve"].tokens == 2 * 2 * 5 * 33 * 30
    assert "judge" not in exact


def test_the_miniature_judges_for_nothing_and_the_authors_pairs_are_not_generated(settings, assumed):
    experiment = settings["experiments"]["multitask"]
    experiment["judge"] = {"kind": "checkers"}
    experiment["data"]["pairs"] = {"from": "authors", "size": 18, "seed": 1}
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["judge"].dollars == 0
    assert "generate" not in exact
    assert exact["reference"].tokens == 2 * 18 * 2 * 50  # they have two responses too


def test_information_is_written_by_every_policy_and_scored_by_it_and_by_the_base(settings, assumed):
    sampling = {"max_tokens": 15}
    information = {"questions": ["m"], "builder": "constitutions", "constitutions": 3, "sampling": sampling}
    settings["experiments"]["multitask"]["information"] = information
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["information_responses"].jobs == exact["information"].jobs == 2 * 2  # base and dpo, two seeds
    assert exact["information_responses"].tokens == 4 * 5 * 3 * 15
    # each of 15 prompts of 10 tokens with 3 responses, and once more with its own
    assert exact["information"].tokens == 4 * 15 * ((10 + 3 * 15) + (10 + 15))


def test_the_drift_is_of_so_many_answers_under_two_models(settings, assumed):
    settings["experiments"]["multitask"]["drift"] = {"responses": 3, "seed": 1}
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["drift"].jobs == 2  # dpo, two seeds
    assert exact["drift"].tokens == 2 * 2 * 3 * (10 + 15)
    more = {
        "soups": {"soup": {"of": ["dpo"]}},
        "preferences": {"grid": 3},
        "respond": {"temperatures": [1.0], "max_tokens": 15},
    }
    settings["experiments"]["multitask"] |= more
    whole = {row.stage: row for row in cost._rows(settings, assumed)}["drift"]
    assert whole.jobs == 2 + 2 * 3  # a policy a vector
    assert whole.tokens == pytest.approx(2 * exact["drift"].tokens)  # which read the answers of one method together


def generated(settings, assumed) -> list[tuple[int, float]]:
    """Jobs and tokens of every set that is written."""
    return [(row.jobs, row.tokens) for row in cost._rows(settings, assumed) if row.stage == "generate"]


def test_a_set_has_a_part_of_the_questions_and_answers_by_its_builder(settings, assumed):
    pairs = settings["experiments"]["multitask"]["data"]["pairs"]
    assert generated(settings, assumed) == [(1, 36 * 2 * 20)]
    pairs["slice"] = {"part": 1, "of": 3}
    assert generated(settings, assumed) == [(1, 12 * 2 * 20)]
    pairs |= {"builder": "other_question", "sampling": {"max_tokens": 7}}
    assert generated(settings, assumed) == [(1, 12 * 7)]  # one answer a question, and none is longer than it may be
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["reference"].tokens == 2 * 18 * (10 + 2 * 7)  # one prompt with both responses


@pytest.mark.parametrize(("at_most", "drawn"), [(100, 72), (30, 60)])
def test_a_set_that_draws_is_written_until_it_is_full_or_its_bound_is_reached(settings, assumed, at_most, drawn):
    settings["experiments"]["multitask"]["data"]["pairs"]["draws"] = {"pairs": 2, "at_most": at_most}
    assert generated(settings, assumed) == [(1, drawn * 2 * 20)]  # 18 pairs are a quarter of 72


def test_the_share_that_the_filters_keep_is_asked_for_by_experiment(settings, assumed):
    settings["experiments"]["multitask"]["data"]["pairs"]["draws"] = {"pairs": 2, "at_most": 100}
    message = (
        "how many of the drawn pairs of experiments.multitask the filters keep, as a share; below its line 'kept:'"
    )
    with pytest.raises(InputError, match=message):
        cost.table(settings, assumed | {"kept": {}})


def test_a_method_writes_for_every_seed_and_a_set_that_nobody_is_trained_on_costs_nothing(settings, assumed):
    experiment = settings["experiments"]["multitask"]
    pairs, dpo = experiment["data"]["pairs"], experiment["methods"]["dpo"]
    experiment["data"] |= {"again": {**pairs, "from": "dpo", "size": 10}, "unused": {**pairs, "size": 1000}}
    experiment["methods"]["sami"] = {**dpo, "objective": "sami", "data": "again", "parent": "dpo"}
    assert generated(settings, assumed) == [(1, 36 * 2 * 20), (2, 2 * 36 * 2 * 20)]
    writing = [row for row in cost._rows(settings, assumed) if row.stage == "generate"]
    # of the base's size, which is twice the other's, and each of two jobs has to start
    assert writing[1].hours == pytest.approx(2 * 36 * 2 * 20 / 100 / 3600 + 2 * 0.1)
    reference = [row for row in cost._rows(settings, assumed) if row.stage == "reference"]
    assert [(row.jobs, row.tokens) for row in reference] == [(2, 2 * 18 * 2 * 50)]  # sami needs none
    experiment["methods"]["more"] = {**dpo, "data": "again", "parent": "sami"}
    experiment["methods"]["most"] = {**dpo, "data": "again", "parent": "dpo"}
    reference = [row for row in cost._rows(settings, assumed) if row.stage == "reference"]
    assert sorted((row.jobs, row.tokens) for row in reference) == [(2, 2 * 18 * 2 * 50), (4, 4 * 10 * 2 * 50)]


def test_answers_that_the_authors_released_are_not_written_anew(settings, assumed):
    settings["experiments"]["multitask"]["responses"] = "authors"
    exact = {row.stage: row for row in cost._rows(settings, assumed)}
    assert exact["respond"].jobs == 2 * 2  # base and generator, and not dpo


def test_every_judge_is_priced_by_how_often_it_is_asked(settings, assumed):
    experiment = settings["experiments"]["multitask"]
    server = experiment["judge"]["server"]
    settings["models"]["big"] = {"places": [{"hub": "a/b"}]}
    settings["models"]["small"] = {"places": [{"hub": "c/d"}]}
    experiment["judges"] = {
        "second": {"kind": "openai", "server": {"price": {"in": 1.0, "out": 0.0}}},
        "once": {"kind": "openai", "compat": "authors", "server": server},
        "local": {"kind": "likelihood", "model": "small"},
        "exact": {"kind": "checkers"},
    }
    exact = {row.experiment: row for row in cost._rows(settings, assumed) if row.stage == "judge"}
    assert {name: row.dollars for name, row in exact.items()} == pytest.approx(
        {
            "multitask": 40 * 3000 / 1e6,  # 2 seeds x 5 questions x 2 axes x 2 orders
            "multitask.second": 40 * 1000 / 1e6,
            "multitask.once": 20 * 3000 / 1e6,  # in one order
            "multitask.local": 0,
            "multitask.exact": 0,
        }
    )
    # 40 x 1000 tokens are read by a model of half the size, in two jobs that take 6 minutes to start
    assert exact["multitask.local"].hours == pytest.approx(40 * 1000 / 2 / 100 / 3600 + 2 * 0.1)
    assert exact["multitask.second"].hours == 0
    fetched = next(row for row in cost._rows(settings, assumed) if row.stage == "fetch_model")
    assert (fetched.jobs, fetched.disk) == (3, 2 * (8e9 + 4e9 + 4e9))  # b, g and the judge; nothing uses big


def test_a_judge_of_validation_answers_reads_them_within_the_trainings(settings, assumed):
    (before,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
    experiment = settings["experiments"]["multitask"]
    settings["models"]["small"] = {"places": [{"hub": "c/d"}]}
    experiment["training"]["validate_by"] = {"kind": "likelihood", "model": "small"}
    (after,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
    read = 2 * 4 * 4 * 2 * 1000  # seeds, validations of 9 steps, questions, orders, tokens of a request
    assert after.tokens - before.tokens == read
    assert after.hours - before.hours == pytest.approx(read / 2 / 100 / 3600)  # half the usual size
    assert after.memory - before.memory == 4 * 4e9


def test_a_server_that_judges_validation_answers_is_paid_for_within_the_trainings(settings, assumed):
    (before,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
    server = {"price": {"in": 2.5, "out": 10.0}, "ceiling": 50}
    settings["experiments"]["multitask"]["training"]["validate_by"] = {"kind": "openai", "server": server}
    (after,) = (row for row in cost._rows(settings, assumed) if row.stage == "train")
    asked = 2 * 4 * 4 * 2  # seeds, validations of 9 steps, questions, orders
    read, written = asked * assumed["mean_tokens"]["request"], asked * assumed["mean_tokens"]["verdict"]
    assert before.dollars == 0
    assert after.dollars == pytest.approx((2.5 * read + 10.0 * written) / 1e6)
    assert (after.hours, after.memory) == (before.hours, before.memory)


def test_weights_that_are_there_are_counted_and_need_no_assumption(settings, assumed):
    settings["models"] |= {"b": {"path": "mine"}, "child": {"parent": "b"}}
    settings["experiments"]["multitask"]["base"] = "child"
    rows = {row["stage"]: row for row in cost.table({**settings, "counted": {"b": 3e9}}, assumed)}
    assert rows["train"]["disk_gb"] == 3 * 2 * (4 + 3 * 12)
    with pytest.raises(InputError, match="below its line 'parameters:' put '  mine: NUMBER'"):
        cost.table(settings, assumed)


def test_a_source_of_unknown_size_takes_at_most_what_it_may(settings, assumed):
    settings["sources"]["t"] = {"file": "own.jsonl", "at_most": 7}
    assert questions(settings, assumed, "t") == 7
    assumed["rows"]["own.jsonl"] = 5
    assert questions(settings, assumed, "t") == 5


def test_an_assumption_that_is_no_number_is_asked_for(settings, assumed):
    assumed["parameters"]["a/b"] = "8e9"  # to YAML a text
    with pytest.raises(InputError, match="with all digits of the number"):
        cost.table(settings, assumed)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("parameters", "how many weights models.b has; below its line 'parameters:' put '  a/b: NUMBER'"),
        ("rows", "how many rows sources.v has; below its line 'rows:' put '  one: NUMBER'"),
    ],
)
def test_what_is_not_assumed_is_asked_for(settings, assumed, key, message):
    with pytest.raises(InputError, match=message):
        cost.table(settings, {**assumed, key: {}})


@pytest.mark.parametrize("overlays", [(), ("config/full_size.yaml",)])
def test_our_assumptions_serve_our_configurations(read_config, root, run_stage, tmp_path, overlays):
    settings = loading.load(read_config(*overlays))
    given = {key: settings[key] for key in ("seeds", "engine", "sources", "models", "experiments")} | {"counted": {}}
    (tmp_path / "gpu.csv").write_text(
        "date,card,part,model,what,way,metric,value,note\n"
        '2026-12-01,NVIDIA A100-SXM4-80GB,steps,8b,sami,"forward, packed",tokens_per_second,7000,\n'
        '2026-12-01,NVIDIA A100-SXM4-80GB,steps,8b,sami,"ours, packed",,,not measured: out of memory\n'
    )
    run_stage(
        stage,
        settings=json.dumps(given),
        assumptions=root / "config/costs.yaml",
        measured=tmp_path / "gpu.csv",
        out=tmp_path / "cost.csv",
    )
    rows = list(csv.DictReader((tmp_path / "cost.csv").open()))
    assert rows[-1]["speeds"].endswith("; training assumed; scoring measured 2026-12-01")
    assert rows[-1]["stage"] == "total"
    assert float(rows[-1]["gpu_hours"]) > 0
    judged = [float(row["judge_dollars"]) for row in rows if row["stage"] == "judge"]
    assert not overlays or f"disk ({float(rows[-1]['disk_gb']) / 1000:.1f} TB)" in (root / "README.md").read_text()
    assert bool(sum(judged)) is bool(overlays)  # the judge of the paper is paid, the miniature's is a program
    assert set(yaml.safe_load((root / "config/costs.yaml").read_text())["rows"]) >= {
        source["dataset"] for source in settings["sources"].values() if "dataset" in source
    }
