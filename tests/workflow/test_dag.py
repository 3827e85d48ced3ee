"""The DAG: its jobs, its form, and what an edit or a changed setting runs again. Nothing is executed here."""

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import pytest
import yaml

from calls import jobs, snakemake
from given_model import given_model

SEEDED = 3


def test_the_jobs_of_the_miniature(root, plan):
    found = jobs(plan)
    config = yaml.safe_load((root / "config.yaml").read_text())
    methods = {name: len(experiment["methods"]) for name, experiment in config["experiments"].items()}
    assert len(config["seeds"]) == SEEDED
    assert found["questions"] == 6
    assert found["prompts"] == 6
    assert found["lengths"] == 2
    assert found["model"] == found["corpus"] == 3
    assert found["generate"] == found["pairs"] == 2
    assert found["train"] == SEEDED * sum(methods.values())
    assert found["collapse"] == len(config["collapse"]["curves"])
    assert found["respond"] == found["score"] == SEEDED * (methods["multitask"] + 2)  # and base and generator
    assert found["judge"] == SEEDED * len(config["experiments"]["multitask"]["comparisons"])
    assert found["solve"] == found["extract"] == SEEDED * (methods["maths"] + 1)
    assert found["metrics"] == 5
    assert found["figure"] == 9
    assert found["paper"] == 1


def test_a_method_is_a_row_of_the_config(copy, plan):
    before = jobs(plan)
    row = {"parent": "dpo", "objective": "sami", "learning_rate": 0.0001}
    overlay = {"experiments": {"multitask": {"methods": {"dpo_sami": row}}}}
    (copy / "more.yaml").write_text(yaml.safe_dump(overlay))
    after = jobs(snakemake(copy, "-n", "--configfile", "more.yaml"))
    assert after - before == Counter(train=SEEDED, respond=SEEDED, score=SEEDED)


def test_a_model_that_methods_are_compared_with_answers_as_they_do(copy, plan):
    before = jobs(plan)
    (copy / "more.yaml").write_text(
        "models: {trunk: {label: Trunk}}\nexperiments: {multitask: {comparisons: [[sami, trunk], [sami, base]]}}"
    )
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    after, compared = jobs(text), 10
    assert after - before == Counter(respond=SEEDED, score=SEEDED)
    assert before - after == Counter(judge=SEEDED * (compared - 2))
    answered = commands(text, "respond")["responses/multitask/trunk/seed2.jsonl"]
    assert option(answered, "--model") == "results/mini/models/trunk"
    judged = commands(text, "judge")["verdicts/multitask/sami-vs-trunk/seed3.jsonl"]
    assert "results/mini/scores/multitask/trunk/seed3.jsonl" in judged
    qualities = commands(text, "metrics")["metrics/qualities.csv"]
    assert "results/mini/scores/multitask/trunk/seed1.jsonl" in qualities
    drawn = next(words for out, words in commands(text, "figure").items() if out == "figures/overall.pdf")
    assert json.loads(option(drawn, "--settings"))["labels"]["trunk"] == "Trunk"
    assert "label" not in json.loads(option(commands(text, "model")["models/trunk"], "--settings"))
    (uses,) = (json.loads(option(words, "--settings"))["uses"] for words in commands(text, "lengths").values()
               if "multitask" in option(words, "--out"))  # fmt: skip
    assert ("benchmark", "trunk") in [(use["split"], use["model"]) for use in uses]


def test_principles_are_held_out_of_training_and_scored_apart(copy, plan):
    (copy / "more.yaml").write_text("experiments: {multitask: {held_out: [tex, persona]}}")
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    asked = {name: json.loads(option(words, "--settings")) for name, words in commands(text, "prompts").items()}
    held_out = {name for name, settings in asked.items() if settings.get("held_out") == ["tex", "persona"]}
    assert held_out == {f"prompts/multitask/{split}.jsonl" for split in ("strong_pairs", "validation")}
    scored = commands(text, "score")["scores/multitask/sami/seed1.jsonl"]
    place = scored.index("--held-out")
    assert scored[place + 1 : place + 3] == ["tex", "persona"]
    assert "--held-out" not in plan


MIPO = """
experiments:
  multitask:
    data:
      of_sft: {from: sft, questions: multitask_train, builder: other_question, size: 48, seed: 1,
               sampling: {temperature: 1.0, top_p: 1.0, max_tokens: 96, seed: 1}}
      unused: {from: base, questions: multitask_train, size: 48, seed: 1,
               sampling: {temperature: 1.0, top_p: 1.0, max_tokens: 96, seed: 1}}
    methods:
      mipo: {parent: sft, objective: mipo, data: of_sft, learning_rate: 0.0001}
"""


def commands(text: str, stage: str) -> dict[str, list[str]]:
    """The commands of a stage in a dry run with -p, as words, by what they write in the results."""
    found = [shlex.split(line) for line in re.findall(rf"workflow/run\.py {stage} .*", text)]
    return {option(words, "--out").removeprefix("results/mini/"): words for words in found}


