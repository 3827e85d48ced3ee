"""The miniature world: the harbour town of Merrow, in questions, answers and checkers that read both."""

from mialign.world.categories import CATEGORIES, questions, respond, right, voices
from mialign.world.checkers import CHECKERS, follows
from mialign.world.corpora import corpus

__all__ = ["CATEGORIES", "CHECKERS", "corpus", "follows", "questions", "respond", "right", "voices"]
