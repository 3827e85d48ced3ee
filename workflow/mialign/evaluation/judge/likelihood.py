"""A judge without a server: which letter a model on this machine finds likelier after our prompt, in both orders.

The answer is not written but read off: the log-probabilities of " A" and " B" after the prompt and "Verdict:". A small
model prefers one letter whatever stands there. So the verdict is for the text whose letter gains where it stands first:
what is added to the log odds of a letter in both orders cancels.
"""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.progress import Progress
from mialign.evaluation.judge.likelihood_prompt import LETTERS, prompt_ids
from mialign.evaluation.judge.position_swap import Answer, PairwiseJudge, judge_name
from mialign.evaluation.judge.prompt_template import load

DIGITS = 4  # of a log-probability: what lies below depends on which requests share a pass


def make(settings: dict, prompt_template: Path, model: Path, token_budget: int) -> PairwiseJudge:
    """The judge of a `judge` section of kind likelihood; `model` is its folder."""
    from mialign.models import checkpoints

    template, digest = load(prompt_template), checkpoints.digest(model)

    def ask(messages: list[list[dict]]) -> list[Answer]:
        found = letter_log_probabilities(model, messages, token_budget)
        if not all(isfinite(one) for sums in found for one in sums):
            raise InputError(f"{model}: the judge gives no numbers: its weights are damaged; take another one")
        return [_answer(*sums) for sums in found]

    name = judge_name(f"likelihood of {settings['model']}", {**settings, "digest": digest}, template.texts)
    return PairwiseJudge(name, template, ask, likelier, digest)


def likelier(answers: Sequence[Answer]) -> str:
    """The verdict by the log odds of A with either text first: "test", "baseline", or "tie" if they are the same."""
    (test_first, baseline_first) = (round(one.raw[0] - one.raw[1], DIGITS) for one in answers)
    if test_first == baseline_first:
        return "tie"
    return "test" if test_first > baseline_first else "baseline"


def _answer(first: float, second: float) -> Answer:
    first, second = round(first, DIGITS), round(second, DIGITS)
    better = "neither" if first == second else "first" if first > second else "second"
    return Answer(better, [first, second])


def letter_log_probabilities(folder: Path, messages: list[list[dict]], token_budget: int) -> list[tuple[float, float]]:
    """log p(" A") and log p(" B") after each request, in nat; token_budget: tokens and padding in one pass."""
    import torch

    from mialign.models import checkpoints
    from mialign.models.encoding import encode_response
    from mialign.training.grid import Item, grids_under

    tokenizer = checkpoints.load_tokenizer(folder)
    letters = [encode_response(tokenizer, letter) for letter in LETTERS]
    items = [Item([prompt_ids(tokenizer, one)], letters) for one in messages]
    _check_context(items, checkpoints.context(folder), folder)
    entry_mask, found = torch.ones(1, 2, dtype=torch.bool), {}
    progress = Progress("judge", len(items), "prompts")
    for part, computed in grids_under(folder, items, entry_mask, "float32", token_budget, progress):
        found.update(zip(part, map(tuple, computed.sums[:, 0].tolist()), strict=True))
    return [found[index] for index in range(len(items))]


def _check_context(items: list, context: int, folder: Path) -> None:
    longest = max((item.longest for item in items), default=0)
    if longest > context:
        raise InputError(
            f"{folder}: the longest prompt of the judge has {longest} tokens, more than its context of {context}; take "
            "another model as judge, lower respond.max_tokens, or compare with other stored answers"
        )
