"""Experiments with preferences in the configuration: what they stand for, and what cannot be."""

import copy

import pytest
from changes import REMOVE, change, refused

from given_model import given_model
from mialign.config import loading
from mialign.data import policies, sets
from mialign.data.policies import is_judged
from mialign.preflight import cost

E = "experiments.steered"
SAMPLING = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 48, "seed": 1}
OVERLAY = {
    "rewards": {
        "friendly": {"kind": "checker", "principle": "friendly", "side": "positive"},
        "brief": {"kind": "length", "per": -10},
    },
    "experiments": {
        "steered": {
            "base": "weak",
            "questions": {"validation": "multitask_validation", "benchmark": "multitask_benchmark"},
            "template": "Rules:\n{preference}\nQuestion: {question}\nAnswer:\n",
            "preferences": {"rewards": ["friendly", "brief"]},
            "data": {
                "own_pairs": {
                    "from": "base", "questions": "multitask_train", "builder": "preferences", "sampling": SAMPLING,
                    "size": 48, "seed": 1,
                },
                "kind_pairs": {
                    "from": "base", "questions": "multitask_train", "builder": "preferences", "sampling": SAMPLING,
                    "vector": [1.0, 0.0], "size": 48, "seed": 1,
                },
                "brief_pairs": {
                    "from": "base", "questions": "multitask_train", "builder": "preferences", "sampling": SAMPLING,
                    "vector": [0.0, 1.0], "size": 48, "seed": 1,
                },
            },
            "training": {"batch": 8, "steps": 4, "learning_rate": 0.001, "data": "own_pairs"},
            "methods": {
                "start": {"parent": "base", "objective": "sft"},
                "mi_epo": {
                    "parent": "start", "objective": "mi_epo", "iterations": 3, "alternate": 2, "continued": True,
                },
                "kind": {"parent": "start", "objective": "dpo", "data": "kind_pairs"},
                "short": {"parent": "start", "objective": "dpo", "data": "brief_pairs"},
            },
            "soups": {"soup": {"of": ["kind", "short"]}},
            "respond": {"temperatures": [0.0, 1.0], "top_p": 1.0, "max_tokens": 48},
        }
    },
}  # fmt: skip


@pytest.fixture
def settings(read_config) -> dict:
    return read_config(copy.deepcopy(OVERLAY))


def steered(settings: dict) -> dict:
    return loading.load(settings)["experiments"]["steered"]


# ---------------------------------------------------------------- what they stand for
def test_preferences_have_their_defaults_and_their_rewards(settings):
    found = steered(settings)
    scorers = found["preferences"].pop("scorers")
    assert found["preferences"] == {"alpha": 1.0, "seed": 0, "grid": 11, "rewards": ["friendly", "brief"]}
    assert list(scorers.items()) == list(OVERLAY["rewards"].items())
    assert found["data"]["own_pairs"]["vector"] == []
    assert not is_judged(found)
    assert "judge" not in found


def test_the_final_policies_are_those_that_nothing_else_is_made_of(settings):
    """start, the earlier rounds and the parts of the soup are not; nor is a method that only writes pairs."""
    assert policies.final_policies(steered(settings)) == ["base", "mi_epo_3", "soup"]
    given = settings["experiments"]["steered"]
    given["methods"]["last"] = {"parent": "base", "objective": "dpo", "data": "kind_pairs"}
    given["data"]["kind_pairs"] |= {"from": "short", "slice": {"part": 1, "of": 2}}
    given["data"]["brief_pairs"]["slice"] = {"part": 2, "of": 2}
    del given["soups"]
    assert policies.final_policies(steered(settings)) == ["base", "mi_epo_3", "kind", "last"]


def test_the_miniature_has_none(read_config):
    found = loading.load(read_config())
    assert "rewards" not in found
    for experiment in found["experiments"].values():
        assert not {"preferences", "soups"} & experiment.keys()
        assert not any({"reference", "continued"} & method.keys() for method in experiment["methods"].values())


