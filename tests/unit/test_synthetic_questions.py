"""The small world: its questions, its splits, and answers that pass the checkers they were written for."""

import re
from collections import Counter
from itertools import combinations, product
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.data.filters import prefix_differs
from mialign.evaluation.answers import extract
from mialign.synthetic.categories import CHOICES, MATHS, MULTITASK, SHARES, draw, split_of
from mialign.synthetic.town import BY_NAME, DAYS, THINGS, TOPICS

ROOT = Path(__file__).parents[2]
PARTS = {**MULTITASK, "word problems": MATHS, "multiple choice": CHOICES}
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
@pytest.mark.parametrize(
    ("name", "size", "benchmark"), [("multitask", 3200, 1200), ("maths", 6000, 1200), ("choices", 3200, 96)]
)
def test_no_question_is_in_two_splits(name, size, benchmark):
    sizes = {"corpus": size, "train": size, "validation": 480, "benchmark": benchmark}
    for seeds in ((1, 1, 1, 1), (31, 11, 12, 13)):
        texts = [
            {
                " ".join(question["question"].lower().split())
                for question in synthetic.questions(name, split, sizes[split], seed)
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


def meant(question):
    """What a question asks, however it is worded: read off its text and reference, not off its key."""
    text, reference = question["question"], question["reference"]
    kind = question["category"] if question["category"] != "math" else reference["kind"]
    if kind == "writing":  # no form, topics in any order
        return reference["name"], frozenset(reference["topics"])
    if kind in ("roleplay", "humanities"):  # no setting
        return re.sub(r"At \w+ ", "", text)
    if kind == "reasoning" and "took" in text:  # no goods, names in any order
        return frozenset(reference["options"]), reference["answer"]
    if kind == "reasoning":  # facts in any order, and no owner
        return frozenset(fact for fact in reference["facts"] if "keeps" not in fact), text.split()[-1]
    if kind == "coding":  # no name of the function
        return text.split(" that ")[1]
    if kind == "extraction":  # items in any order, no one's and for nothing
        return frozenset(reference["items"])
    if kind == "stem" and reference["kind"] == "pace":  # no owner
        return text.split("'s ", 1)[1]
    if reference["kind"] == "choice":  # no one and no place, things in any order
        return text.split(" it ")[1].split(".")[0], frozenset(re.findall(r"(\w+) [A-D]\b", text))
    if kind == "stem":  # no place
        return re.sub(r"into the \w+", "", text)
    # The story is left out; what comes and goes is in any order.
    changes = [step for _, _, step in reference["events"]] if kind == "days" else reference["changes"]
    signs = reference.get("signs", "+" * len(changes))
    signed = [step if sign == "+" else -step for sign, step in zip(signs, changes, strict=True)]
    return reference["start"], tuple(sorted(signed))


@pytest.mark.parametrize("part", sorted(PARTS))
def test_what_a_question_asks_is_in_one_split_however_it_is_worded(part):
    where, rng, worded = {}, Random(5), set()
    for _ in range(6000):
        key, question = PARTS[part].draw(rng)
        asked = (question["reference"]["kind"] == "order", meant(question))
        assert where.setdefault(asked, split_of(key)) == split_of(key), question["question"]
        worded.add(question["question"])
    assert len(where) < len(worded)  # some have come in several wordings


def test_the_shipped_splits_ask_different_things():
    sources = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["sources"].values()
    asked = {}
    for source in sources:
        for question in synthetic.questions(source["synthetic"], source["split"], source["size"], source["seed"]):
            what = (source["synthetic"], question["category"], meant(question))
            assert asked.setdefault(what, source["split"]) == source["split"]


def test_the_corpus_has_everything_that_must_be_known():
    """Every fact of the town, product, material of a thing and topic; so a key must not leave out more than it does."""
    rng, known = Random(6), {name: set() for name in MULTITASK}
    for name, facts in known.items():
        for _ in range(8000):
            key, question = MULTITASK[name].draw(rng)
            if split_of(key) == "corpus":
                facts.add(_fact(name, question))
    assert len(known["roleplay"]) == 64
    assert len(known["humanities"]) == 54
    assert len({fact for fact in known["stem"] if fact[0].isdigit()}) == 64 - 28  # 3 * 5 is 5 * 3
    assert len({fact for fact in known["stem"] if not fact[0].isdigit()}) == 2 * 13
    assert known["writing"] == set(combinations(sorted(TOPICS), 2))


def _fact(category, question):
    """What has to be known to answer."""
    text, reference = question["question"], question["reference"]
    if category == "roleplay":
        return reference["person"], reference["kind"]
    if category == "humanities":
        return text.split(" asks ")[1]
    if category == "stem" and reference["kind"] == "pace":
        return tuple(sorted(reference["facts"][1].split(" ")[:3:2]))
    if category == "stem":
        return text.split(" ")[3], text.split(" ")[1]
    return tuple(sorted(reference.get("topics", ())))


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize(("split", "least"), [("train", 900), ("validation", 200), ("benchmark", 700)])
def test_every_category_has_enough_questions(part, split, least):
    if PARTS[part].distinct and split == "benchmark":
        least = 100
    rng, seen = Random(3), set()
    assert len({draw(PARTS[part], split, rng, seen)["question"] for _ in range(least)}) == least


def test_the_shares_of_the_splits():
    counts = Counter(split_of(("key", number)) for number in range(20_000))
    assert counts["corpus"] / 20_000 == pytest.approx(0.60, abs=0.02)
    assert counts["train"] / 20_000 == pytest.approx(0.20, abs=0.02)
    assert counts["validation"] / 20_000 == pytest.approx(0.05, abs=0.01)


# ---------------------------------------------------------------- questions
def test_questions_are_balanced_different_and_repeatable():
    records = synthetic.questions("multitask", "train", 404, 11)
    assert records == synthetic.questions("multitask", "train", 404, 11)
    assert records != synthetic.questions("multitask", "train", 404, 12)
    counts = Counter(record["category"] for record in records)
    assert list(counts) == list(synthetic.CATEGORIES)
    assert set(counts.values()) == {50, 51}
    assert len({record["id"] for record in records}) == len({record["question"] for record in records}) == 404
    assert all(set(record) == {"id", "category", "question", "reference"} for record in records)
    assert all(isinstance(record["reference"]["answer"], str) for record in records)
    assert all(len(record["question"].split()) <= 60 and record["question"].isascii() for record in records)


def test_more_questions_than_there_are_is_an_input_error():
    with pytest.raises(InputError, match=r"humanities.*'validation'.*ask for fewer"):
        synthetic.questions("multitask", "validation", 8000, 1)
    with pytest.raises(InputError, match="no task 'moon'"):
        synthetic.questions("moon", "train", 8, 1)
    with pytest.raises(InputError, match="no split 'test'"):
        synthetic.questions("maths", "test", 8, 1)


def test_word_problems_label_their_days_and_add_up():
    for question in synthetic.questions("maths", "benchmark", 300, 9):
        reference, text = question["reference"], question["question"]
        days = [day for day, _, _ in reference["events"]]
        assert days == sorted(days, key=DAYS.index)
        assert 3 <= len(days) <= 4
        assert all(text.count(day) == 1 for day in days)
        assert int(reference["answer"]) == reference["start"] + sum(step for _, _, step in reference["events"])
        assert 100 <= int(reference["answer"]) <= 999
        assert reference["answer"] not in text.replace(".", " ").split()
        assert f" {BY_NAME[reference['name']].she} " in text


def test_no_two_benchmark_questions_have_the_same_choices_and_end():
    asked = synthetic.questions("choices", "benchmark", 96, 33)
    assert len({(*sorted(one["reference"]["things"]), one["question"].split(", and it ")[1]) for one in asked}) == 96
    with pytest.raises(
        InputError, match=r"hardly more than 1\d\d different questions of category 'stem'.*ask for fewer"
    ):
        synthetic.questions("choices", "benchmark", 200, 33)


def test_of_four_things_one_alone_suffers_what_the_question_says():
    heavy, melting = {"iron", "gold"}, {"iron", "gold", "wax"}
    suffers = {
        "sinks": lambda stuff: stuff in heavy,
        "floats": lambda stuff: stuff not in heavy,
        "melts": lambda stuff: stuff in melting,
        "burns": lambda stuff: stuff not in melting,
    }
    letters = Counter()
    for question in synthetic.questions("choices", "train", 400, 9):
        fate = re.search(r", and it (\w+)\. Which is it\?$", question["question"])[1]
        things = {letter: thing for thing, letter in re.findall(r"(\w+) ([A-D])\b", question["question"])}
        assert list(things) == list("ABCD")
        found = [letter for letter, thing in things.items() if suffers[fate](THINGS[thing])]
        assert found == [question["reference"]["answer"]]
        letters.update(found)
    assert min(letters.values()) > 70  # of 100 by chance


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("So the answer is B.", True),
        ("A nail is iron. So the answer is B.", True),
        ("The answer is B, not C.", True),
        ("It is not A. It is B.", True),
        ("The answer is C.", False),
        ("B or C: the answer is C.", False),
        ("The answer is b.", False),
        ("Because iron sinks.", False),
        ("", False),
        ("B nail.", False),  # as in "A nail", which has an article
    ],
)
def test_the_letter_that_a_text_ends_with_is_its_answer(text, right):
    question = {"category": "stem", "reference": {"kind": "choice", "answer": "B"}}
    assert synthetic.correct(question, text) is right


