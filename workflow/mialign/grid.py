"""The grid of log-probabilities: of every response of a question under every one of its prompts.

All objectives are short functions of it (mialign.objectives). This is the plain form: each wanted entry is one row,
prompt and response, padded on the left so that the responses end together and only their positions meet the
vocabulary.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mialign.errors import InputError


@dataclass(frozen=True)
class Item:
    """One question, as token ids: its N prompts, and its M responses with EOS."""

    prompts: list[list[int]]
    responses: list[list[int]]


def tokenise(tokenizer, prompts: list[str], responses: list[str], context: int, name: str = "item") -> Item:
    """Prompt and response are encoded apart, as in generation: the ids of the prompt, of the response, then EOS.

    InputError if a response is empty or a prompt with its response exceeds `context` tokens.
    """
    for index, response in enumerate(responses):
        if not response.strip():
            raise InputError(f"{name}: response {index} is empty; the filter rule drops such responses, run it again")
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in prompts + responses]
    if tokenizer.bos_token_id is not None:
        ids[: len(prompts)] = [[tokenizer.bos_token_id, *prompt] for prompt in ids[: len(prompts)]]
    item = Item(ids[: len(prompts)], [[*response, tokenizer.eos_token_id] for response in ids[len(prompts) :]])
    longest = max(map(len, item.prompts)) + max(map(len, item.responses))
    if longest > context:
        raise InputError(
            f"{name}: {longest} tokens, the model reads {context}; shorten it or lower generate.max_tokens"
        )
    return item


@dataclass(frozen=True)
class Grid:
    """B questions, N prompts, M responses.

    sums [B, N, M]: log p(response j | prompt i) in nat, EOS included; entries that were not asked for are 0.
    counts [B, M]: tokens of each response.
    entries [E, 3]: question, i and j of the computed entries, in this order.
    logits [E, T, V], kept [E, T]: of those entries, at the T last positions; `kept` marks the response's own.
    """

    sums: Tensor
    counts: Tensor
    entries: Tensor
    logits: Tensor
    kept: Tensor

    @property
    def means(self) -> Tensor:
        """Log-probability per token, [B, N, M]."""
        return self.sums / self.counts[:, None, :]


def grid(model, items: list[Item], wanted: Tensor) -> Grid:
    """The grid of a batch of questions; `wanted` [N, M] (bool) says which entries are computed. Differentiable."""
    entries = [(b, i, j) for b in range(len(items)) for i, j in wanted.nonzero().tolist()]
    device = next(model.parameters()).device
    rows = [torch.tensor(items[b].prompts[i] + items[b].responses[j]) for b, i, j in entries]
    lengths = torch.tensor([len(items[b].responses[j]) for b, i, j in entries])
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side="left").to(device)
    mask = torch.nn.utils.rnn.pad_sequence(
        [torch.ones_like(row) for row in rows], batch_first=True, padding_side="left"
    ).to(device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    keep = int(lengths.max())
    output = model(input_ids=ids, attention_mask=mask, position_ids=positions, logits_to_keep=keep + 1, use_cache=False)
    logits = output.logits[:, :-1].float()
    targets = ids[:, -keep:]
    kept = torch.arange(keep, device=device) >= (keep - lengths.to(device))[:, None]
    each = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    sums = torch.zeros(len(items), *wanted.shape, device=device)
    entries = torch.tensor(entries, device=device)
    sums = sums.index_put(tuple(entries.T), (each * kept).sum(1))
    counts = torch.tensor([[len(response) for response in item.responses] for item in items], device=device)
    return Grid(sums, counts, entries, logits, kept)
