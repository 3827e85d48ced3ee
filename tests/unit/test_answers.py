"""Extraction of answers: a table of texts written by hand, and properties over all numbers."""

import random
from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.answers import EXTRACTORS, attempt_records, canonical, extract, gold_answer
from scripts import extract as stage

TABLE = [
    # text, strict, flexible, authors
    ("", None, None, None),
    ("no number at all", None, None, None),
    ("The answer is 42.", "42", "42", "42"),
    ("the ANSWER is: 42", "42", "42", "42"),
    ("Answer: **42**", "42", "42", "42"),
    ("2 + 3 = 5\n#### 5", "5", "5", "5"),
    # commas, currencies, units
    ("The answer is 1,234,567.", "1234567", "1234567", "1234567"),
    ("The answer is $1,234 a week.", "1234", "1234", "1234"),
    ("The answer is €12, or 12 euros each", "12", "12", "12"),
    ("The answer is 20% of all.", "20", "20", "20"),
    ("So 12, 13, and 14", None, "14", "14"),
    ("Not a number with commas: 1,2345", None, "2345", "12345"),
    # signs and decimals: the authors' rule loses them
    ("The answer is -5.", "-5", "-5", "5"),
    ("The answer is \N{MINUS SIGN}5.", "-5", "-5", "5"),
    ("The answer is 12.50", "12.5", "12.5", "50"),
    ("The answer is .5", "0.5", "0.5", "5"),
    ("The answer is -0.0", "0", "0", "0"),
    ("balance = -$7", None, "-7", "7"),
    ("It fell from -3 to -5", None, "-5", "5"),
    ("It is 10-7", None, "7", "7"),
    ("It is (10)-7", None, "7", "7"),
    ("It is 10 - 7", None, "7", "7"),
    ("007", None, "7", "7"),
    # TeX
    (r"The answer is $1234$.", "1234", "1234", "1234"),
    (r"The answer is \(1{,}234\).", "1234", "1234", "234"),
    (r"The answer is \$12.", "12", "12", "12"),
    (r"Hence \boxed{-42}", "-42", "-42", "42"),
    (r"The answer is \boxed{42} apples.", "42", "42", "42"),
    (r"$$a = 3 \times 4 = 12$$ The answer is $12$.", "12", "12", "12"),
    (r"$x = \frac{1}{2}$", None, "2", "2"),
    # several "=": the authors take what follows the last one
    ("3 + 4 = 7, 7 * 2 = 14 apples for 9 people", None, "9", "9"),
    ("The answer is 7 (3 + 4 = x)", "7", "4", None),
    ("a = 1 = 2 =", None, "2", None),
    # the last statement counts, and only one that ends in a number
    ("The answer is 3. No, the answer is 4.", "4", "4", "4"),
    ("The answer is 3. So the answer is clear to all 9 of us.", "3", "9", "9"),
    ("The answer is not 5 but 7", None, "7", "7"),
    ("Here is the answer. It is 5", None, "5", "5"),
    ("Answers: 5", None, "5", "5"),
    # an expression is no final answer
    ("The answer is 3 + 4", None, "4", "4"),
    ("The answer is 3 + 4 = 7", None, "7", "7"),
    ("The answer is 1/2", None, "2", "2"),
    (r"The answer is $3 \times 4$", None, "4", "4"),
    ("The answer is 12 - a dozen", "12", "12", "12"),
]


@pytest.mark.parametrize(("text", "strict", "flexible", "authors"), TABLE)
def test_extraction_by_hand(text, strict, flexible, authors):
    assert extract(text, ended=True) == {"strict": strict, "flexible": flexible, "authors": authors}


def test_a_text_that_was_cut_off_states_no_answer():
    assert extract("The answer is 42", ended=False) == {"strict": None, "flexible": "42", "authors": "42"}


def test_thousands_of_digits_are_a_number_too():
    assert set(extract("The answer is " + "7" * 20_000, ended=True).values()) == {"7" * 20_000}


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9)


@given(
    NUMBERS, st.sampled_from(["The answer is {}.", "It costs = {}\n#### {}", "So \\boxed{{{}}}", "Answer: ${}$ in all"])
)
def test_every_number_is_read_back_with_and_without_commas(number, template):
    for text in (f"{number}", f"{number:,}"):
        found = extract(template.format(*[text] * template.count("{}")), ended=True)
        assert found["strict"] == found["flexible"] == canonical(str(number))
        assert Decimal(found["strict"]) == number


