"""Pairs by question (MIPO, arXiv 2603.19294, mode "prompt"): a response against the response to another question.

A record has one prompt, that of evaluation, and two responses: the prompt's own, which is chosen, and that of another
question, which is rejected. No question meets itself.
"""

from random import Random

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.data.builders.shape import Shape
from mialign.data.prompts import evaluation as prompts

__all__ = ["SETTINGS", "prompts", "records", "shape"]
SETTINGS = {}


def shape(settings: dict) -> Shape:
    """One response is written, and that to another question stands beside it."""
    return Shape(written=1, prompts=1, responses=2)


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen; the other question is drawn by a seeded derangement."""
    if len(chosen) < 2:
        raise InputError("only one question is left, and there is no other to take a response from; raise size")
    order = chosen.copy()
    Random(derive(settings["seed"], "other_question")).shuffle(order)
    other = {one["id"]: following for one, following in zip(order, [*order[1:], order[0]], strict=True)}
    return [_record(prompt, responses[prompt["id"]][0], other[prompt["id"]], responses) for prompt in chosen]


def _record(prompt: dict, own: dict, other: dict, responses: dict[str, list[dict]]) -> dict:
    (rejected,) = responses[other["id"]]
    return {
        "prompts": prompt["prompts"],
        "responses": [{**own, "prompt": 0}, {**rejected, "prompt": None, "question_id": other["question_id"]}],
        "terms": [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}],
    }
