"""The gold answer of a question, with which answers are compared: a number in its one form, or a choice's letter."""

from mialign.core.errors import InputError
from mialign.core.numerals import number

LETTERS = "ABCDEFGHIJ"  # of the choices of a question, in their order


def answer_kind(reference) -> str | None:
    """Whether a reference states a "number" or the "letter" of a choice; None if it is another answer, or none."""
    stated = _stated(reference)
    if len(stated) == 1 and stated in LETTERS:
        return "letter"
    return None if number(stated) is None else "number"


def gold_answer(question: dict) -> str:
    """The number or letter that the reference of a question (id, reference) states; InputError if it has neither."""
    stated = _stated(question["reference"])
    match answer_kind(stated):
        case "letter":
            return stated
        case "number":
            return number(stated)
    raise InputError(
        f"the question {question['id']!r} has no number or letter as its answer (reference: "
        f"{question['reference']!r:.200}), so no answer to it can be counted as correct; give it one or remove it"
    )


def _stated(reference) -> str:
    answer = reference.get("answer") if isinstance(reference, dict) else reference
    return str(answer).strip()
