"""Preference vectors and the pairs made under them: by hand, and for any vector."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.seeds import derive
from mialign.data import preferences
from mialign.data.builders import preferences as builder
from mialign.data.pairs import select_pairs, with_rewards
from mialign.data.prompts import check_settings, preference_records, prompt_records
from scripts import pairs as pairs_stage
from scripts import prompts as prompts_stage

NAMES = ["friendly", "brief"]
SETTINGS = {
    "experiment": "e", "seed": 1, "template": "{preference}\n{question}\n", "set": "own_pairs", "vector": [],
    "preferences": {"rewards": NAMES, "alpha": 1.0, "seed": 7, "grid": 3},
}  # fmt: skip


def question(number: int) -> dict:
    return {"id": f"q{number}", "category": "writing", "question": f"Ask {number}?", "reference": None}


def records(count: int = 1, **more) -> list[dict]:
    questions = [question(number) for number in range(count)]
    return prompt_records(questions, None, "train", SETTINGS | more, builder.prompts)


# ---------------------------------------------------------------- vectors
def test_vectors_are_rounded_to_tenths_by_largest_remainders():
    assert preferences.in_tenths([0.26, 0.74]) == [0.3, 0.7]
    assert preferences.in_tenths([1 / 3, 1 / 3, 1 / 3]) == [0.4, 0.3, 0.3]
    assert preferences.in_tenths([0.05, 0.95]) == [0.1, 0.9]  # of equal remainders the first
    assert preferences.in_tenths([0.3, 0.7]) == [0.3, 0.7]
    assert preferences.in_tenths([1.0, 0.0]) == [1.0, 0.0]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=3).filter(lambda weights: sum(weights) > 1e-3))
def test_rounded_vectors_sum_to_one_and_are_near(weights):
    vector = [weight / sum(weights) for weight in weights]
    rounded = preferences.in_tenths(vector)
    assert sum(round(10 * weight) for weight in rounded) == 10
    assert all(weight == round(weight, 1) >= 0 for weight in rounded)
    assert all(abs(one - other) < 0.1 + 1e-6 for one, other in zip(vector, rounded, strict=True))


@given(st.integers(2, 3), st.sampled_from([0.01, 0.5, 1.0, 100.0]), st.integers(0, 2**32))
def test_two_drawn_vectors_lie_on_the_simplex_and_differ(objectives, alpha, seed):
    own, other = preferences.draw_two(objectives, alpha, seed)
    for vector in (own, other):
        preferences.check(vector, objectives)
        assert vector == preferences.in_tenths(vector)
    assert own != other
    assert (own, other) == preferences.draw_two(objectives, alpha, seed)


def test_a_large_alpha_draws_near_the_centre_and_a_small_one_near_the_ends():
    def spread(alpha):
        return sum(abs(preferences.draw_two(2, alpha, seed)[0][0] - 0.5) for seed in range(200)) / 200

    # Means of |w - 1/2|: 1/4 for the uniform distribution, near 1/2 at the ends.
    assert spread(100.0) < 0.06
    assert spread(1.0) == pytest.approx(0.25, abs=0.04)
    assert spread(0.05) > 0.4


@pytest.mark.parametrize(
    "vector", [[0.5, 0.6], [0.5, 0.5, 0.0], [1.2, -0.2], [float("nan"), 1.0], [1.0], [float("inf"), 0.0]]
)
def test_what_is_off_the_simplex_is_refused(vector):
    with pytest.raises(InputError, match=r"is no preference vector|weights, and there are 2 rewards"):
        preferences.check(vector, 2)
    if len(vector) == 2:
        with pytest.raises(InputError, match="must be 0 or more and sum to one"):
            preferences.in_tenths(vector)


def test_the_vectors_of_a_grid():
    eleven = preferences.vectors(2, 11)
    assert [vector[0] for vector in eleven] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert preferences.vectors(2, 3) == [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    thirteen = preferences.vectors(3, 13)
    assert len({tuple(vector) for vector in thirteen}) == 13
    assert preferences.vectors(3, 3) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for vector in [*eleven, *thirteen]:
        preferences.check(vector, len(vector))
        assert vector == preferences.in_tenths(vector)
    for objectives, points in ((2, 4), (2, 13), (3, 11)):
        with pytest.raises(InputError, match=f"{points} points: of {objectives} rewards there are grids of "):
            preferences.vectors(objectives, points)


def test_a_vector_as_text():
    assert preferences.text(["friendly", "in_steps"], [0.7, 0.3]) == "friendly 0.7, in steps 0.3"


# ---------------------------------------------------------------- prompts
def test_a_question_is_asked_under_two_vectors_and_answered_twice_under_the_first():
    (record,) = records()
    own, other = record["preferences"]
    assert (own, other) == preferences.draw_two(2, 1.0, derive(7, "preferences", "own_pairs", "q0"))
    assert record["prompts"] == [f"{preferences.text(NAMES, vector)}\nAsk 0?\n" for vector in (own, other)]
    assert record["generation_prompts"] == [record["prompts"][0]] * 2
    assert record["constitutions"] == []
    assert builder.record_size(SETTINGS) == (2, 2, 2)


def test_questions_and_sets_have_vectors_of_their_own():
    drawn = [record["preferences"] for record in records(20)]
    assert len({str(vectors) for vectors in drawn}) > 10
    assert drawn[:5] == [record["preferences"] for record in records(5)]
    assert drawn != [record["preferences"] for record in records(20, set="another")]


def test_with_a_vector_there_is_one_prompt():
    (record,) = records(vector=[0.0, 1.0])
    assert record["preferences"] == [[0.0, 1.0]]
    assert record["prompts"] == ["friendly 0.0, brief 1.0\nAsk 0?\n"]
    assert record["generation_prompts"] == record["prompts"] * 2
    assert builder.record_size({"vector": [0.0, 1.0]}) == (2, 1, 2)


def test_benchmark_questions_are_asked_under_every_vector_and_validation_questions_under_one():
    questions = [question(number) for number in range(30)]
    benchmark = list(preference_records(questions, "benchmark", SETTINGS))
    assert [record["id"] for record in benchmark[:4]] == [
        "e/benchmark/q0/0.0-1.0", "e/benchmark/q0/0.5-0.5", "e/benchmark/q0/1.0-0.0", "e/benchmark/q1/0.0-1.0",
    ]  # fmt: skip
    assert benchmark[1]["prompts"] == ["friendly 0.5, brief 0.5\nAsk 0?\n"]
    assert (benchmark[1]["preferences"], benchmark[1]["question_id"]) == ([[0.5, 0.5]], "q0")
    validation = list(preference_records(questions, "validation", SETTINGS))
    assert len(validation) == 30
    assert {tuple(record["preferences"][0]) for record in validation} == {(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)}
    with pytest.raises(InputError, match="the question id 'q0' occurs more than once in the benchmark questions"):
        list(preference_records([question(0)] * 2, "benchmark", SETTINGS))


def test_the_template_has_the_preference_and_no_constitution():
    with pytest.raises(InputError, match=r"template: the field \{preference\} is missing"):
        check_settings(SETTINGS | {"template": "{question}"})
    with pytest.raises(InputError, match=r"there is nothing to fill the field \{constitution\} with"):
        check_settings(SETTINGS | {"template": "{preference} {constitution} {question}"})
    with pytest.raises(InputError, match=r"there is nothing to fill the field \{preference\} with"):
        check_settings({"template": "{preference} {constitution} {question}"})


# ---------------------------------------------------------------- pairs
def response(text: str, friendly: float, brief: float) -> dict:
    return {"text": text, "finish": "eos", "writer": "w", "rewards": {"friendly": friendly, "brief": brief}}


def built(*scores: tuple[tuple[float, float], tuple[float, float]], vectors=((0.7, 0.3), (0.2, 0.8))) -> list[dict]:
    """Records of questions whose two responses have these rewards."""
    asked = [
        {"id": f"q{number}", "prompts": ["own", "other"][: len(vectors)], "preferences": [list(one) for one in vectors]}
        for number in range(len(scores))
    ]
    responses = {
        f"q{number}": [response("a", *first), response("b", *second)] for number, (first, second) in enumerate(scores)
    }
    return builder.records(asked, responses, {"rewards": NAMES})


def term(chosen: list[int], rejected: list[int], weight: float) -> dict:
    return {"chosen": chosen, "rejected": rejected, "weight": weight}


def test_terms_by_hand():
    first, second, third = built(((1, -5), (0, -3)), ((0, -3), (0, -4)), ((0, -3), (1, -3)))
    columns = [term([0, 0], [1, 0], 0.5), term([0, 1], [1, 1], 0.5)]
    # The first is friendlier, the second briefer.
    assert first["terms"] == [term([0, 0], [0, 1], 0.7), term([0, 1], [0, 0], 0.3), *columns]
    assert second["terms"] == [term([0, 0], [0, 1], 0.3), *columns]  # as friendly as each other
    assert third["terms"] == [term([0, 1], [0, 0], 0.7), *columns]
    assert first["prompts"] == ["own", "other"]
    assert [one["prompt"] for one in first["responses"]] == [0, 0]
    assert first["preferences"] == [[0.7, 0.3], [0.2, 0.8]]


def test_an_objective_of_no_weight_has_no_term_and_one_vector_has_no_columns():
    (record, _) = built(((1, -5), (0, -3)), ((0, -3), (0, -4)), vectors=((1.0, 0.0),))
    assert record["terms"] == [term([0, 0], [0, 1], 1.0)]
    assert record["prompts"] == ["own"]


def test_rewards_are_normalised_over_the_set():
    first, second = built(((1, -5), (0, -3)), ((0, -3), (1, -1)))
    # friendly 1, 0, 0, 1: mean 1/2, deviation 1/2; brief -5, -3, -3, -1: mean -3, deviation sqrt 2.
    assert [one["rewards"]["friendly"] for one in first["responses"] + second["responses"]] == [1, -1, -1, 1]
    brief = [one["rewards"]["brief"] for one in first["responses"] + second["responses"]]
    assert brief == pytest.approx([-math.sqrt(2), 0, 0, math.sqrt(2)])


def test_a_reward_that_is_the_same_for_all_is_refused():
    with pytest.raises(
        InputError, match=r"^rewards.brief: the score is -3 for all 4 responses, so it prefers none; raise"
    ):
        built(((1, -3), (0, -3)), ((0, -3), (1, -3)))


reward = st.integers(-2, 2).map(float)


@given(
    st.lists(st.tuples(st.tuples(reward, reward), st.tuples(reward, reward)), min_size=2, max_size=6),
    st.integers(0, 10**6),
)
def test_terms_name_entries_that_are_there_and_follow_the_rewards(scores, seed):
    if any(len({pair[place] for both in scores for pair in both}) == 1 for place in (0, 1)):
        return
    vectors = preferences.draw_two(2, 1.0, seed)
    for record, both in zip(built(*scores, vectors=vectors), scores, strict=True):
        rows = [one for one in record["terms"] if one["chosen"][0] == one["rejected"][0]]
        columns = [one for one in record["terms"] if one not in rows]
        assert [(one["chosen"], one["rejected"], one["weight"]) for one in columns] == [
            ([0, 0], [1, 0], 0.5), ([0, 1], [1, 1], 0.5),
        ]  # fmt: skip
        expected = {
            (weight, 0 if one > other else 1)
            for weight, one, other in zip(vectors[0], *both, strict=True)
            if weight and one != other
        }
        assert {(one["weight"], one["chosen"][1]) for one in rows} == expected
        assert all(one["rejected"][1] == 1 - one["chosen"][1] for one in rows)


# ---------------------------------------------------------------- through the stages
def generations(prompts: list[dict]) -> tuple[list[dict], list[dict]]:
    """Two generations a prompt record, and their rewards: question 0 has equal ones."""
    texts, rewards = [], []
    for number, prompt in enumerate(prompts):
        for place in (0, 1):
            about = {"prompt_id": prompt["id"], "prompt": place}
            texts.append({**about, "text": f"answer {place}", "finish": "eos", "tokens": 3, "seed": 1})
            gain = place * number
            rewards.append({**about, "rewards": {"friendly": float(gain), "brief": -float(gain)}})
    return texts, rewards


def test_questions_whose_responses_no_reward_tells_apart_are_dropped_and_counted():
    prompts = records(4)
    texts, rewards = generations(prompts)
    settings = {"builder": "preferences", "vector": [], "filters": {}, "size": 2, "seed": 1, "rewards": NAMES}
    selection = select_pairs(prompts, with_rewards(texts, rewards), settings)
    counts = {row["filter"]: (row["dropped"], row["kept"]) for row in selection.table}
    assert counts == {"generated": (0, 4), "empty": (0, 4), "identical": (0, 4), "tied": (1, 3), "size": (1, 2)}
    assert all(pair["id"] != prompts[0]["id"] for pair in selection.pairs)
    assert selection.pairs[0]["responses"][1]["text"] == "answer 1"
    with pytest.raises(InputError, match=r"no pair is left: of 1 questions the filters dropped tied 1"):
        select_pairs(prompts[:1], with_rewards(texts[:2], rewards), settings)
    with pytest.raises(InputError, match=r"the rewards of 1 of 8 generations are missing, for instance of prompt 'e"):
        with_rewards(texts, rewards[1:])


def test_the_stages_write_prompts_and_pairs(run_stage, tmp_path, root):
    write_jsonl(tmp_path / "questions.jsonl", [question(number) for number in range(4)])
    common = {"questions": tmp_path / "questions.jsonl", "principles": root / "config/principles.yaml"}
    settings = json.dumps(SETTINGS | {"builder": "preferences"})
    for split in ("train", "benchmark"):
        run_stage(prompts_stage, **common, split=split, settings=settings, out=tmp_path / f"{split}.jsonl")
    assert len(read_jsonl(tmp_path / "benchmark.jsonl")) == 4 * 3
    prompts = read_jsonl(tmp_path / "train.jsonl")
    texts, rewards = generations(prompts)
    write_jsonl(tmp_path / "texts.jsonl", texts)
    write_jsonl(tmp_path / "rewards.jsonl", rewards)
    chosen = {"builder": "preferences", "vector": [], "filters": {}, "size": 8, "seed": 1, "rewards": NAMES}
    outs = {name: tmp_path / f"{name}.out" for name in ("out", "table", "examples")}
    files = {"generations": tmp_path / "texts.jsonl", "rewards": tmp_path / "rewards.jsonl"}
    run_stage(pairs_stage, prompts=tmp_path / "train.jsonl", **files, settings=json.dumps(chosen), **outs)
    assert [record["id"] for record in read_jsonl(outs["out"])] == [record["id"] for record in prompts[1:]]
    assert outs["table"].read_text().splitlines()[-2:] == ["tied,1,3", "size,0,3"]