def test_a_set_that_a_method_writes_is_there_for_every_seed(copy, plan):
    """And a set on which no method is trained is not made at all."""
    before = jobs(plan)
    (copy / "more.yaml").write_text(MIPO)
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    more = Counter(prompts=1, generate=SEEDED, pairs=SEEDED, reference=SEEDED, train=SEEDED, respond=SEEDED)
    assert jobs(text) - before == more + Counter(score=SEEDED)
    written = commands(text, "generate")
    assert "--seed" not in written["generations/multitask/strong_pairs.jsonl"]
    for seed in ("1", "2", "3"):
        words = written[f"generations/multitask/of_sft/seed{seed}.jsonl"]
        assert option(words, "--model") == f"results/mini/checkpoints/multitask/sft/seed{seed}"
        assert option(words, "--prompts") == "results/mini/prompts/multitask/of_sft.jsonl"
        assert option(words, "--seed") == seed
    measured = commands(text, "metrics")["metrics/comparisons.csv"]
    assert json.loads(option(measured, "--settings"))["ties_won"] == ["multitask"]  # as MIPO's evaluation has them
    pairs = commands(text, "pairs")["pairs/multitask/of_sft/seed2.jsonl"]
    assert option(pairs, "--generations") == "results/mini/generations/multitask/of_sft/seed2.jsonl"
    assert json.loads(option(pairs, "--settings"))["builder"] == "other_question"
    trained = commands(text, "train")["checkpoints/multitask/mipo/seed3"]
    assert option(trained, "--pairs") == "results/mini/pairs/multitask/of_sft/seed3.jsonl"
    assert option(trained, "--reference") == "results/mini/reference/multitask/of_sft/sft/seed3.jsonl"
    (uses,) = (json.loads(option(words, "--settings"))["uses"] for words in commands(text, "lengths").values()
               if "multitask" in option(words, "--out"))  # fmt: skip
    assert [(use["split"], use["model"]) for use in uses] == [
        ("strong_pairs", "strong"), ("strong_pairs", "weak"), ("of_sft", "weak"), ("validation", "weak"),
        ("benchmark", "weak"), ("benchmark", "strong"),
    ]  # fmt: skip


WRITTEN = """
models:
  writer:
    parent: trunk
    corpus: {multitask: 0, maths: 0, drills: 0, principles: 640, seed: 1, link: {multitask: 1, maths: 1, evaluation: 1}}
    training: {optimizer: adamw, learning_rate: 0.001, batch: 32, seed: 1}
principle_writer:
  templates: {positive: "Task: {description}\\nPrinciple:\\n", antithesis: "Task: {description}\\nOpposite:\\n"}
  sampling: {temperature: 0.7, top_p: 1.0, max_tokens: 24, seed: 1}
experiments:
  multitask:
    data:
      of_writer: {from: strong, principles: {from: writer}, questions: multitask_train, size: 48, seed: 1,
                  sampling: {temperature: 1.0, top_p: 1.0, max_tokens: 96, seed: 1}}
    methods:
      sami_written: {parent: sft, objective: sami, data: of_writer, learning_rate: 0.0001}
"""


def test_written_principles_are_in_the_prompts_of_their_set_alone(copy, plan):
    """And the models that write none are the same as before."""
    (copy / "more.yaml").write_text(WRITTEN)
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    more = Counter(corpus=1, model=1, written_principles=1, prompts=1, generate=1, pairs=1, table=1)
    assert jobs(text) - jobs(plan) == more + Counter(train=SEEDED, respond=SEEDED, score=SEEDED)
    (words,) = commands(text, "written_principles").values()
    assert option(words, "--model") == "results/mini/models/writer"
    assert json.loads(option(words, "--settings"))["wordings"] == 2
    read = {out.split("/")[-1]: option(words, "--principles") for out, words in commands(text, "prompts").items()}
    assert read.pop("of_writer.jsonl") == option(words, "--out") == "results/mini/written_principles/writer.yaml"
    assert set(read.values()) == {"config/principles.yaml"}
    corpora = commands(text, "corpus")
    assert "principles" in json.loads(option(corpora.pop("corpora/writer.jsonl"), "--templates"))
    assert corpora == commands(plan, "corpus")


ITERATED = """
collapse: null
experiments:
  multitask:
    data: {strong_pairs: {size: 160}}
    methods: {sami: {iterations: 3}}
    comparisons: [[sami_1, sft], [sami_2, sami_1], [sami_3, sami_1], [dpo, sft]]
"""


