"""Adherence apart for the principles that training had and for those held out from it."""

from collections.abc import Collection, Iterable, Iterator

from mialign.data.filters import ENDED
from mialign.evaluation.scores import adherence

# Fields of a score; comparisons and qualities have them as metrics.
FIELDS = ("adherence_trained", "adherence_held_out")


def with_both(
    scores: Iterable[dict], responses: Iterable[dict], prompts: Iterable[dict], held_out: Collection[str]
) -> Iterator[dict]:
    """The scores with FIELDS, which are None where the constitution has no such principle or no checker knows one.

    scores: one for each response, in the same order.
    """
    by_id = {prompt["id"]: prompt for prompt in prompts}
    for score, response in zip(scores, responses, strict=True):
        prompt = by_id[response["prompt_id"]]
        sides = prompt["constitutions"][0]["principles"]
        trained = [side for side in sides if side[0] not in held_out]
        rest = [side for side in sides if side[0] in held_out]
        found = (_adherence(prompt, part, response) for part in (trained, rest))
        yield score | dict(zip(FIELDS, found, strict=True))


def measured(scores: Iterable[dict]) -> tuple[str, ...]:
    """Those of FIELDS that the scores have: all or none."""
    return FIELDS if any(FIELDS[0] in score for score in scores) else ()


def _adherence(prompt: dict, sides: list, response: dict) -> float | None:
    if not sides:
        return None
    part = {**prompt, "constitutions": [{"principles": sides}]}
    return adherence(part, response["text"], response["finish"] in ENDED)
