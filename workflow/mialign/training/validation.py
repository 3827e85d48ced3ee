"""How a policy does on the validation questions, and which checkpoint is kept.

The policy answers each question once, and the answers are scored.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mialign.generation.engine import BatchSize, Completion, Request, Sampling


@dataclass(frozen=True)
class Validation:
    """prompts: records of prompts/{experiment}/validation.jsonl, one prompt each.

    score(records, completions) gives numbers for each answer, or None where there is nothing to measure; the first,
    averaged, is what checkpoints are chosen by.
    """

    prompts: list[dict]
    sampling: Sampling
    score: Callable[[list[dict], list[Completion]], list[dict[str, float | None]]]
    batch: BatchSize

    def __call__(self, model, tokenizer) -> dict[str, float]:
        """Means over the questions: each score, the share that ended, the length in tokens; `score` is the choice's."""
        from mialign.generation.local import generate

        # Common random numbers: the same for all checkpoints, methods and seeds, which so differ by the policy alone.
        requests = [Request(record["prompts"][0], (number,)) for number, record in enumerate(self.prompts)]
        completions = [one for (one,) in generate(model, tokenizer, requests, self.sampling, self.batch)]
        scores = self.score(self.prompts, completions)
        means = {name: _mean([score[name] for score in scores]) for name in scores[0]}
        return {
            "score": next(iter(means.values())) or 0.0,
            **{name: value for name, value in means.items() if value is not None},
            "ended": _mean([float(completion.finish != "length") for completion in completions]),
            "length": _mean([float(completion.tokens) for completion in completions]),
        }


def rank(choose: str | int, step: int, score: float) -> float:
    """The number by which checkpoints are compared: the highest is kept, of several that are as high the first.

    choose: "validation" (the best score), "last", or the step whose checkpoint is kept.
    """
    if choose == "validation":
        return score
    return float(step) if choose == "last" else -float(abs(step - choose))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
