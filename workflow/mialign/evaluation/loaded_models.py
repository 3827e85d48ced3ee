"""Which models of the config an experiment loads, and what for."""

from collections.abc import Iterable
from typing import NamedTuple

from mialign.data.policies import compared_models, reward_models
from mialign.data.sets import principle_writer, used_sets, writing_model
from mialign.evaluation.judge.settings import likelihood_judges
from mialign.models.weights import with_parents


class ModelUse(NamedTuple):
    """A model that an experiment names."""

    purpose: str  # base, pairs, principles, comparison, judge or reward
    key: str  # that names it in the config
    model: str


def model_uses(config: dict, name: str) -> list[ModelUse]:
    """What an experiment names as models. A name of no model is among them, unless it is that of a comparison."""
    return _uses(config, name, config["experiments"][name]["data"])


def loaded_models(config: dict, name: str) -> list[str]:
    """The models of the config that an experiment needs, and what these are trained from.

    A set that no method is trained on needs none.
    """
    uses = _uses(config, name, used_sets(config["experiments"][name]))
    return list(dict.fromkeys(one for use in uses for one in with_parents(config["models"], use.model)))


def _uses(config: dict, name: str, sets: Iterable[str]) -> list[ModelUse]:
    experiment = config["experiments"][name]
    compared = [one for one in compared_models(experiment) if one in config["models"]]
    own = [("base", "base", experiment["base"])]
    own += [("pairs", f"data.{data}.from", writing_model(experiment, data)) for data in sets]
    own += [("principles", f"data.{data}.principles.from", principle_writer(experiment["data"][data])) for data in sets]
    own += [
        ("comparison", f"comparisons[{number}][{place}]", one)
        for number, pair in enumerate(experiment["comparisons"])
        for place, one in enumerate(pair)
        if one in compared
    ]
    own += [("judge", f"{key}.model", judge["model"]) for key, judge in likelihood_judges(experiment).items()]
    uses = [ModelUse(purpose, f"experiments.{name}.{key}", model) for purpose, key, model in own if model]
    rewards = reward_models(experiment).items()
    return uses + [ModelUse("reward", f"rewards.{reward}.model", model) for reward, model in rewards]
