"""Extraction of numbers: a table of texts written by hand, and properties over all numbers."""

import random
import re
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.numerals import canonical
from mialign.data.gold_answers import gold_answer
from mialign.evaluation import answers
from mialign.evaluation.answers.numbers import EXTRACTORS
from mialign.evaluation.attempts import attempt_records
from scripts import extract as stage

extract = partial(answers.extract, kind="number")

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


WHOLE = [
    # how a number is written, its value
    ("1 234", "1234"),
    ("1 234 567.5", "1234567.5"),
    ("1\N{NO-BREAK SPACE}234", "1234"),
    ("1\N{NARROW NO-BREAK SPACE}234", "1234"),
    ("1\N{THIN SPACE}234\N{THIN SPACE}567", "1234567"),
    (r"1\,234", "1234"),
    (r"1\;234", "1234"),
    (r"1\ 234", "1234"),
    (r"11,\!111,\!111,\!100", "11111111100"),
    (r"1\!,234", "1234"),
    (r"1\text{,}234", "1234"),
    ("1&nbsp;234", "1234"),
    ("1'234'567", "1234567"),
    ("1_234", "1234"),
    ("1.234.567", "1234567"),
    ("1.234,56", "1234.56"),
    ("12,34,567", "1234567"),
    (r"3.141\,592", "3.141592"),
    ("1.5e3", "1500"),
    ("1.5E-3", "0.0015"),
    ("1.5 × 10^3", "1500"),
    ("1.5 x 10³", "1500"),
    (r"1.5 \times 10^{3}", "1500"),
    (r"2\cdot10^{-3}", "0.002"),
    ("2*10**3", "2000"),
    ("3 × 10⁻²", "0.03"),
    ("5 1/2", "5.5"),
    ("5½", "5.5"),
    (r"5\frac{1}{2}", "5.5"),
    (r"5 \tfrac34", "5.75"),
    ("-5 1/2", "-5.5"),
]


@pytest.mark.parametrize(("written", "value"), WHOLE)
@pytest.mark.parametrize(
    "frame", ["The answer is {}.", "#### {}", "So \\boxed{{{}}}", "Answer: ${}$", "The answer is {} km"]
)
def test_a_number_is_read_whole_however_it_is_written(written, value, frame):
    found = extract(frame.format(written), ended=True)
    assert (found["strict"], found["flexible"]) == (value, value)
    assert gold_answer({"id": "q", "reference": written}) == value


@pytest.mark.parametrize(
    "written", ["5 1/3", r"5\frac{1}{3}", "5⅓", "1e999999999", "1e-999999999", r"2 \times 10^{999999999}"]
)
def test_a_number_without_decimals_that_can_be_written_is_no_answer(written):
    found = extract(f"The answer is {written}.", ended=True)
    assert (found["strict"], found["flexible"]) == (None, None)


