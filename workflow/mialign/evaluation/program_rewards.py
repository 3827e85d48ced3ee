"""Rewards that a program computes, without a model, and questions asked under preference vectors over them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mialign.data import preferences
from mialign.evaluation.checkers import follows
from mialign.synthetic.corpora import ScoredPrompt


@dataclass(frozen=True)
class CheckerReward:
    """1 where the text follows a side of a principle, else 0."""

    principle: str
    side: str

    def scores(self, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
        """0.0 or 1.0 of each text."""
        pairs = zip(questions, texts, strict=True)
        return [float(follows(self.principle, self.side, text, question)) for question, text in pairs]


@dataclass(frozen=True)
class LengthReward:
    """The words of a text in units of `per` words; a `per` below 0 prefers short texts."""

    per: float

    def scores(self, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
        """Words / per of each text."""
        return [len(text.split()) / self.per for text in texts]


KINDS = {
    "checker": lambda settings: CheckerReward(settings["principle"], settings["side"]),
    "length": lambda settings: LengthReward(settings["per"]),
}


class AskUnderVectors:
    """Asks questions under preference vectors, drawn anew from Dirichlet(alpha)."""

    def __init__(self, template: str, weighed: list[str], rewards: dict[str, dict], alpha: float):
        """weighed: the names in the order of the weights; rewards: blocks of the config by name."""
        self.template, self.alpha = template, alpha
        self.rewards = {name: KINDS[rewards[name]["kind"]](rewards[name]) for name in weighed}

    def __call__(self, question: dict, rng: Random) -> ScoredPrompt:
        """The prompt for a question; the score of an answer is sum_k w_k reward_k under its vector w."""
        vector, _ = preferences.draw_two(len(self.rewards), self.alpha, rng.getrandbits(32))

        def score(text: str) -> float:
            rewards = (reward.scores([question], [text])[0] for reward in self.rewards.values())
            return sum(weight * reward for weight, reward in zip(vector, rewards, strict=True))

        return ScoredPrompt(preferences.fill_in(self.template, question, list(self.rewards), vector), score)
