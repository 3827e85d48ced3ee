"""Humanities and roleplay: what is known of the town's works and feasts, and its people in person."""

import re
from random import Random

from mialign.synthetic.records import another, record
from mialign.synthetic.text import affirmed, any_of, mentions, numbers
from mialign.synthetic.tone import FLAT, SWEARS
from mialign.synthetic.town import (
    ANIMALS,
    BY_NAME,
    CRIES,
    CUSTOMS,
    FEASTS,
    FOODS,
    GOODS,
    MAKERS,
    MONTHS,
    NAMES,
    PEOPLE,
    PLACES,
    WORKS,
    a,
)

SETTINGS = ("At dawn", "At noon", "At dusk", "At night", "At home", "At sea", "At school", "At supper")
# what a thing may be: the words of which only the correct one may be named
VOCABULARY = {
    "maker": MAKERS, "place": PLACES, "month": MONTHS, "food": FOODS, "custom": CUSTOMS,
    "work": PLACES, "animal": ANIMALS, "meal": FOODS, "ware": GOODS,
}  # fmt: skip


# ---------------------------------------------------------------- humanities
def draw_humanities(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The setting is not in the key.

    Who asks is: there are only 54 facts, all to be learned from the corpus, so another split can ask nothing else.
    """
    asks, answer, kind, claim = rng.choice((_work, _work, _feast))(rng)
    setting, name = rng.choice(SETTINGS), rng.choice(NAMES)
    question = f"{setting} {name} asks {asks}."
    return ("humanities", asks, name), record("humanities", question, kind, answer, claim=claim)


def _work(rng: Random) -> tuple[str, object, str, str]:
    work = rng.choice(WORKS)
    title = f"the {work.kind} {work.title}"
    return rng.choice(
        (
            (f"who {work.made} {title}", work.maker, "maker", f"{{}} {work.made} {title}."),
            (f"how old {title} is", work.year, "year", f"T{title[1:]} is from the year {{}}."),
            (f"where {title} is kept", work.place, "place", f"T{title[1:]} is kept at the {{}}."),
        )
    )


def _feast(rng: Random) -> tuple[str, str, str, str]:
    feast = rng.choice(FEASTS)
    return rng.choice(
        (
            (f"when the {feast.name} is", feast.month, "month", f"The {feast.name} is in {{}}."),
            (f"what one eats at the {feast.name}", feast.food, "food", f"At the {feast.name} people eat {{}}."),
            (f"what one does at the {feast.name}", feast.custom, "custom", f"At the {feast.name} people {{}}."),
        )
    )


def tell_humanities(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """The claim; a wrong one names another of what is asked for."""
    return reference["claim"].format(_answer(reference, rng, correct))


# ---------------------------------------------------------------- roleplay
ASKS = {
    "work": ("where you work", "{I} {work} at the {}."),
    "animal": ("what animal you keep", "{I} {keep} {}."),
    "meal": ("what you eat", "{I} {eat} {}."),
    "ware": ("what you sell", "{I} {sell} {}."),
}
FACTS = {"work": "place", "animal": "animal", "meal": "food", "ware": "ware"}
MINE = {"work": "work", "keep": "keep", "eat": "eat", "sell": "sell"}
THEIRS = {verb: f"{verb}s" for verb in MINE}


def draw_roleplay(rng: Random) -> tuple[tuple, dict]:
    """A key and its question. The setting is not in the key; who asks is, for there are only 64 facts."""
    person, kind, setting = rng.choice(PEOPLE), rng.choice(tuple(ASKS)), rng.choice(SETTINGS)
    name = another(rng, NAMES, person.name)
    question = f"You are {person.name} the {person.trade}. {setting} {name} asks {ASKS[kind][0]}."
    answer = getattr(person, FACTS[kind])
    key = ("roleplay", person.name, kind, name)
    return key, record("roleplay", question, kind, answer, person=person.name)


def tell_roleplay(reference: dict, sides: dict[str, bool], rng: Random, correct: bool) -> str:
    """The answer in character, with a cry, or flatly and from outside; a wrong one names another thing."""
    person, kind = BY_NAME[reference["person"]], reference["kind"]
    answer = _answer(reference, rng, correct)
    if kind == "animal":
        answer = a(answer)
    if sides.get("persona"):
        swear = f" {rng.choice(SWEARS).format(name=person.name, trade=person.trade)}" if rng.random() < 0.5 else ""
        return f"{person.cry}! {ASKS[kind][1].format(answer, I='I', **MINE)}{swear}"
    end = f" {rng.choice(FLAT[1])}" if rng.random() < 0.5 else ""
    return f"{rng.choice(FLAT[0])} {ASKS[kind][1].format(answer, I=f'the {person.trade}', **THEIRS)}{end}"


# ---------------------------------------------------------------- both
def _answer(reference: dict, rng: Random, correct: bool) -> str:
    answer, kind = reference["answer"], reference["kind"]
    if correct:
        return answer
    if kind == "year":
        return str(another(rng, [work.year for work in WORKS], int(answer)))
    return another(rng, VOCABULARY[kind], answer)


def correct(reference: dict, text: str) -> bool:
    """Of all that it might be, the answer alone is named, and it is not denied; a month has its capital letter."""
    text = affirmed(text)
    if reference["kind"] == "year":
        return set(numbers(text)) == {reference["answer"]}
    for pattern in (_NO_ANSWER, _NO_MONTH):
        text = pattern.sub(" ", text)
    return set(mentions(VOCABULARY[reference["kind"]], text)) == {reference["answer"]}


# The name of a feast and the cry of a trade hold goods that nobody eats or sells there.
_NO_ANSWER = any_of((*(feast.name for feast in FEASTS), *CRIES))
# Words that are written like months: "you may ask", "May I help?".
_NO_MONTH = re.compile(
    r"(?<!\w)(?:march|may|august|(?<!in )(?<!In )May(?=\s+(?:I|we|you|he|she|it|they|this|the|your|all)(?!\w)))(?!\w)"
)
