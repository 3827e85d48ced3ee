"""The checkers applied to responses: how much of its constitution each follows, and whether its content is correct."""

from collections.abc import Iterable

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.data.filters import ENDED
from mialign.data.gold_answers import answer_kind, gold_answer
from mialign.data.pairs import openings_by_prompt
from mialign.evaluation.answers import is_correct
from mialign.evaluation.checkers import follows, unchecked
from mialign.evaluation.text_checkers import TEXT_CHECKERS, side_of


def score_records(responses: Iterable[dict], prompts: Iterable[dict]) -> list[dict]:
    """The records of scores/, one for each response, in the order of the responses."""
    by_id = {prompt["id"]: prompt for prompt in prompts}
    records = []
    for response in responses:
        if response["prompt_id"] not in by_id:
            raise InputError(f"the response to prompt {response['prompt_id']!r} belongs to none of the prompts")
        prompt, ended = by_id[response["prompt_id"]], response["finish"] in ENDED
        records.append(
            {
                "prompt_id": prompt["id"],
                "category": prompt["category"],
                "temperature": response["temperature"],
                "adherence": adherence(prompt, response["text"], ended),
                "correct": correct(prompt, response["text"], ended),
                "ended": ended,
                "tokens": response["tokens"],
                **({"sides": sides} if (sides := text_sides(prompt, response["text"])) else {}),
            }
        )
    return records


def writer_records(generations: Iterable[dict], prompts: Iterable[dict], temperature: float) -> list[dict]:
    """The same of what was written for a set of pairs, each text by the constitution that it was written under.

    generations: records of generations/, sampled at this temperature; prompts: of the set, with a constitution for each
    prompt. The prompt_id of a score is ID/NUMBER, by the number of the prompt. What the writer was made to begin with
    belongs to the text, as it does in a pair.
    """
    prompts = list(prompts)
    begun = openings_by_prompt(prompts)
    asked = [
        {**prompt, "id": f"{prompt['id']}/{number}", "constitutions": [constitution]}
        for prompt in prompts
        for number, constitution in enumerate(prompt["constitutions"])
    ]
    written = [
        {
            **one,
            "prompt_id": f"{one['prompt_id']}/{one['prompt']}",
            "temperature": temperature,
            "text": begun.get((one["prompt_id"], one["prompt"]), "") + one["text"],
        }
        for one in generations
    ]
    return score_records(written, asked)


def text_sides(prompt: dict, text: str) -> list[list[str]]:
    """[principle, side asked for, what holds] of each principle of the prompt's first constitution that can be checked
    on any text. positive, antithesis, both or neither may hold of it, whether it ended or not.
    """
    asked = prompt["constitutions"][0]["principles"]
    return [[name, side, side_of(name, text)] for name, side in asked if name in TEXT_CHECKERS]


def adherence(prompt: dict, text: str, ended: bool) -> float | None:
    """The share of the prompt's first constitution that the text follows; 0 if it is empty.

    A text that was cut follows no principle of our world, whose answers are short. A principle of TEXT_CHECKERS is
    about form, and of a cut text the form of what was written is told. None where a principle has no checker, or there
    are none: users may state what they want in their own words.
    """
    principles = prompt["constitutions"][0]["principles"]
    if not principles or unchecked(name for name, _ in principles):
        return None
    if not text.strip():
        return 0.0
    question = question_of(prompt)
    told = [(name, side) for name, side in principles if ended or name in TEXT_CHECKERS]
    return sum(follows(name, side, text, question) for name, side in told) / len(principles)


def correct(prompt: dict, text: str, ended: bool) -> bool | None:
    """Whether the content is correct; None if that cannot be known, False if the text did not end."""
    question = question_of(prompt)
    if answer_kind(question["reference"]) == "letter":
        return ended and is_correct(text, ended, gold_answer(question), "flexible")
    verdict = synthetic.correct(text=text, question=question)
    return verdict if verdict is None else bool(verdict) and ended


def question_of(prompt: dict) -> dict:
    """The question record inside a prompt record."""
    return {
        "id": prompt["question_id"],
        "category": prompt["category"],
        "question": prompt["question"],
        "reference": prompt["reference"],
    }
