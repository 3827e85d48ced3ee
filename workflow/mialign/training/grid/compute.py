"""The grid itself: one pass of the policy over a layout, summed up by entry."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from mialign.core.errors import InputError
from mialign.core.progress import Progress
from mialign.models.architectures import not_followed
from mialign.models.machine import computed_in
from mialign.training.grid.attention_mask import attention_mask
from mialign.training.grid.items import Item
from mialign.training.grid.layout import Layout, lay_out, of_each, packs
from mialign.training.grid.projection import Projection, project


@dataclass(frozen=True)
class Grid:
    """B questions, N prompts, M responses.

    sums [B, N, M]: log p(response j | prompt i) in nat, EOS included where it ended; 0 where none was asked for.
    counts [B, M]: tokens of each response.
    matched [B, N, M]: the computed entries of a response under the prompt that it was written under, bool.
    kl [B, N, M]: sums over the tokens of a response of KL(policy || reference), on matched entries, if a reference
    model was given.
    """

    sums: Tensor
    counts: Tensor
    matched: Tensor
    kl: Tensor | None = None

    @property
    def means(self) -> Tensor:
        """Log-probability per token, [B, N, M]."""
        return self.sums / self.counts[:, None, :]


def grid(model, items: list[Item], entry_mask: Tensor, ref_model=None, row: int = 0) -> Grid:
    """The grid of a batch of questions of the same N and M. Differentiable.

    `entry_mask` (bool): which entries are computed, [N, M] of every question or [B, N, M].
    `model`: a causal LM of transformers that takes a 4-D mask, with or without adapters. `ref_model`: a frozen model
    with the same vocabulary, for `kl`; the policy itself stands for what it is with its adapter switched off. `row`:
    trees share rows of so many columns; by default of the longest tree.
    """
    device = next(model.parameters()).device
    layout = lay_out(items, entry_mask, row).to(device)
    counts = torch.tensor([[len(response) for response in item.responses] for item in items], device=device)
    own_prompt = _own_prompt(layout, items)
    matched = own_prompt[layout.entry]
    projected = None if ref_model is None else _project(ref_model, ref_model is _bare(model), layout, matched)

    def each(projection: Projection) -> Tensor:
        columns = [projection.log_probabilities(layout.targets)]
        if projected is not None:
            columns.append(torch.zeros_like(columns[0]).masked_scatter(matched, projection.at(matched).kl(projected)))
        return torch.stack(columns, dim=-1)

    tokens = _through(model, layout, each)
    shape = (len(layout.entries), tokens.shape[1])
    by_entry = torch.zeros(shape, dtype=tokens.dtype, device=device).index_add(0, layout.entry, tokens)
    indices, size = tuple(layout.entries.T), (len(items), *entry_mask.shape[-2:])
    totals = [torch.zeros(size, dtype=tokens.dtype, device=device).index_put(indices, column) for column in by_entry.T]
    own = torch.zeros(size, dtype=torch.bool, device=device).index_put(indices, own_prompt)
    return Grid(totals[0], counts, own, *totals[1:])


def grids(
    model, items: list[Item], entry_mask: Tensor, token_budget: int, progress: Progress, ref_model=None
) -> Iterator[tuple[list[int], Grid]]:
    """The grids of any number of questions, part by part: the indices of a part's questions and their grid.

    `token_budget`: tokens and padding in one forward pass. `progress`: is told of the questions that are done. All else
    is as for grid.
    """
    masks = of_each(entry_mask, items)
    for part in packs(items, entry_mask, token_budget):
        yield part, grid(model, [items[index] for index in part], masks[part], ref_model)
        progress.add(len(part))


def _bare(model):
    """The model without what DistributedDataParallel wraps around it."""
    return getattr(model, "module", model)


def _own_prompt(layout: Layout, items: list[Item]) -> Tensor:
    """Which entries are of a response under the prompt that it was written under, bool [E]."""
    own = [items[b].prompt_of[j] == i for b, i, j in layout.entries.tolist()]
    return torch.tensor(own, device=layout.entries.device)


@torch.no_grad()
def _project(ref_model, is_policy: bool, layout: Layout, matched: Tensor) -> Projection:
    """The reference model's Projection at the tokens of matched responses."""
    kept: list[Projection] = []

    def keep(projection: Projection) -> Tensor:
        kept.append(projection.at(matched))
        return kept[0].factors[0][0][:, :1]

    with _without_adapter(ref_model) if is_policy else nullcontext():
        _through(ref_model, layout, keep)
    return kept[0]


@contextmanager
def _without_adapter(policy) -> Iterator[None]:
    """The policy as it was when its adapter was new, and without dropout, which the whole model may have too."""
    training = {module: module.training for module in policy.modules()}
    policy.eval()
    try:
        with policy.disable_adapter():
            yield
    finally:
        for module, before in training.items():
            module.training = before


def _through(model, layout: Layout, function: Callable[[Projection], Tensor]) -> Tensor:
    """One forward pass of the whole model that ends in a function of the Projection instead of in all logits.

    The pass goes through the model's own forward, since adapters and sharding (FSDP) act there: only the forward of
    the output layer is replaced meanwhile.
    """
    inner = _bare(model)
    causal = inner.get_base_model() if hasattr(inner, "peft_config") else inner
    head, config = causal.get_output_embeddings(), causal.config.get_text_config()
    if reason := not_followed(causal.config.to_dict()):
        raise InputError(f"{type(causal).__name__} {reason}, which the grid does not follow; take another model")
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
