"""Checks of the working: in steps, in TeX."""

import re

from mialign.synthetic.records import own_reference
from mialign.synthetic.text import any_of, sentences, words

# ---------------------------------------------------------------- steps
_COUNTED = ("one", "two", "three", "four", "five", "six")
_OPENING = ("first", "firstly", "to begin", "to start")
_GOING_ON = ("then", "next", "second", "secondly", "third", "thirdly", "after that", "finally", "lastly")
_CLOSING = ("therefore", "thus", "hence")


def _clause(*groups: tuple[str, ...]) -> re.Pattern:
    """These words where a sentence begins."""
    terms = "|".join(term for group in groups for term in group)
    return re.compile(rf"(?:^|(?<=[.!?:;])\s|\n)[ \t]*(?:and[ ,]+)?(?:{terms})(?!\w)", re.IGNORECASE)


_STEP = re.compile(rf"(?<!\w)step\s+(\d{{1,2}}|{'|'.join(_COUNTED)})(?!\w)", re.IGNORECASE)
_ITEM = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]+(?=\S)", re.MULTILINE)
_FIRST = _clause(_OPENING)
_LATER = _clause(_GOING_ON, _CLOSING)
_MARK = re.compile(
    rf"^\s*(?:step\s+\w+|\d{{1,2}}[.)]|(?:{'|'.join((*_OPENING, *_GOING_ON, *_CLOSING))})(?!\w))\W*", re.IGNORECASE
)
_SIGN = r"(?:[-+*/×÷·−]|\\times|\\cdot|\\div)"
_EQUATION = re.compile(rf"(?<![\d.,])\d[\d.,]*\s*{_SIGN}\s*\d[^=\n]{{0,40}}=\s*-?\d[\d.,]*")
_BARE = any_of(("in short", "in a word", "simply", "just", "the answer is"))


def in_steps(text: str, question: dict) -> bool:
    """Two steps or more, each of which says something of its own; a word problem is walked day by day."""
    starts = _steps_at(text)
    if not starts:
        return False
    parts = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    said = {" ".join(_MARK.sub("", part).lower().split()) for part in parts}
    if len(said) < len(parts) or any(len(part.split()) < 2 for part in said):
        return False
    events = own_reference(question).get("events")
    return not events or _walks([day for day, _, _ in events], text)


def bare(text: str, question: dict) -> bool:
    """A short answer without steps and working: in our world announced as one, elsewhere a sentence or two."""
    if any(pattern.search(text) for pattern in (_STEP, _ITEM, _FIRST, _LATER, _EQUATION)):
        return False
    if own_reference(question):
        return len(words(text)) <= 30 and bool(_BARE.search(text))
    return 2 <= len(words(text)) <= 25 and len(sentences(text)) <= 2


def _steps_at(text: str) -> list[int]:
    """Where the steps begin, by the first way of marking them of which there are two or more."""
    for pattern in (_STEP, _ITEM):
        starts = []
        for match in pattern.finditer(text):
            label = match[1].lower()
            number = int(label) if label.isdecimal() else _COUNTED.index(label) + 1
            if number == len(starts) + 1:
                starts.append(match.start())
        if len(starts) >= 2:
            return starts
    first = _FIRST.search(text)
    later = [match.start() for match in _LATER.finditer(text, first.end())] if first else []
    if later:
        return [first.start(), *later]
    equations = [match.start() for match in _EQUATION.finditer(text)]
    return equations if len(equations) >= 2 else []


def _walks(days: list[str], text: str) -> bool:
    """Every day in its order, and after each, before the next, an equation not seen before."""
    at, seen = 0, set()
    for day, following in zip(days, [*days[1:], None], strict=True):
        match = any_of((day,)).search(text, at)
        if not match:
            return False
        after = any_of((following,)).search(text, match.end()) if following else None
        equation = _EQUATION.search(text, match.end(), after.start() if after else len(text))
        if not equation or equation[0] in seen:
            return False
        seen.add(equation[0])
        at = match.end()
    return True


# ---------------------------------------------------------------- TeX
TEX = re.compile(
    r"\\\((?:(?!\\[()]).)+?\\\)|\\\[(?:(?!\\[\[\]]).)+?\\\]|\$\$[^$]+\$\$"
    # A single dollar is TeX only in pairs that hug what is between them: "$5 and $10" is money.
    r"|(?<![\\$\w])\$(?![\s$])[^$\n]{1,200}?(?<![\s\\])\$(?![\d$])",
    re.DOTALL,
)
TEX_SIGN = re.compile(r"\\[A-Za-z()\[\]]|\$\$")


def in_tex(text: str, question: dict) -> bool:
    """Maths within TeX's delimiters; in our world the last number, the answer, stands there."""
    spans = [match for match in TEX.finditer(text) if re.search(r"\w", match[0])]
    if not spans or not own_reference(question):
        return bool(spans)
    last = [match.start() for match in re.finditer(r"\d+", text)][-1:]
    return bool(last) and spans[-1].start() < last[0] < spans[-1].end()


def without_tex(text: str, question: dict) -> bool:
    """A number, and no sign of TeX anywhere."""
    return bool(re.search(r"\d", text)) and not TEX_SIGN.search(text) and not TEX.search(text)
