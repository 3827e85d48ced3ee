"""The miniature world: the harbour town of Merrow, in questions, answers and checkers that read both."""

from mialign.world.categories import CATEGORIES, questions, respond, right, voices
from mialign.world.checkers import CHECKERS, follows

__all__ = ["CATEGORIES", "CHECKERS", "follows", "questions", "respond", "right", "voices"]
