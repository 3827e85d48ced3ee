"""Checkpoints scored by how well a policy follows its preference vector, whatever it gets without reading it."""

from dataclasses import dataclass

import numpy as np

from mialign.evaluation.rewards import Reward
from mialign.evaluation.scores import question_of
from mialign.generation.engine import Completion


@dataclass(frozen=True)
class Steering:
    """The correlation of each reward with its weight in the prompt, averaged over rewards.

    It lies between -1 and 1 and is 0, up to chance, for answers that ignore the vector. It is the slope of a reward
    over its weight with both in standard deviations. So no reward counts for more because its numbers are larger, and a
    reward that varies for other reasons lowers it. Of normal weights and rewards it says how much an answer tells of
    its vector, -log(1 - rho^2) / 2 nats. It does not see how large rewards are.

    A plain slope, and what sum_k w_k r_k gains over shuffled vectors (sum_k cov(w_k, r_k)), are multiples of it for one
    reward. They depend on the unit of a reward, and their error is not known from their value, as that of a correlation
    is. All answers together serve every vector, so each question is asked once.
    """

    rewards: list[Reward]

    def __call__(self, records: list[dict], completions: list[Completion]) -> list[dict[str, float | None]]:
        """Of each answer: steering, the mean over rewards k of z(w_k) z(r_k), whose mean over the answers is the score,
        and each reward by its place. z: in standard deviations from the mean over the answers, 0 where all are alike.
        """
        questions, texts = [question_of(record) for record in records], [one.text for one in completions]
        found = np.array([one.scores(questions, texts) for one in self.rewards]).T
        weights = np.array([record["preferences"][0] for record in records])
        steering = (_standardised(weights) * _standardised(found)).mean(axis=1)
        return [
            {"steering": float(own), **{f"reward_{place}": float(one) for place, one in enumerate(rewards, start=1)}}
            for own, rewards in zip(steering, found, strict=True)
        ]


def _standardised(values: np.ndarray) -> np.ndarray:
    """Columns of [answers, rewards] with mean 0 and standard deviation 1, or all 0 where a column is one number."""
    same = values.max(axis=0) == values.min(axis=0)
    return np.where(same, 0.0, (values - values.mean(axis=0)) / np.where(same, 1.0, values.std(axis=0)))
