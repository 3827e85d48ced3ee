"""The grids of a model on disk that is only read, not trained."""

from pathlib import Path

import torch
from torch import Tensor

from mialign.core.progress import Progress
from mialign.models import checkpoints
from mialign.models.machine import DTYPES, autocast, device
from mialign.training.attention import choose_attention
from mialign.training.grid.compute import Grid, grids
from mialign.training.grid.items import Item


def grids_under(
    folder: Path,
    items: list[Item],
    entry_mask: Tensor,
    precision: str,
    token_budget: int,
    progress: Progress,
    reference: Path | None = None,
    weights: str = "float32",
) -> list[tuple[list[int], Grid]]:
    """What grids gives under the model of a folder; `reference`: the folder of its ref_model.

    `precision`: that of matrix products. `weights`: that of the models' weights.
    """
    models = [
        checkpoints.load_model(one, dtype=DTYPES[weights]).to(device()).eval() for one in (folder, reference) if one
    ]
    for model in models:
        choose_attention(model, precision)
    model, ref_model = (*models, None)[:2]
    with torch.inference_mode(), autocast(precision):
        return list(grids(model, items, entry_mask, token_budget, progress, ref_model))
