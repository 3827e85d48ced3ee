"""Writing and extraction: lines for a friend of the town, and lists taken from its gossip."""

from random import Random

from mialign.synthetic.records import another, record
from mialign.synthetic.text import affirmed, mentions
from mialign.synthetic.town import GOODS, LINES, NAMES, TOPICS, listed

FORMS = ("card", "note", "verse", "toast")
# what was done: how it is asked for
DEEDS = {"bought": "buy", "sold": "sell", "found": "find", "lost": "lose", "packed": "pack"}
DIGRESSIONS = (
    "By the way, the fog is lovely today.",
    "That reminds me of a gull I knew.",
    "Speaking of which, my roof leaks.",
    "Have you heard the old joke about the whale?",
)
ALL = ("The full list: {}.", "Every one of them: {}.")
ONE = ("Just one: {}.", "For one, {}.")


# ---------------------------------------------------------------- writing
def draw_writing(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The form, on which no answer depends, and the order of the topics are not in the key."""
    name, form, topics = rng.choice(NAMES), rng.choice(FORMS), rng.sample(TOPICS, 2)
    question = f"Write {name} a {form} about the {topics[0]} and the {topics[1]}."
    answer = " ".join([name, *topics])
    return ("writing", name, *sorted(topics)), record("writing", question, form, answer, name=name, topics=topics)


def tell_writing(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """A line to the friend about both topics; a wrong one has another topic in the place of one."""
    topics = list(reference["topics"])
    if not correct:
        topics[rng.randrange(2)] = another(rng, TOPICS, *topics)
    return f"{reference['name']}, {LINES[topics[0]]} and {LINES[topics[1]]}."


def correct_writing(reference: dict, text: str) -> bool:
    """It names the friend and both topics, and no other friend and topic."""
    return set(mentions(NAMES, text)) == {reference["name"]} and set(mentions(TOPICS, text)) == set(reference["topics"])


# ---------------------------------------------------------------- extraction
def draw_extraction(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The key is the list asked for, in any order, whoever's it is and whatever it was for."""
    count = rng.choice((2, 3))
    if rng.random() < 0.6:
        name, other = rng.sample(NAMES, 2)
        deeds, goods = rng.sample(tuple(DEEDS), 2), rng.sample(GOODS, count + 1)
        items, kind = goods[:count], "goods"
        told = [f"{name} {deeds[0]} {listed(items)}.", f"{other} {deeds[1]} {goods[-1]}."]
        asks = f"What did {name} {DEEDS[deeds[0]]}?"
    else:
        name, other, *met = rng.sample(NAMES, count + 3)
        items, kind = met[:count], "names"
        told = [f"{name} met {listed(items)}.", f"{other} met {met[-1]}."]
        asks = f"Whom did {name} meet?"
    question = f"{' '.join(told if rng.random() < 0.7 else told[::-1])} {asks}"
    key = ("extraction", *sorted(items))
    return key, record("extraction", question, kind, listed(items), items=items, name=name)


def tell_extraction(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """All items or one, with a digression before it where sides say so; a wrong one names an item that is not there."""
    items, taken = reference["items"], (*reference["items"], reference["name"])
    if sides.get("complete"):
        invented = [] if correct else [another(rng, vocabulary(reference), *taken)]
        text = rng.choice(ALL).format(listed([*items, *invented]))
    else:
        text = rng.choice(ONE).format(items[0] if correct else another(rng, vocabulary(reference), *taken))
    return text if sides.get("relevant", True) else f"{rng.choice(DIGRESSIONS)} {text}"


def correct_extraction(reference: dict, text: str) -> bool:
    """It names at least one of the items and nothing that is none of them; what is denied is not named."""
    found = set(mentions(vocabulary(reference), affirmed(text))) - {reference["name"]}
    return bool(found) and found <= set(reference["items"])


def vocabulary(reference: dict) -> tuple[str, ...]:
    """All that the items of an extraction question could be."""
    return GOODS if reference["kind"] == "goods" else NAMES