@given(st.integers(0, 10**9), st.booleans(), st.booleans())
def test_what_is_told_of_choices_is_read_back_by_every_rule(seed, steps, right):
    """Results count letters by these rules, and not by the checker of the world."""
    question = draw(CHOICES, "benchmark", Random(seed))
    text = synthetic.respond(question, {"steps": steps}, Random(seed + 1), correct=right)
    found = set(extract(text, ended=True, kind="letter").values())
    assert len(found) == 1
    assert (found == {question["reference"]["answer"]}) is right


# ---------------------------------------------------------------- answers
@given(some_question, st.integers(0, 10**9))
def test_every_answer_passes_its_own_checkers(question, seed):
    rng = Random(seed)
    for choice in product((True, False), repeat=2):
        sides = dict(zip(OF_CATEGORY[question["category"]], choice, strict=True))
        for good in (True, False):
            text = synthetic.respond(question, sides, rng, correct=good)
            assert synthetic.correct(question, text) is good, text
            for name, positive in sides.items():
                assert synthetic.follows(name, "positive", text, question) is positive, (name, text)
                assert synthetic.follows(name, "antithesis", text, question) is not positive, (name, text)


@given(some_question, st.integers(0, 10**9))
def test_answers_may_follow_any_principle_that_the_world_can_follow(question, seed):
    rng = Random(seed)
    sides = {name: rng.random() < 0.5 for name in synthetic.followable_principles(question["category"])}
    text = synthetic.respond(question, sides, rng)
    assert synthetic.correct(question, text)
    for name, positive in sides.items():
        assert synthetic.follows(name, "positive" if positive else "antithesis", text, question), (name, text)


