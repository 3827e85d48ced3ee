"""Words of a text, and n-grams of words."""

import re
from collections.abc import Sequence


def words(text: str) -> list[str]:
    """The words of a text in small letters, without punctuation."""
    return re.findall(r"\w+", text.lower())


def ngrams(found: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All n words in a row, in order."""
    return list(zip(*(found[start:] for start in range(n)), strict=False))