@given(st.text())
def test_any_text_gives_numbers_in_the_one_form_or_none(text):
    for extractor in EXTRACTORS.values():
        found = extractor(text, True)
        assert found is None or found == canonical(found)


@pytest.mark.parametrize(
    ("written", "form"),
    [("007.50", "7.5"), ("-0", "0"), ("100", "100"), ("1e3", "1000"), ("-9867630.0", "-9867630"), (".5", "0.5")],
)
def test_equal_values_are_equal_strings(written, form):
    assert canonical(written) == form


@pytest.mark.parametrize("written", ["", "nan", "inf", "ten", "1.2.3"])
def test_what_is_no_number_has_no_form(written):
    with pytest.raises(InvalidOperation):
        canonical(written)


# ---------------------------------------------------------------- gold answers, and the stage
@pytest.mark.parametrize(
    ("reference", "gold"), [("1,234", "1234"), (" 18 ", "18"), ("-3.50", "-3.5"), (7, "7"), (2.0, "2")]
)
def test_gold_answers_of_real_questions(reference, gold):
    assert gold_answer({"id": "q", "reference": reference}) == gold


@pytest.mark.parametrize("reference", [None, "", "a dozen", {}, True])
def test_a_question_without_a_number_cannot_be_counted(reference):
    with pytest.raises(InputError, match="'q7' has no number as its answer"):
        gold_answer({"id": "q7", "reference": reference})


@pytest.fixture(scope="module")
def problems():
    return [{**question, "source": "s"} for question in synthetic.questions("maths", "benchmark", 40, 3)]


@pytest.mark.parametrize("steps", [True, False])
@pytest.mark.parametrize("tex", [True, False])
@pytest.mark.parametrize("correct", [True, False])
def test_every_extractor_reads_the_answers_of_the_world(problems, steps, tex, correct):
    for problem in problems:
        text = synthetic.respond(problem, {"steps": steps, "tex": tex}, random.Random(problem["id"]), right=correct)
        (record,) = attempt_records([{"question_id": problem["id"], "text": text, "finish": "eos"}], problems)
        assert record["steps"] is steps, text
        assert record["correct"] == dict.fromkeys(EXTRACTORS, correct), (problem, text, record["answers"])


def test_the_stage_adds_what_was_found(tmp_path, problems, run_stage):
    gold = gold_answer(problems[0])
    raw = {"prompt_id": "p", "question_id": problems[0]["id"], "temperature": 1.0, "attempt": 0, "finish": "length"}
    write_jsonl(tmp_path / "questions.jsonl", problems[:1])
    write_jsonl(tmp_path / "raw.jsonl", [{**raw, "text": f"Well, it is {gold}"}, {**raw, "attempt": 1, "text": ""}])
    run_stage(
        stage, attempts=tmp_path / "raw.jsonl", questions=tmp_path / "questions.jsonl", out=tmp_path / "attempts.jsonl"
    )
    found, empty = read_jsonl(tmp_path / "attempts.jsonl")
    assert found == {
        **raw,
        "text": f"Well, it is {gold}",
        "steps": False,
        "answers": {"strict": None, "flexible": gold, "authors": gold},
        "correct": {"strict": False, "flexible": True, "authors": True},
    }
    assert empty["answers"] == dict.fromkeys(EXTRACTORS)
    assert empty["correct"] == dict.fromkeys(EXTRACTORS, False)
    assert empty["steps"] is False

    write_jsonl(tmp_path / "raw.jsonl", [{**raw, "question_id": "other", "text": ""}])
    with pytest.raises(InputError, match=r"raw\.jsonl: the attempt at question 'other' belongs to none"):
        run_stage(
            stage, attempts=tmp_path / "raw.jsonl", questions=tmp_path / "questions.jsonl", out=tmp_path / "again.jsonl"
        )

    write_jsonl(tmp_path / "questions.jsonl", problems[:2])
    write_jsonl(tmp_path / "raw.jsonl", [{**raw, "text": ""}])
    with pytest.raises(InputError, match=r"raw\.jsonl: 0 attempts at question .*, 1 at others; is the file cut short"):
        run_stage(
            stage, attempts=tmp_path / "raw.jsonl", questions=tmp_path / "questions.jsonl", out=tmp_path / "again.jsonl"
        )
