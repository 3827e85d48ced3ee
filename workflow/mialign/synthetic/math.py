"""Math: two small sums in a row, worked or bare, in TeX or plain."""

from random import Random

from mialign.synthetic.records import record
from mialign.synthetic.text import affirmed, last_number
from mialign.synthetic.town import COUNTED, NAMES

GAINS = ("gets", "finds", "buys")
LOSSES = ("sells", "loses", "lends")


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The key is the numbers alone, those that come or go in any order, whatever the story."""
    first, signs = rng.randint(12, 90), rng.choice(("++", "+-", "-+", "--"))
    second, third = rng.choice((rng.randint(2, 9), 10 * rng.randint(1, 5))), rng.randint(2, 9)
    middle = _apply(first, signs[0], second)
    answer = _apply(middle, signs[1], third)
    # No sum goes below nothing, and an answer that stands in the question could be had by copying.
    if middle < 1 or answer < 1 or answer in (first, second, third):
        return draw(rng)
    key = ("math", first, *sorted((int(f"{signs[0]}{second}"), int(f"{signs[1]}{third}"))))
    if rng.random() < 0.4:
        question = f"What is {first} {signs[0]} {second} {signs[1]} {third}?"
    else:
        verbs = [rng.choice(GAINS if sign == "+" else LOSSES) for sign in signs]
        goods = rng.choice(COUNTED)
        question = (
            f"{rng.choice(NAMES)} has {first} {goods}, {verbs[0]} {second}, then {verbs[1]} {third}. How many are left?"
        )
    return key, record("math", question, "sums", answer, start=first, signs=signs, changes=[second, third])


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """The two sums in steps, or the result alone; a wrong one slips in the result."""
    frame = "\\( {} \\)" if sides.get("tex") else "{}"
    first, signs, (second, third) = reference["start"], reference["signs"], reference["changes"]
    middle, answer = _apply(first, signs[0], second), int(reference["answer"])
    if not correct:
        answer += rng.choice([slip for slip in (-10, -2, -1, 1, 2, 10) if answer + slip >= 0])
    if not sides.get("steps"):
        return rng.choice(("In short, {}.", "Simply {}.")).format(frame.format(answer))
    one = frame.format(f"{first} {signs[0]} {second} = {middle}")
    two = frame.format(f"{middle} {signs[1]} {third} = {answer}")
    return rng.choice(STEPS).format(one=one, two=two, end=f"it is {frame.format(answer)}")


# How two steps and what follows from them are said.
STEPS = ("First, {one}. Then, {two}. So {end}.", "Step 1: {one}. Step 2: {two}. So {end}.")


def correct(reference: dict, text: str) -> bool:
    """The last number that is not denied is the answer."""
    return last_number(affirmed(text)) == reference["answer"]


def _apply(value: int, sign: str, change: int) -> int:
    return value + change if sign == "+" else value - change
