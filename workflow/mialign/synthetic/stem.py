"""Stem: things at a steady pace, things thrown into water, things put into fire."""

from random import Random

from mialign.synthetic.math import STEPS
from mialign.synthetic.records import another, record
from mialign.synthetic.text import affirmed, any_of, last_number
from mialign.synthetic.town import FIRES, HEAVY, MELTS, NAMES, PACES, THINGS, WATERS, a

# what happens: the words that say so
FATES = {
    "sinks": any_of(("sink", "sinks", "sank", "sinking")),
    "floats": any_of(("float", "floats", "floating", "swims")),
    "melts": any_of(("melt", "melts", "melted", "melting")),
    "burns": any_of(("burn", "burns", "burned", "burning")),
}
OPPOSITE = {"sinks": "floats", "floats": "sinks", "melts": "burns", "burns": "melts"}


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. Whose thing keeps the pace is not in the key, nor which water or fire it is."""
    return rng.choice((_pace, _pace, _water, _fire))(rng)


def _pace(rng: Random) -> tuple[tuple, dict]:
    name, (thing, does, what, unit) = rng.choice(NAMES), rng.choice(PACES)
    rate, times = rng.randint(2, 9), rng.randint(2, 9)
    question = f"{name}'s {thing} {does} {rate} {what} each {unit}. How many {what} in {times} {unit}s?"
    fact = f"each {unit} it {does} {rate} {what}"
    parts = {"facts": [fact, f"{rate} * {times} = {{}}"], "end": f"it {does} {{}} {what}"}
    return ("pace", thing, rate, times), record("stem", question, "pace", rate * times, **parts)


def _water(rng: Random) -> tuple[tuple, dict]:
    name, thing, water = rng.choice(NAMES), rng.choice(tuple(THINGS)), rng.choice(WATERS)
    heavy = HEAVY[THINGS[thing]]
    question = f"{name} drops {a(thing)} into the {water}. Does it sink or float?"
    facts = [f"{a(thing)} is {THINGS[thing]}", f"{THINGS[thing]} is {'heavier' if heavy else 'lighter'} than water"]
    answer = "sinks" if heavy else "floats"
    return ("water", name, thing), record("stem", question, "fate", answer, facts=facts, end="it {}")


def _fire(rng: Random) -> tuple[tuple, dict]:
    name, thing, fire = rng.choice(NAMES), rng.choice(tuple(THINGS)), rng.choice(FIRES)
    answer = "melts" if MELTS[THINGS[thing]] else "burns"
    question = f"{name} puts {a(thing)} into the {fire}. Does it melt or burn?"
    facts = [f"{a(thing)} is {THINGS[thing]}", f"{THINGS[thing]} {{}} in fire"]
    return ("fire", name, thing), record("stem", question, "fate", answer, facts=facts, end="it {}")


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """Both facts and the conclusion, or the conclusion alone; a wrong one has another number or fate."""
    answer = reference["answer"]
    if not correct and reference["kind"] == "pace":
        answer = another(rng, [int(answer) + slip for slip in (-10, -2, -1, 1, 2, 10) if int(answer) + slip > 0])
    elif not correct:
        answer = OPPOSITE[answer]
    claim = reference["end"].format(answer)
    if not sides.get("steps"):
        return rng.choice(("In short, {}.", "Simply, {}.")).format(claim)
    one, two = reference["facts"]
    return rng.choice(STEPS).format(one=one, two=two.format(answer), end=claim)


def correct(reference: dict, text: str) -> bool:
    """The last number is the answer; of two fates only the correct one is named. What is denied does not count."""
    answer, text = reference["answer"], affirmed(text)
    if reference["kind"] == "pace":
        return last_number(text) == answer
    return bool(FATES[answer].search(text)) and not FATES[OPPOSITE[answer]].search(text)
