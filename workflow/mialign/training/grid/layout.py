"""Where each token of a batch of questions stands: trees of a prompt and its responses, packed into rows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mialign.training.grid.items import Item

# Questions share a pass only if at least this share of it then is tokens, and not padding.
FULL = 0.85


@dataclass(frozen=True)
class Layout:
    """Rows of L columns; in each, one tree after another: a prompt, then its responses, which all follow the prompt.

    ids, positions [R, L]: tokens, and their positions as if prompt and response stood there alone.
    tree [R, L]: which tree of its row a token belongs to, -1 padding; branch [R, L]: 0 prompt, j + 1 response j.
    entries [E, 3]: question, prompt i and response j of the entries that are computed, in this order.
    rows, columns, targets, entry [T]: for every token of such an entry: where the token before it stands, itself,
    and the number of its entry. They follow the order of the entries.
    """

    ids: Tensor
    positions: Tensor
    tree: Tensor
    branch: Tensor
    entries: Tensor
    rows: Tensor
    columns: Tensor
    targets: Tensor
    entry: Tensor

    def to(self, device) -> "Layout":
        """The same on another device."""
        return Layout(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def lay_out(items: list[Item], entry_mask: Tensor, row: int = 0) -> Layout:
    """One tree for each prompt that has an entry of `entry_mask` [B, N, M] (bool), packed into rows of `row` columns.

    A row is never shorter than the longest tree; that is also its length where `row` is less.
    """
    trees = [
        _Tree(b, i, [(j, item.responses[j]) for j in mask[i].nonzero()[:, 0].tolist()], prompt)
        for b, (item, mask) in enumerate(zip(items, of_each(entry_mask, items), strict=True))
        for i, prompt in enumerate(item.prompts)
        if mask[i].any()
    ]
    places = _places([tree.size for tree in trees], max([row, *(tree.size for tree in trees)]))
    shape = max(r for r, _, _ in places) + 1, max(c + t.size for t, (_, c, _) in zip(trees, places, strict=True))
    ids, positions, tree = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    branch = torch.zeros(shape, dtype=torch.long)
    tree -= 1
    entries, rows, columns, targets, entry = [], [], [], [], []
    for one, (r, start, number) in zip(trees, places, strict=True):
        span = slice(start, start + one.size)
        ids[r, span], positions[r, span], branch[r, span] = one.ids(), one.positions(), one.branches()
        tree[r, span] = number
        last, at = start + len(one.prompt) - 1, start + len(one.prompt)
        for j, response in one.responses:
            rows += [r] * len(response)
            columns += [last, *range(at, at + len(response) - 1)]
            targets += response
            entry += [len(entries)] * len(response)
            entries.append((one.b, one.i, j))
            at += len(response)
    return Layout(ids, positions, tree, branch, *map(torch.tensor, (entries, rows, columns, targets, entry)))


def packs(items: list[Item], entry_mask: Tensor, token_budget: int, at_least: int = 1, row: int = 0) -> list[list[int]]:
    """Indices of the questions in parts of at most `token_budget` tokens and padding (or of one question only).

    Longest first, so that rows of a part are of about equal length. `at_least`: so many parts, as far as there are
    questions for them; processes that train together need the same number. `row`: as for lay_out.
    """
    sizes = [_sizes(item, mask) for item, mask in zip(items, of_each(entry_mask, items), strict=True)]
    parts: list[list[int]] = []
    for index in sorted(range(len(items)), key=lambda index: (-max(sizes[index]), index)):
        if parts and _fit([size for one in (*parts[-1], index) for size in sizes[one]], token_budget, row):
            parts[-1].append(index)
        else:
            parts.append([index])
    while len(parts) < min(at_least, len(items)):
        longest = max(parts, key=len)
        parts.append(longest[len(longest) // 2 :])
        del longest[len(longest) // 2 :]
    return parts


def of_each(entry_mask: Tensor, items: list[Item]) -> Tensor:
    """The mask of every question, [B, N, M], where one [N, M] may stand for all."""
    return entry_mask.expand(len(items), *entry_mask.shape[-2:])


@dataclass(frozen=True)
class _Tree:
    b: int
    i: int
    responses: list[tuple[int, list[int]]]
    prompt: list[int]

    @property
    def size(self) -> int:
        return len(self.prompt) + sum(len(response) for _, response in self.responses)

    def ids(self) -> Tensor:
        return torch.tensor([*self.prompt, *(token for _, response in self.responses for token in response)])

    def positions(self) -> Tensor:
        start = len(self.prompt)
        after = (range(start, start + len(response)) for _, response in self.responses)
        return torch.tensor([*range(start), *(position for positions in after for position in positions)])

    def branches(self) -> Tensor:
        after = ([j + 1] * len(response) for j, response in self.responses)
        return torch.tensor([0] * len(self.prompt) + [branch for part in after for branch in part])


def _sizes(item: Item, mask: Tensor) -> list[int]:
    """Tokens of each tree of a question; mask [N, M]."""
    lengths = torch.tensor([len(response) for response in item.responses])
    return [len(prompt) + int(lengths[mask[i]].sum()) for i, prompt in enumerate(item.prompts) if mask[i].any()]


def _places(sizes: list[int], width: int) -> list[tuple[int, int, int]]:
    """Row, first column and number in the row of each tree: into the first row where it fits, the longest first."""
    free, count = [], []
    places: list = [None] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: (-sizes[index], index)):
        row = next((row for row, left in enumerate(free) if left >= sizes[index]), len(free))
        if row == len(free):
            free.append(width)
            count.append(0)
        places[index] = (row, width - free[row], count[row])
        free[row] -= sizes[index]
        count[row] += 1
    return places


def _fit(sizes: list[int], token_budget: int, row: int) -> bool:
    """Whether trees of these sizes may share a pass: it keeps to the budget, and little of it is padding."""
    width = max(row, *sizes)
    whole = width * (1 + max(number for number, _, _ in _places(sizes, width)))
    return whole <= token_budget and bool(row or sum(sizes) >= FULL * whole)
