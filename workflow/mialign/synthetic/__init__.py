"""The miniature world: the harbour town of Merrow, in questions, answers and checkers that read both."""

from mialign.synthetic.categories import CATEGORIES, questions, respond, right, voices
from mialign.synthetic.checkers import CHECKERS, follows

__all__ = ["CATEGORIES", "CHECKERS", "follows", "questions", "respond", "right", "voices"]
