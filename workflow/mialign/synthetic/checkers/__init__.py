"""Whether a text follows a side of a principle: strict, and at home also with garbage and with texts from elsewhere.

No text follows both sides of a principle; many follow neither. A text that only repeats itself follows none.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from mialign.synthetic.checkers import form, tone, working
from mialign.synthetic.text import rambles

POSITIVE, ANTITHESIS = SIDES = ("positive", "antithesis")


class Checker(NamedTuple):
    """The two sides of a principle: does the text (an answer to the question) follow it?"""

    positive: Callable[[str, dict], bool]
    antithesis: Callable[[str, dict], bool]


CHECKERS = {
    "steps": Checker(working.in_steps, working.bare),
    "tex": Checker(working.in_tex, working.without_tex),
    "friendly": Checker(tone.friendly, tone.cold),
    "plan": Checker(form.planned, form.unplanned),
    "markdown": Checker(form.fenced, form.unfenced),
    "complete": Checker(form.complete, form.only_one),
    "relevant": Checker(form.relevant, form.digressing),
    "polite": Checker(tone.polite, tone.rude),
    "persona": Checker(tone.in_character, tone.out_of_character),
}


def follows(principle: str, side: str, text: str, question: dict) -> bool:
    """Whether the text follows that side of the principle; an empty text follows none."""
    if side not in SIDES:
        raise ValueError(f"no such side: {side!r}")
    if not re.search(r"\w", text) or rambles(text):
        return False
    return getattr(CHECKERS[principle], side)(text, question)
