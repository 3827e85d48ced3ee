"""The checkers of any text against answers written by hand, and against those of a small language model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checked_texts import TEXTS
from mialign import synthetic
from mialign.data import principles
from mialign.evaluation.checkers import follows, unchecked
from mialign.evaluation.text_checkers import TEXT_CHECKERS, follows_form, side_of

CASES = [(name, side, text) for name, sides in TEXTS.items() for side, texts in sides.items() for text in texts]


@pytest.mark.parametrize(("name", "side", "text"), CASES)
def test_an_answer_written_by_hand(name, side, text):
    assert side_of(name, text) == side


def test_every_checker_has_a_dozen_answers_each_way():
    assert TEXTS.keys() == TEXT_CHECKERS.keys()
    assert all(len(set(sides[side])) >= 12 for sides in TEXTS.values() for side in ("positive", "antithesis"))
