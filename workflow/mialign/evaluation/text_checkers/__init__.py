"""Checkers of any text: they tell by the form of an answer which side of a principle it follows.

Nothing is known of the question, so they serve any model and any question. The idea is that of verifiable instructions,
IFEval (Zhou et al. 2023, arXiv 2311.07911). Sides are as near to exclusive as can be; many a text follows neither.
"""

from collections.abc import Callable
from typing import NamedTuple

from mialign.evaluation.text_checkers import address, emphasis, layout, length, notation
from mialign.evaluation.text_checkers.reading import says_something, trimmed


class TextChecker(NamedTuple):
    """The two sides of a principle: does the text follow it?"""

    positive: Callable[[str], bool]
    antithesis: Callable[[str], bool]


TEXT_CHECKERS = {
    "bullets": TextChecker(layout.bulleted, layout.running_prose),
    "numbered": TextChecker(layout.numbered_steps, length.result_alone),
    "brief": TextChecker(length.one_short_sentence, length.at_length),
    "code": TextChecker(notation.fenced_code, notation.no_code),
    "latex": TextChecker(notation.in_latex, notation.plain_maths),
    "json": TextChecker(notation.in_json, notation.in_sentences),
    "first_person": TextChecker(address.first_person, address.third_person),
    "greeting": TextChecker(address.greets, address.no_greeting),
    "asks_back": TextChecker(address.ends_with_question, address.asks_nothing),
    "bold": TextChecker(emphasis.bold_words, emphasis.unmarked),
}


def follows_form(principle: str, side: str, text: str) -> bool:
    """Whether the text follows that side of a principle of TEXT_CHECKERS.

    A text without a word, or one that mostly repeats itself, follows none. White space at ends of lines does not count.
    """
    text = trimmed(text)
    return says_something(text) and getattr(TEXT_CHECKERS[principle], side)(text)


def side_of(principle: str, text: str) -> str:
    """Which side of a principle of TEXT_CHECKERS holds of the text: positive, antithesis, both or neither."""
    held = [side for side in TextChecker._fields if follows_form(principle, side, text)]
    return held[0] if len(held) == 1 else "both" if held else "neither"
