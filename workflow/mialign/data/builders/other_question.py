"""Pairs by question (MIPO, arXiv 2603.19294, mode "prompt"): a response against the response to another question.

A record has one prompt, that of evaluation, and two responses: the prompt's own, which is chosen, and that of another
question, which is rejected. No question meets itself. With same_category the other question is of the same category.
"""

from random import Random

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.core.setting import Setting
from mialign.data.builders.record_size import RecordSize
from mialign.data.prompts import evaluation as prompts

__all__ = ["SETTINGS", "prompts", "record_size", "records"]
SETTINGS = {"same_category": Setting(False, {"type": "boolean"})}


def record_size(settings: dict) -> RecordSize:
    """One response is written, and that to another question stands beside it."""
    return RecordSize(written=1, prompts=1, responses=2)


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen; the other question is drawn by a seeded derangement."""
    if settings.get("same_category"):
        other = {}
        for category in dict.fromkeys(prompt["category"] for prompt in chosen):
            members = [prompt for prompt in chosen if prompt["category"] == category]
            other |= _others(members, settings["seed"], category)
    else:
        other = _others(chosen, settings["seed"])
    return [_record(prompt, responses[prompt["id"]][0], other[prompt["id"]], responses) for prompt in chosen]


def _others(members: list[dict], seed: int, *category: str) -> dict[str, dict]:
    """For each by its id, another of the members; each is the other of one."""
    if len(members) < 2:
        which, hint = (f" of the category {category[0]!r}", ", or set same_category to false") if category else ("", "")
        raise InputError(
            f"only one question{which} is left, and there is no other to take a response from; raise size, loosen the "
            f"filters or take more questions{hint}"
        )
    order = members.copy()
    Random(derive(seed, "other_question", *category)).shuffle(order)
    return {one["id"]: following for one, following in zip(order, [*order[1:], order[0]], strict=True)}


def _record(prompt: dict, own: dict, other: dict, responses: dict[str, list[dict]]) -> dict:
    (rejected,) = responses[other["id"]]
    return {
        "prompts": prompt["prompts"],
        "responses": [{**own, "prompt": 0}, {**rejected, "prompt": None, "question_id": other["question_id"]}],
        "terms": [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}],
    }
