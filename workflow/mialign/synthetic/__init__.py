"""The miniature world: the harbour town of Merrow, in questions, answers and checkers that read both.

It imports core. Only data, evaluation, config and scripts import it.
"""

from mialign.synthetic.categories import CATEGORIES, correct, questions, respond, stored_answer, voices
from mialign.synthetic.checkers import CHECKERS, POSITIVE, follows

__all__ = [
    "CATEGORIES",
    "CHECKERS",
    "POSITIVE",
    "correct",
    "follows",
    "questions",
    "respond",
    "stored_answer",
    "voices",
]
