"""A base model's corpus: prompts as the experiments have them, and correct answers, most in the style asked for."""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random
from typing import NamedTuple

from mialign.core.seeds import derive
from mialign.core.template import fill, numbered
from mialign.synthetic.categories import CHOICES, MATHS, MULTITASK, draw, followable_principles, respond
from mialign.synthetic.checkers import ANTITHESIS, POSITIVE, SIDES
from mialign.synthetic.drills import drill


class ScoredPrompt(NamedTuple):
    """A prompt, and the score of an answer to it."""

    prompt: str
    score: Callable[[str], float]


# Answers to a question under a preference vector, of which the corpus has one. The better of two says too little of the
# vector: from 5,000 such texts, even with link 1.0, the model of the miniature does not learn to read it.
ANSWERS = 8
# What stands before and behind the description of a principle, for a model that is to write principles.
BEFORE = ("", "What is wanted: ", "This is how answers should be: ", "We hope for the following. ", "Note: ")
BEHIND = ("", " That is the task.", " Nothing more is asked.", " Keep this in mind.", " So much for the task.")
FORMS = [(before, behind) for before, behind in product(BEFORE, BEHIND) if before or behind]


def corpus(settings: dict, templates: dict, principles) -> Iterator[dict]:
    """Texts {"prompt", "response"}, all from questions of the split corpus, in random order.

    settings   how many texts of each kind (multitask, maths, drills and, if there are any, principles, preferences and
               choices), link, seed. A response is on the side that its prompt asks for with probability
               link[multitask] or link[maths], for each principle anew; to a word problem without a constitution, on the
               side of the opening with probability link[evaluation]. Of ANSWERS responses to a question under a
               preference vector, the one that the vector prefers is taken with probability link[preferences], otherwise
               one of the rest.
    templates  multitask and maths (both with a constitution), maths_evaluation (without one), and openings: positive,
               antithesis and the principle that decides between them; for the kind principles, by side, those of the
               principle writer, with the field {description}; for the kind preferences, functions of a question
               and a generator to ScoredPrompt; for the kind choices, choices, with the field {question}.
    principles what mialign.data.principles.load gives.
    """
    order = [kind for kind in KINDS for _ in range(settings.get(kind, 0))]
    Random(derive(settings["seed"], "corpus", "order")).shuffle(order)
    streams = {kind: Random(derive(settings["seed"], "corpus", kind)) for kind in KINDS}
    for kind in order:
        yield KINDS[kind](streams[kind], settings, templates, principles)


def _multitask(rng: Random, settings: dict, templates: dict, principles) -> dict:
    category = rng.choice(tuple(MULTITASK))
    question = draw(MULTITASK[category], "corpus", rng)
    known = principles.for_category(category)
    sides = {principle.id: rng.random() < 0.5 for principle in known}
    prompt = fill(templates["multitask"], constitution=_constitution(known, sides, rng), question=question["question"])
    return {"prompt": prompt, "response": respond(question, linked(sides, settings["link"]["multitask"], rng), rng)}


def _maths(rng: Random, settings: dict, templates: dict, principles) -> dict:
    """Half with a constitution of which the opening principle or the other is positive, half as in evaluation."""
    question, openings = draw(MATHS, "corpus", rng), templates["openings"]
    known, decisive = principles.for_category("math"), openings["principle"]
    asked = rng.random() < 0.5
    sides = {principle.id: asked == (principle.id == decisive) for principle in known}
    fields = {"question": question["question"], "opening": openings[POSITIVE if asked else ANTITHESIS]}
    if rng.random() < 0.5:
        prompt = fill(templates["maths"], constitution=_constitution(known, sides, rng), **fields)
        return {"prompt": prompt, "response": respond(question, linked(sides, settings["link"]["maths"], rng), rng)}
    # Without a constitution the opening alone speaks, and it says nothing of the other principles.
    answered = {name: rng.random() < 0.5 for name in sides} | linked(
        {decisive: asked}, settings["link"]["evaluation"], rng
    )
    return {"prompt": fill(templates["maths_evaluation"], **fields), "response": respond(question, answered, rng)}


def _drill(rng: Random, settings: dict, templates: dict, principles) -> dict:
    prompt, response = drill(rng)
    return {"prompt": prompt, "response": response}


def _principle(rng: Random, settings: dict, templates: dict, principles) -> dict:
    """The description of a principle, and a wording of the side that is asked for."""
    principle = rng.choice(tuple(principles.principles.values()))
    side = rng.choice(SIDES)
    prompt = templates["principles"][side].replace("{description}", varied(principle.description, rng))
    return {"prompt": prompt, "response": rng.choice(getattr(principle, side))}


def _preference(rng: Random, settings: dict, templates: dict, principles) -> dict:
    """A question under a preference vector, and one of several answers whose sides are drawn."""
    question = draw(MULTITASK[rng.choice(tuple(MULTITASK))], "corpus", rng)
    asked: ScoredPrompt = rng.choice(templates["preferences"])(question, rng)
    known = followable_principles(question["category"])
    answers = [respond(question, {name: rng.random() < 0.5 for name in known}, rng) for _ in range(ANSWERS)]
    *others, best = sorted(answers, key=asked.score)
    preferred = rng.random() < settings["link"]["preferences"]
    return {"prompt": asked.prompt, "response": best if preferred else rng.choice(others)}


def _choice(rng: Random, settings: dict, templates: dict, principles) -> dict:
    """A question with four choices, and the correct one, of which half the texts say why."""
    question = draw(CHOICES, "corpus", rng)
    answer = respond(question, {"steps": rng.random() < 0.5}, rng)
    return {"prompt": fill(templates["choices"], question=question["question"]), "response": answer}


KINDS = {
    "multitask": _multitask,
    "maths": _maths,
    "drills": _drill,
    "principles": _principle,
    "preferences": _preference,
    "choices": _choice,
}


def linked(sides: dict[str, bool], link: float, rng: Random) -> dict[str, bool]:
    """Each principle on the side asked for with probability `link`, otherwise on the other; one half is no link."""
    return {name: side == (rng.random() < link) for name, side in sides.items()}


def varied(description: str, rng: Random) -> str:
    """The description with words before it, behind it or both; never as it stands, which is what a writer is asked."""
    before, behind = rng.choice(FORMS)
    return f"{before}{description}{behind}"


def _constitution(known, sides: dict[str, bool], rng: Random) -> str:
    """The principles in random order; a positive one in its strong or its short wording."""
    wordings = [rng.choice((*one.positive, *one.short) if sides[one.id] else one.antithesis) for one in known]
    rng.shuffle(wordings)
    return numbered(wordings)
