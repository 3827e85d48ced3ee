"""Reading free text: words, numbers, sentences, what is said and not denied, and whether it only rambles."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from mialign.core.numerals import canonical

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"(?:(?<![\w)\]}.])-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n+")
_DENIAL = re.compile(
    r"(?<!\w)(?:not(?!\s+(?:only|just|merely)\b)|cannot|never|neither|nor|nobody|none|nothing|no(?=\s+\w))(?!\w)"
    r"|n['’]t(?!\w)",
    re.IGNORECASE,
)
# A comma or an "and" ends a clause only before one of these: "not rope, figs and tea" denies all three.
_ANEW = (
    r"(?:it|he|she|they|we|i|this|there|do|does|did|is|are|was|were|has|have|had|will|would|can|could"
    r"|not|never|nor|cannot)(?!\w)"
)
_CLAUSE = re.compile(
    rf"[.!?;](?=\s|$)|\n|,\s*so(?!\w)|(?<!\w)(?:but|because|since)(?!\w)"
    rf"|(?:[,:–—-]|(?<!\w)(?:and|so)(?!\w))\s+(?:and\s+)?(?={_ANEW})",
    re.IGNORECASE,
)


@cache
def any_of(terms: Iterable[str]) -> re.Pattern:
    """One pattern for whole words or phrases in any case: "arr" is not in "carries"."""
    ordered = sorted(terms, key=len, reverse=True)
    body = "|".join(re.escape(term).replace(r"\ ", r"\s+") for term in ordered)
    return re.compile(rf"(?<!\w)(?:{body})(?!\w)", re.IGNORECASE)


def mentions(terms: tuple[str, ...], text: str) -> list[str]:
    """The terms (given in lower case or as names) that the text holds as whole words, in order, with repeats."""
    known = _lower(terms)
    return [known[" ".join(match[0].lower().split())] for match in any_of(terms).finditer(text)]


@cache
def _lower(terms: tuple[str, ...]) -> dict[str, str]:
    return {term.lower(): term for term in terms}


def words(text: str) -> list[str]:
    """The words of a text in lower case, without numbers and signs."""
    return _WORD.findall(text.lower())


def numbers(text: str) -> list[str]:
    """The numbers of a text without their commas: "1,204 and -3" gives 1204 and -3."""
    return [match.replace(",", "") for match in _NUMBER.findall(text)]


def last_number(text: str) -> str | None:
    """The last number of a text in its one form: "18.00" is 18."""
    found = numbers(text)
    return canonical(found[-1]) if found else None


def affirmed(text: str) -> str:
    """The text without the clauses that deny something: "It floats and does not sink" says that it floats.

    In doubt a clause is lost: "It was not Finn, Ada did it" says nothing.
    """
    if not _DENIAL.search(text):
        return text
    return ". ".join(clause.strip() for clause in _CLAUSE.split(text) if not _DENIAL.search(clause))


def sentences(text: str) -> list[str]:
    """Sentences and lines, in one spelling."""
    parts = (" ".join(_TOKEN.findall(part.lower())) for part in _SENTENCE.split(text))
    return [part for part in parts if part]


def rambles(text: str) -> bool:
    """Whether the text repeats itself: a line three times, a word four times on end, or few phrases over and over."""
    said = sentences(text)
    if said and max(Counter(said).values()) >= 3:
        return True
    tokens = _TOKEN.findall(text.lower())
    if any(len(set(tokens[start : start + 4])) == 1 and tokens[start].isalpha() for start in range(len(tokens) - 3)):
        return True
    if len(tokens) < 16:
        return False
    phrases = [tuple(tokens[start : start + 4]) for start in range(len(tokens) - 3)]
    return len(set(phrases)) < 0.6 * len(phrases)
