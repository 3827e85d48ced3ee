"""Pair builders: prompts, responses and terms of their records, by hand and for any number of questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.data import builders
from mialign.data.builders import BUILDERS, builder, constitutions, other_question
from mialign.data.prompts import evaluation


def asked(number: int, prompts: int = 1) -> dict:
    """A record of prompts, as far as a builder looks at it; the last of its constitutions is the positive one."""
    sides = [*["antithesis"] * (prompts - 1), "positive"]
    return {
        "id": f"e/train/q{number}",
        "question_id": f"q{number}",
        "prompts": [f"p{n}" for n in range(prompts)],
        "constitutions": [{"principles": [["steps", side]], "text": side} for side in sides],
    }


def answered(records: list[dict]) -> dict[str, list[dict]]:
    """A response to each prompt, by prompt id."""
    return {
        one["id"]: [
            {"text": f"{one['question_id']}.{n}", "finish": "eos", "writer": "w"} for n in range(len(one["prompts"]))
        ]
        for one in records
    }


def built(name: str, records: list[dict], seed: int = 1, **settings) -> list[dict]:
    return BUILDERS[name].records(records, answered(records), {"seed": seed, **settings})


# ---------------------------------------------------------------- constitutions
def test_one_constitution_gives_a_response_that_is_set_against_none():
    (record,) = built("constitutions", [asked(1)])
    assert record == {
        "prompts": ["p0"],
        "responses": [{"text": "q1.0", "finish": "eos", "writer": "w", "prompt": 0}],
        "terms": [{"chosen": [0, 0], "rejected": None, "weight": 1.0}],
        "positive": 0,
    }


def test_of_two_constitutions_each_response_is_chosen_under_its_own_prompt():
    first, second = built("constitutions", [asked(1, 2), asked(2, 2)])
    assert first["prompts"] == ["p0", "p1"]
    assert [(one["text"], one["prompt"]) for one in first["responses"]] == [("q1.0", 0), ("q1.1", 1)]
    assert first["terms"] == second["terms"]
    assert first["terms"] == [
        {"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0},
        {"chosen": [1, 1], "rejected": [1, 0], "weight": 1.0},
    ]
    assert [one["text"] for one in second["responses"]] == ["q2.0", "q2.1"]


A, B = {"steps": "positive", "tex": "antithesis"}, {"steps": "antithesis", "tex": "positive"}
ALL, NONE = dict.fromkeys(A, "positive"), dict.fromkeys(A, "antithesis")


@pytest.mark.parametrize(
    ("sides", "decisive", "positive"),
    [
        ([NONE, A], None, 1),
        ([A, ALL], None, 1),
        ([ALL, A], None, 0),
        ([A, B], None, 0),  # as many: the first
        ([B, A], None, 0),
        ([B, A], "steps", 1),  # as many, but the principle that decides the opening decides this too
        ([B, A], "tex", 0),
        ([NONE, B, ALL, A], None, 2),
        ([A], "tex", 0),
    ],
)
def test_the_positive_response_is_that_of_the_most_positive_constitution(sides, decisive, positive):
    assert constitutions.most_positive(sides, decisive) == positive


def test_of_three_constitutions_every_other_response_is_rejected_under_a_prompt():
    (record,) = built("constitutions", [asked(1, 3)])
    assert [one["prompt"] for one in record["responses"]] == [0, 1, 2]
    assert record["positive"] == 2
    assert [(term["chosen"], term["rejected"], term["weight"]) for term in record["terms"]] == [
        ([0, 0], [0, 1], 1.0),
        ([0, 0], [0, 2], 1.0),
        ([1, 1], [1, 0], 1.0),
        ([1, 1], [1, 2], 1.0),
        ([2, 2], [2, 0], 1.0),
        ([2, 2], [2, 1], 1.0),
    ]


@given(st.integers(2, 7))
def test_a_term_compares_two_responses_under_the_prompt_of_the_chosen(size):
    terms = constitutions.compare_all(size)
    assert len({(*term["chosen"], *term["rejected"]) for term in terms}) == len(terms) == size * (size - 1)
    for term in terms:
        (prompt, chosen), (under, rejected) = term["chosen"], term["rejected"]
        assert prompt == chosen == under != rejected


# ---------------------------------------------------------------- other_question
def test_two_questions_have_each_the_response_to_the_other_rejected():
    first, second = built("other_question", [asked(1), asked(2)])
    assert first == {
        "prompts": ["p0"],
        "responses": [
            {"text": "q1.0", "finish": "eos", "writer": "w", "prompt": 0},
            {"text": "q2.0", "finish": "eos", "writer": "w", "prompt": None, "question_id": "q2"},
        ],
        "terms": [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}],
    }
    assert [one["text"] for one in second["responses"]] == ["q2.0", "q1.0"]


@given(st.integers(2, 60), st.integers(0, 10**6))
def test_no_question_meets_itself_and_each_is_rejected_once(count, seed):
    questions = [asked(number) for number in range(count)]
    records = built("other_question", questions, seed)
    own = [record["responses"][0]["text"] for record in records]
    other = [record["responses"][1]["text"] for record in records]
    assert own == [f"q{number}.0" for number in range(count)]  # in the order of the questions
    assert sorted(other) == sorted(own)
    assert all(one != two for one, two in zip(own, other, strict=True))
    assert [f"{record['responses'][1]['question_id']}.0" for record in records] == other
    assert records == built("other_question", questions, seed)


def test_the_seed_decides_which_other_question_it_is():
    questions = [asked(number) for number in range(30)]
    assert len({str(built("other_question", questions, seed)) for seed in range(5)}) == 5


def test_one_question_alone_has_no_other():
    with pytest.raises(InputError, match="only one question is left, and there is no other to take a response from"):
        built("other_question", [asked(1)])


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.integers(0, 10**6))
def test_within_a_category_each_is_rejected_once_by_another_of_it(categories, seed):
    questions = [{**asked(number), "category": category} for number, category in enumerate(categories)]
    lonely = sorted({category for category in categories if categories.count(category) == 1})
    if lonely:
        with pytest.raises(
            InputError, match=f"^only one question of the category '[{''.join(lonely)}]' is left, .*; raise "
        ):
            built("other_question", questions, seed, same_category=True)
        return
    records = built("other_question", questions, seed, same_category=True)
    others = [int(record["responses"][1]["question_id"][1:]) for record in records]
    assert sorted(others) == list(range(len(categories)))
    for number, other in enumerate(others):
        assert other != number
        assert categories[other] == categories[number]


def test_a_category_has_the_same_others_whatever_the_rest_has():
    some, more = ([{**asked(number), "category": name} for number in numbers] for name, numbers in (
        ("a", range(9)), ("b", range(9, 20))))  # fmt: skip
    alone = built("other_question", some, same_category=True)
    assert built("other_question", more + some, same_category=True)[-9:] == alone
    assert built("other_question", some, same_category=False) != alone


def test_its_prompts_are_those_of_evaluation():
    assert other_question.prompts is evaluation


# ---------------------------------------------------------------- the registry
def test_a_builder_is_found_by_its_name():
    assert builder("constitutions") is constitutions
    assert builder("other_question") is other_question
    with pytest.raises(InputError, match=r"^builder: there is none called None \(there are constitutions, other_q"):
        builder(None)


def test_what_is_said_of_builders_is_said_of_builders_that_there_are():
    named = {*builders.BY_CONSTITUTION, *builders.WITHOUT_CONTEXT, *builders.REPEATING, *builders.EVALUATING}
    named.add(builders.RELEASED)
    assert named <= set(BUILDERS)