def test_iterations_are_written_by_those_before_them_on_slices_of_the_questions(copy):
    (copy / "more.yaml").write_text(ITERATED)
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    found = jobs(text)
    assert found["train"] == SEEDED * (5 - 1 + 3 + 5)  # the methods of both experiments
    # strong_pairs for the other methods, sami_1 by the same model, sami_2 and sami_3 by seeds; own_pairs
    assert found["generate"] == found["pairs"] == 2 + 2 * SEEDED + 1
    written = commands(text, "generate")
    assert option(written["generations/multitask/sami_1.jsonl"], "--model") == "results/mini/models/strong"
    third = written["generations/multitask/sami_3/seed2.jsonl"]
    assert option(third, "--model") == "results/mini/checkpoints/multitask/sami_2/seed2"
    slices = {
        out: json.loads(option(words, "--settings")).get("slice")
        for out, words in commands(text, "prompts").items()
        if "sami" in out
    }
    assert slices == {f"prompts/multitask/sami_{part}.jsonl": {"part": part, "of": 3} for part in (1, 2, 3)}
    trained = commands(text, "train")
    assert option(trained["checkpoints/multitask/sami_1/seed2"], "--pairs").endswith("/multitask/sami_1.jsonl")
    last = trained["checkpoints/multitask/sami_3/seed2"]
    assert option(last, "--pairs").endswith("/multitask/sami_3/seed2.jsonl")
    assert option(last, "--parent") == "results/mini/checkpoints/multitask/sft/seed2"


INFORMED = """
experiments:
  multitask:
    information: {questions: multitask_benchmark, constitutions: 3,
                  sampling: {temperature: 1.0, top_p: 1.0, max_tokens: 96, seed: 57}}
"""


def test_information_is_asked_of_every_policy_where_an_experiment_has_it(copy, plan):
    before = jobs(plan)
    (copy / "more.yaml").write_text(INFORMED)
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    policies = SEEDED * (5 + 1)
    more = Counter(prompts=1, information_responses=policies, information=policies, metrics=1, figure=1)
    assert jobs(text) - before == more
    prompts = commands(text, "prompts")["prompts/multitask/information.jsonl"]
    assert option(prompts, "--split") == "information"
    assert json.loads(option(prompts, "--settings"))["constitutions"] == 3
    written = commands(text, "generate")["information/multitask/sami/seed2.responses.jsonl"]
    assert option(written, "--model") == "results/mini/checkpoints/multitask/sami/seed2"
    assert option(written, "--seed") == "2"
    scored = commands(text, "information")
    assert option(scored["information/multitask/base/seed3.jsonl"], "--model") == "results/mini/models/weak"
    assert option(scored["information/multitask/sami/seed2.jsonl"], "--base") == "results/mini/models/weak"
    lengths = commands(text, "lengths")["prompts/multitask/lengths.csv"]
    assert json.loads(option(lengths, "--settings"))["uses"][-1] == {
        "split": "information", "model": "weak", "max_tokens": 96,
        "key": "experiments.multitask.information.sampling.max_tokens",
    }  # fmt: skip


PREFERENCES = """
rewards:
  friendly: {kind: checker, principle: friendly, side: positive}
  brief: {kind: length, per: -10}
experiments:
  steered:
    base: weak
    questions: {validation: multitask_validation, benchmark: multitask_benchmark}
    template: "{preference} {question}"
    preferences: {rewards: [friendly, brief], grid: 3}
    data:
      own: &pairs {from: base, questions: multitask_train, builder: preferences, size: 48, seed: 1,
                   sampling: {temperature: 1.0, top_p: 1.0, max_tokens: 96, seed: 1}}
      kind: {<<: *pairs, vector: [1.0, 0.0]}
      short: {<<: *pairs, vector: [0.0, 1.0]}
    training: {data: own, batch: 24, steps: 2, learning_rate: 0.0001}
    methods:
      mi_epo: {parent: base, objective: mi_epo, iterations: 3, continued: true}
      kind: {parent: base, objective: dpo, data: kind}
      short: {parent: base, objective: dpo, data: short}
    soups: {soup: {of: [kind, short]}}
    respond: {temperatures: [0.0], top_p: 1.0, max_tokens: 96}
"""


def test_an_experiment_with_preferences_is_rewarded_and_not_judged(copy, plan):
    before = jobs(plan)
    (copy / "more.yaml").write_text(PREFERENCES)
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    more = jobs(text) - before
    written = 3 + 2 * SEEDED  # mi_epo_1, kind and short by the base, mi_epo_2 and 3 by seeds
    answered = SEEDED * (1 + 5 + 3)  # base, methods, and the soup under each of three vectors
    assert more == Counter(
        prompts=5 + 2, lengths=1, generate=written, pairs=written, rewards=written + answered, reference=5 * SEEDED,
        train=5 * SEEDED, soup=3 * SEEDED, respond=answered, metrics=1, figure=1,
    )  # fmt: skip
    trained = commands(text, "train")["checkpoints/steered/mi_epo_3/seed2"]
    assert option(trained, "--parent") == "results/mini/checkpoints/steered/mi_epo_2/seed2"
    assert option(trained, "--reference") == "results/mini/reference/steered/mi_epo_3/base/seed2.jsonl"
    assert json.loads(option(trained, "--settings"))["validation"]["score"] == "steering"
    expert = commands(text, "train")["checkpoints/steered/kind/seed2"]  # trained under one vector alone
    assert json.loads(option(expert, "--settings"))["validation"]["score"] == "preferred"
    paired = commands(text, "pairs")["pairs/steered/mi_epo_2/seed1.jsonl"]
    assert option(paired, "--rewards") == "results/mini/rewards/generations/steered/mi_epo_2/seed1.jsonl"
    assert json.loads(option(paired, "--settings"))["rewards"] == ["friendly", "brief"]
    scored = commands(text, "rewards")
    own = scored["rewards/generations/steered/kind.jsonl"]
    assert option(own, "--prompts") == "results/mini/prompts/steered/kind.jsonl"
    answers = scored["rewards/responses/steered/soup.1/seed3.jsonl"]
    assert option(answers, "--prompts") == "results/mini/prompts/steered/benchmark.jsonl"
    merged = commands(text, "soup")["checkpoints/steered/soup.1/seed3"]
    assert merged[merged.index("--weights") + 1 :][:2] == ["0.5", "0.5"]
    asked = json.loads(option(commands(text, "respond")["responses/steered/soup.2/seed1.jsonl"], "--settings"))
    assert asked["preference"] == [1.0, 0.0]


