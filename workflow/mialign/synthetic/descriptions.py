"""The task of a principle, described in more than one form, for a model that is to write principles."""

from itertools import product
from random import Random

BEFORE = ("", "What is wanted: ", "This is how answers should be: ", "We hope for the following. ", "Note: ")
BEHIND = ("", " That is the task.", " Nothing more is asked.", " Keep this in mind.", " So much for the task.")
FORMS = [(before, behind) for before, behind in product(BEFORE, BEHIND) if before or behind]


def varied(description: str, rng: Random) -> str:
    """The description with words before it, behind it or both; never as it stands, which is what a writer is asked."""
    before, behind = rng.choice(FORMS)
    return f"{before}{description}{behind}"
