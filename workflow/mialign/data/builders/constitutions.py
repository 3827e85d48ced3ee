"""Pairs by constitutions: a question is answered once under each of N constitutions, and the responses are compared.

A record is a square of N prompts and N responses. Its terms set, under each prompt, the response that was written
under it against each of the others.
"""

from itertools import product
from random import Random

from mialign.core.errors import InputError
from mialign.core.setting import Setting
from mialign.core.template import fill, numbered
from mialign.data.builders.shape import Shape
from mialign.data.prompts import Prompts, decisive_principle

SETTINGS = {"constitutions": Setting(2, {"type": "integer", "minimum": 1})}


def shape(settings: dict) -> Shape:
    """As many prompts and responses as constitutions."""
    return Shape(*[settings["constitutions"]] * 3)


def prompts(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """N constitutions with different sides, wordings and order drawn anew for each, and their prompts."""
    known = {principle.id: principle for principle in principles.for_category(question["category"])}
    openings, count = settings.get("openings"), settings["constitutions"]
    decisive = decisive_principle(settings, known, question)
    if count < 1:
        raise InputError(f"constitutions: {count} give no prompt to answer; one at least is needed")
    if count > 2 ** len(known):
        raise InputError(
            f"constitutions: {count} cannot all differ: the {len(known)} principles of the category "
            f"{question['category']!r} allow {2 ** len(known)}"
        )
    made = Prompts([], [], [])
    for sides in sample_sides(list(known), count, rng, decisive):
        order = rng.sample(sorted(sides), len(sides))
        text = numbered(rng.choice(getattr(known[name], sides[name])) for name in order)
        made.constitutions.append({"principles": [[name, sides[name]] for name in order], "text": text})
        opening = openings[sides[decisive]] if openings else ""
        fields = {"constitution": text, "question": question["question"], "opening": opening}
        made.prompts.append(fill(settings["template"], **fields))
        if "generation_template" in settings:
            made.generation.append(fill(settings["generation_template"], **fields))
    return made


def sample_sides(ids: list[str], count: int, rng: Random, decisive: str | None = None) -> list[dict[str, str]]:
    """`count` different choices of a side for every principle, in random order.

    With a `decisive` principle its two sides take equal shares, so of two constitutions exactly one has it positive;
    an odd count gives the one constitution over to a side drawn at random.
    """
    choices = [dict(zip(ids, sides, strict=True)) for sides in product(("positive", "antithesis"), repeat=len(ids))]
    if decisive is None:
        return rng.sample(choices, count)
    positive = count // 2 + (rng.randrange(2) if count % 2 else 0)
    chosen = rng.sample([choice for choice in choices if choice[decisive] == "positive"], positive)
    chosen += rng.sample([choice for choice in choices if choice[decisive] == "antithesis"], count - positive)
    rng.shuffle(chosen)
    return chosen


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen."""
    return [_record(prompt, responses[prompt["id"]]) for prompt in chosen]


def _record(prompt: dict, responses: list[dict]) -> dict:
    size = len(responses)
    return {
        "prompts": prompt["prompts"],
        "responses": [{**response, "prompt": place} for place, response in enumerate(responses)],
        "terms": compare_all(size),
    }


def compare_all(size: int) -> list[dict]:
    """Terms of a square: (i, i) against (i, j) for all i and j != i; a response alone is set against none."""
    if size == 1:
        return [{"chosen": [0, 0], "rejected": None, "weight": 1.0}]
    return [{"chosen": [i, i], "rejected": [i, j], "weight": 1.0} for i, j in product(range(size), repeat=2) if i != j]
