"""Who may look at whom: the mask of a layout in the form that a model's attention takes."""

from collections.abc import Callable

import torch
from torch import Tensor

from mialign.errors import InputError
from mialign.grid.layout import Layout


def attention_mask(layout: Layout, config):
    """What to pass as attention_mask to a model of this config; one for each kind of layer where it has several kinds.

    Dense [R, 1, L, L] (bool for SDPA, additive for eager attention) or, for FlexAttention, a BlockMask.
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
        windows = {"full_attention": None, "sliding_attention": window}
        unknown = kinds - windows.keys()
        if unknown:
            raise InputError(f"layers of kind {', '.join(sorted(unknown))} cannot follow the grid's mask")
        return {kind: make(layout, windows[kind]) for kind in sorted(kinds)}
    return make(layout, window)


def _sees(q: "_Places", k: "_Places", window: int | None):
    """A token looks at its prompt and at its own response, up to itself, and no further back than the window."""
    seen = (q.column >= k.column) & (q.tree == k.tree) & ((k.branch == 0) | (k.branch == q.branch))
    return seen if window is None else seen & (q.position - k.position < window)


class _Places:
    def __init__(self, layout: Layout, get: Callable):
        self.tree, self.branch, self.position = get(layout.tree), get(layout.branch), get(layout.positions)
        self.column = get(torch.arange(layout.ids.shape[1], device=layout.ids.device).expand_as(layout.ids))


def _dense(layout: Layout, window: int | None) -> Tensor:
    q, k = _Places(layout, lambda t: t[:, :, None]), _Places(layout, lambda t: t[:, None, :])
    return _sees(q, k, window)[:, None]


def _additive(layout: Layout, window: int | None) -> Tensor:
    seen = _dense(layout, window)
    return torch.zeros(seen.shape, device=seen.device).masked_fill(~seen, torch.finfo(torch.float32).min)


def _block(layout: Layout, window: int | None):
    from torch.nn.attention.flex_attention import create_block_mask

    def mask_mod(batch, head, q, k):
        return _sees(_Places(layout, lambda t: t[batch, q]), _Places(layout, lambda t: t[batch, k]), window)

    rows, length = layout.ids.shape
    return create_block_mask(mask_mod, rows, None, length, length, device=layout.ids.device)


_MAKERS = {"sdpa": _dense, "eager": _additive, "flex_attention": _block}
