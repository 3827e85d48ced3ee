"""The grid itself: one pass of the policy over a layout, summed up by entry."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from mialign.errors import InputError
from mialign.grid.attention import attention_mask
from mialign.grid.items import Item
from mialign.grid.layout import Layout, lay_out
from mialign.grid.projection import Projection, project
from mialign.machine import computed_in


@dataclass(frozen=True)
class Grid:
    """B questions, N prompts, M responses.

    sums [B, N, M]: log p(response j | prompt i) in nat, EOS included; entries that were not asked for are 0.
    counts [B, M]: tokens of each response.
    kl [B, N, M]: sums over the tokens of a response of KL(policy || reference), on matched entries (i = j), if a
    reference was given.
    """

    sums: Tensor
    counts: Tensor
    kl: Tensor | None = None

    @property
    def means(self) -> Tensor:
        """Log-probability per token, [B, N, M]."""
        return self.sums / self.counts[:, None, :]


def grid(model, items: list[Item], wanted: Tensor, reference=None, row: int = 0) -> Grid:
    """The grid of a batch of questions; `wanted` [N, M] (bool) says which entries are computed. Differentiable.

    `model`: a causal LM of transformers that takes a 4-D mask, with or without adapters. `reference`: a frozen model
    with the same vocabulary, for `kl`; the policy itself stands for what it is with its adapter switched off. `row`:
    trees share rows of so many columns; by default of the longest tree.
    """
    device = next(model.parameters()).device
    layout = lay_out(items, wanted, row).to(device)
    counts = torch.tensor([[len(response) for response in item.responses] for item in items], device=device)
    start = None if reference is None else _start(reference, reference is _bare(model), layout)
    matched = _matched(layout)

    def each(projection: Projection) -> Tensor:
        columns = [projection.log_probabilities(layout.targets)]
        if start is not None:
            columns.append(torch.zeros_like(columns[0]).masked_scatter(matched, projection.at(matched).kl(start)))
        return torch.stack(columns, dim=-1)

    tokens = _through(model, layout, each)
    shape = (len(layout.entries), tokens.shape[1])
    by_entry = torch.zeros(shape, dtype=tokens.dtype, device=device).index_add(0, layout.entry, tokens)
    totals = [
        torch.zeros(len(items), *wanted.shape, dtype=tokens.dtype, device=device).index_put(
            tuple(layout.entries.T), column
        )
        for column in by_entry.T
    ]
    return Grid(totals[0], counts, *totals[1:])


def _bare(model):
    """The model without what DistributedDataParallel wraps around it."""
    return getattr(model, "module", model)


def _matched(layout: Layout) -> Tensor:
    """Which tokens belong to a response under its own prompt, bool [T]."""
    return (layout.entries[:, 1] == layout.entries[:, 2])[layout.entry]


@torch.no_grad()
def _start(reference, is_policy: bool, layout: Layout) -> Projection:
    """The reference's Projection at the tokens of matched responses."""
    kept: list[Projection] = []

    def keep(projection: Projection) -> Tensor:
        kept.append(projection.at(_matched(layout)))
        return kept[0].factors[0][0][:, :1]

    with reference.disable_adapter() if is_policy else nullcontext():
        _through(reference, layout, keep)
    return kept[0]


def _check_followed(name: str, config) -> None:
    """InputError if the model does what the grid does not follow."""
    for factor in ("logit_scale", "logits_scaling", "output_multiplier", "lm_head_multiplier"):
        if getattr(config, factor, None) not in (None, 1, 1.0):
            raise InputError(f"{name} scales its logits ({factor}), which the grid does not follow")
    rotary = (getattr(config, "rope_parameters", None) or {}).get("rope_type")
    if config.model_type in ("mpt", "gpt_neo") or rotary == "dynamic":
        raise InputError(
            f"{name} sees where a token stands by its place in the row, and not by position_ids alone, which the grid "
            "does not follow; take another model"
        )


def _through(model, layout: Layout, function: Callable[[Projection], Tensor]) -> Tensor:
    """One forward pass of the whole model that ends in a function of the Projection instead of in all logits.

    The pass goes through the model's own forward, since adapters and sharding (FSDP) act there: only the forward of
    the output layer is replaced meanwhile.
    """
    inner = _bare(model)
    causal = inner.get_base_model() if hasattr(inner, "peft_config") else inner
    head, config = causal.get_output_embeddings(), causal.config.get_text_config()
    _check_followed(type(causal).__name__, config)
    cap = getattr(config, "final_logit_softcapping", None)
    head.forward = lambda hidden: function(project(head, hidden[layout.rows, layout.columns], cap))[None]
    if cap is not None:
        config.final_logit_softcapping = None
    try:
        output = model(
            input_ids=layout.ids,
            attention_mask=attention_mask(layout, config, computed_in(causal.get_input_embeddings().weight)),
            position_ids=layout.positions,
            use_cache=False,
        )
    finally:
        del head.forward
        if cap is not None:
            config.final_logit_softcapping = cap
    return output.logits[0]
