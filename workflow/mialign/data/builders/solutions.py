"""The model's own solutions, all of them or those whose answer is correct (STaR, arXiv 2203.14465).

Each question is answered under its evaluation prompt. With a `hint`, a template that shows the answer too, it is also
answered under that. With `keep: correct` the response is the plain one if its answer is correct, else the hinted
one if that is correct; else the question is dropped. What is kept stands under the prompt without the hint.

The published method asks for a hinted solution only where the first try failed. Here all questions are answered under
both prompts at once, since the graph of jobs is known before any of them. The kept texts have the same distribution:
how a hinted solution is sampled does not depend on the plain one.
"""

from collections.abc import Callable
from random import Random

from mialign.core.errors import InputError
from mialign.core.setting import Setting
from mialign.core.template import fill
from mialign.data.builders.record_size import RecordSize
from mialign.data.filters import ENDED
from mialign.data.gold_answers import gold_answer
from mialign.data.prompts import Prompts, check_template, evaluation, opening

SETTINGS = {
    "keep": Setting("any", {"enum": ["correct", "any"]}),
    "hint": Setting(None, {"$ref": "#/$defs/template"}),
}
TERM = {"chosen": [0, 0], "rejected": None, "weight": 1.0}


def record_size(settings: dict) -> RecordSize:
    """One response is kept of one, or of two if there is a hint."""
    return RecordSize(written=2 if "hint" in settings else 1, prompts=1, responses=1)


def reads_answers(settings: dict) -> bool:
    """Whether the set needs questions with a gold answer."""
    return settings["keep"] == "correct" or "hint" in settings


def supervision(settings: dict) -> list[str]:
    """Gold answers, where they choose solutions."""
    return ["gold answers"] if reads_answers(settings) else []


def check(settings: dict) -> None:
    """InputError for a hint that serves nothing, or lacks a field."""
    if "hint" not in settings:
        return
    if settings["keep"] == "any":
        raise InputError("hint: with keep: any every plain response is kept, and no hinted one; set keep: correct")
    check_template(
        "hint", settings["hint"], {"question", "answer"} | ({"opening"} if settings.get("openings") else set())
    )


def prompts(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """The evaluation prompt; with a hint the question is also answered under the prompt that shows its answer."""
    check(settings)
    plain = evaluation(question, principles, settings, rng)
    answer = gold_answer(question) if reads_answers(settings) else ""  # a question without one is refused here
    if "hint" not in settings:
        return plain
    fields = {"question": question["question"], "answer": answer, "opening": opening(settings)}
    return plain._replace(generation=[*plain.prompts, fill(settings["hint"], **fields)])


def selection(settings: dict, is_correct: Callable[[str, bool, str], bool]) -> Callable | None:
    """With `keep: correct`, a function of a prompt record and its responses: to the first that is correct, or to none.

    is_correct(text, ended, gold answer) says which are.
    """
    if settings["keep"] == "any":
        return None

    def select(prompt: dict, responses: list[dict]) -> list[dict]:
        gold = gold_answer({"id": prompt["question_id"], "reference": prompt["reference"]})
        correct = (n for n, one in enumerate(responses) if is_correct(one["text"], one["finish"] in ENDED, gold))
        return [{**responses[n], "hinted": n > 0} for n in correct][:1]

    return select


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """One prompt, without the hint, one response and one term a question.

    A hinted response says `hinted: true`, and has no place of a prompt: its own is not in the record.
    """
    return [_record(prompt, responses[prompt["id"]][0]) for prompt in chosen]


def _record(prompt: dict, response: dict) -> dict:
    hinted = response.get("hinted", False)
    return {
        "prompts": prompt["prompts"],
        "responses": [{**response, "prompt": None if hinted else 0, "hinted": hinted}],
        "terms": [TERM],
    }
