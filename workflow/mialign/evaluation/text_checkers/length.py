"""How long a text is: one short sentence or many; the result alone."""

import re

from mialign.evaluation.text_checkers.address import without_greeting
from mialign.evaluation.text_checkers.layout import BULLET, STEP, numbered_steps
from mialign.evaluation.text_checkers.reading import lines, prose, sentences, words

SHORT = 30  # the most words of a short sentence
LONG = 50  # the least words of a text at length
RESULT = 25  # the most words of a result alone

_REASONING = re.compile(
    r"(?<!\w)(?:because|since|first(?:ly)?,|then|next|steps?|we (?:can|need|know|have to|must)|let['’]s|let us)(?!\w)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"[\W\d_]*\Z")
_WORKING = re.compile(r"\d\s*(?:[-+*/×÷·−]|\\times|\\cdot|\\div)\s*\$?\d[^=\n]*=")


def one_short_sentence(text: str) -> bool:
    """One sentence on one line, behind a greeting or none, of at most SHORT words, not of numbers alone; no JSON,
    no code, no mark of a list.
    """
    text = without_greeting(text)
    found = lines(text)
    if len(found) != 1 or text.startswith(("{", "[", "`")) or BULLET.match(found[0]) or STEP.match(found[0]):
        return False
    return len(sentences(text)) == 1 and len(words(text)) <= SHORT and not _NUMBERS.match(text)


def at_length(text: str) -> bool:
    """Three sentences or items at least, and LONG words at least, outside of code."""
    found = prose(text)
    return len(sentences(found)) >= 3 and len(words(found)) >= LONG


def result_alone(text: str) -> bool:
    """One sentence of at most RESULT words, behind a greeting or none; no list, no reason, no working, no code."""
    text = without_greeting(text)
    found = lines(text)
    if "```" in text or any(BULLET.match(line) or STEP.match(line) for line in found):
        return False
    if numbered_steps(text) or _REASONING.search(text) or _WORKING.search(text):
        return False
    return len(sentences(text)) == 1 and len(words(text)) <= RESULT
