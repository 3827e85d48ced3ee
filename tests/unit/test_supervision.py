"""What methods were given, which differ in the number of constitutions alone, and whether all are on one scale."""

import made_up_run
import pytest

from mialign.core.errors import InputError
from mialign.data import constitution_numbers
from mialign.data.supervision import given
from mialign.evaluation.common_scale import not_linked_to_base

NEIGHBOURS = "config/neighbours.yaml"


@pytest.fixture
def neighbours():
    return made_up_run.config(NEIGHBOURS)["experiments"]


def test_what_the_neighbours_are_given(neighbours):
    maths = neighbours["maths"]
    had = {name: given(maths, name) for name in ("base", *maths["methods"])}
    assert had.pop("star_1") == had.pop("star_2") == ["gold answers"]  # of the second round also through its writer
    assert set(had) == {"base", "subset", "unverified", "unverified_longer", "mipo"}
    assert not any(had.values())
    for title in ("multitask", "weak_to_strong"):
        assert given(neighbours[title], "written") == ["principles of writer"]
    assert given(neighbours["weak_to_strong"], "written_by_strong") == ["principles of strong_writer"]
    assert all(
        given(neighbours["preferences"], name) == ["rewards"] for name in ("mi_epo_3", "mi_epo_rollouts", "soup")
    )
    for title in ("multitask", "weak_to_strong", "users", "unseen"):
        methods = [name for name in neighbours[title]["methods"] if not name.startswith("written")]
        assert not any(given(neighbours[title], name) for name in methods)


def test_answers_of_another_model_and_what_a_parent_was_given():
    multitask = made_up_run.config()["experiments"]["multitask"]
    assert given(multitask, "sft") == given(multitask, "dpo") == ["answers of strong"]
    multitask["data"]["strong_pairs"]["from"] = "weak"  # the base itself
    assert given(multitask, "dpo") == []
    multitask["data"]["strong_pairs"] |= {"principles": {"from": "writer"}}
    assert given(multitask, "sami") == ["principles of writer"]
    multitask["data"]["strong_pairs"] = {"from": "authors", "size": 10, "seed": 1}
    assert given(multitask, "sami") == ["released pairs"]


def test_what_the_writer_of_a_set_was_given():
    settings = made_up_run.with_another_set(made_up_run.config())["experiments"]["multitask"]
    settings["methods"]["mipo"]["parent"] = "base"
    assert given(settings, "mipo") == ["answers of strong"]  # sft wrote its pairs


def test_rewards_and_the_methods_of_a_soup():
    block = {"from": "base", "builder": "preferences"}
    experiment = {
        "base": "weak",
        "data": {"pairs": block, "own": block | {"builder": "other_question"}},
        "methods": {"one": {"parent": "base", "data": "pairs"}, "two": {"parent": "base", "data": "own"}},
        "soups": {"soup": {"of": ["two", "one"]}},
    }
    assert given(experiment, "soup") == given(experiment, "one") == ["rewards"]
    assert given(experiment, "two") == []


# ---------------------------------------------------------------- the number of constitutions
def test_methods_that_differ_in_the_number_of_constitutions_alone(neighbours):
    assert constitution_numbers.by_number(neighbours["multitask"]) == [{2: "n2", 3: "n3", 4: "n4"}]
    assert constitution_numbers.by_number(neighbours["users"]) == []
    assert constitution_numbers.by_number(made_up_run.config()["experiments"]["multitask"]) == []


def test_iterations_with_more_constitutions_are_alike_too():
    pairs = {"from": "base", "builder": "constitutions", "slice": {"part": 1, "of": 1}}
    methods = {f"{name}_1": {"objective": "sami", "data": f"{name}_1", "iteration_of": name} for name in ("two", "six")}
    data = {"two_1": pairs | {"constitutions": 2}, "six_1": pairs | {"constitutions": 6}}
    assert constitution_numbers.by_number({"methods": methods, "data": data}) == [{2: "two_1", 6: "six_1"}]


@pytest.mark.parametrize(
    ("of_method", "of_set"),
    [({"steps": 3}, {}), ({"objective": "infonce"}, {}), ({}, {"seed": 1}), ({}, {"size": 8})],
)
def test_one_that_differs_in_more_is_not_of_the_group(neighbours, of_method, of_set):
    multitask = neighbours["multitask"]
    multitask["methods"]["n3"] |= of_method
    multitask["data"]["three"] |= of_set
    assert constitution_numbers.by_number(multitask) == [{2: "n2", 4: "n4"}]


# ---------------------------------------------------------------- one scale
@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], []),
        ([("a", "base"), ("b", "a")], []),
        ([("b", "a"), ("a", "base")], []),
        ([("b", "a"), ("c", "base"), ("d", "b")], ["b", "a", "d"]),
    ],
)
def test_methods_that_are_not_linked_to_the_base(pairs, expected):
    assert not_linked_to_base(pairs) == expected


def test_a_document_that_sets_all_methods_on_one_scale_needs_comparisons_that_do(read_config):
    """Checkers compare all pairs, whatever is listed; another judge compares what is listed."""
    from mialign.config import loading

    lone = {"experiments": {"multitask": {"comparisons": [["n2", "mipo"]]}}}
    loading.load(read_config(NEIGHBOURS, lone))
    lone["experiments"]["multitask"]["judge"] = {"kind": "likelihood", "model": "strong"}
    with pytest.raises(InputError, match=r"experiments.multitask.comparisons: none leads from n2 to base.*add \[n2, b"):
        loading.load(read_config(NEIGHBOURS, lone))
    loading.load(read_config(NEIGHBOURS, lone, {"document": "main"}))