PIECES = [
    # products, sums, powers, roots, fractions
    "5 × 3 = 15", "5 x 3", "5x3", "5 * 3", r"5 \cdot 3", "5(3)", r"5\left(3\right)", "**5** × 3", "$5$ × 3 = 15",
    "5 × n",
    "5x", "5 x", "3 + x", "5 - y", "5π", r"5\pi", r"5\sqrt{2}", "5√2", "5²", "5² = 25", "5^2", "2**3", r"5^{n}",
    "10^3", "10³",
    "5!/3", "5! = 120", "5 / 2", "5 ÷ 2", r"5 \div 2", "5 apples × 3 = 15", "5 kg + 3 kg", "5 × three", "20% × 50",
    "5 times 3", "5 plus 3", "5 divided by 2", "5 squared", "5 to the power of 2", "5 mod 3", "5 more than 8", "0x1F",
    "5.5½",
    # shares
    "20% of 50", r"20\% of 50", "5 percent of 80", "5 out of 8", "5 of 8", "1 in 4", "5 per 100", "5 : 8", "5:8",
    # larger and smaller numbers in words
    "5 thousand", "2.5 million", "$5 million", "5k", "5 M", "3 dozen", "3 tenths", r"5 \text{ million}",
    "5 and a half", "5 and three quarters", "2 hours and a half", "5 remainder 3", "5 R3",
    # two units
    "5 feet 3 inches", "5 ft. 3 in.", "5'3\"", "2 hours and 30 minutes", "2 hours, 30 minutes", "2h30", "2h 30m",
    "$3 and 50 cents", "5° 30′", r"5\text{ feet }3\text{ inches}",
    # ranges, alternatives, lists
    "5-7", "5–7", "5 to 7", "5~7", "5..7", "5%-7%", "$5 - $7", "5 ± 1", r"5 \pm 1", "5 < x < 7", "5 or 6", "5 and 6",
    "12, 13, and 14", "12; 14", "12 14", "1, 234", "1,2,3", "3,5", "1{,}5", "5+",
    # times, dates, places, bases
    "5:30", "7pm", "7 a.m.", "7 o'clock", "2024-08-06", "5/6/2024", "5.6.2024", "12 May 2024", "5 May", "3rd",
    "21st place",
    "101_2", r"5_{10}", "1.2.3",
    # decimals that go on
    "0.333...", r"0.\overline{3}", r"0.3\overline{3}", "0.(3)",
]  # fmt: skip


@pytest.mark.parametrize("said", PIECES)
@pytest.mark.parametrize("frame", ["The answer is {}.", "The answer is {} in total", "#### {}", "So \\boxed{{{}}}"])
def test_a_piece_of_what_is_said_is_no_answer(said, frame):
    assert extract(frame.format(said), ended=True)["strict"] is None


ALONE = [
    "5", "5 apples", "**5**", "5%", r"5\%", "5kg", "5 km/h", r"5\,\text{cm}", "5 cm²", r"5\text{ m}^2", r"5^\circ",
    "5°",
    "$5/hour", "5 dollars a week", "5 times as many", "5 apples for 9 people", "5 packs of 10", "5 apples in 3 baskets",
    "5 in 4 days", "5 because 2 + 3 = 5", "5 (2 + 3)", "5, since 2 + 3 = 5", "5; so 3 are left", "5: 2 + 3",
    "5! So 2 + 3 is it",
    "5.\n2 + 3", "5\nStep 3", "5 - a dozen less", "5 more limbs than five others", "5 18-inch boards", "5-year-olds",
    "5 </answer>",
    "5 🎉", "5 students got B and above", "5.So it is", "5 over 3 days", "5 quarters",
]  # fmt: skip


@pytest.mark.parametrize("said", ALONE)
@pytest.mark.parametrize("frame", ["The answer is {}", "Answer: {}", "#### {}"])
def test_a_unit_or_a_reason_after_a_number_takes_nothing_from_it(said, frame):
    assert extract(frame.format(said), ended=True)["strict"] == "5"


def test_a_last_statement_that_is_no_number_of_its_own_is_not_replaced_by_an_earlier_one():
    assert extract("The answer is 5. No, the answer is 5 × 3 = 15.", ended=True)["strict"] is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from("+-*/×÷·=^~:–"), st.sampled_from(["", " ", r"\,"]))
def test_a_formula_of_two_numbers_states_neither(one, other, sign, space):
    assert extract(f"The answer is {one}{space}{sign}{space}{other}.", ended=True)["strict"] is None


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
    [
        ("1e300", "1" + "0" * 300),
        ("007.50", "7.5"),
        ("-0", "0"),
        ("100", "100"),
        ("1e3", "1000"),
        ("-9867630.0", "-9867630"),
        (".5", "0.5"),
    ],
)
def test_equal_values_are_equal_strings(written, form):
    assert canonical(written) == form


@pytest.mark.parametrize("written", ["", "nan", "inf", "ten", "1.2.3", "1e999999999", "-1e-999999999"])
def test_what_is_no_number_has_no_form(written):
    with pytest.raises(InvalidOperation):
        canonical(written)


