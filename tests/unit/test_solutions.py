"""The builder of solutions: which prompts ask, which response is kept, and what is dropped; worked out by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.builders import record_size, solutions
from mialign.data.pairs import select_pairs
from mialign.data.prompts import prompt_records, to_generate
from mialign.evaluation.answers import is_correct
from scripts import pairs as stage

EXPERIMENT = {
    "experiment": "maths",
    "seed": 1,
    "template": "{constitution} {question} {opening}",
    "openings": {"principle": "steps", "positive": "Let us see.", "antithesis": "At once."},
    "evaluation": {"template": "Q: {question}\nA: {opening}\n", "opening": "positive"},
}
HINT = "Q: {question} (It is {answer}.)\nA: {opening}\n"
CORRECT = {"keep": "correct"}
HINTED = {"keep": "correct", "hint": HINT}
ANY = {"keep": "any"}


def question(number: int, reference="5") -> dict:
    return {"id": f"q{number}", "category": "math", "question": f"{number} {{answer}}?", "reference": reference}


def prompts(questions: list[dict], block: dict) -> list[dict]:
    return prompt_records(questions, None, "train", {**EXPERIMENT, **block}, solutions.prompts)


def generations(prompts: list[dict], texts: list[tuple[str, ...]], finish: str = "eos") -> list[dict]:
    return [
        {"prompt_id": prompt["id"], "prompt": place, "text": text, "finish": finish, "writer": "w"}
        for prompt, own in zip(prompts, texts, strict=True)
        for place, text in enumerate(own)
    ]


def selected(block: dict, asked: list[dict], texts: list[tuple[str, ...]], finish: str = "eos", **more):
    wanted = {"builder": "solutions", "filters": {}, "size": len(asked), "seed": 1, **block, **more}
    return select_pairs(asked, generations(asked, texts, finish), wanted, is_correct)


# ---------------------------------------------------------------- prompts
def test_the_prompt_is_that_of_evaluation_and_the_hint_is_only_generated_with():
    (plain,) = prompts([question(1)], CORRECT)
    assert plain["prompts"] == to_generate(plain) == ["Q: 1 {answer}?\nA: Let us see.\n"]
    (hinted,) = prompts([question(1)], HINTED)
    assert hinted["prompts"] == plain["prompts"]
    assert to_generate(hinted) == [*plain["prompts"], "Q: 1 {answer}? (It is 5.)\nA: Let us see.\n"]
    assert [record_size({"builder": "solutions", **block}) for block in (CORRECT, HINTED)] == [(1, 1, 1), (2, 1, 1)]


def test_a_hint_shows_the_answer_in_the_form_in_which_it_is_compared():
    for reference, shown in (("1,234", "1234"), ({"kind": "days", "answer": 7}, "7"), ("B", "B")):
        (record,) = prompts([question(1, reference)], HINTED)
        assert f"(It is {shown}.)" in record["generation_prompts"][1]


@pytest.mark.parametrize("block", [CORRECT, HINTED])
def test_a_question_without_an_answer_is_named_before_anything_is_written(block):
    with pytest.raises(InputError, match="the question 'q2' has no number or letter as its answer"):
        prompts([question(1), question(2, None)], block)
    prompts([question(1), question(2, None)], ANY)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({**HINTED, "keep": "any"}, "hint: with keep: any every plain response is kept, and no hinted one"),
        ({**CORRECT, "hint": "{question} {opening}"}, "hint: the field {answer} is missing"),
        ({**CORRECT, "hint": "{answer} {opening}"}, "hint: the field {question} is missing"),
        ({**CORRECT, "hint": "{question} {answer}"}, "hint: the field {opening} is missing"),
        ({**CORRECT, "hint": HINT + "{constitution}"}, "hint: there is nothing to fill the field {constitution} with"),
    ],
)
def test_a_hint_that_cannot_be_used_is_refused(block, message):
    with pytest.raises(InputError) as caught:
        prompts([question(1)], block)
    assert str(caught.value).startswith(message)


# ---------------------------------------------------------------- what is kept
TEXTS = [
    ("The answer is 5.", "The answer is 5, of course."),  # both correct: the plain one
    ("The answer is 6.", "The answer is 5."),  # the hinted one is correct
    ("The answer is 6.", "The answer is 7."),  # none is
    ("It is 5", "I see 5"),  # nothing is stated
]


def test_the_plain_response_is_kept_if_it_is_correct_and_else_the_hinted_one():
    asked = prompts([question(number) for number in range(4)], HINTED)
    found = selected(HINTED, asked, TEXTS)
    assert found.table == [
        {"filter": "generated", "dropped": 0, "kept": 4},
        {"filter": "correct", "dropped": 2, "kept": 2},
        {"filter": "empty", "dropped": 0, "kept": 2},
        {"filter": "identical", "dropped": 0, "kept": 2},
        {"filter": "size", "dropped": 0, "kept": 2},
    ]
    first, second = found.pairs
    assert (first["question_id"], first["prompts"], first["terms"]) == (
        "q0",
        ["Q: 0 {answer}?\nA: Let us see.\n"],
        [{"chosen": [0, 0], "rejected": None, "weight": 1.0}],
    )
    assert first["responses"] == [
        {"text": "The answer is 5.", "finish": "eos", "writer": "w", "prompt": 0, "hinted": False}
    ]
    assert second["prompts"] == ["Q: 1 {answer}?\nA: Let us see.\n"]
    assert second["responses"] == [
        {"text": "The answer is 5.", "finish": "eos", "writer": "w", "prompt": None, "hinted": True}
    ]
    assert [(row["filter"], row["response_1"], row["response_2"]) for row in found.examples] == [
        ("correct", "The answer is 6.", "The answer is 7."),
        ("correct", "It is 5", "I see 5"),
    ]


def test_without_a_hint_only_the_first_try_counts():
    asked = prompts([question(number) for number in range(4)], CORRECT)
    found = selected(CORRECT, asked, [own[:1] for own in TEXTS])
    assert [pair["question_id"] for pair in found.pairs] == ["q0"]
    assert {"filter": "correct", "dropped": 3, "kept": 1} in found.table


def test_unfiltered_keeps_every_plain_response():
    asked = prompts([question(number) for number in range(4)], ANY)
    found = selected(ANY, asked, [own[:1] for own in TEXTS])
    assert [pair["responses"][0]["text"] for pair in found.pairs] == [own[0] for own in TEXTS]
    assert not any(pair["responses"][0]["hinted"] for pair in found.pairs)
    assert [row["filter"] for row in found.table] == ["generated", "empty", "identical", "size"]


def test_the_filters_look_at_what_is_kept():
    asked = prompts([question(number) for number in range(2)], HINTED)
    texts = [("The answer is 5.", "Hint: the answer is 5."), ("No.", "Hint: the answer is 5.")]
    found = selected(HINTED, asked, texts, filters={"forbidden": ["Hint"]})
    assert [pair["question_id"] for pair in found.pairs] == ["q0"]
    assert {"filter": "forbidden", "dropped": 1, "kept": 1} in found.table


def test_a_choice_is_correct_by_its_letter():
    asked = prompts([question(1, "B"), question(2, "C")], CORRECT)
    found = selected(CORRECT, asked, [("The answer is (B).",), ("The answer is (B).",)])
    assert [pair["question_id"] for pair in found.pairs] == ["q1"]


@pytest.mark.parametrize(("texts", "finish"), [([("No.", "No.")] * 3, "eos"), (TEXTS[:2], "length")])
def test_no_correct_solution_at_all_is_told(texts, finish):
    asked = prompts([question(number) for number in range(len(texts))], HINTED)
    with pytest.raises(InputError) as caught:
        selected(HINTED, asked, texts, finish)
    assert str(caught.value) == (
        f"no pair is left: of {len(texts)} questions the filters dropped correct {len(texts)}. Most were lost to "
        "correct: take easier questions, a writer that solves more of them, or another hint"
    )


ANSWERS = st.sampled_from(["The answer is 5.", "The answer is 6.", "5", "", "The answer is 5 or 6."])


@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=12), st.booleans())
def test_what_is_kept_is_correct_and_never_stored_with_the_hint(texts, with_hint):
    block = HINTED if with_hint else CORRECT
    asked = prompts([question(number) for number in range(len(texts))], block)
    texts = [own if with_hint else own[:1] for own in texts]
    solved = [[is_correct(text, True, "5") for text in own] for own in texts]
    if not any(any(own) for own in solved):
        with pytest.raises(InputError, match="no pair is left"):
            selected(block, asked, texts)
        return
    found = selected(block, asked, texts)
    assert [pair["question_id"] for pair in found.pairs] == [f"q{n}" for n, own in enumerate(solved) if any(own)]
    for pair in found.pairs:
        (prompt,), (response,) = pair["prompts"], pair["responses"]
        assert is_correct(response["text"], True, "5")
        assert "It is 5" not in prompt
        assert response["hinted"] is (not solved[int(pair["question_id"][1:])][0])


def test_a_control_of_the_same_size_is_the_same_questions_texts_of_the_same_prompts():
    questions = [question(number) for number in range(4)]
    texts = [own[:1] for own in TEXTS]
    of_correct, of_any = (selected(block, prompts(questions, block), texts, size=1) for block in (CORRECT, ANY))
    assert len(of_correct.pairs) == len(of_any.pairs) == 1
    (record,) = of_correct.pairs
    same = [pair for pair in selected(ANY, prompts(questions, ANY), texts).pairs if pair["id"] == record["id"]]
    assert same == [record]


# ---------------------------------------------------------------- shortfall, and the stage
@pytest.mark.parametrize(("shortfall", "passes"), [(None, True), (1, True), (0.5, True), (0.49, False), (0, False)])
def test_a_set_may_fall_short_of_its_size_by_its_shortfall(shortfall, passes):
    asked = prompts([question(number) for number in range(4)], HINTED)
    more = {} if shortfall is None else {"shortfall": shortfall}
    if passes:
        assert len(selected(HINTED, asked, TEXTS, **more).pairs) == 2
        return
    with pytest.raises(InputError) as caught:
        selected(HINTED, asked, TEXTS, **more)
    assert str(caught.value) == (
        f"2 of 4 pairs are missing, more than a shortfall of {shortfall} allows: the filters dropped correct 2 of "
        "4 questions; lower size to 2 or less, raise shortfall or loosen filters, and the texts there are serve again; "
        "or take more questions"
    )


def test_with_no_shortfall_a_set_has_exactly_its_size():
    asked = prompts([question(number) for number in range(4)], HINTED)
    assert len(selected(HINTED, asked, TEXTS, size=2, shortfall=0).pairs) == 2


def test_the_stage_writes_what_is_correct(tmp_path, run_stage):
    asked = prompts([question(number) for number in range(4)], HINTED)
    write_jsonl(tmp_path / "prompts.jsonl", asked)
    write_jsonl(tmp_path / "generations.jsonl", generations(asked, TEXTS))
    wanted = {"builder": "solutions", "filters": {"ended": True}, "size": 2, "shortfall": 0, "seed": 1, **HINTED}
    names = {"prompts": "prompts.jsonl", "generations": "generations.jsonl"}
    names |= {"out": "pairs.jsonl", "table": "filters.csv", "examples": "examples.csv"}
    files = {name: tmp_path / file for name, file in names.items()}
    run_stage(stage, settings=json.dumps(wanted), **files)
    assert [pair["responses"][0]["hinted"] for pair in read_jsonl(tmp_path / "pairs.jsonl")] == [False, True]
    assert (tmp_path / "filters.csv").read_text() == (
        "filter,dropped,kept\ngenerated,0,4\ncorrect,2,2\nended,0,2\nempty,0,2\nidentical,0,2\nsize,0,2\n"
    )
    assert (tmp_path / "examples.csv").read_text().startswith("filter,question,response_1,response_2\ncorrect,2 ")
    with pytest.raises(InputError, match=r"generations\.jsonl: 1 of 3 pairs are missing"):
        run_stage(stage, settings=json.dumps(wanted | {"size": 3}), **files)
