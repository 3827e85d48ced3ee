"""The number that a worked problem ends in, extracted in three ways.

strict    The number of the last explicit statement of an answer, in a text that ended: after "####", after "answer is"
          or "answer:" (in any case), or in \\boxed{}. Only signs of formatting may stand between the statement and
          the number ("= $", "\\(", "**"), and the number must stand for itself (context.py): "the answer is
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
from collections.abc import Callable

from mialign.core.numerals import NUMBER, canonical, plain, value
from mialign.evaluation.answers.context import stands
from mialign.evaluation.answers.statements import STATED, last

_CURRENCY = r"\\?[$€£]?"
_NUMBER = re.compile(rf"(?:(?<![0-9A-Za-z)\]}}.])(?P<sign>-))?{_CURRENCY}{NUMBER}")
_STATEMENT = re.compile(
    rf"{STATED}"
    r"(?>(?:[\s:=*$]|\\[(\[$]|\\boxed\{|\\text\{)*)"
    rf"(?P<sign>-)?{_CURRENCY}{NUMBER}"
)


def strict(text: str, ended: bool) -> str | None:
    """The last answer that is stated as such; see the module."""
    match = last(_STATEMENT, plain(text)) if ended else None
    return value(match) if match and stands(match) else None


def flexible(text: str, ended: bool) -> str | None:
    """The last number; see the module."""
    match = last(_NUMBER, plain(text))
    return match and value(match)


def authors(text: str, ended: bool) -> str | None:
    """The last digits after the last "="; see the module."""
    runs = re.findall("[0-9]+", text.rpartition("=")[2].replace(",", ""))
    return canonical(runs[-1]) if runs else None


EXTRACTORS: dict[str, Callable[[str, bool], str | None]] = {"strict": strict, "flexible": flexible, "authors": authors}
