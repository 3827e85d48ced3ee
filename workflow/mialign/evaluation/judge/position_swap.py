"""A judge that reads two texts is asked with either text first, and believed where it says the same both times."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mialign.core import seeds
from mialign.evaluation.judge import Case
from mialign.evaluation.judge.prompt_template import Wording

OTHER = {"test": "baseline", "baseline": "test"}


class Answer(NamedTuple):
    """better: "first", "second" or "neither"; None if the answer is unusable. raw: what was said, for the record.

    reason: why it is unusable, if that does not show in what was said.
    """

    better: str | None
    raw: object
    reason: str | None = None


class PairwiseJudge:
    """Reads the two texts of a case in both orders; `ask` takes messages and gives an Answer to each."""

    def __init__(self, name: str, wording: Wording, ask: Callable[[list[list[dict]]], list[Answer]]):
        self.name, self.wording, self.ask = name, wording, ask

    def verdicts(self, cases: Sequence[Case]) -> list[dict]:
        """See Judge; every case is asked about once for each of `firsts`."""
        firsts = [self.firsts(case) for case in cases]
        messages = [
            self.wording.messages(case, first) for case, own in zip(cases, firsts, strict=True) for first in own
        ]
        answers = iter(self.ask(messages))
        return [self._record(own, [next(answers) for _ in own]) for own in firsts]

    def firsts(self, case: Case) -> list[str]:
        """Which response stands first, for each time that the judge is asked."""
        return ["test", "baseline"]

    def _record(self, firsts: list[str], answers: list[Answer]) -> dict:
        verdict = self.decide(firsts, [answer.better for answer in answers])
        reasons = [answer.reason for answer in answers]
        record = {"verdict": verdict, "first": firsts, "answers": [answer.raw for answer in answers]}
        return record | ({"reasons": reasons} if any(reasons) else {})

    def decide(self, firsts: list[str], betters: list[str | None]) -> str:
        """What all answers say; "tie" if they contradict each other, "invalid" if one is unusable."""
        if None in betters:
            return "invalid"
        winners = {
            {"first": first, "second": OTHER[first], "neither": "tie"}[better]
            for first, better in zip(firsts, betters, strict=True)
        }
        return winners.pop() if len(winners) == 1 else "tie"


class SingleOrderJudge(PairwiseJudge):
    """The protocol of the paper's authors (their code): one order, drawn at random; an unusable answer counts half."""

    def __init__(self, name: str, wording: Wording, ask: Callable[[list[list[dict]]], list[Answer]], seed: int):
        super().__init__(name, wording, ask)
        self.seed = seed

    def firsts(self, case: Case) -> list[str]:
        """The one order, drawn by a seed of its own for each case."""
        drawn = seeds.derive(self.seed, "order", case.axis, case.prompt["id"], float(case.test["temperature"]))
        return [("test", "baseline")[drawn % 2]]

    def decide(self, firsts: list[str], betters: list[str | None]) -> str:
        """What the one answer says; an unusable one is a tie."""
        verdict = super().decide(firsts, betters)
        return "tie" if verdict == "invalid" else verdict


def judge_name(model: str, settings: dict, wording: Wording) -> str:
    """The model, and a digest of all else that determines what it says."""
    own = {key: value for key, value in settings.items() if key not in ("wording", "invalid_at_most")}
    text = json.dumps([own, wording.texts], sort_keys=True)
    return f"{model}#{hashlib.sha256(text.encode()).hexdigest()[:8]}"
