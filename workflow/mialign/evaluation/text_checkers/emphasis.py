"""Which words a text marks: some in bold, or none at all."""

import re

from mialign.evaluation.text_checkers.layout import BULLET
from mialign.evaluation.text_checkers.reading import prose, words

_BOLD = re.compile(r"(?<!\*)\*\*(?=[^\s*])([^\n]*?[^\s*])\*\*(?!\*)|(?<!\w)__(?=\w)([^\n_]*\w)__(?!\w)")
_MARK = re.compile(
    r"\*\*|(?<!\w)__|__(?!\w)|(?<![\w*])\*(?=[^\s*])[^*\n]*[^\s*]\*(?![\w*])|(?<!\w)_(?=\w)[^_\n]*\w_(?!\w)"
)


def bold_words(text: str) -> bool:
    """Some words between double asterisks, outside of code, and not more than three quarters of all."""
    found = prose(text)
    marked = sum(len(words(match[0])) for match in _BOLD.finditer(found))
    return marked > 0 and 4 * marked <= 3 * len(words(found))


def unmarked(text: str) -> bool:
    """No bold and no italics outside of code; an asterisk before a list item is none."""
    return not any(_MARK.search(BULLET.sub("", line)) for line in prose(text).splitlines())
