"""A set that draws until it has its size: prompts are answered in waves, until enough of their pairs stay."""

from collections.abc import Callable
from math import ceil, sqrt

from mialign.data.filters import active_filters
from mialign.data.pairs import failure, responses_by_prompt


def until_enough(
    prompts: list[dict], answer: Callable[[list[dict]], list[dict]], settings: dict
) -> tuple[list[dict], int]:
    """The generations of the first prompts, up to the pair that completes the set, and how many pairs they make.

    answer(prompts): the generations of these prompts. settings: filters and size of the set. If all prompts make fewer
    pairs than `size`, their generations are all there is. What is returned does not depend on how waves are cut.
    """
    filters, size = active_filters(settings["filters"]), settings["size"]
    written, kept, asked = [], [], 0  # kept: places of the prompts whose pairs stay
    while len(kept) < size and asked < len(prompts):
        wave = prompts[asked : asked + next_wave(size, len(kept), asked)]
        generations = answer(wave)
        responses = responses_by_prompt(wave, generations)
        kept += [asked + place for place, one in enumerate(wave) if failure(responses[one["id"]], filters) is None]
        written += generations
        asked += len(wave)
    needed = {prompt["id"] for prompt in (prompts[: kept[size - 1] + 1] if len(kept) >= size else prompts)}
    return [one for one in written if one["prompt_id"] in needed], min(len(kept), size)


def next_wave(size: int, kept: int, asked: int) -> int:
    """How many prompts to ask next: as many as the missing pairs take by the share kept so far, and a few more.

    The first wave has `size` of them, which are needed whatever the filters do. No other one is larger than all before
    it. The few more are two standard deviations of a count of the missing, so that a last small wave is seldom.
    """
    if not asked:
        return size
    missing = size - kept
    return min(ceil((missing + 2 * sqrt(missing)) * (asked + 1) / (kept + 1)), asked)
