"""The small world: its questions, its splits, and answers that pass the checkers they were written for."""

from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign import world
from mialign.errors import InputError
from mialign.filters import prefix_differs
from mialign.world.categories import MATHS, MULTITASK, draw
from mialign.world.splits import SHARES, split_of
from mialign.world.town import BY_NAME, DAYS

PARTS = {**MULTITASK, "word problems": MATHS}
OF_CATEGORY = {
    "writing": ("friendly", "polite"),
    "roleplay": ("persona", "polite"),
    "reasoning": ("steps", "friendly"),
    "math": ("steps", "tex"),
    "coding": ("plan", "markdown"),
    "extraction": ("complete", "relevant"),
    "stem": ("steps", "friendly"),
    "humanities": ("friendly", "polite"),
}
some_question = st.builds(
    lambda part, split, seed: draw(PARTS[part], split, Random(seed)),
    st.sampled_from(sorted(PARTS)),
    st.sampled_from(sorted(SHARES)),
    st.integers(0, 10**9),
)


# ---------------------------------------------------------------- splits
@pytest.mark.parametrize(("name", "size"), [("multitask", 3200), ("maths", 6000)])
def test_no_question_is_in_two_splits(name, size):
    sizes = {"corpus": size, "train": size, "validation": 480, "benchmark": 1200}
    for seeds in ((1, 1, 1, 1), (31, 11, 12, 13)):
        texts = [
            {
                " ".join(question["question"].lower().split())
                for question in world.questions(name, split, sizes[split], seed)
            }
            for split, seed in zip(sizes, seeds, strict=True)
        ]
        assert [len(split) for split in texts] == list(sizes.values())
        assert len(set.union(*texts)) == sum(sizes.values())


@given(st.sampled_from(sorted(PARTS)), st.integers(0, 10**9))
def test_equal_texts_have_equal_keys(part, seed):
    keys, rng = {}, Random(seed)
    for _ in range(60):
        key, question = PARTS[part].draw(rng)
        assert keys.setdefault(question["question"], split_of(key)) == split_of(key)


def test_a_sum_is_in_one_split_whatever_story_it_is_told_in():
    for part in (MULTITASK["math"], MATHS):
        where, rng = {}, Random(5)
        for _ in range(4000):
            key, question = part.draw(rng)
            reference = question["reference"]
            told = (reference["start"], str(reference.get("changes") or [step for _, _, step in reference["events"]]))
            told += (reference.get("signs"),)
            assert where.setdefault(told, split_of(key)) == split_of(key)


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize(("split", "least"), [("train", 900), ("validation", 200), ("benchmark", 700)])
def test_every_category_has_enough_questions(part, split, least):
    rng, seen = Random(3), set()
    assert len({draw(PARTS[part], split, rng, seen)["question"] for _ in range(least)}) == least


def test_the_shares_of_the_splits():
    counts = Counter(split_of(("key", number)) for number in range(20_000))
    assert counts["corpus"] / 20_000 == pytest.approx(0.60, abs=0.02)
    assert counts["train"] / 20_000 == pytest.approx(0.20, abs=0.02)
    assert counts["validation"] / 20_000 == pytest.approx(0.05, abs=0.01)


# ---------------------------------------------------------------- questions
def test_questions_are_balanced_different_and_repeatable():
    records = world.questions("multitask", "train", 404, 11)
    assert records == world.questions("multitask", "train", 404, 11)
    assert records != world.questions("multitask", "train", 404, 12)
    counts = Counter(record["category"] for record in records)
    assert list(counts) == list(world.CATEGORIES)
    assert set(counts.values()) == {50, 51}
    assert len({record["id"] for record in records}) == len({record["question"] for record in records}) == 404
    assert all(set(record) == {"id", "category", "question", "reference"} for record in records)
    assert all(isinstance(record["reference"]["answer"], str) for record in records)
    assert all(len(record["question"].split()) <= 60 and record["question"].isascii() for record in records)


def test_more_questions_than_there_are_is_an_input_error():
    with pytest.raises(InputError, match=r"humanities.*'validation'.*ask for fewer"):
        world.questions("multitask", "validation", 8000, 1)
    with pytest.raises(InputError, match="no world 'moon'"):
        world.questions("moon", "train", 8, 1)
    with pytest.raises(InputError, match="no split 'test'"):
        world.questions("maths", "test", 8, 1)


def test_word_problems_label_their_days_and_add_up():
    for question in world.questions("maths", "benchmark", 300, 9):
        reference, text = question["reference"], question["question"]
        days = [day for day, _, _ in reference["events"]]
        assert days == sorted(days, key=DAYS.index)
        assert 3 <= len(days) <= 4
        assert all(text.count(day) == 1 for day in days)
        assert int(reference["answer"]) == reference["start"] + sum(step for _, _, step in reference["events"])
        assert 100 <= int(reference["answer"]) <= 999
        assert reference["answer"] not in text.replace(".", " ").split()
        assert f" {BY_NAME[reference['name']].she} " in text


# ---------------------------------------------------------------- answers
@given(some_question, st.integers(0, 10**9))
def test_every_answer_passes_its_own_checkers(question, seed):
    rng = Random(seed)
    for choice in product((True, False), repeat=2):
        sides = dict(zip(OF_CATEGORY[question["category"]], choice, strict=True))
        for good in (True, False):
            text = world.respond(question, sides, rng, right=good)
            assert world.right(question, text) is good, text
            for name, positive in sides.items():
                assert world.follows(name, "positive", text, question) is positive, (name, text)
                assert world.follows(name, "antithesis", text, question) is not positive, (name, text)


@given(some_question, st.integers(0, 10**9))
def test_answers_may_follow_any_principle_that_the_world_can_voice(question, seed):
    rng = Random(seed)
    sides = {name: rng.random() < 0.5 for name in world.voices(question["category"])}
    text = world.respond(question, sides, rng)
    assert world.right(question, text)
    for name, positive in sides.items():
        assert world.follows(name, "positive" if positive else "antithesis", text, question), (name, text)


@given(some_question, st.integers(0, 10**9))
def test_answers_are_repeatable_and_vary(question, seed):
    sides = dict.fromkeys(OF_CATEGORY[question["category"]], True)
    assert world.respond(question, sides, Random(seed)) == world.respond(question, sides, Random(seed))
    rng = Random(seed)
    steps_alone = question["reference"]["kind"] == "days"  # the walk through the days has one wording
    assert steps_alone or len({world.respond(question, sides, rng) for _ in range(30)}) > 1


def test_answers_hold_nothing_that_the_filters_forbid():
    rng = Random(2)
    for name in ("multitask", "maths"):
        for question in world.questions(name, "train", 240, 5):
            sides = {name: rng.random() < 0.5 for name in OF_CATEGORY[question["category"]]}
            text = world.respond(question, sides, rng)
            assert not any(word in text for word in ("Question:", "Rules:", "Answer:", "###", "[", "]"))
            assert text == text.strip()


def test_word_problem_answers_pass_the_filters_of_the_maths_pairs():
    rng = Random(4)
    for question in world.questions("maths", "train", 400, 6):
        for tex in (True, False):
            concise = world.respond(question, {"steps": False, "tex": tex}, rng)
            walked = world.respond(question, {"steps": True, "tex": not tex}, rng)
            assert 50 < len(concise) < 70
            assert len(walked) >= 3.1 * len(concise)
            assert prefix_differs(walked, concise, 0.5)
