"""By what the checkpoints of an experiment are chosen: a score of each validation answer."""

import math
from collections.abc import Callable

from mialign.core.errors import InputError
from mialign.data.filters import ENDED
from mialign.data.gold_answers import gold_answer
from mialign.evaluation.answers import is_correct
from mialign.evaluation.choosing_scores import CHOOSING
from mialign.evaluation.rewards import Reward, make
from mialign.evaluation.scores import adherence, correct, question_of
from mialign.evaluation.steering import Steering
from mialign.generation.engine import Completion
from mialign.synthetic import POSITIVE, follows

OneScore = Callable[[dict, Completion], dict[str, float | None]]
Scores = Callable[[list[dict], list[Completion]], list[dict[str, float | None]]]


def judged(record: dict, completion: Completion) -> dict[str, float | None]:
    """mean_score: the mean of adherence and correct content, or one of them alone where the other cannot be checked."""
    ended = completion.finish in ENDED
    followed, known = adherence(record, completion.text, ended), correct(record, completion.text, ended)
    known = None if known is None else float(known)
    checked = [score for score in (followed, known) if score is not None]
    mean_score = sum(checked) / len(checked) if checked else None
    return {"mean_score": mean_score, "adherence": followed, "correct": known}


def solved(record: dict, completion: Completion) -> dict[str, float | None]:
    """Whether the answer of a solution, extracted flexibly, is correct, and whether it goes step by step."""
    question = question_of(record)
    correct_answer = is_correct(completion.text, completion.finish in ENDED, gold_answer(question), "flexible")
    return {
        "accuracy": float(correct_answer),
        "steps": float(follows("steps", POSITIVE, completion.text, question)),
    }


def ended(record: dict, completion: Completion) -> dict[str, float | None]:
    """Whether an answer ended: of no use to choose by, where reward models are too large to stand beside a training."""
    return {"ended": float(completion.finish in ENDED)}


def preferred(rewards: list[Reward]) -> OneScore:
    """sum_k w_k sigmoid(r_k) for rewards r and the vector w of the prompt, and each reward by its place.

    A term is the Bradley-Terry chance that the answer beats one of reward 0, so the score lies between 0 and 1.
    """

    def score(record: dict, completion: Completion) -> dict[str, float | None]:
        found = [one.scores([question_of(record)], [completion.text])[0] for one in rewards]
        (vector,) = record["preferences"]
        chances = [(1 + math.tanh(reward / 2)) / 2 for reward in found]  # sigmoid, which exp would overflow for
        total = sum(weight * chance for weight, chance in zip(vector, chances, strict=True))
        return {"preferred": total, **{f"reward_{place}": reward for place, reward in enumerate(found, start=1)}}

    return score


# Name of the score, as curves have it -> what gives it. `preferred` and `steering` are made of the rewards of the
# experiment.
SCORES = {"mean_score": judged, "accuracy": solved, "ended": ended}


def scores_of(validation: dict) -> Scores:
    """The scores that the settings of a validation name: `score`, and if it needs them its `rewards`, in order.

    win_rate is the score of a judge (WinsOverParent).
    """
    name = validation["score"]
    if name == "preferred":
        return each(preferred([make(one) for one in validation["rewards"]]))
    if name == "steering":
        return Steering([make(one) for one in validation["rewards"]])
    if name not in SCORES:
        raise InputError(f"--settings: validation.score is {name!r}; there are {', '.join((*CHOOSING, 'ended'))}")
    return each(SCORES[name])


def each(score: OneScore) -> Scores:
    """Every answer scored by itself."""
    return lambda records, completions: [score(*one) for one in zip(records, completions, strict=True)]
