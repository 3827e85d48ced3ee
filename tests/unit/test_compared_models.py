"""Models of the config that methods are compared with: their names, labels and numbers, and what is refused."""

import pytest
from changes import REMOVE, change, refused

from mialign.config import loading
from mialign.data import policies
from mialign.evaluation.loaded_models import loaded_models
from mialign.paper.macros import foreseen

COMPARISONS = "experiments.multitask.comparisons"
SFT = {"parent": "base", "objective": "sft", "learning_rate": 0.1}


@pytest.fixture
def compared(read_config) -> dict:
    """The miniature with comparisons with its strong model and with its trunk."""
    settings = read_config()
    settings["experiments"]["multitask"]["comparisons"] += [["sami", "strong"], ["trunk", "base"], ["dpo", "strong"]]
    return settings


def test_they_are_policies_beside_the_methods(compared):
    compared["models"]["strong"]["label"] = "Strong model"
    settings = loading.load(compared)
    multitask = settings["experiments"]["multitask"]
    assert policies.compared_models(multitask) == ["strong", "trunk"]
    named = ("base", "generator", "sami", "strong", "trunk", "soup.3")
    assert [policies.policy_model(multitask, one) for one in named] == ["weak", "strong", None, "strong", "trunk", None]
    assert policies.labels(multitask, settings["models"]) == {
        "sft": "SFT", "sft_more": "SFT continued", "sft_all": "SFT on all", "dpo": "DPO", "sami": "SAMI",
        "strong": "Strong model", "trunk": "trunk",
    }  # fmt: skip
    assert loaded_models(settings, "multitask") == ["weak", "trunk", "strong"]
    known = {number.name for number in foreseen.numbers(settings, ("math",))}
    assert {"winMultitaskSamiStrongSign", "winLongerMultitaskTrunkBase", "adherenceMultitaskTrunkRate"} <= known


def test_a_method_of_the_name_in_another_experiment_stays_a_method(compared):
    compared["experiments"]["maths"]["methods"]["strong"] = SFT
    settings = loading.load(compared)
    assert policies.policy_model(settings["experiments"]["maths"], "strong") is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "experiments.multitask.methods.trunk",
            SFT,
            f"{COMPARISONS}[11]: 'trunk' is a model and a method; give the model another name",
        ),
        (
            "models.strong.label",
            "Sami",
            f"models.strong.label: 'Sami' is what sami is called, with which {COMPARISONS} compares it; give",
        ),
        ("models.strong.label", " BASE", "models.strong.label: ' BASE' is what the base is called"),
        ("models.trunk.label", "Strong", "models.trunk.label: 'Strong' is what strong is called"),
        ("experiments.multitask.respond.max_tokens", 2048, "2048 leave no room for a prompt in the context of"),
        ("models.strong", None, f"{COMPARISONS}[10]: there is no method or model 'strong'"),
    ],
)
def test_what_would_mean_two_things_is_refused(compared, path, value, message):
    if path == "models.strong":
        compared["experiments"]["multitask"]["data"]["strong_pairs"]["from"] = "trunk"
    refused(change(compared, path, value), message)


def test_a_model_that_is_named_like_the_writer_is_refused(read_config):
    settings = read_config()
    settings["models"]["generator"] = settings["models"]["strong"]
    settings["experiments"]["multitask"]["comparisons"] = [["sami", "generator"]]
    message = "'generator' is a model and the model that writes the responses; give the model another name"
    refused(settings, f"{COMPARISONS}[0]: {message}")


# ---------------------------------------------------------------- stored answers
@pytest.fixture
def with_stored(read_config) -> dict:
    settings = read_config()
    settings["sources"]["multitask_benchmark"]["stored"] = True
    settings["experiments"]["multitask"]["comparisons"] += [["base", "stored"], ["sami", "stored"]]
    return settings


def test_stored_answers_are_compared_with_and_are_no_model(with_stored):
    settings = loading.load(with_stored)
    multitask = settings["experiments"]["multitask"]
    assert (policies.compared(multitask), policies.compared_models(multitask)) == (["stored"], [])
    assert policies.policy_model(multitask, "stored") is None
    assert policies.labels(multitask, settings["models"])["stored"] == "stored answers"
    assert "stored" not in policies.labels(settings["experiments"]["maths"], settings["models"])
    assert loaded_models(settings, "multitask") == ["weak", "trunk", "strong"]
    known = {number.name for number in foreseen.numbers(settings, ("math",))}
    assert {"winMultitaskSamiStoredSign", "winMultitaskBaseStoredRate", "adherenceMultitaskStoredRate"} <= known


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "sources.multitask_benchmark.stored",
            REMOVE,
            "sources.multitask_benchmark.stored: experiments.multitask.comparisons names stored answers, and this "
            "source has none; set it to true",
        ),
        ("sources.multitask_benchmark.stored", False, "names stored answers, and this source has none"),
        (
            "experiments.multitask.methods.stored",
            SFT,
            f"{COMPARISONS}: 'stored' means stored answers there, and is a method; give it another name",
        ),
    ],
)
def test_stored_answers_that_are_not_there_or_mean_two_things_are_refused(with_stored, path, value, message):
    refused(change(with_stored, path, value), message)


def test_a_model_of_that_name_is_refused_where_stored_answers_are_compared(with_stored):
    with_stored["models"]["stored"] = with_stored["models"]["strong"]
    refused(with_stored, f"{COMPARISONS}: 'stored' means stored answers there, and is a model; give it another name")
