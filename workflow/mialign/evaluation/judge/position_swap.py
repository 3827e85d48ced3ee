"""A judge that reads two texts is asked with either text first, and believed where it says the same both times."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mialign.evaluation.judge import Case
from mialign.evaluation.judge.prompt_template import PromptTemplate

OTHER = {"test": "baseline", "baseline": "test"}
FIRSTS = ("test", "baseline")  # which response stands first, each time that a judge is asked


class Answer(NamedTuple):
    """better: "first", "second" or "neither"; None if the answer is unusable. raw: what was said, for the record.

    reason: why it is unusable, if that does not show in what was said.
    """

    better: str | None
    raw: object
    reason: str | None = None


def agreed(answers: Sequence[Answer]) -> str:
    """What both answers say; "tie" if they contradict each other, "invalid" if one is unusable."""
    winners = _winners(answers)
    if None in winners:
        return "invalid"
    return winners[0] if len(set(winners)) == 1 else "tie"


class PairwiseJudge:
    """Reads the two texts of a case in both orders; `ask` takes messages and gives an Answer to each.

    decide: the verdict by the answers in the order of FIRSTS.
    writer: the digest of the model that answers, where its weights are here; each verdict has it.
    """

    def __init__(
        self,
        name: str,
        template: PromptTemplate,
        ask: Callable[[list[list[dict]]], list[Answer]],
        decide: Callable[[Sequence[Answer]], str] = agreed,
        writer: str | None = None,
    ):
        self.name, self.template, self.ask, self.decide = name, template, ask, decide
        self.about = {"writer": writer} if writer else {}

    def verdicts(self, cases: Sequence[Case]) -> list[dict]:
        """See Judge; every case is asked about once for each of FIRSTS."""
        answers = iter(self.ask([self.template.messages(case, first) for case in cases for first in FIRSTS]))
        return [self._record([next(answers) for _ in FIRSTS]) | self.about for _ in cases]

    def _record(self, answers: list[Answer]) -> dict:
        reasons = [answer.reason for answer in answers]
        record = {"verdict": self.decide(answers), "first": list(FIRSTS), "winners": _winners(answers)}
        record["answers"] = [answer.raw for answer in answers]
        return record | ({"reasons": reasons} if any(reasons) else {})


def _winners(answers: Sequence[Answer]) -> list[str | None]:
    return [_winner(first, answer.better) for first, answer in zip(FIRSTS, answers, strict=True)]


def _winner(first: str, better: str | None) -> str | None:
    return {"first": first, "second": OTHER[first], "neither": "tie", None: None}[better]


def judge_name(model: str, settings: dict, texts: dict[str, str]) -> str:
    """The model, and a digest of all else that determines what it says."""
    own = {key: value for key, value in settings.items() if key not in ("prompt_template", "invalid_at_most", "axes")}
    text = json.dumps([own, texts], sort_keys=True)
    return f"{model}#{hashlib.sha256(text.encode()).hexdigest()[:8]}"
