"""The checkers of any text against answers written by hand, and against those of a small language model."""

import time
from collections import Counter
from pathlib import Path

import pytest
import yaml
from checked_texts import TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign import synthetic
from mialign.data import principles
from mialign.evaluation.checkers import follows, unchecked
from mialign.evaluation.text_checkers import TEXT_CHECKERS, follows_form, side_of

# Of SmolLM2-135M-Instruct (temperature 0.7 or 0, at most 96 or 192 tokens) to questions of MT-Bench, Vicuna's bench,
# GSM8K and Self-Instruct; the verdicts are by eye.
ANSWERS = yaml.safe_load((Path(__file__).parent / "model_answers.yaml").read_text(encoding="utf-8"))
# The least number of them on the positive side and on the antithesis. Its JSON is seldom valid, its maths seldom LaTeX.
FOLLOWED = {
    "bullets": (9, 19),
    "numbered": (12, 11),
    "brief": (17, 7),
    "code": (9, 6),
    "latex": (1, 21),
    "json": (1, 13),
    "first_person": (15, 23),
    "greeting": (20, 13),
    "asks_back": (6, 15),
    "bold": (11, 17),
}
CASES = [(name, side, text) for name, sides in TEXTS.items() for side, texts in sides.items() for text in texts]


@pytest.mark.parametrize(("name", "side", "text"), CASES)
def test_an_answer_written_by_hand(name, side, text):
    assert side_of(name, text) == side


def test_every_checker_has_a_dozen_answers_each_way():
    assert TEXTS.keys() == TEXT_CHECKERS.keys()
    assert all(len(set(sides[side])) >= 12 for sides in TEXTS.values() for side in ("positive", "antithesis"))


# ---------------------------------------------------------------- answers of a model
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer['question']}-{'-'.join(answer['verdicts'])}")
def test_an_answer_of_a_model(answer):
    found = {name: side_of(name, answer["text"]) for name in answer["verdicts"]}
    assert found == answer["verdicts"]


def test_the_answers_of_a_model_are_some_of_each_kind():
    judged = Counter(pair for answer in ANSWERS for pair in answer["verdicts"].items())
    assert len(ANSWERS) >= 120
    assert {name for name, _ in judged} == FOLLOWED.keys() == TEXT_CHECKERS.keys()
    assert {verdict for _, verdict in judged} == {"positive", "antithesis", "neither"}
    for name, (positive, antithesis) in FOLLOWED.items():
        assert judged[name, "positive"] >= positive
        assert judged[name, "antithesis"] >= antithesis


# ---------------------------------------------------------------- any text
PIECES = st.lists(
    st.sampled_from(
        [text for _, _, text in CASES]
        + ["```", "~~~", "$", "**", "{", "[", '"', "?", "\\(", "- ", "1. ", "\n", "\n\n", " ", "I", "Hello", "\0", "é"]
    )
    | st.text(max_size=20),
    max_size=5,
).map("".join)


@settings(max_examples=60)
@given(PIECES)
def test_any_text_has_a_verdict_never_both_and_white_space_around_it_changes_none(text):
    for name in TEXT_CHECKERS:
        found = side_of(name, text)
        assert found in ("positive", "antithesis", "neither")
        assert side_of(name, "\n" + text.replace("\n", " \n") + " \n\n") == found


@pytest.mark.parametrize("text", ["", " \n\t", "!?", "```\n```", "ha " * 12, "The same words again. " * 8])
def test_a_text_that_says_nothing_or_repeats_itself_follows_nothing(text):
    assert {side_of(name, text) for name in TEXT_CHECKERS} == {"neither"}


@pytest.mark.parametrize("sign", "[{\"'`*_$\\(-#|.?1\n a")
def test_long_texts_of_one_sign_take_no_time(sign):
    started = time.process_time()
    for name in TEXT_CHECKERS:
        side_of(name, "x " + sign * 20_000)
        side_of(name, "Hello, I am here. " + f"{sign} a" * 4_000 + "?")
    assert time.process_time() - started < 10


# ---------------------------------------------------------------- the principles and the other checkers
def test_the_principles_that_they_check(root):
    known = principles.load(root / "config/principles_checkable.yaml")
    assert tuple(known.categories) == synthetic.CATEGORIES
    assert all(len(chosen) == 2 for chosen in known.categories.values())
    assert set().union(*known.categories.values()) <= set(known.principles) == set(TEXT_CHECKERS)
    assert unchecked(known.principles) == []
    for one in known.principles.values():
        wordings = (*one.positive, *one.antithesis, *one.short)
        assert len(set(wordings)) == len(wordings) == 8


def test_their_names_are_not_those_of_our_worlds():
    assert not TEXT_CHECKERS.keys() & synthetic.CHECKERS.keys()
    assert unchecked(["bold", "tex", "charm"]) == ["charm"]


def test_each_kind_of_principle_has_its_checker():
    assert follows("asks_back", "positive", "It rains. Do you mind?", {})
    assert not follows_form("asks_back", "antithesis", "It rains. Do you mind?")
    assert follows("friendly", "positive", "It rains, my friend, so stay here.", {"reference": None})
