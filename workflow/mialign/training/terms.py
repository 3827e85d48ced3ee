"""Terms: what an objective compares, entry against entry of a question's grid, as tensors of a batch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mialign.training.grid import Grid

NONE = -1  # in the place of a rejected entry that there is not


@dataclass(frozen=True)
class Terms:
    """T terms of each of B questions; shorter lists are filled up with terms of weight 0.

    chosen, rejected [B, T, 2]: prompt and response of an entry; rejected is NONE where a term has no other side.
    weight [B, T].
    """

    chosen: Tensor
    rejected: Tensor
    weight: Tensor

    @classmethod
    def of(cls, lists: list[list[dict]]) -> "Terms":
        """From the terms of records of pairs, {chosen: [prompt, response], rejected or null, weight}."""
        most = max(map(len, lists))
        filling = {"chosen": [0, 0], "rejected": None, "weight": 0.0}
        full = [[*terms, *[filling] * (most - len(terms))] for terms in lists]
        return cls(
            torch.tensor([[term["chosen"] for term in terms] for terms in full]),
            torch.tensor([[term["rejected"] or [NONE, NONE] for term in terms] for terms in full]),
            torch.tensor([[float(term["weight"]) for term in terms] for terms in full]),
        )

    def to(self, device) -> "Terms":
        """The same on another device."""
        return Terms(self.chosen.to(device), self.rejected.to(device), self.weight.to(device))

    def mean(self, values: Tensor) -> Tensor:
        """The mean over terms by weight, [B, T] -> [B]."""
        return (values * self.weight).sum(1) / self.weight.sum(1)

    def chosen_weights(self, like: Tensor) -> Tensor:
        """The weights of chosen entries, [B, N, M] as `like`: an entry that several terms choose has their largest."""
        weights = torch.zeros(like.shape, dtype=like.dtype, device=like.device).flatten(1)
        indices = self.chosen[..., 0] * like.shape[2] + self.chosen[..., 1]
        return weights.scatter_reduce(1, indices, self.weight.to(like.dtype), "amax").view(like.shape)

    def entry_mask(self, prompts: int, responses: int, reads: str) -> Tensor:
        """The entries that an objective reads (Objective.reads), bool [B, N, M]."""
        mask = torch.full((len(self.weight), prompts, responses), reads == "square")
        question = torch.arange(len(mask))[:, None].expand_as(self.weight)
        counted = self.weight > 0
        for entries in {"square": (), "chosen": (self.chosen,), "terms": (self.chosen, self.rejected)}[reads]:
            mask[question[counted], entries[counted][:, 0], entries[counted][:, 1]] = True
        return mask


@dataclass(frozen=True)
class Scored:
    """What an objective sees of B questions: grid, terms, and the sums [B, N, M] of the reference if it needs one."""

    grid: Grid
    terms: Terms
    reference: Tensor | None = None

    def margins(self) -> tuple[Tensor, Tensor]:
        """m = L - R of the chosen and of the rejected entry of every term, [B, T] each."""
        return self.compared(self.grid.sums - self.reference)

    def compared(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """values [B, N, M] at the chosen and at the rejected entry of every term, [B, T] each."""
        return _at(values, self.terms.chosen), _at(values, self.terms.rejected.clamp(min=0))


def _at(values: Tensor, entries: Tensor) -> Tensor:
    """values [B, N, M] at entries [B, T, 2]: [B, T]."""
    question = torch.arange(len(values), device=values.device)[:, None]
    return values[question, entries[..., 0], entries[..., 1]]
