"""Extraction of the letters of choices: a table of texts written by hand, and what is made of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.data.gold_answers import answer_kind, gold_answer
from mialign.evaluation.answers import extract, is_correct
from mialign.evaluation.attempts import attempt_records, check_whole
from mialign.evaluation.checkpoint_scores import solved
from mialign.evaluation.scores import correct
from mialign.generation.engine import Completion

TABLE = [
    # text, strict, flexible, mipo
    ("", None, None, None),
    ("none of them", None, None, None),
    ("the answer is (B)", "B", "B", "B"),
    ("So the answer is B.", "B", "B", "B"),
    ("The answer is (B)", "B", "B", None),  # MIPO's rule looks for small letters
    ("Answer: b", "B", "B", None),
    ("ANSWER: (d).", "D", "D", None),
    ("#### C", "C", "C", None),
    (r"\boxed{C}", "C", "C", None),
    (r"\boxed{\text{C}}", "C", "C", None),
    ("**Answer:** **C**", "C", "C", None),
    ("The correct answer is: option D) coal", "D", "D", None),
    # alone
    ("B.", None, "B", None),
    ("**C**", None, "C", None),
    ("(D)", None, "D", None),
    ("B. The cell wall", None, "B", None),
    ("Not A but C", None, "C", None),
    ("I choose E", None, "E", None),
    # of several the last
    ("the answer is A. No, the answer is C.", "C", "C", "A"),
    ("A. iron\nB. wood\nThe answer is A, since iron is a metal.", "A", "A", None),
    ("The answer is B. The others, C and D, are not.", "B", "B", None),
    # words, not letters
    ("the answer is a whale", None, None, None),
    ("the answer is A dog", None, None, "A"),
    ("the answer is Copper", None, None, "C"),  # MIPO's rule takes pieces of words
    ("the answer is I think B", None, "B", "B"),
    ("A dog and I went home", None, None, None),
    ("Vitamins, U.S.A., B-cells and C++", None, None, None),
    ("Answer: A is the metal", "A", "A", None),
    ("Answer: a", "A", "A", None),
    # no one choice
    ("the answer is A or B", None, "B", "A"),
    ("the answer is (A) and (C).", None, "C", "A"),
    ("the answer is A, B", None, "B", "A"),
    ("the answer is not given: E", None, "E", None),
    # beyond D
    ("the answer is E", "E", "E", None),
    ("the answer is K", None, None, None),
]


@pytest.mark.parametrize(("text", "strict", "flexible", "mipo"), TABLE)
def test_extraction_by_hand(text, strict, flexible, mipo):
    assert extract(text, ended=True, kind="letter") == {"strict": strict, "flexible": flexible, "mipo": mipo}


def test_a_text_that_was_cut_off_states_no_choice():
    found = extract("the answer is (B)", ended=False, kind="letter")
    assert found == {"strict": None, "flexible": "B", "mipo": "B"}


@given(
    st.sampled_from("ABCDEFGHIJ"),
    st.sampled_from(["the answer is {}", "The answer is ({}).", "Answer: {}\n", "So **{}**", "I think: {}", "{}"]),
    st.booleans(),
)
def test_every_letter_is_read_back(letter, frame, small):
    said = letter.lower() if small and "nswer" in frame else letter
    assert extract(frame.format(said), ended=True, kind="letter")["flexible"] == letter


@given(st.text())
def test_any_text_gives_a_letter_or_none(text):
    found = extract(text, ended=True, kind="letter")
    assert set(found.values()) <= {None, *"ABCDEFGHIJ"}
    assert found["mipo"] in {None, *"ABCD"}
    assert found["strict"] in (None, found["flexible"])


# ---------------------------------------------------------------- gold answers, attempts and scores
@pytest.mark.parametrize(
    ("reference", "kind"),
    [("B", "letter"), ("J", "letter"), ("K", None), ("b", None), ("AB", None), ("7", "number"), (None, None)],
)
def test_a_gold_answer_is_a_number_or_a_letter(reference, kind):
    assert answer_kind(reference) == kind
    if kind:
        assert gold_answer({"id": "q", "reference": reference}) == reference
    else:
        with pytest.raises(InputError, match="the question 'q' has no number or letter as its answer"):
            gold_answer({"id": "q", "reference": reference})


def test_letters_are_compared_with_letters_and_numbers_with_numbers():
    assert is_correct("The answer is (C).", True, "C")
    assert not is_correct("The answer is (C).", True, "D")
    assert not is_correct("The answer is (C).", False, "C")
    assert is_correct("The answer is (C).", False, "C", "flexible")
    assert is_correct("The answer is 1,200.", True, "1200")
    assert not is_correct("The answer is C.", True, "1200")


CHOICE = {"id": "q", "category": "stem", "question": "Which?\nA. iron\nB. wood", "reference": "B"}


def test_attempts_at_choices():
    attempt = {"question_id": "q", "text": "the answer is A? No: the answer is B.", "finish": "eos"}
    (record,) = attempt_records([attempt], [CHOICE])
    assert record["answers"] == {"strict": "B", "flexible": "B", "mipo": "A"}
    assert record["correct"] == {"strict": True, "flexible": True, "mipo": False}


def test_choices_and_numbers_are_not_counted_together():
    questions = [CHOICE, {"id": "n1", "reference": "7"}, {"id": "n2", "reference": "8"}]
    attempts = [{"question_id": question["id"]} for question in questions]
    with pytest.raises(InputError, match="the answer to 'n1' is a number and that to 'q' a letter"):
        check_whole(attempts, questions)


def test_validation_and_scores_read_the_letter():
    prompt = {**CHOICE, "question_id": "q", "constitutions": []}
    said = [Completion(text, "eos", 3, 0) for text in ("It is B.", "It is A.")]
    assert [solved(prompt, one)["accuracy"] for one in said] == [1.0, 0.0]
    assert [correct(prompt, one.text, ended=True) for one in said] == [True, False]
    of_our_world = prompt | {"reference": {"kind": "choice", "answer": "B"}}
    assert [correct(of_our_world, one.text, ended=True) for one in said] == [True, False]
    assert correct(prompt, "It is B.", ended=False) is False
