"""How a text is laid out: a bulleted list or running prose; numbered steps."""

import re

from mialign.evaluation.text_checkers.reading import CODE_LINE, lines, prose, whole_sentences, words

BULLET = re.compile(r"^[ \t]*[-*•+–—▪◦‣·][ \t]+(?=\S)")
# "1." "2)" "Step 3:" "**4.**" "## Step 5" at the beginning of a line.
STEP = re.compile(
    r"^[ \t]*(?:[-*•][ \t]+)?(?:#{1,6}[ \t]+)?[*_]{0,3}"
    r"(?:step[ \t]+(?P<named>\d{1,2})(?!\d)|(?P<number>\d{1,2})[*_]{0,3}[.):](?!\d))",
    re.IGNORECASE,
)
# The same within a line: "Step 1: ... Step 2: ..." or, behind the end of a sentence, "2. ...".
_WITHIN = re.compile(r"(?<!\w)step\s+(\d{1,2})(?=[:.)])|(?:(?<=[.!?:;]\s)|^)(\d{1,2})[.)]\s+(?=[A-Z])", re.IGNORECASE)
_LETTERED = re.compile(r"^[ \t]*\(?[a-zA-Z]\)[ \t]")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+\S")
_TABLE = re.compile(r"^[ \t]*\|.*\|[ \t]*$")


def bulleted(text: str) -> bool:
    """Two bullets or more, which hold at least half of the words outside of code."""
    found = lines(prose(text))
    bullets = [line for line in found if BULLET.match(line)]
    inside, all_words = sum(len(words(line)) for line in bullets), sum(len(words(line)) for line in found)
    return len(bullets) >= 2 and 2 * inside >= all_words


def running_prose(text: str) -> bool:
    """Sentences, and no bullet, numbered or lettered item, heading, table or line of code outside of fences."""
    found = lines(prose(text))
    listed = any(pattern.match(line) for line in found for pattern in (BULLET, STEP, _LETTERED, _HEADING, _TABLE))
    return not listed and not CODE_LINE.search(prose(text)) and in_whole_sentences(prose(text))


def numbered_steps(text: str) -> bool:
    """Steps that are numbered 1, 2 and so on: two at least, in this order, each with a word."""
    found = lines(prose(text))
    at_start = [int(match["named"] or match["number"]) for line in found if (match := STEP.match(line))]
    within = [int(match[1] or match[2]) for line in found for match in _WITHIN.finditer(line)]
    return _counts_up(at_start) or _counts_up(within)


def in_whole_sentences(text: str) -> bool:
    """At least half of the lines have a whole sentence."""
    found = lines(text)
    return bool(found) and 2 * sum(bool(whole_sentences(line)) for line in found) >= len(found)


def _counts_up(numbers: list[int]) -> bool:
    following = 1
    for number in numbers:
        following += number == following
    return following > 2