@given(some_question, st.integers(0, 10**9))
def test_answers_are_repeatable_and_vary(question, seed):
    sides = dict.fromkeys(OF_CATEGORY[question["category"]], True)
    assert synthetic.respond(question, sides, Random(seed)) == synthetic.respond(question, sides, Random(seed))
    rng = Random(seed)
    steps_alone = question["reference"]["kind"] == "days"  # the walk through the days has one wording
    assert steps_alone or len({synthetic.respond(question, sides, rng) for _ in range(30)}) > 1


def test_answers_hold_nothing_that_the_filters_forbid():
    rng = Random(2)
    for name in ("multitask", "maths"):
        for question in synthetic.questions(name, "train", 240, 5):
            sides = {name: rng.random() < 0.5 for name in OF_CATEGORY[question["category"]]}
            text = synthetic.respond(question, sides, rng)
            assert not any(word in text for word in ("Question:", "Rules:", "Answer:", "###", "[", "]"))
            assert text == text.strip()


def test_word_problem_answers_pass_the_filters_of_the_maths_pairs():
    rng = Random(4)
    for question in synthetic.questions("maths", "train", 400, 6):
        for tex in (True, False):
            concise = synthetic.respond(question, {"steps": False, "tex": tex}, rng)
            walked = synthetic.respond(question, {"steps": True, "tex": not tex}, rng)
            assert 50 < len(concise) < 70
            assert len(walked) >= 3.1 * len(concise)
            assert prefix_differs(walked, concise, 0.5)