def test_rounds_go_on_from_each_other_relative_to_the_start(settings):
    found = steered(settings)
    rounds = [found["methods"][f"mi_epo_{number}"] for number in (1, 2, 3)]
    assert [one["parent"] for one in rounds] == ["start", "mi_epo_1", "mi_epo_2"]
    assert [one.get("reference") for one in rounds] == [None, "start", "start"]
    assert [one["data"] for one in rounds] == ["mi_epo_1", "mi_epo_2", "mi_epo_3"]
    sets = [found["data"][f"mi_epo_{number}"] for number in (1, 2, 3)]
    assert [one["from"] for one in sets] == ["base", "mi_epo_1", "mi_epo_2"]
    assert [one["slice"]["part"] for one in sets] == [1, 2, 1]
    assert "reference" not in loading.training_settings(rounds[1])


def test_rounds_may_take_the_same_questions_again_and_another_reference(settings):
    change(settings, f"{E}.methods.mi_epo.alternate", 1)
    change(settings, f"{E}.methods.mi_epo.reference", "base")
    methods = steered(settings)["methods"]
    assert [methods[f"mi_epo_{number}"]["reference"] for number in (1, 2, 3)] == ["base"] * 3


def test_rounds_that_go_on_may_have_steps_of_their_own(settings):
    methods = steered(change(settings, f"{E}.methods.mi_epo.steps", [1, 2, 3]))["methods"]
    rounds = [methods[f"mi_epo_{number}"] for number in (1, 2, 3)]
    assert [(one["steps"], one["parent"]) for one in rounds] == [(1, "start"), (2, "mi_epo_1"), (3, "mi_epo_2")]


def test_objectives_without_a_reference_go_on_without_one(settings):
    methods = steered(change(settings, f"{E}.methods.mi_epo.objective", "sft"))["methods"]
    assert methods["mi_epo_2"]["parent"] == "mi_epo_1"
    assert "reference" not in methods["mi_epo_2"]


def test_three_rewards_have_thirteen_points(settings):
    settings["rewards"]["long"] = {"kind": "length", "per": 10}
    change(settings, f"{E}.preferences.rewards", ["friendly", "brief", "long"])
    for name, vector in (("kind_pairs", [1.0, 0.0, 0.0]), ("brief_pairs", [0.0, 1.0, 0.0])):
        change(settings, f"{E}.data.{name}.vector", vector)
    assert steered(change(settings, f"{E}.soups", REMOVE))["preferences"]["grid"] == 13


# ---------------------------------------------------------------- pairs written within the training
@pytest.fixture
def rolling(settings) -> dict:
    """The base's own pairs, written anew every two of six steps."""
    method = {"parent": "base", "objective": "mi_epo", "steps": 6, "rollout_every": 2}
    return change(settings, f"{E}.methods.mi_epo", method)


def test_a_policy_that_writes_its_pairs_has_none_in_files(rolling):
    found = steered(rolling)
    assert found["methods"]["mi_epo"]["rollout_every"] == 2
    assert loading.training_settings(found["methods"]["mi_epo"])["rollout_every"] == 2
    assert sets.used_sets(found) == ["own_pairs", "kind_pairs", "brief_pairs"]
    assert sets.sets_in_files(found) == ["own_pairs", "kind_pairs", "brief_pairs"]  # start is trained on the first too
    change(rolling, f"{E}.methods.start.data", "kind_pairs")
    assert sets.sets_in_files(steered(rolling)) == ["kind_pairs", "brief_pairs"]


def test_a_policy_may_go_through_its_questions_several_times(rolling):
    assert steered(change(rolling, f"{E}.data.own_pairs.size", 16))["data"]["own_pairs"]["size"] == 48 // 3


