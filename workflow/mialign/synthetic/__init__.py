"""The miniature world: the harbour town of Merrow, in questions, answers and checkers that read both.

It imports core. Only data, evaluation, config and scripts import it.
"""

from mialign.synthetic.categories import (
    CATEGORIES,
    TASKS,
    correct,
    followable_principles,
    questions,
    respond,
    stored_answer,
)
from mialign.synthetic.checkers import CHECKERS, POSITIVE, follows

__all__ = [
    "CATEGORIES",
    "CHECKERS",
    "POSITIVE",
    "TASKS",
    "correct",
    "followable_principles",
    "follows",
    "questions",
    "respond",
    "stored_answer",
]