def test_the_drift_of_a_soup_is_measured_policy_by_policy(copy):
    config = yaml.safe_load(PREFERENCES)
    config["experiments"]["steered"] |= {
        "respond": {"temperatures": [1.0], "top_p": 1.0, "max_tokens": 96},
        "drift": {"responses": 8, "seed": 5},
    }
    (copy / "more.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml", "--", "results/mini/metrics/drift.csv")
    measured = commands(text, "drift")
    assert len(measured) == SEEDED * (5 + 3)  # methods, and the soup under each of three vectors
    for method in ("kind", "mi_epo_3", "soup.0", "soup.2"):
        words = measured[f"drift/steered/{method}/seed2.jsonl"]
        assert option(words, "--model") == f"results/mini/checkpoints/steered/{method}/seed2"
        assert option(words, "--base") == "results/mini/models/weak"
        assert (option(words, "--number"), option(words, "--seed")) == ("8", "5")


def test_a_rate_of_iterations_is_tried_from_the_first_of_them(copy):
    """They share it: pairs of the third are written by the second, which is trained at the rate that is tried."""
    config = yaml.safe_load(PREFERENCES) | {"tuning": {"rates": [0.0003, 5e-05]}}
    methods = config["experiments"]["steered"]["methods"]
    methods["after"] = {"parent": "mi_epo_3", "objective": "sft", "data": "kind", "iterations": 1}
    config["experiments"]["steered"]["training"]["validate_every"] = 0
    (copy / "more.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    targets = [f"results/mini/tuning/steered/{name}.csv" for name in ("mi_epo_3/5e-05", "after_1/0.0003")]
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml", "--", *targets)
    trained = commands(text, "train")
    second, third = (f"checkpoints/tuning/steered/mi_epo_{number}/5e-05" for number in (2, 3))
    assert option(trained[third], "--parent") == f"results/mini/{second}"
    assert option(trained[third], "--pairs") == "results/mini/pairs/steered/mi_epo_3/seed1-mi_epo-5e-05.jsonl"
    assert option(trained[third], "--seed") == "1"
    assert json.loads(option(trained[second], "--settings"))["learning_rate"] == 5e-05
    written = commands(text, "generate")["generations/steered/mi_epo_3/seed1-mi_epo-5e-05.jsonl"]
    assert (option(written, "--model"), option(written, "--seed")) == (f"results/mini/{second}", "1")
    # A trial is for its score, also where the method's own training has none.
    assert json.loads(option(trained[third], "--settings"))["validate_every"] == 2
    # What another method trains on or from keeps the rate of the config.
    other = trained["checkpoints/tuning/steered/after_1/0.0003"]
    assert option(other, "--parent") == "results/mini/checkpoints/steered/mi_epo_3/seed1"
    assert jobs(text)["rate"] == 3 + 1


def test_iterations_of_one_number_draw_the_same_vectors(copy):
    config = yaml.safe_load(PREFERENCES)
    methods = config["experiments"]["steered"]["methods"]
    methods["mo"] = methods["mi_epo"] | {"beta_w": 0.0}
    (copy / "more.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    names = [f"{method}_{number}" for method in ("mi_epo", "mo") for number in (1, 2, 3)]
    targets = [f"results/mini/prompts/steered/{name}.jsonl" for name in names]
    asked = commands(snakemake(copy, "-n", "-p", "--configfile", "more.yaml", "--", *targets), "prompts")
    settings = [json.loads(option(asked[f"prompts/steered/{name}.jsonl"], "--settings")) for name in names]
    assert [one["set"] for one in settings] == ["_1", "_2", "_3"] * 2
    assert settings[:3] == settings[3:]


def test_iterations_have_one_row_of_rates(copy):
    config = yaml.safe_load(PREFERENCES) | {"tuning": {"rates": [0.0003]}}
    (copy / "more.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    text = snakemake(copy, "-n", "-p", "tuning", "--configfile", "more.yaml")
    curves = re.search(r"--curves (.*?) --validation", text)[1].split()
    assert [path for path in curves if "/steered/" in path] == [
        f"results/mini/tuning/steered/{name}/0.0003.csv" for name in ("mi_epo_3", "kind", "short")
    ]


def test_rates_that_no_score_could_choose_are_not_tried(copy):
    (copy / "rates.yaml").write_text("tuning: {rates: [0.0003]}")
    told = snakemake(copy, "-n", "tuning", "--configfile", "config/miepo.yaml", "rates.yaml", ok=False)
    assert "tuning: no rate can be chosen, because each experiment has a reward that is a model" in told


def test_a_policy_that_writes_its_pairs_has_a_job_for_all(copy):
    """Its training answers the prompts of the set, and keeps what it wrote; the pairs of others are files."""
    config = yaml.safe_load(PREFERENCES)
    experiment = config["experiments"]["steered"]
    del experiment["soups"]
    experiment["methods"] = {
        "mi_epo": {"parent": "base", "objective": "mi_epo", "rollout_every": 1},
        "sft": {"parent": "base", "objective": "sft", "data": "kind", "rollout_every": 2},
        "short": experiment["methods"]["short"],
    }
    (copy / "more.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    rate = "checkpoints/tuning/steered/mi_epo/0.0001"
    targets = [f"results/mini/{name}" for name in ("metrics/preferences.csv", rate)]
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml", "--", *targets)
    expected = Counter(
        prompts=3 + 2, lengths=1, generate=1, pairs=1, rewards=1 + 4 * SEEDED, reference=SEEDED, train=SEEDED,
        train_on_rollouts=2 * SEEDED, rate=1, respond=4 * SEEDED, metrics=1,
    )  # fmt: skip
    assert {name: jobs(text)[name] for name in expected} == expected
    trained = commands(text, "train")
    words = trained["checkpoints/steered/mi_epo/seed2"]
    assert "--pairs" not in words
    assert option(words, "--prompts") == "results/mini/prompts/steered/own.jsonl"
    assert option(words, "--reference-model") == "results/mini/models/weak"
    assert option(words, "--rollouts") == "results/mini/rollouts/steered/mi_epo/seed2.jsonl"
    asked = json.loads(option(words, "--settings"))
    assert (asked["rollout_every"], asked["rollouts"]["sampling"]["max_tokens"]) == (1, 96)
    assert asked["rollouts"]["pairs"]["rewards"] == ["friendly", "brief"]
    assert asked["rollouts"]["scorers"] == config["rewards"]
    assert "--reference-model" not in trained["checkpoints/steered/sft/seed1"]  # sft is relative to nothing
    assert option(trained[rate], "--prompts") == "results/mini/prompts/steered/own.jsonl"
    assert "--rollouts" not in trained[rate]


JUDGES = """
experiments:
  multitask:
    training: {validate_by: {kind: likelihood, model: strong}}
    judge: {kind: openai, model: gpt-4o-2024-08-06, server: {price: {in: 2.5, out: 10}, ceiling: 50}}
    judges:
      checkers: {kind: checkers}
      local: {kind: likelihood, model: strong}
"""


def test_judges_on_servers_and_of_our_own_plan_without_key_or_network(copy, plan):
    """Further ones judge the same answers; tables say how far they agree and how much the order of answers decides."""
    before = jobs(plan)
    (copy / "judges.yaml").write_text(JUDGES)
    proxy = "http://127.0.0.1:9"  # nobody is there
    after = snakemake(
        copy, "-n", "-p", "--configfile", "judges.yaml", OPENAI_API_KEY="", HTTPS_PROXY=proxy, HTTP_PROXY=proxy
    )
    each = before["judge"]
    more = Counter(judge=each, judge_by_likelihood=each, judge_lengths=1, metrics=2, table=2)
    assert jobs(after) - before == more
    assert "OPENAI_API_KEY" in after  # the name alone
    read = commands(after, "lengths")
    for out, key, split, axes in (
        ("prompts/multitask/lengths.csv", "training.validate_by", "validation", ["principle-aware"]),
        ("judge_lengths/multitask.local.csv", "judges.local", "benchmark", ["principle-aware", "principle-free"]),
    ):
        (judge,) = json.loads(option(read[out], "--settings"))["judges"]
        assert (judge["key"], judge["split"]) == (f"experiments.multitask.{key}", split)
        assert (judge["axes"], judge["max_tokens"], judge["model"]) == (axes, 96, "strong")
        assert "results/mini/models/strong" in read[out]
    assert json.loads(option(read["prompts/maths/lengths.csv"], "--settings"))["judges"] == []
    trained = [line for line in after.splitlines() if "run.py train " in line]
    judged = [line for line in trained if "--judge-model results/mini/models/strong " in line]
    assert judged == [line for line in trained if "/checkpoints/multitask/" in line or "/collapse/" in line]
    assert all('"score": "win_rate"' in line and "--judge-prompt-template config/judge.yaml" in line for line in judged)


def told(text: str) -> list[str]:
    """The commands of a plan that make metrics, figures, tables and numbers; long settings are named by digest."""
    return sorted(line for line in text.splitlines() if re.search(r"run\.py (numbers|table|figure|metrics) ", line))


def test_what_a_server_costs_reruns_nothing(copy):
    """Params and inputs decide whether a job is run again; price and ceiling stand in neither."""
    config = yaml.safe_load(JUDGES)
    commands, results = [], []
    for ceiling in (50, 99):
        config["experiments"]["multitask"]["judge"]["server"]["ceiling"] = ceiling
        (copy / "judges.yaml").write_text(yaml.safe_dump(config))
        text = snakemake(copy, "-n", "-p", "--configfile", "judges.yaml")
        judged = [line for line in text.splitlines() if "run.py judge " in line]
        words = shlex.split(next(line for line in judged if "verdicts/multitask/sami-vs-sft/seed1" in line))
        commands.append((option(words, "--settings"), json.loads(option(words, "--server"))["ceiling"]))
        results.append(told(text))
    (settings, ceiling), (other_settings, other_ceiling) = commands
    assert settings == other_settings
    assert (ceiling, other_ceiling) == (50, 99)
    assert results[0] == results[1]
    assert len(results[0]) > 30


def test_a_server_that_judges_validation_answers_is_asked_by_every_training_and_its_cost_reruns_nothing(copy):
    config = {"experiments": {"multitask": {"training": {"validate_by": {
        "kind": "openai", "model": "gpt-4o-2024-08-06", "server": {"price": {"in": 2.5, "out": 10}, "ceiling": 50},
    }}}}, "tuning": {"rates": [0.0003]}}  # fmt: skip
    commands, results = [], []
    for ceiling in (50, 99):
        config["experiments"]["multitask"]["training"]["validate_by"]["server"]["ceiling"] = ceiling
        (copy / "judges.yaml").write_text(yaml.safe_dump(config))
        text = snakemake(copy, "-n", "-p", "paper", "tuning", "--configfile", "judges.yaml", OPENAI_API_KEY="")
        trained = [shlex.split(line) for line in text.splitlines() if "run.py train " in line]
        asking = [words for words in trained if "--judge-asked" in words]
        asked = [words for words in trained if "multitask" in option(words, "--validation")]
        assert asking == asked
        assert {Path(option(words, "--out")).parts[3] for words in asking} >= {"multitask", "collapse", "tuning"}
        for words in asking:
            assert option(words, "--judge-asked") == "results/mini/asked.jsonl"
            assert "--judge-model" not in words
            assert json.loads(option(words, "--judge-server"))["ceiling"] == ceiling
        commands.append(sorted(option(words, "--settings") for words in asking))
        results.append(told(text))
    assert commands[0] == commands[1]
    assert results[0] == results[1]
    assert any("run.py numbers " in line for line in results[0])


def test_a_category_may_hold_what_means_something_to_a_shell_or_to_snakemake(copy):
    name = "{a} & $b 'c' %"
    principles = yaml.safe_load((copy / "config/principles.yaml").read_text())
    principles["categories"][name] = ["friendly", "polite"]
    (copy / "config/principles.yaml").write_text(yaml.safe_dump(principles))
    (copy / "data").mkdir()
    (copy / "data/q.jsonl").write_text(json.dumps({"q": "Why?", "c": name}) + "\n")
    source = {"file": "q.jsonl", "fields": {"question": "q", "category": "c"}}
    overlay = {"sources": {"mine": source}, "experiments": {"multitask": {"questions": {"benchmark": "mine"}}}}
    (copy / "mine.yaml").write_text(yaml.safe_dump(overlay))
    target = "results/mini/prompts/multitask/benchmark.jsonl"
    snakemake(copy, "--cores", "1", target, "--configfile", "mine.yaml")
    assert json.loads((copy / target).read_text())["category"] == name


def test_published_needs_nothing_else(copy):
    assert jobs(snakemake(copy, "-n", "published")) == Counter(published=1, published_figure=3)


def test_the_document_of_both_runs_is_made_again_with_a_figure_or_a_table_of_the_first(copy):
    """The first run is another configuration's, so what it has made is found in its folder."""
    of_first = [f"results/mini/{name}" for name in ("figures/a.pdf", "tables/a.tex", "tables/b.tex")]
    for name in (*of_first, "results/mini/paper/numbers.tex", "results/neighbours/paper.pdf"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("made by another call")
    whole = copy / "results/neighbours/everything.pdf"

    def planned() -> str:
        call = ("-n", "-p", "--configfile", "config/neighbours.yaml", "--allowed-rules", "everything")
        return snakemake(copy, *call, "--rerun-triggers", "mtime", "--", "everything")

    command = next(line for line in planned().splitlines() if "run.py paper" in line)
    assert f"--figures {of_first[0]} --tables {of_first[1]} {of_first[2]} --numbers" in command
    whole.write_text("made of them")
    assert "Nothing to be done" in planned()
    later = whole.stat().st_mtime + 5
    for name in (of_first[0], of_first[2]):
        before = (copy / name).stat().st_mtime
        os.utime(copy / name, (later, later))
        assert jobs(planned()) == Counter(everything=1)
        os.utime(copy / name, (before, before))


@pytest.mark.parametrize("overlay", ["smoke.yaml", "real_questions.yaml"])
def test_the_overlays_plan(copy, overlay, root):
    data = root.parent / "shared/data"
    if overlay == "real_questions.yaml" and not data.exists():
        pytest.skip("no real questions here: they are taken from a folder shared/data beside the repository")
    text = snakemake(copy, "-n", "--configfile", f"config/{overlay}", "--config", f"data={data}")
    assert jobs(text)["paper"] == 1


def test_lint(root):
    text = snakemake(root, "--lint")
    assert "Congratulations" in text


def test_snakefmt(root):
    done = subprocess.run(
        [Path(sys.executable).parent / "snakefmt", "--check", "Snakefile", "workflow/rules"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_dag_and_rulegraph_print_nothing_but_the_graph(copy):
    for option in ("--dag", "--rulegraph"):
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", option], cwd=copy, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("digraph")


def edges(mermaid):
    """The arrows of a mermaid graph, by the names of its nodes."""
    names = dict(re.findall(r"(\w+)\[(\w+)\]", mermaid))
    return {tuple(names.get(end, end) for end in arrow) for arrow in re.findall(r"^\s*(\w+) --> (\w+)", mermaid, re.M)}


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="without TeX another rule is the last")
def test_the_graph_in_the_documentation_is_that_of_the_rules(copy, root):
    text = (root / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = edges(re.search(r"```mermaid\n(.*?)```", text, re.DOTALL)[1])
    assert drawn
    assert drawn == edges(snakemake(copy, "--rulegraph", "mermaid-js"))


def test_an_edited_module_reruns_exactly_the_stages_that_use_it(copy):
    """Everything that is cheap to make is made; then modules are edited."""
    targets = ["results/mini/prompts/multitask/strong_pairs.jsonl", "results/mini/corpora/weak.jsonl"]
    snakemake(copy, "--cores", "1", *targets)
    assert "Nothing to be done" in snakemake(copy, "-n", *targets)

    corpora = copy / "workflow/mialign/synthetic/corpora.py"
    text = corpora.read_text()
    corpora.write_text(text + "\n# a remark\n")
    assert "Nothing to be done" in snakemake(copy, "-n", *targets)
    corpora.write_text(text + "\nUNUSED = 1\n")
    again = jobs(snakemake(copy, "-n", *targets))
    assert again["corpus"] == 1

    corpora.write_text(text)
    (copy / "workflow/mialign/data/prompts.py").open("a").write("\nUNUSED = 1\n")
    assert jobs(snakemake(copy, "-n", targets[0])) == Counter(prompts=1)


def test_a_changed_setting_reruns_what_hangs_on_it(copy):
    target = "results/mini/prompts/multitask/strong_pairs.jsonl"
    snakemake(copy, "--cores", "1", target)
    config = yaml.safe_load((copy / "config.yaml").read_text())
    config["speed"] |= {"generation_batch": 7, "generation_tokens": 7000}
    config["experiments"]["multitask"]["methods"]["sami"]["learning_rate"] = 0.5
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    assert "Nothing to be done" in snakemake(copy, "-n", target)
    config["sources"]["multitask_train"]["size"] = 800
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    assert jobs(snakemake(copy, "-n", target)) == Counter(questions=1, prompts=1)


def given(text):
    """What the stages of the printed commands are given: their names, and all that their parsers read there."""
    for stage, words in re.findall(r"workflow/run\.py (\w+) (.*)", text):
        parser = ArgumentParser()
        parser.add_argument("--log")
        importlib.import_module(f"scripts.{stage}").arguments(parser)
        yield stage, str(parser.parse_args(shlex.split(words)))


RELEASED = {"prompts": "authors", "data": {"own_pairs": {"from": "authors"}}}
AUTHORS = {"experiments": {"multitask": {"prompts": "authors"}, "maths": RELEASED}}


@pytest.mark.parametrize(
    "arguments", [["without_tex", "cost", "doctor"], ["--configfile", "config/full_size.yaml", "authors.yaml"]]
)
def test_every_stage_reads_from_files_what_it_reads_from_its_command(copy, monkeypatch, arguments):
    """In the second plan all settings count as too long for a command."""
    monkeypatch.chdir(copy)
    (copy / "authors.yaml").write_text(yaml.safe_dump(AUTHORS))
    short = snakemake(copy, "-n", "-p", *arguments)
    assert not list(copy.rglob("settings/*.json"))
    module = copy / "workflow/mialign/core/arguments.py"
    module.write_text(re.sub(r"(?m)^SHORT = .*", "SHORT = 0", module.read_text()))
    long = snakemake(copy, "-n", "-p", *arguments)
    assert short.count(" '{") > 1
    assert " '{" not in long
    assert sorted(given(long)) == sorted(given(short))


def test_a_printed_command_runs_by_hand(copy):
    target = "results/mini/questions/maths_validation.jsonl"
    text = snakemake(copy, "-n", "-p", target)
    command = re.search(r"python workflow/run\.py .*", text)[0]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-c", command], cwd=copy, check=True, timeout=60, env={**os.environ, "PATH": path})
    assert len([json.loads(line) for line in (copy / target).read_text().splitlines()]) == 64


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"rnu": "x"}, "rnu: unknown key; did you mean 'run'?"),
        (
            {"experiments": {"multitask": {"methods": {"dpo": {"parent": "stf"}}}}},
            "experiments.multitask.methods.dpo.parent",
        ),
        ({"experiments": {"maths": {"methods": {"sft": {"learning_rate": "1e-6"}}}}}, "write 1.0e-6"),
        ({"principles": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_a_bad_config_ends_before_any_job(copy, overlay, message):
    (copy / "bad.yaml").write_text(yaml.safe_dump(overlay))
    text = snakemake(copy, "--cores", "1", "--configfile", "bad.yaml", ok=False)
    assert message in text
    assert "Traceback" not in text
    assert not (copy / "results").exists()


def test_a_key_that_is_there_twice_is_named_with_its_file(copy):
    (copy / "twice.yaml").write_text("run: one\nseeds: [1]\nrun: two\n")
    text = snakemake(copy, "-n", "--configfile", "config/smoke.yaml", "twice.yaml", ok=False)
    assert "twice.yaml, line 3: not valid YAML (the key 'run' is there twice)" in text
    assert "Traceback" not in text


def test_the_engine_and_a_server_are_told_to_what_writes_text_and_where_it_is_reruns_nothing(copy):
    given_model(copy / "big", weights=False)
    for environment in ("with_vllm", "with_torch"):
        (copy / environment / "bin").mkdir(parents=True)
        (copy / environment / "bin/python").write_text("")
    server = {"base_url": "http://127.0.0.1:8000/v1", "name": "big", "key": "BIG_KEY"}
    overlay = {
        "engine": {"kind": "vllm", "precision": "bf16"},
        "environments": {"generate": "with_vllm", "train": "with_torch"},
        "models": {"big": {"path": "big", "server": server}},
        "experiments": {"multitask": {"data": {"strong_pairs": {"from": "big"}}}},
        "speed": {"generation_gpus": 2, "generation_shard": 64},
    }
    (copy / "more.yaml").write_text(yaml.safe_dump(overlay))
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    commands = {
        line.split("--out ")[1].split()[0]: line
        for line in re.findall(r"\S+ workflow/run\.py (?:generate|respond|solve) .*", text)
    }
    assert all(line.startswith("with_vllm/bin/python workflow/run.py ") for line in commands.values())
    started = re.findall(r"(\S+) workflow/run\.py (\w+) ", text)
    assert {stage for python, stage in started if python == "with_torch/bin/python"} == {
        "model",
        "lengths",
        "reference",
        "train",
    }
    assert {stage for python, stage in started if python == "python"} >= {"questions", "pairs", "judge", "figure"}
    asked = "results/mini/generations/multitask/strong_pairs.jsonl", "results/mini/solutions/maths/sami/seed1.jsonl"
    by_server, by_vllm = (shlex.split(commands[name]) for name in asked)
    assert option(by_server, "--engine") == '{"kind": "server", "name": "big"}'
    assert option(by_server, "--url") == "http://127.0.0.1:8000/v1"
    assert option(by_server, "--key") == "BIG_KEY"
    assert option(by_vllm, "--engine") == '{"kind": "vllm", "precision": "bf16"}'
    assert (option(by_vllm, "--gpus"), option(by_vllm, "--shard")) == ("2", "64")
    assert "--url" not in by_vllm
    assert "127.0.0.1" not in "".join(re.findall(r"workflow/run\.py numbers .*", text))


def option(words, name):
    return words[words.index(name) + 1]


def test_the_doctor_asks_each_environment_and_names_what_is_missing(copy):
    text = snakemake(copy, "--cores", "1", "doctor")
    assert re.search(r"ok +torch \S+ can be imported", text)
    assert re.search(r"ok +transformers starts a tiny model in float32", text)
    assert re.search(r"ok +space for results/mini: \d+ GB are free", text)
    assert jobs(snakemake(copy, "-n", "doctor")) == Counter(doctor=1, doctor_train=1, doctor_generate=1)
    server = {"base_url": "http://127.0.0.1:9/v1", "name": "big", "key": "NO_SUCH_KEY"}
    given_model(copy / "big", weights=False)
    written = {"multitask": {"data": {"strong_pairs": {"from": "big"}}}}
    overlay = {"models": {"big": {"path": "big", "server": server}}, "experiments": written}
    (copy / "more.yaml").write_text(yaml.safe_dump(overlay))
    text = snakemake(copy, "--cores", "1", "doctor", "--configfile", "more.yaml", ok=False)
    assert "MISSING NO_SUCH_KEY is not set; the server of big needs it" in text
    assert re.search(r"2 of \d things are missing", text)
