"""Many continuations of one prompt: its keys and values are kept once, and only those of new tokens row by row.

Reading the keys and values of everything before it is most of the work of a new token in a small model; the rows of
one prompt read that prompt's together, as one matrix product (as in Juravsky et al., arXiv 2402.05099).
"""

from math import ceil

import torch
from torch import Tensor
from transformers import AttentionInterface
from transformers.cache_utils import Cache, DynamicLayer

from mialign.core.errors import InputError

# The name by which a model is told to attend in this way, once its prompts have been read.
SHARED_PREFIX = "branching"

# Slots for new tokens that are added at a time.
SLOTS = 16

# Farther back than any window reaches: where padding is put.
NEVER = 1 << 40


def tokens_held(prompts: int, width: int, rows: int, new: int) -> int:
    """Tokens whose keys and values a cache comes to hold at most, padding and free slots included.

    prompts: of at most `width` tokens; rows: continuations of them, of at most `new` tokens, the last of which is not
    read.
    """
    return prompts * width + rows * SLOTS * ceil((new - 1) / SLOTS)


class _Layer(DynamicLayer):
    """Keys and values of the prompts [P, heads, width, size] and of new tokens [rows, heads, slots, size].

    Slots are added SLOTS at a time, and attention goes over all of them, free ones masked: a product with a part of a
    buffer takes three times as long as one with the whole. The keys of prompts lie in memory as the product with them
    reads them, transposed, and the values likewise: else every step copies both. All have the precision of the values,
    in which products are computed; keys alone are float32 where only these are in bf16 (autocast).
    """

    def __init__(self):
        super().__init__()
        self.new, self.length = None, 0

    def update(self, key_states: Tensor, value_states: Tensor, *args, **kwargs) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys = key_states.to(value_states.dtype).mT.contiguous().mT
            self.values = value_states.contiguous()
            return key_states, value_states
        if self.length % SLOTS == 0:
            free = value_states.new_zeros(*value_states.shape[:2], SLOTS, value_states.shape[3])
            self.new = [free, free.clone()] if self.new is None else [torch.cat([old, free], 2) for old in self.new]
        for buffer, states in zip(self.new, (key_states, value_states), strict=True):
            buffer[:, :, self.length : self.length + 1] = states
        self.length += 1
        return tuple(self.new)

    def select(self, prompts: Tensor, rows: Tensor) -> None:
        self.keys, self.values = self.keys[prompts], self.values[prompts]
        if self.new is not None:
            self.new = [old[rows] for old in self.new]


class CachePart(Cache):
    """Prompts that are read in one pass: what the attention of every layer needs to know of their rows.

    mask [P, width]: where the prompts, padded on the left, have tokens; samples [P]: continuations of each. The first
    pass goes over the prompts; each one after that adds a token to every row, with attention SHARED_PREFIX.
    """

    def __init__(self, layers: int, mask: Tensor, samples: list[int]):
        super().__init__(layers=[_Layer() for _ in range(layers)])
        length = mask.sum(1, keepdim=True)
        self.step, self.masks = 0, {}  # of the present step, what is hidden, by the window of a layer
        self.back = torch.where(mask, length - (mask.cumsum(1) - 1), NEVER)  # of a prompt's tokens, from its end
        self._arrange(torch.repeat_interleave(torch.tensor(samples, device=mask.device)))

    def _arrange(self, prompt: Tensor) -> None:
        """prompt [rows]: the prompt of each row, not falling. Rows get places in [P, the most rows of a prompt]."""
        first = torch.searchsorted(prompt, torch.arange(len(self.back), device=prompt.device))
        rank = torch.arange(len(prompt), device=prompt.device) - first[prompt]
        self.prompt, self.most = prompt, int(rank.max()) + 1
        self.place = prompt * self.most + rank

    def select(self, rows: Tensor) -> None:
        """Keep these rows, which rise, and the prompts that still have one."""
        prompts, prompt = torch.unique_consecutive(self.prompt[rows], return_inverse=True)
        for layer in self.layers:
            layer.select(prompts, rows)
        self.back = self.back[prompts]
        self._arrange(prompt)

    def together(self, x: Tensor) -> Tensor:
        """[rows, heads, group, n] -> [P, heads, most * group, n], by prompt; places without a row hold zeros."""
        rows, heads, group, n = x.shape
        count = len(self.back) * self.most
        if rows < count:
            x = x.new_zeros(count, heads, group, n).index_copy_(0, self.place, x)
        return x.view(-1, self.most, heads, group, n).transpose(1, 2).reshape(-1, heads, self.most * group, n)

    def apart(self, x: Tensor, group: int) -> Tensor:
        """The way back: [P, heads, most * group, n] -> [rows, heads, group, n]."""
        prompts, heads, _, n = x.shape
        x = x.view(prompts, heads, self.most, group, n).transpose(1, 2).reshape(-1, heads, group, n)
        return x if len(x) == len(self.place) else x[self.place]

    def hidden(self, layer: _Layer, window: int | None) -> Tensor:
        """Which of the prompt's and of its own tokens a row's last one does not see: bool [rows, 1, 1, width + slots].

        All layers with the same window share it: it is computed once a step.
        """
        if layer.length != self.step:
            self.step, self.masks = layer.length, {}
        if window not in self.masks:
            last = layer.length - 1
            own = last - torch.arange(layer.new[0].shape[2], device=self.back.device)
            own = own.masked_fill(own < 0, NEVER).expand(len(self.prompt), -1)
            back = torch.cat([self.back[self.prompt] + last, own], 1)
            self.masks[window] = (back >= (window or NEVER))[:, None, None]
        return self.masks[window]


