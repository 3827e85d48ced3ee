"""All checkers of principles by name: those of our world, which know its questions, and those of any text."""

from collections.abc import Iterable

from mialign import synthetic
from mialign.evaluation.text_checkers import TEXT_CHECKERS, follows_form


def unchecked(principles: Iterable[str]) -> list[str]:
    """Those of the principles that no checker knows: whether a text follows them is for a judge that reads it."""
    return [name for name in principles if name not in synthetic.CHECKERS and name not in TEXT_CHECKERS]


def follows(principle: str, side: str, text: str, question: dict) -> bool:
    """Whether the text, an answer to the question, follows that side of the principle."""
    if principle in TEXT_CHECKERS:
        return follows_form(principle, side, text)
    return synthetic.follows(principle, side, text, question)
