"""The grid of log-probabilities: of every response of a question under every one of its prompts.

All objectives are short functions of it (mialign.objectives). Each prompt is read once and its responses branch from
it, and only the columns of responses meet the vocabulary.
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
    kept [E, T]: which of T places hold a token of the entry's response.
    """

    sums: Tensor
    counts: Tensor
    entries: Tensor
    kept: Tensor
    _logits: Tensor
    _rows: Tensor
    _predictors: Tensor

    @property
    def means(self) -> Tensor:
        """Log-probability per token, [B, N, M]."""
        return self.sums / self.counts[:, None, :]

    def logits(self, chosen: Tensor) -> Tensor:
        """[chosen entries, T, V]: what predicts each token of the responses of some entries (`chosen` [E], bool)."""
        return self._logits[self._rows[chosen, None], self._predictors[chosen]]


def grid(model, items: list[Item], wanted: Tensor) -> Grid:
    """The grid of a batch of questions; `wanted` [N, M] (bool) says which entries are computed. Differentiable."""
    layout = _Layout(items, wanted)
    device = next(model.parameters()).device
    output = model(
        input_ids=layout.ids.to(device),
        attention_mask=layout.mask.to(device),
        position_ids=layout.positions.to(device),
        logits_to_keep=layout.ids.shape[1] - layout.width + 1,
        use_cache=False,
    )
    logits = output.logits.float()
    rows, predictors = layout.rows.to(device), layout.predictors.to(device)
    targets, kept, entries = layout.targets.to(device), layout.kept.to(device), layout.entries.to(device)
    each = logits.log_softmax(-1)[rows[:, None], predictors, targets]
    sums = torch.zeros(len(items), *wanted.shape, device=device).index_put(tuple(entries.T), (each * kept).sum(1))
    counts = torch.tensor([[len(response) for response in item.responses] for item in items], device=device)
    return Grid(sums, counts, entries, kept, logits, rows, predictors)


class _Layout:
    """One row for each prompt of each question: the prompt, then the wanted responses, each as if it stood there alone.

    Prompts end in the same column, `width` - 1, since they are padded on the left. A response sees its prompt and
    itself, and its positions go on from the prompt's.
    """

    def __init__(self, items: list[Item], wanted: Tensor):
        self.width = max(len(prompt) for item in items for prompt in item.prompts)
        rows, positions, blocks, entries, places = [], [], [], [], []
        for b, item in enumerate(items):
            for i, prompt in enumerate(item.prompts):
                row, position = [0] * (self.width - len(prompt)) + prompt, [0] * self.width
                position[self.width - len(prompt) :] = range(len(prompt))
                block = [-1] * (self.width - len(prompt)) + [0] * len(prompt)
                for j in wanted[i].nonzero()[:, 0].tolist():
                    response = item.responses[j]
                    entries.append((b, i, j))
                    places.append((len(rows), len(row), response))
                    row, block = row + response, block + [j + 1] * len(response)
                    position = position + list(range(len(prompt), len(prompt) + len(response)))
                rows.append(row)
                positions.append(position)
                blocks.append(block)
        self.ids, self.positions, block = _padded(rows, 0), _padded(positions, 0), _padded(blocks, -1)
        self.mask = _mask(block)
        self.entries = torch.tensor(entries)
        self.rows = torch.tensor([row for row, _, _ in places])
        # In the kept columns, which begin with the last of the prompt: what predicts each token of a response.
        self.predictors = _padded(
            [[0, *range(at - self.width + 1, at - self.width + len(r))] for _, at, r in places], 0
        )
        self.targets = _padded([response for _, _, response in places], 0)
        self.kept = _padded([[1] * len(response) for _, _, response in places], 0).bool()


def _mask(block: Tensor) -> Tensor:
    """block [R, L]: -1 padding, 0 prompt, j + 1 response j. Who may look at whom, [R, 1, L, L]; padding at itself."""
    mine, theirs = block[:, :, None], block[:, None, :]
    causal = torch.ones(block.shape[1], block.shape[1], dtype=torch.bool).tril()
    seen = causal & (theirs >= 0) & ((theirs == 0) | (theirs == mine))
    return (seen | torch.eye(block.shape[1], dtype=torch.bool))[:, None]


def _padded(rows: list[list[int]], value: int) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=value)