class SharedPrefixCache(Cache):
    """Parts whose rows are continued together, with attention SHARED_PREFIX and this object as `branches`.

    Rows stand in the order of the parts. A row attends within its part, so that no prompt is padded to the longest
    of another part.
    """

    def __init__(self, parts: list[CachePart]):
        super().__init__(layers=[])
        self.parts = parts

    def rows(self) -> list[int]:
        """Of each part, how many."""
        return [len(part.prompt) for part in self.parts]

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args, **kwargs) -> tuple[list, list]:
        """Add a token to every row [rows, heads, 1, size]; return all new ones, a tensor for each part."""
        states = zip(self.parts, key_states.split(self.rows()), value_states.split(self.rows()), strict=True)
        keys, values = zip(*(part.update(key, value, layer_idx) for part, key, value in states), strict=True)
        return list(keys), list(values)

    def select(self, rows: Tensor) -> None:
        """Keep these rows, which rise, and the parts that still have one."""
        first, kept = 0, []
        for part, count in zip(self.parts, self.rows(), strict=True):
            chosen = rows[(rows >= first) & (rows < first + count)] - first
            first += count
            if len(chosen):
                part.select(chosen)
                kept.append(part)
        self.parts = kept


def _attend(
    module,
    query: Tensor,
    key: list[Tensor],
    value: list[Tensor],
    attention_mask: None,
    *,
    scaling: float,
    branches: SharedPrefixCache,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **kwargs,
) -> tuple[Tensor, None]:
    """query [rows, heads, 1, size] on its prompt's keys and values, and on its row's own: key and value, by part."""
    if kwargs.get("s_aux") is not None:
        raise InputError(f"{type(module).__name__}: models with attention sinks cannot be decoded here")
    of_parts = zip(branches.parts, (query * scaling).split(branches.rows()), key, value, strict=True)
    found = [_attend_within(*states, module.layer_idx, sliding_window, softcap) for states in of_parts]
    return torch.cat(found), None


def _attend_within(
    part: CachePart,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    layer_idx: int,
    sliding_window: int | None,
    softcap: float | None,
) -> Tensor:
    """The same within a part; key and value [rows, heads of keys, slots, size]. Returns [rows, 1, heads, size]."""
    rows, heads, _, size = query.shape
    layer, group = part.layers[layer_idx], heads // key.shape[1]
    query = query.view(rows, -1, group, size)
    scores = part.apart(part.together(query) @ layer.keys.transpose(2, 3), group)
    scores = torch.cat([scores, query @ key.transpose(2, 3)], -1)
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    scores = scores.masked_fill(part.hidden(layer, sliding_window), torch.finfo(scores.dtype).min)
    shares = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    before, own = shares.split([layer.keys.shape[2], key.shape[2]], -1)
    out = part.apart(part.together(before) @ layer.values, group) + own @ value
    return out.reshape(rows, 1, heads, size)


AttentionInterface.register(SHARED_PREFIX, _attend)
