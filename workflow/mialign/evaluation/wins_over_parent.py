"""Checkpoints scored by a judge: whether a validation answer is better than the parent's."""

from dataclasses import dataclass
from pathlib import Path

from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.judge import AXES, Case, Judge
from mialign.evaluation.judge.verdicts import check_valid
from mialign.evaluation.statistics.win_points import POINTS
from mialign.generation.engine import Completion
from mialign.models.machine import of_first


@dataclass(frozen=True)
class WinsOverParent:
    """The win rate of a policy's answers over those of its parent, which are the first that are scored, at step 0.

    answers: file of the parent's answers, in which a training that was killed finds them. invalid_at_most: the share of
    verdicts that may be invalid.

    Of several processes that share a training the first judges: the judge is a model beside the policy.
    """

    judge: Judge
    answers: Path
    invalid_at_most: float

    def __call__(self, records: list[dict], completions: list[Completion]) -> list[dict[str, float | None]]:
        """win_rate of each answer on the principle-aware axis: 1, 0.5 for a tie, or 0; None if the verdict is invalid.
        InputError if too many are.

        At step 0 every answer meets itself, which is a tie, so a judge that cannot work fails before any step.
        """
        return of_first(lambda: self._scores(records, [one.text for one in completions]))

    def _scores(self, records: list[dict], texts: list[str]) -> list[dict[str, float | None]]:
        if not self.answers.exists():
            write_jsonl(
                self.answers, ({"prompt_id": one["id"], "text": text} for one, text in zip(records, texts, strict=True))
            )
        first = read_jsonl(self.answers, required=("prompt_id", "text"))
        cases = [
            Case(AXES[0], record, {"text": text}, before)
            for record, text, before in zip(records, texts, first, strict=True)
        ]
        found = self.judge.verdicts(cases)
        told = [{"prompt_id": case.prompt["id"], "judge": self.judge.name} for case in cases]
        check_valid([one | verdict for one, verdict in zip(told, found, strict=True)], self.invalid_at_most)
        return [{"win_rate": POINTS[verdict["verdict"]]} for verdict in found]
