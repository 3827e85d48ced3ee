"""The records of attempts: which answers were found in each, which are correct, and whether it goes step by step."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.data.filters import ENDED
from mialign.data.gold_answers import answer_kind, gold_answer
from mialign.evaluation.answers import extract


def check_whole(attempts: list[dict], questions: list[dict]) -> None:
    """Every question has been attempted, all as often, and all answers are of one kind."""
    first = {answer_kind(question["reference"]): question["id"] for question in reversed(questions)}
    if {"number", "letter"} <= first.keys():
        raise InputError(
            f"the answer to {first['number']!r} is a number and that to {first['letter']!r} a letter, which are "
            "extracted in different ways; give each kind an experiment of its own"
        )
    counts = Counter({question["id"]: 0 for question in questions})
    counts.update(attempt["question_id"] for attempt in attempts)
    fewest = min(counts, key=counts.get)
    if counts.keys() == {question["id"] for question in questions} and counts[fewest] != max(counts.values()):
        raise InputError(
            f"{counts[fewest]} attempts at question {fewest!r}, {max(counts.values())} at others; is the file cut "
            "short? Delete it and run the workflow again"
        )


def attempt_records(attempts: Iterable[dict], questions: Iterable[dict]) -> Iterator[dict]:
    """The attempts with what was found in them added: steps, answers and correct, and the source of the question."""
    by_id = {question["id"]: question for question in questions}
    for attempt in attempts:
        if attempt["question_id"] not in by_id:
            raise InputError(f"the attempt at question {attempt['question_id']!r} belongs to none of the questions")
        question, text = by_id[attempt["question_id"]], attempt["text"]
        gold = gold_answer(question)
        answers = extract(text, attempt["finish"] in ENDED, answer_kind(gold))
        yield {
            **attempt,
            **({"source": question["source"]} if "source" in question else {}),
            "steps": synthetic.follows("steps", synthetic.POSITIVE, text, question),
            "answers": answers,
            "correct": {name: answer == gold for name, answer in answers.items()},
        }
