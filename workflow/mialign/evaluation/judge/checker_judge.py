"""The judge of the miniature: it compares the scores that the world's checkers gave."""

from collections.abc import Sequence

from mialign.evaluation.judge import COMPARED


class Checkers:
    """Exact, free and repeatable. Both orders give the same verdict, so none is flipped and none is invalid."""

    name = "checkers"

    def verdicts(self, cases: Sequence) -> list[dict | None]:
        """See Judge; None where the scores do not say what is compared."""
        return [_verdict(case.test[COMPARED[case.axis]], case.baseline[COMPARED[case.axis]]) for case in cases]


def _verdict(test: float | bool | None, baseline: float | bool | None) -> dict | None:
    if test is None or baseline is None:
        return None
    if test == baseline:
        return {"verdict": "tie"}
    return {"verdict": "test" if test > baseline else "baseline"}