ROLLING = f"{E}.methods.mi_epo"
BAD_ROLLOUTS = [
    (f"{ROLLING}.rollout_every", 4, f"{ROLLING}.rollout_every: 4 does not divide the 6 steps; change either"),
    (f"{ROLLING}.rollout_every", 12, f"{ROLLING}.rollout_every: 12 does not divide the 6 steps"),
    (f"{ROLLING}.rollout_every", 0, f"{ROLLING}.rollout_every: 0 is too small; the least is 1"),
    (f"{ROLLING}.parent", "start", f"{ROLLING}.rollout_every: the policy begins as start and writes its own pairs, "),
    (f"{E}.data.own_pairs.size", 40, f"{ROLLING}.rollout_every: 6 steps of 8 take 48 pairs, and data.own_pairs.size i"),
    (f"{E}.data.own_pairs.size", 24, f"{ROLLING}.rollout_every: the policy answers all questions 2 times (the steps t"),
    (f"{ROLLING}.iterations", 2, f"{ROLLING}.rollout_every: it does not go with iterations, whose pairs are written b"),
    (f"{ROLLING}.objective", "mipo", f"{ROLLING}.objective: mipo takes pairs of other_question or context"),
    ("sources.multitask_train.size", 47, f"{E}.data.own_pairs.size: 48 pairs need as many training questions; there"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), BAD_ROLLOUTS)
def test_bad_rollouts_are_named(rolling, path, value, message):
    rolling["experiments"] = {name: rolling["experiments"][name] for name in ("steered", "multitask", "maths")}
    refused(change(rolling, path, value), message)


# ---------------------------------------------------------------- what cannot be
BAD = [
    ("rewards.brief", REMOVE, f"{E}.preferences.rewards: there is no reward 'brief'; there are friendly"),
    ("rewards.brief.per", 0, "rewards.brief.per: 0 gives every text the same reward"),
    ("rewards.brief.side", "positive", "rewards.brief.side: unknown key"),
    ("rewards.friendly.model", "weak", "rewards.friendly: a reward of kind checker takes no model"),
    ("rewards.brief.kind", "judge", "rewards.brief.kind: 'judge' is not possible"),
    ("rewards.friendly.principle", "freindly", "rewards.friendly.principle: there is no principle 'freindly'; did you"),
    ("rewards.friendly", {"kind": "classifier", "model": "none"}, "rewards.friendly.model: there is no model 'none'"),
    ("rewards.friendly", {"kind": "classifier", "model": "weak"}, "rewards.friendly.model: weak is trained here"),
    (f"{E}.preferences.rewards", ["friendly"], f"{E}.preferences.rewards: at least 2 needed, this has 1"),
    (f"{E}.preferences.alpha", 0, f"{E}.preferences.alpha: 0 is too small; the least is 0.01"),
    (f"{E}.preferences.grid", 12, f"{E}.preferences.grid: 12 points: of 2 rewards there are grids of 2, 3, 6, 11"),
    (f"{E}.preferences", REMOVE, f"{E}.data.own_pairs: it needs preferences; give the experiment some"),
    (f"{E}.template", "{question}", f"{E}.template: the field {{preference}} is missing"),
    (f"{E}.judge", {"kind": "checkers"}, f"{E}.judge: it does not go with preferences; take one of them out"),
    (f"{E}.evaluation", {"template": "{question}"}, f"{E}.evaluation: it does not go with preferences"),
    (f"{E}.users", {"number": 4, "seed": 1}, f"{E}.users: it does not go with preferences; take one of them out"),
    (f"{E}.data.own_pairs.principles", {"from": "weak"}, f"{E}.data.own_pairs.principles: prompts with preferences"),
    (f"{E}.comparisons", [["kind", "base"]], f"{E}.comparisons: methods with preferences are compared by rewards"),
    (f"{E}.respond", REMOVE, f"{E}.respond: the key is missing"),
    (f"{E}.data.own_pairs.builder", "constitutions", f"{E}.data.own_pairs: sets of an experiment with preferences h"),
    (f"{E}.data.kind_pairs.vector", [0.5, 0.6], f"{E}.data.kind_pairs.vector: [0.5, 0.6] is no preference vector"),
    (f"{E}.data.kind_pairs.vector", [1.0], f"{E}.data.kind_pairs.vector: [1.0] has 1 weights, and there are 2 rewards"),
    (f"{E}.soups.soup.of", ["kind", "start", "short"], f"{E}.soups.soup.of: it names 3 methods; name one for"),
    (f"{E}.soups.soup.of", ["kind", "shrt"], f"{E}.soups.soup.of[1]: there is no method 'shrt'; did you mean 'short'?"),
    (f"{E}.soups.kind", {"of": ["kind", "short"]}, f"{E}.soups.kind: a method has this name, or the base"),
    (f"{E}.methods.kind.adapter", {"rank": 2, "alpha": 4}, f"{E}.soups.soup.of[1]: short has another adapter than"),
    (f"{E}.methods.kind.continued", True, f"{E}.methods.kind.continued: it goes with iterations"),
    (f"{E}.methods.kind.reference", "strat", f"{E}.methods.kind.reference: there is no method 'strat'; did you mean"),
    (f"{E}.methods.start.reference", "kind", f"{E}.methods.start.reference: sft is relative to no reference"),
    (f"{E}.methods.kind.reference", "kind", "methods.kind -> methods.kind is a circle"),
    ("experiments.maths.methods.sft_sami.objective", "mi_epo", "mi_epo takes pairs of preferences, and these are"),
    ("experiments.multitask.data.strong_pairs.vector", [], "strong_pairs.vector: it belongs to builder preferences"),
    ("experiments.multitask.soups", {"soup": {"of": ["dpo", "sami"]}}, "multitask.soups.soup: it needs preferences"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), BAD, ids=[f"{path}={str(value)[:20]}" for path, value, _ in BAD])
