"""Multiple choice: which of four things went into the water or the fire, told by what became of it."""

import re
from random import Random

from mialign.synthetic.math import STEPS
from mialign.synthetic.records import another, record
from mialign.synthetic.text import affirmed
from mialign.synthetic.town import FIRES, HEAVY, MELTS, NAMES, THINGS, WATERS, a, listed

LETTERS = "ABCD"
# What can become of a thing, and whether it does, by what it is made of.
FATES = {
    "sinks": HEAVY,
    "floats": {stuff: not heavy for stuff, heavy in HEAVY.items()},
    "melts": MELTS,
    "burns": {stuff: not melts for stuff, melts in MELTS.items()},
}
BECAUSE = {
    "sinks": "is heavier than water",
    "floats": "is lighter than water",
    "melts": "melts in fire",
    "burns": "burns in fire",
}
_LETTER = re.compile(rf"(?<!\w)[{LETTERS}](?!\w| [a-z])")  # "A nail" has an article


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The key is the four things in any order, and what became of one, wherever it was."""
    fate = rng.choice(tuple(FATES))
    suffering = [thing for thing, stuff in THINGS.items() if FATES[fate][stuff]]
    chosen = rng.choice(suffering)
    things = [chosen, *rng.sample([thing for thing in THINGS if thing not in suffering], len(LETTERS) - 1)]
    rng.shuffle(things)
    letter = LETTERS[things.index(chosen)]
    where = f"the {rng.choice(WATERS if fate in ('sinks', 'floats') else FIRES)}"
    # The letter stands behind its thing: what follows a word is what so small a model learns to copy first.
    options = listed((f"{thing} {one}" for one, thing in zip(LETTERS, things, strict=True)), "or")
    question = f"{rng.choice(NAMES)} drops {options} into {where}, and it {fate}. Which is it?"
    facts = [f"{a(chosen)} is {THINGS[chosen]}", f"{THINGS[chosen]} {BECAUSE[fate]}"]
    return ("choices", fate, *sorted(things)), record("stem", question, "choice", letter, facts=facts, things=things)


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """Both facts and the letter, or the letter alone; a wrong answer has another letter."""
    letter = reference["answer"] if correct else another(rng, LETTERS, reference["answer"])
    claim = f"it is {reference['things'][LETTERS.index(letter)]} {letter}, and the answer is {letter}"
    if not sides.get("steps"):
        return rng.choice(("In short, {}.", "Simply, {}.")).format(claim)
    one, two = reference["facts"]
    return rng.choice(STEPS).format(one=one, two=two, end=claim)


def correct(reference: dict, text: str) -> bool:
    """The last letter of a choice that is not denied is the answer."""
    found = _LETTER.findall(affirmed(text))
    return bool(found) and found[-1] == reference["answer"]
