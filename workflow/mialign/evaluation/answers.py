"""The final answer of a worked problem, extracted in three ways, and whether it is the right one.

strict    The number of the last explicit statement of an answer, in a text that ended: after "####", after "answer is"
          or "answer:" (in any case), or in \\boxed{}. Only signs of formatting may stand between the statement and
          the number ("= $", "\\(", "**"), and the number must stand for itself (mialign.standing): "the answer is
          3 + 4" or "5 feet 3 inches" states none.
flexible  The last number anywhere in the text, with sign and decimals, and whole: of 1 234 or 1.5e3 no piece is taken.
          A "-" after a digit, letter or closing bracket is a minus, not a sign.
authors   What the code of the paper's authors takes: of the text after the last "=", or all of it if there is none,
          without commas, the last run of digits. Signs and decimals are lost: -12.50 gives 50.

The authors' rule and the flexible one take an answer also from a text that was cut off, as the paper's evaluation does.
How numbers may be written is said in mialign.core.numerals. Here they are in one form (no commas, no leading or closing
zeros), so equal values are equal strings; one that has none, such as 5 1/3 or 1e999999999, is no answer.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.core.numerals import NUMBER, canonical, number, plain, value
from mialign.data.filters import ENDED
from mialign.evaluation.answer_context import stands

_CURRENCY = r"\\?[$€£]?"
_NUMBER = re.compile(rf"(?:(?<![0-9A-Za-z)\]}}.])(?P<sign>-))?{_CURRENCY}{NUMBER}")
_STATEMENT = re.compile(
    r"(?i:####|\banswer(?: is|:)|\\boxed\{)"
    r"(?:[\s:=*$]|\\[(\[$]|\\boxed\{|\\text\{)*+"
    rf"(?P<sign>-)?{_CURRENCY}{NUMBER}"
)


def strict(text: str, ended: bool) -> str | None:
    """The last answer that is stated as such; see the module."""
    match = _last(_STATEMENT, text) if ended else None
    return value(match) if match and stands(match) else None


def flexible(text: str, ended: bool) -> str | None:
    """The last number; see the module."""
    match = _last(_NUMBER, text)
    return match and value(match)


def authors(text: str, ended: bool) -> str | None:
    """The last digits after the last "="; see the module."""
    runs = re.findall("[0-9]+", text.rpartition("=")[2].replace(",", ""))
    return canonical(runs[-1]) if runs else None


EXTRACTORS: dict[str, Callable[[str, bool], str | None]] = {"strict": strict, "flexible": flexible, "authors": authors}


def extract(text: str, ended: bool) -> dict[str, str | None]:
    """Extractor -> the answer it finds, None if it finds none."""
    return {name: extractor(text, ended) for name, extractor in EXTRACTORS.items()}


def gold_answer(question: dict) -> str:
    """The number that a question's reference states; InputError if it has none."""
    reference = question["reference"]
    if isinstance(reference, dict):
        reference = reference.get("answer")
    gold = number(str(reference))
    if gold is None:
        raise InputError(
            f"the question {question['id']!r} has no number as its answer (reference: {question['reference']!r:.200}), "
            "so attempts at it cannot be counted; give it one or remove it"
        )
    return gold


def check_whole(attempts: list[dict], questions: list[dict]) -> None:
    """Every question has been attempted, and all as often."""
    counts = Counter({question["id"]: 0 for question in questions})
    counts.update(attempt["question_id"] for attempt in attempts)
    fewest = min(counts, key=counts.get)
    if counts.keys() == {question["id"] for question in questions} and counts[fewest] != max(counts.values()):
        raise InputError(
            f"{counts[fewest]} attempts at question {fewest!r}, {max(counts.values())} at others; is the file cut "
            "short? Delete it and run the workflow again"
        )


def attempt_records(attempts: Iterable[dict], questions: Iterable[dict]) -> Iterator[dict]:
    """The attempts with what was found in them added: steps, answers and correct."""
    by_id = {question["id"]: question for question in questions}
    for attempt in attempts:
        if attempt["question_id"] not in by_id:
            raise InputError(f"the attempt at question {attempt['question_id']!r} belongs to none of the questions")
        question, text = by_id[attempt["question_id"]], attempt["text"]
        answers, gold = extract(text, attempt["finish"] in ENDED), gold_answer(question)
        yield {
            **attempt,
            "steps": synthetic.follows("steps", "positive", text, question),
            "answers": answers,
            "correct": {name: answer == gold for name, answer in answers.items()},
        }


def _last(pattern: re.Pattern, text: str) -> re.Match | None:
    matches = deque(pattern.finditer(plain(text)), maxlen=1)
    return matches[0] if matches else None
