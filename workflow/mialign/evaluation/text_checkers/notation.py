"""Which notation a text has: code in a fence or none, LaTeX or plain maths, JSON or sentences."""

import json
import re
from collections.abc import Iterator

from mialign.evaluation.text_checkers.layout import in_whole_sentences
from mialign.evaluation.text_checkers.reading import CODE_LINE, words
from mialign.synthetic.checkers import form
from mialign.synthetic.checkers.working import TEX, TEX_SIGN

ATTEMPTS = 50  # brackets at which JSON may begin

_KEY = re.compile(r"[\"'][\w -]+[\"']\s*:")
_COMMAND = re.compile(r"\\[A-Za-z]+|[\^_]\{|\$[A-Za-z\\]")


# ---------------------------------------------------------------- code
def fenced_code(text: str) -> bool:
    """Every Markdown fence of three backticks is closed, and one has a word in it."""
    return form.fenced(text, {})


def no_code(text: str) -> bool:
    """Words alone: no backtick, no fence, no line that looks like code, and a sentence."""
    return "`" not in text and "~~~" not in text and not CODE_LINE.search(text) and len(words(text)) >= 4


# ---------------------------------------------------------------- LaTeX
def in_latex(text: str) -> bool:
    r"""Maths between LaTeX's delimiters: $...$, $$...$$, \(...\) or \[...\]; "$5 and $10" is money."""
    return any(re.search(r"\w", match[0]) for match in TEX.finditer(text))


def plain_maths(text: str) -> bool:
    """A digit, and no sign of LaTeX anywhere."""
    return any(sign.isdigit() for sign in text) and not any(
        pattern.search(text) for pattern in (TEX, TEX_SIGN, _COMMAND)
    )


# ---------------------------------------------------------------- JSON
def in_json(text: str) -> bool:
    """JSON that can be read, with something in it, at least half of the words, and no bracket of more of it around."""
    inside, around = 0, text
    for value in _values(text):
        inside += len(words(value))
        around = around.replace(value, " ", 1)
    whole = "{" not in around and "}" not in around and around.count("[") == around.count("]")
    return inside > 0 and whole and 2 * inside >= len(words(text))


def in_sentences(text: str) -> bool:
    """Whole sentences, and nothing like JSON: no curly bracket, no quoted key and no array but of numbers."""
    like_json = "{" in text or "}" in text or _KEY.search(text) or any(_values(text))
    return not like_json and in_whole_sentences(text)


def _values(text: str) -> Iterator[str]:
    """The pieces of the text that are JSON objects, or arrays with texts, objects or arrays in them."""
    decoder, at = json.JSONDecoder(), 0
    for _ in range(ATTEMPTS):
        found = re.compile(r"[{\[]").search(text, at)
        if not found:
            return
        at = found.end()
        try:
            value, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        at = end
        if value and (isinstance(value, dict) or any(isinstance(one, (dict, list, str)) for one in value)):
            yield text[found.start() : end]
