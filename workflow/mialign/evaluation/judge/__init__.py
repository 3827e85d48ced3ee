"""Which of two responses is better: judges behind one interface, on both axes of the paper.

On the principle-aware axis the response that follows more of its constitution wins, on the principle-free axis the one
whose content is correct; a language model that judges is told so in the words of config/judge.yaml.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

COMPARED = {"principle-aware": "adherence", "principle-free": "correct"}  # axis -> the score that checkers compare
AXES = tuple(COMPARED)


class Case(NamedTuple):
    """Two responses to one prompt at one temperature, to be compared on one axis.

    prompt: a record of prompts/; test, baseline: records of scores/, each with the `text` of its response.
    """

    axis: str
    prompt: dict
    test: dict
    baseline: dict


class Judge(Protocol):
    """`name` is written into every verdict and must determine the judge."""

    name: str

    def verdicts(self, cases: Sequence[Case]) -> list[dict | None]:
        """For each case what its record is to say; None where there is nothing to judge on this axis.

        `verdict` is "test", "baseline", "tie" or "invalid". A judge that reads texts also gives `first`, which response
        stood first each time that it was asked, `winners`, which one the answer then names ("test", "baseline", "tie";
        None if it is unusable), and `answers`, what it said; `reasons`, if an answer is unusable for another reason
        than what it says.
        """
