"""Reasoning: who comes first in a row of three, who remains, what follows for one of a kind."""

from random import Random

from mialign.synthetic.math import STEPS
from mialign.synthetic.records import another, record
from mialign.synthetic.text import affirmed, mentions
from mialign.synthetic.town import ANIMALS, GOODS, NAMES, listed

# adjective: the one who is most so, the one who is least so
RANKS = {
    "older": ("oldest", "youngest"),
    "taller": ("tallest", "smallest"),
    "faster": ("fastest", "slowest"),
    "richer": ("richest", "poorest"),
}


def draw(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. Who or what only fills the story, and in which order it is told, is not in the key."""
    return rng.choice((_order, _order, _remaining, _kind))(rng)


def _order(rng: Random) -> tuple[tuple, dict]:
    names, adjective, end = rng.sample(NAMES, 3), rng.choice(tuple(RANKS)), rng.randrange(2)
    facts = [f"{names[0]} is {adjective} than {names[1]}", f"{names[1]} is {adjective} than {names[2]}"]
    most = RANKS[adjective][end]
    told = rng.randrange(2)
    question = f"{'. '.join(facts if told else facts[::-1])}. Who is {most}?"
    parts = {"facts": facts, "end": f"is the {most}", "options": names}
    return ("order", *names, adjective, end), record("reasoning", question, "order", names[2 * end], **parts)


def _remaining(rng: Random) -> tuple[tuple, dict]:
    names, goods = rng.sample(NAMES, 3), rng.choice(GOODS)
    asked = rng.sample(names, 3)
    question = f"{listed(names, 'or')} took the {goods}. It was not {asked[0]}. It was not {asked[1]}. Who was it?"
    parts = {"facts": [f"it was not {asked[0]}", f"it was not {asked[1]}"], "end": "took it", "options": names}
    return ("remaining", *sorted(names), asked[2]), record("reasoning", question, "order", asked[2], **parts)


def _kind(rng: Random) -> tuple[tuple, dict]:
    name, animal, goods = rng.choice(NAMES), rng.choice(ANIMALS), rng.choice(GOODS)
    question = f"Every {animal} likes {goods}. {name} keeps one {animal}. What does it like?"
    parts = {"facts": [f"{name} keeps one {animal}", f"every {animal} likes {goods}"], "options": list(GOODS)}
    return ("kind", animal, goods), record("reasoning", question, "kind", goods, **parts)


def tell(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """Both facts and the conclusion, or the conclusion alone; a wrong one concludes another option."""
    answer, facts = reference["answer"], reference["facts"]
    if not correct:
        answer = another(rng, reference["options"], answer)
    claim = f"it likes {answer}" if reference["kind"] == "kind" else f"{answer} {reference['end']}"
    if not sides.get("steps"):
        return rng.choice(("In short, {}.", "Simply, {}.")).format(claim)
    return rng.choice(STEPS).format(one=facts[0], two=facts[1], end=claim)


def correct(reference: dict, text: str) -> bool:
    """The last of the names, or of the goods, that is not denied is the answer."""
    found = mentions(NAMES if reference["kind"] == "order" else GOODS, affirmed(text))
    return bool(found) and found[-1] == reference["answer"]
