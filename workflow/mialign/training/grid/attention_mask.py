"""Who may look at whom: the mask of a layout in the form that a model's attention takes."""

from collections.abc import Callable

import torch
from torch import Tensor

from mialign.core.errors import InputError
from mialign.models.architectures import KINDS
from mialign.training.grid.layout import Layout


def attention_mask(layout: Layout, config, dtype: torch.dtype = torch.float32):
    """What to pass as attention_mask to a model of this config; one for each kind of layer where it has several kinds.

    `dtype`: of its queries. Dense [R, 1, L, L] (for SDPA on a GPU bool, elsewhere additive) or, for FlexAttention, a
    BlockMask.
    """
    make = _MAKERS.get(config._attn_implementation)
    if make is None:
        raise InputError(
            f"attention {config._attn_implementation!r} takes no mask of its own; load the model with one of "
            f"{', '.join(_MAKERS)}"
        )
    window = getattr(config, "sliding_window", None)
    kinds = set(getattr(config, "layer_types", None) or ())
    if kinds:
        windows = dict(zip(KINDS, (None, window), strict=True))
        return {kind: make(layout, windows[kind], dtype) for kind in sorted(kinds)}
    return make(layout, window, dtype)


def _seen(layout: Layout, window: int | None) -> Callable[..., Tensor]:
    """Whether, in a row, the token of column q looks at that of column k, as a function of indices (row, head, q, k).

    A token looks at its prompt and at its own response, up to itself, and no further back than the window.
    """
    tree, branch, position = layout.tree, layout.branch, layout.positions

    def seen(row, head, q, k):
        same = (tree[row, q] == tree[row, k]) & ((branch[row, k] == 0) | (branch[row, k] == branch[row, q]))
        near = True if window is None else position[row, q] - position[row, k] < window
        return (q >= k) & same & near

    return seen


def _dense(layout: Layout, window: int | None, _: torch.dtype) -> Tensor:
    (rows, length), device = layout.ids.shape, layout.ids.device
    row, column = torch.arange(rows, device=device), torch.arange(length, device=device)
    return _seen(layout, window)(row[:, None, None, None], 0, column[:, None], column)


def _additive(layout: Layout, window: int | None, dtype: torch.dtype) -> Tensor:
    seen = _dense(layout, window, dtype)
    return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill(~seen, torch.finfo(dtype).min)


def _block(layout: Layout, window: int | None, _: torch.dtype):
    from torch.nn.attention.flex_attention import create_block_mask

    rows, length = layout.ids.shape
    return create_block_mask(_seen(layout, window), rows, None, length, length, device=layout.ids.device)


def _for_sdpa(layout: Layout, window: int | None, dtype: torch.dtype) -> Tensor:
    """On a CPU SDPA would make numbers of truth values anew in each layer, and keep them for the backward pass."""
    return (_additive if layout.ids.device.type == "cpu" else _dense)(layout, window, dtype)


_MAKERS = {"sdpa": _for_sdpa, "eager": _additive, "flex_attention": _block}
