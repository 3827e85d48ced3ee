"""Which of two responses is better: judges behind one interface, on both axes of the paper.

On the principle-aware axis the response that follows more of its constitution wins, on the principle-free axis the one
whose content is right.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mialign.errors import InputError
from mialign.judge.checkers import Checkers

AXES = ("principle-aware", "principle-free")
JUDGES = {"checkers": Checkers}


class Match(NamedTuple):
    """The scores of two responses to one prompt at one temperature."""

    test: dict
    baseline: dict


class Judge(Protocol):
    """`name` is written into every verdict and must determine the judge."""

    name: str

    def verdicts(self, axis: str, matches: Sequence[Match]) -> list[str | None]:
        """For each match "test", "baseline", "tie" or "invalid"; None where there is nothing to judge on this axis."""


def make_judge(settings: dict) -> Judge:
    """The judge that the experiment's `judge` section asks for."""
    kind = settings["kind"]
    if kind not in JUDGES:
        raise InputError(f"judge.kind: there is no judge {kind!r}; there are {', '.join(JUDGES)}")
    return JUDGES[kind](**{key: value for key, value in settings.items() if key != "kind"})