# ---------------------------------------------------------------- gold answers, and the stage
@pytest.mark.parametrize(
    ("reference", "gold"),
    [("1,234", "1234"), (" 18 ", "18"), ("-3.50", "-3.5"), (7, "7"), (2.0, "2"), (1e23, "1" + "0" * 23), ("+5.", "5")],
)
def test_gold_answers_of_real_questions(reference, gold):
    assert gold_answer({"id": "q", "reference": reference}) == gold


NO_NUMBERS = [
    None,
    "",
    "a dozen",
    {},
    True,
    "3,5",
    "1,2,3",
    "1_2",
    "5 6",
    "1/2",
    "5 1/3",
    "$5",
    "5%",
    "1e999999999",
    1e999,
]


@pytest.mark.parametrize("reference", NO_NUMBERS)
def test_a_question_without_a_number_cannot_be_counted(reference):
    with pytest.raises(InputError, match="'q7' has no number or letter as its answer"):
        gold_answer({"id": "q7", "reference": reference})


@pytest.fixture(scope="module")
def problems():
    return [{**question, "source": "s"} for question in synthetic.questions("maths", "benchmark", 40, 3)]


@pytest.mark.parametrize("steps", [True, False])
@pytest.mark.parametrize("tex", [True, False])
@pytest.mark.parametrize("correct", [True, False])
def test_every_extractor_reads_the_answers_of_the_world(problems, steps, tex, correct):
    for problem in problems:
        text = synthetic.respond(problem, {"steps": steps, "tex": tex}, random.Random(problem["id"]), correct=correct)
        (record,) = attempt_records([{"question_id": problem["id"], "text": text, "finish": "eos"}], problems)
        assert record["steps"] is steps, text
        assert record["correct"] == dict.fromkeys(EXTRACTORS, correct), (problem, text, record["answers"])


def test_the_stage_adds_what_was_found(tmp_path, problems, run_stage):
    gold = gold_answer(problems[0])
    raw = {"prompt_id": "p", "question_id": problems[0]["id"], "temperature": 1.0, "attempt": 0, "finish": "length"}
    write_jsonl(tmp_path / "questions.jsonl", problems[:1])
    write_jsonl(tmp_path / "raw.jsonl", [{**raw, "text": f"Well, it is {gold}"}, {**raw, "attempt": 1, "text": ""}])
    run_stage(
        stage, solutions=tmp_path / "raw.jsonl", questions=tmp_path / "questions.jsonl", out=tmp_path / "attempts.jsonl"
    )
    found, empty = read_jsonl(tmp_path / "attempts.jsonl")
    assert found == {
        **raw,
        "source": problems[0]["source"],
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
            stage,
            solutions=tmp_path / "raw.jsonl",
            questions=tmp_path / "questions.jsonl",
            out=tmp_path / "again.jsonl",
        )

    write_jsonl(tmp_path / "questions.jsonl", problems[:2])
    write_jsonl(tmp_path / "raw.jsonl", [{**raw, "text": ""}])
    with pytest.raises(InputError, match=r"raw\.jsonl: 0 attempts at question .*, 1 at others; is the file cut short"):
        run_stage(
            stage,
            solutions=tmp_path / "raw.jsonl",
            questions=tmp_path / "questions.jsonl",
            out=tmp_path / "again.jsonl",
        )


def test_no_group_is_possessive():
    """Python before 3.11.5, as Debian 12 has it, matches such a group wrongly; an atomic one says the same."""
    library = Path(__file__).parents[2] / "workflow/mialign"
    texts = {path: path.read_text(encoding="utf-8") for path in library.rglob("*.py")}
    assert [
        path.name for path, text in texts.items() if re.search(r"(?<!\\)\)(?:[*+?]|\{+[0-9,]+\}+)\+[^+]", text)
    ] == []
