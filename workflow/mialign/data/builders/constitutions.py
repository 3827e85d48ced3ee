"""Pairs by constitutions: a question is answered once under each of N constitutions, and the responses are compared.

A record is a square of N prompts and N responses. Its terms set, under each prompt, the response that was written
under it against each of the others. It names one response as the positive one, for SFT on positives.

The constitutions of a question are any that differ; or, with `flip`, the fully desired one and others that have some of
its principles on the opposite side, as original SAMI (arXiv 2404.14313) has them.
"""

from itertools import combinations, product
from math import comb
from random import Random

from mialign.core.errors import InputError
from mialign.core.setting import Setting
from mialign.core.template import fill, forced_opening, numbered
from mialign.data.builders.record_size import RecordSize
from mialign.data.principles import ANTITHESIS, POSITIVE, SIDES
from mialign.data.prompts import Prompts, decisive_principle

# flip: how many principles of the fully desired constitution each of the others may have flipped.
NUMBERS = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "integer", "minimum": 1}}
# draws: questions are drawn with replacement, `pairs` pairs each, until the set has its size or `at_most` were drawn.
COUNT = {"type": "integer", "minimum": 1}
DRAWS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs", "at_most"],
    "properties": {"pairs": COUNT, "at_most": COUNT},
}
SETTINGS = {
    "constitutions": Setting(2, COUNT),
    "flip": Setting(None, NUMBERS),
    "draws": Setting(None, DRAWS),
}


def record_size(settings: dict) -> RecordSize:
    """As many prompts and responses as constitutions."""
    return RecordSize(*[settings["constitutions"]] * 3)


def prompts(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """N constitutions with different sides, wordings and order drawn anew for each, and their prompts."""
    known = {principle.id: principle for principle in principles.for_category(question["category"])}
    openings, count = settings.get("openings"), settings["constitutions"]
    decisive = decisive_principle(settings, known, question)
    check(settings)
    check_sides(list(known), question["category"], settings)
    flip = settings.get("flip")
    drawn = flip_sides(list(known), count, flip, rng) if flip else sample_sides(list(known), count, rng, decisive)
    made = Prompts([], [], [], forced=[])
    for sides in drawn:
        order = rng.sample(sorted(sides), len(sides))
        text = numbered(rng.choice(getattr(known[name], sides[name])) for name in order)
        made.constitutions.append({"principles": [[name, sides[name]] for name in order], "text": text})
        opening = openings[sides[decisive]] if openings else ""
        fields = {"constitution": text, "question": question["question"], "opening": opening}
        made.prompts.append(fill(settings["template"], **fields))
        if "generation_template" in settings:
            fields["forced_opening"] = "".join(known[name].forced_opening.get(sides[name], "") for name in known)
            made.generation.append(fill(settings["generation_template"], **fields))
            made.forced.append(forced_opening(settings["generation_template"], settings["template"], **fields))
    return made


def check(settings: dict) -> None:
    """InputError for flips with openings, which need both of their sides in equal shares; and for too few draws."""
    draws, size = settings.get("draws"), settings.get("size")
    if draws and size and draws["pairs"] * draws["at_most"] < size:
        raise InputError(
            f"draws.at_most: {draws['at_most']} draws of {draws['pairs']} pairs cannot give the {size} pairs of size; "
            "raise it, and leave room for what the filters drop"
        )
    if "flip" in settings and settings.get("openings"):
        raise InputError("flip: it does not go with the openings of the experiment; take one of the two out")


def check_sides(ids: list[str], category: str, settings: dict) -> None:
    """InputError unless the principles of a category give as many different constitutions as are asked for."""
    count, flip, has = settings["constitutions"], settings.get("flip"), f"the category {category!r} has"
    if count < 1:
        raise InputError(f"constitutions: {count} give no prompt to answer; one at least is needed")
    if flip and max(flip) > len(ids):
        raise InputError(f"flip: {max(flip)} principles cannot be flipped: {has} {' and '.join(ids)}")
    most = 1 + sum(comb(len(ids), number) for number in flip) if flip else 2 ** len(ids)
    if count > most:
        raise InputError(
            f"constitutions: {count} cannot all differ: {has} {' and '.join(ids)}, which "
            f"{'with these flips ' if flip else ''}allow {most}"
        )


def flip_sides(ids: list[str], count: int, flip: list[int], rng: Random) -> list[dict[str, str]]:
    """All positive, and then `count` - 1 different choices of sides with as many flipped as a number in `flip` says.

    Every set of principles of such a number is as likely as any other: of two principles and flip [1, 2] each alone,
    and both together, one time in three.
    """
    possible = [chosen for number in flip for chosen in combinations(ids, number)]
    flipped = [(), *rng.sample(possible, count - 1)]
    return [{name: ANTITHESIS if name in chosen else POSITIVE for name in ids} for chosen in flipped]


def sample_sides(ids: list[str], count: int, rng: Random, decisive: str | None) -> list[dict[str, str]]:
    """`count` different choices of a side for every principle, in random order.

    With a `decisive` principle its two sides take equal shares, so of two constitutions exactly one has it positive;
    an odd count gives the one constitution over to a side drawn at random.
    """
    choices = [dict(zip(ids, sides, strict=True)) for sides in product(SIDES, repeat=len(ids))]
    if decisive is None:
        return rng.sample(choices, count)
    positive = count // 2 + (rng.randrange(2) if count % 2 else 0)
    chosen = rng.sample([choice for choice in choices if choice[decisive] == POSITIVE], positive)
    chosen += rng.sample([choice for choice in choices if choice[decisive] == ANTITHESIS], count - positive)
    rng.shuffle(chosen)
    return chosen


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen. settings: decisive, if a principle decides how prompts open."""
    return [_record(prompt, responses[prompt["id"]], settings.get("decisive")) for prompt in chosen]


def _record(prompt: dict, responses: list[dict], decisive: str | None) -> dict:
    size = len(responses)
    return {
        "prompts": prompt["prompts"],
        "responses": [{**response, "prompt": place} for place, response in enumerate(responses)],
        "terms": compare_all(size),
        "positive": most_positive([dict(one["principles"]) for one in prompt["constitutions"]], decisive),
    }


def most_positive(constitutions: list[dict[str, str]], decisive: str | None) -> int:
    """Which of some choices of sides has the most positive ones; of several the first, whose order is random.

    One that has the `decisive` principle positive comes before all that have not.
    """
    ranks = [
        (decisive is not None and sides[decisive] == POSITIVE, list(sides.values()).count(POSITIVE))
        for sides in constitutions
    ]
    return ranks.index(max(ranks))


def compare_all(size: int) -> list[dict]:
    """Terms of a square: (i, i) against (i, j) for all i and j != i; a response alone is set against none."""
    if size == 1:
        return [{"chosen": [0, 0], "rejected": None, "weight": 1.0}]
    return [{"chosen": [i, i], "rejected": [i, j], "weight": 1.0} for i, j in product(range(size), repeat=2) if i != j]