def test_bad_preferences_are_named(settings, path, value, message):
    refused(change(settings, path, value), message)


def test_a_reward_model_is_a_classifier_and_chooses_no_checkpoint(settings, tmp_path):
    causal = given_model(tmp_path / "causal")
    classifier = given_model(tmp_path / "classifier", architectures=["LlamaForSequenceClassification"])
    settings["models"] |= {"causal": {"path": str(causal)}, "judge": {"path": str(classifier)}}
    settings["rewards"]["friendly"] = {"kind": "classifier", "model": "causal"}
    refused(settings, f"models.causal.path: {causal}: the model is no sequence classifier", "(rewards.friendly.model)")
    settings["rewards"]["friendly"]["model"] = "judge"
    assert steered(settings)["preferences"]["scorers"]["friendly"]["model"] == "judge"
    settings["rewards"]["friendly"]["template"] = "Person: {question} Reply:"
    assert steered(settings)["preferences"]["scorers"]["friendly"]["template"] == "Person: {question} Reply:"
    settings["rewards"]["friendly"]["template"] = "Person: {question} {opening}"
    refused(settings, "rewards.friendly.template: there is nothing to fill the field {opening} with")
    del settings["rewards"]["friendly"]["template"]
    change(settings, f"{E}.training.validate_every", 2)
    refused(settings, f"{E}.methods.start.validate_every: no checkpoint can be chosen by a reward model")


def test_methods_with_one_adapter_may_be_merged(settings):
    for name in ("kind", "short"):
        change(settings, f"{E}.methods.{name}.adapter", {"rank": 2, "alpha": 4})
    assert list(steered(settings)["soups"]) == ["soup"]
    change(settings, f"{E}.methods.short.adapter", {"rank": 2, "alpha": 4, "dropout": 0.1})
    refused(settings, f"{E}.soups.soup.of[1]: short has another adapter than kind; give all one, or none")


# ---------------------------------------------------------------- what they take
ASSUMED = {
    "minutes_per_job": 6,
    "tokens_per_second": dict.fromkeys(("generation", "generation_transformers", "training", "scoring"), 100),
    "mean_tokens": {"prompt": 10, "answer": 20, "attempt": 30, "request": 1000, "verdict": 100},
    "weights": {}, "bytes_per_weight": {"model": 2}, "rows": {},
}  # fmt: skip


