"""The settings of a training as typed objects: what is read, what is filled in, and what is refused."""

import json
from dataclasses import FrozenInstanceError, asdict, fields

import pytest

from mialign.config import loading
from mialign.core.arguments import typed
from mialign.core.errors import InputError
from mialign.training.settings import PretrainingSettings, TrainingSettings

GIVEN = {
    "objective": "sami", "learning_rate": 0.003, "batch": 4, "steps": 6, "validate_every": 3, "seed": 5,
    "validation": {"score": "accuracy", "max_tokens": 6},
}  # fmt: skip
CORPUS = {"seed": 3, "learning_rate": 0.1, "batch": 8, "other_rate": 0.2, "optimizer": "muon"}


def test_what_is_left_out_has_its_default_and_the_rest_is_as_given():
    read = TrainingSettings.read({**GIVEN, "kl": 0.5, "clip": 0, "choose": 3, "betas": [0.8, 0.9]})
    assert read.objective_settings == {"kl": 0.5, "reduction": "mean"}
    assert (read.kl, read.train_on) == (0.5, "all")
    assert (read.steps, read.batch, read.clip, read.choose, read.betas) == (6, 4, 0, 3, [0.8, 0.9])
    assert (read.precision, read.weights, read.schedule, read.warmup, read.min_lr_rate) == (
        "float32", "float32", "constant", 0, 0.1,
    )  # fmt: skip
    assert (read.epochs, read.adapter, read.rollouts, read.max_length) == (None,) * 4
    with pytest.raises(FrozenInstanceError):
        read.steps = 7


def test_objectives_without_a_distance_from_the_parent_have_none():
    read = TrainingSettings.read({**GIVEN, "objective": "sft", "train_on": "positives"})
    assert (read.kl, read.train_on) == (0.0, "positives")
    assert read.objective_settings == {"train_on": "positives", "reduction": "mean"}


def test_what_decides_a_checkpoint_can_be_digested():
    read = TrainingSettings.read(json.loads(json.dumps(GIVEN)))
    assert json.loads(json.dumps(asdict(read)))["validation"] == GIVEN["validation"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimiser": "adamw"}, "--settings: unknown key 'optimiser'; there are "),
        ({"objective": "samy"}, "--settings: objective is 'samy'; there are sft, dpo, "),
        ({"beta": 0.1}, "beta: it belongs to objective dpo or ipo or mipo, not to sami; take it out"),
        ({"kl": -1}, "--settings: kl is -1; the least is 0"),
        ({"kl": "0.1"}, "--settings: kl is '0.1'; it must be a number"),
        ({"reduction": "summ"}, "--settings: reduction is 'summ'; there are mean, sum"),
        ({"learning_rate": 0}, "--settings: learning_rate is 0; it must be above 0"),
        ({"learning_rate": "1e-4"}, "--settings: learning_rate is '1e-4'; it must be a number"),
        ({"learning_rate": float("nan")}, "--settings: learning_rate is nan; it must be a number"),
        ({"batch": 0}, "--settings: batch is 0; the least is 1"),
        ({"rollout_every": 0}, "--settings: rollout_every is 0; the least is 1"),
        ({"steps": 1.5}, "--settings: steps is 1.5; it must be a whole number"),
        ({"steps": True}, "--settings: steps is True; it must be a whole number"),
        ({"betas": [0.9, "0.99"]}, "--settings: betas is [0.9, '0.99']; it must be a list or null"),
        ({"precision": "fp16"}, "--settings: precision is 'fp16'; it must be float32 or bf16"),
        ({"optimizer": "muon"}, "--settings: optimizer is 'muon'; it must be adamw or rmsprop"),
        ({"choose": "first"}, "--settings: choose is 'first'; it must be last or validation or a whole number"),
        ({"adapter": 8}, "--settings: adapter is 8; it must be a block of keys or null"),
        ({"warmup": -1}, "--settings: warmup is -1; the least is 0"),
        ({"clip": -0.5}, "--settings: clip is -0.5; the least is 0"),
        ({"min_lr_rate": 5}, "--settings: min_lr_rate is 5; the most is 1"),
        ({"epochs": 0}, "--settings: epochs is 0; it must be above 0"),
        ({"choose": 0}, "--settings: choose is 0; the least is 1"),
        ({"betas": [0.9]}, "--settings: betas is [0.9]; it must be two numbers"),
        ({"betas": []}, "--settings: betas is []; it must be two numbers"),
        ({"objective": ["sami"]}, "--settings: objective is ['sami']; there are sft, dpo, "),
        ({"objective_settings": {"kl": 3}}, "--settings: unknown key 'objective_settings'; those settings stand among"),
    ],
)  # fmt: skip
def test_what_a_training_cannot_have_is_refused_by_its_key(changes, message):
    with pytest.raises(InputError) as refused:
        TrainingSettings.read({**GIVEN, **changes})
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("key", [key for key in GIVEN if key != "objective"])
def test_a_missing_key_is_named(key):
    with pytest.raises(InputError, match=f"--settings: the key '{key}' is missing"):
        TrainingSettings.read({name: value for name, value in GIVEN.items() if name != key})


def test_muon_needs_the_rate_of_what_is_no_inner_matrix():
    assert typed(PretrainingSettings, CORPUS).other_rate == 0.2
    with pytest.raises(InputError, match="other_rate: muon needs it for what is no inner matrix"):
        typed(PretrainingSettings, {name: value for name, value in CORPUS.items() if name != "other_rate"})
    with pytest.raises(InputError, match=r"other_rate: .* adamw has none"):
        typed(PretrainingSettings, {**CORPUS, "optimizer": "adamw"})


def test_what_is_no_block_of_keys_is_refused():
    with pytest.raises(InputError, match="--settings: 3 is no block of keys; there are seed, "):
        typed(PretrainingSettings, 3)


@pytest.mark.parametrize(
    ("kind", "given"), [(TrainingSettings, loading.TRAINING), (PretrainingSettings, loading.MODEL_TRAINING)]
)
def test_defaults_are_those_of_the_configuration(kind, given):
    own = {one.name: one.default for one in fields(kind)}
    assert {name: own[name] for name in given} == given


NAMES = ("smoke", "neighbours", "full_size", "smollm2", "sami", "mipo", "miepo")
CONFIGS = [(), *((f"config/{name}.yaml",) for name in NAMES)]


@pytest.mark.parametrize("overlays", CONFIGS, ids=lambda overlays: overlays[0] if overlays else "config.yaml")
def test_every_training_of_the_configurations_is_read(read_config, overlays):
    settings = loading.load(read_config(*overlays))
    methods = [method for one in settings["experiments"].values() for method in one["methods"].values()]
    for method in (*methods, *settings.get("collapse", {}).get("curves", {}).values()):
        given = loading.training_settings(method) | {"seed": 1, "validation": {}}
        read = TrainingSettings.read(given)
        found = {**asdict(read), **read.objective_settings}
        assert {name: found[name] for name in given} == given
    for model in settings["models"].values():
        if "training" in model:
            typed(PretrainingSettings, model["training"])
