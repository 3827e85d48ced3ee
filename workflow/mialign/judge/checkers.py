"""The judge of the miniature: it compares the scores that the world's checkers gave."""

from collections.abc import Sequence

COMPARED = {"principle-aware": "adherence", "principle-free": "right"}


class Checkers:
    """Exact, free and repeatable. Both orders give the same verdict, so none is flipped and none is invalid."""

    name = "checkers"

    def verdicts(self, axis: str, matches: Sequence[tuple[dict, dict]]) -> list[str | None]:
        score = COMPARED[axis]
        return [_verdict(test[score], baseline[score]) for test, baseline in matches]


def _verdict(test: float | bool | None, baseline: float | bool | None) -> str | None:
    if test is None or baseline is None:
        return None
    if test == baseline:
        return "tie"
    return "test" if test > baseline else "baseline"