def test_what_preferences_cost(settings, tmp_path):
    """Every question is answered under every vector, and what writes is scored by each reward that is a model."""
    classifier = given_model(tmp_path / "classifier", architectures=["LlamaForSequenceClassification"])
    settings["models"]["judge"] = {"path": str(classifier)}
    settings["rewards"]["friendly"] = {"kind": "classifier", "model": "judge"}
    config = loading.load(settings) | {"counted": {"judge": 8e9}}
    rows = [row for row in cost._rows(config, ASSUMED) if row.experiment == "steered"]
    found = {row.stage: row for row in rows if row.stage != "respond"}
    # Written: three sets once; mi_epo_1 once, 2 and 3 by three seeds, of half the questions.
    written = 2 * (3 * 480 + 240 + 3 * 240 + 3 * 240)
    # Answered: 480 questions under 11 vectors at 2 temperatures, by base, six methods and the soup, of three seeds.
    answered = 480 * 11 * 2 * 8 * 3
    assert found["rewards"].tokens == (written + answered) * (10 + 20)
    assert found["rewards"].jobs == 4 + 6 + 7 * 3 + 11 * 3  # a soup's answers are a file for each vector
    assert found["rewards"].hours == pytest.approx(found["rewards"].tokens / 100 / 3600 + 64 * 0.1)
    assert found["soup"].jobs == 11 * 3
    answers = [row.tokens for row in rows if row.stage == "respond"]
    assert answers == [33 * 480 * 2 * 20, 7 * 3 * 480 * 11 * 2 * 20]


def test_what_a_policy_writes_within_its_training_costs_its_training(rolling, tmp_path):
    """Beside the same method on pairs in files: no job of their own, and the same tokens, by every seed."""
    classifier = given_model(tmp_path / "classifier", architectures=["LlamaForSequenceClassification"])
    rolling["models"]["judge"] = {"path": str(classifier)}
    rolling["rewards"]["friendly"] = {"kind": "classifier", "model": "judge"}
    for method in ("start", "kind", "short"):
        change(rolling, f"{E}.methods.{method}.data", "kind_pairs")
    del rolling["experiments"]["steered"]["soups"]

    stages = ("generate", "rewards", "reference", "train")

    def totals(what: str) -> list[float]:
        """Of each stage."""
        config = loading.load(copy.deepcopy(rolling)) | {"counted": {"judge": 8e9}}
        rows = [row for row in cost._rows(config, ASSUMED) if row.experiment == "steered"]
        return [sum(getattr(row, what) for row in rows if row.stage == stage) for stage in stages]

    within = {what: totals(what) for what in ("jobs", "tokens", "hours")}
    change(rolling, f"{ROLLING}.rollout_every", REMOVE)
    change(rolling, f"{ROLLING}.parent", "start")
    change(rolling, f"{E}.data.own_pairs.from", "start")  # which every seed writes
    more = [of_files - own for of_files, own in zip(totals("jobs"), within["jobs"], strict=True)]
    assert more == [3, 3, 3, 0]
    assert sum(within["tokens"]) == pytest.approx(sum(totals("tokens")))
    assert sum(within["hours"]) == pytest.approx(sum(totals("hours")) - 9 * 0.1)


def test_a_corpus_can_hold_questions_under_vectors(settings):
    change(settings, "models.weak.corpus.preferences", 100)
    refused(settings, "models.weak.corpus.link.preferences: the key is missing")
    change(settings, "models.weak.corpus.link.preferences", 0.9)
    assert loading.load(settings)["models"]["weak"]["corpus"]["preferences"] == 100


def test_a_corpus_under_vectors_needs_rewards_that_programs_compute(settings):
    change(settings, "models.weak.corpus.preferences", 100)
    change(settings, "models.weak.corpus.link.preferences", 0.9)
    classifier = copy.deepcopy(settings)
    change(classifier, "models.judge", {"places": [{"hub": "owner/name", "revision": "main"}]})
    change(classifier, "rewards.friendly", {"kind": "classifier", "model": "judge"})
    refused(classifier, "models.weak.corpus.preferences: friendly of experiment steered is a reward model")
    refused(change(settings, E, REMOVE), "models.weak.corpus.preferences: no experiment has preferences")
