"""The letter that an answer to a multiple-choice question chooses, extracted in three ways.

strict    The letter of the last explicit statement of an answer, in a text that ended: after "####", after "answer is"
          or "answer:" (in any case), or in \\boxed{}. Only signs of formatting, an opening bracket and the words
          option, choice or letter may stand between the two. The letter may be small, and must stand for itself:
          "the answer is a whale" and "the answer is A or B" state none.
flexible  The letter of the last such statement, or else the last capital that stands for itself anywhere in the text:
          "B.", "(B)", "**B**". It takes an answer also from a text that was cut off.
mipo      What the released code of MIPO (arXiv 2603.19294) takes: after the first "the answer is" the first capital
          A to D, whatever it is a piece of. That code counts as wrong every question whose published keys are not A to
          D; here they have the letter of their place, and only the letters from E on are never found.

Letters are capitals A to J.
"""

import re
from collections.abc import Callable

from mialign.evaluation.answers.statements import STATED, last

_AS_A_WORD = r"[ \t]+(?!(?:because|since|as|is)\b)[a-z]"  # after A and I, which are an article and a pronoun too
_ENDS = r"(?![\w'’+#-])"
_CAPITAL = rf"(?:[B-HJ]|[AI](?!{_AS_A_WORD})){_ENDS}"
_ANY_CASE = rf"(?:[B-HJb-hj]|[AIai](?!{_AS_A_WORD})){_ENDS}"
_STATEMENT = re.compile(
    rf"{STATED}"
    r"(?>(?:[\s:=*_$(\[]|\\[(\[]|\\boxed\{|\\text(?:bf)?\{|(?i:option|choice|letter)\b)*)"
    rf"(?P<letter>{_ANY_CASE})"
)
_ALONE = re.compile(rf"(?<![\w'’-])(?<!\w\.)(?P<letter>{_CAPITAL})")
_ANOTHER = re.compile(rf"[)\]}}*_$]*\s*(?:,|/|&|(?:or|and)\b)[\s(\[*_$]*(?:(?:or|and)\s+)?[(\[*_$]*{_CAPITAL}")


def strict(text: str, ended: bool) -> str | None:
    """The last choice that is stated as such; see the module."""
    return _stated(text) if ended else None


def flexible(text: str, ended: bool) -> str | None:
    """The last choice that is stated, or else the last letter alone; see the module."""
    if (stated := _stated(text)) is not None:
        return stated
    match = last(_ALONE, text)
    return match and match["letter"]


def mipo(text: str, ended: bool) -> str | None:
    """The first capital A to D after the first "the answer is"; see the module."""
    match = re.search("[A-D]", text.partition("the answer is")[2])
    return match and match[0]


EXTRACTORS: dict[str, Callable[[str, bool], str | None]] = {"strict": strict, "flexible": flexible, "mipo": mipo}


def _stated(text: str) -> str | None:
    match = last(_STATEMENT, text)
    if match is None or _ANOTHER.match(text, match.end()):
        return None
    return match["letter"].upper()
