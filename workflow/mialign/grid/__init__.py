"""The grid of log-probabilities: of every response of a question under every one of its prompts.

All objectives are short functions of it (mialign.objectives). Each prompt is read once and its responses branch from
it (layout, attention), and only what predicts a token of a response meets the vocabulary, in chunks (projection).
"""

from mialign.grid.compute import Grid, grid
from mialign.grid.items import Item, tokenise
from mialign.grid.layout import packs

__all__ = ["Grid", "Item", "grid", "packs", "tokenise"]
