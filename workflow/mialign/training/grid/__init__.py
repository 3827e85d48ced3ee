"""The grid of log-probabilities: of every response of a question under every one of its prompts.

All objectives are short functions of it (mialign.training.objectives). Each prompt is read once and its responses
branch from it (layout, attention_mask), and only what predicts a token of a response meets the vocabulary, in chunks
(projection).
"""

from mialign.training.grid.compute import Grid, grid, grids
from mialign.training.grid.items import Item, shortened, tokenise, within_context
from mialign.training.grid.layout import packs
from mialign.training.grid.loaded import grids_under

__all__ = ["Grid", "Item", "grid", "grids", "grids_under", "packs", "shortened", "tokenise", "within_context"]
