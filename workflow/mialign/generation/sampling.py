"""The next token of every row, from its logits and one uniform number."""

import torch
from torch import Tensor

# The nucleus of nearly every step lies within so many tokens, the first number or the second. A row where it does not
# is sorted whole: of 49,152 tokens that takes as long as reading a token.
SHORTLISTS = (16, 64)


def choose(logits: Tensor, temperature: float, top_p: float, dice: Tensor) -> Tensor:
    """logits [rows, vocabulary], dice [rows] in [0, 1): token ids [rows].

    Temperature 0 takes the most likely token. Otherwise the smallest set of most likely tokens whose probability
    reaches top_p (Holtzman et al., arXiv 1904.09751) is kept, and the token is where the cumulated probability of
    the set, the largest first, passes the row's number.
    """
    if temperature == 0:
        return logits.argmax(-1)
    probabilities = ((logits - logits.amax(-1, keepdim=True)) / temperature).softmax(-1)
    if top_p >= 1:
        return _invert(probabilities, dice)
    largest, chosen = probabilities.max(-1)
    rows = (largest < top_p).nonzero()[:, 0]  # the others' set is their most likely token alone
    for size in (*SHORTLISTS, probabilities.shape[-1]):
        if not len(rows):
            break
        values, tokens = _largest(probabilities[rows], size)
        found = (values.sum(-1) >= top_p) | (size >= probabilities.shape[-1])
        chosen[rows[found]] = _of_nucleus(values[found], tokens[found], top_p, dice[rows[found]])
        rows = rows[~found]
    return chosen


def _largest(probabilities: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The `size` largest of each row, falling, and their tokens; of equal ones among them the first token stands first.

    Which of several equal ones at the edge are among them, topk decides, for each row by itself.
    """
    if size < probabilities.shape[-1]:
        tokens = probabilities.topk(size, sorted=False).indices.sort(-1).values
        probabilities = probabilities.gather(-1, tokens)
    else:
        tokens = torch.arange(probabilities.shape[-1], device=probabilities.device).expand_as(probabilities)
    values, order = probabilities.sort(dim=-1, descending=True, stable=True)
    return values, tokens.gather(-1, order)


def _of_nucleus(values: Tensor, tokens: Tensor, top_p: float, dice: Tensor) -> Tensor:
    """The token of each row; values [rows, n]: the largest probabilities, falling, of these tokens."""
    before = values.cumsum(-1) - values
    return tokens.gather(-1, _invert(values * (before < top_p), dice)[:, None])[:, 0]


def _invert(weights: Tensor, dice: Tensor) -> Tensor:
    cumulated = weights.cumsum(-1)
    index = torch.searchsorted(cumulated, (dice * cumulated[:, -1])[:, None], right=True)[:, 0]
    return index.clamp(max=weights.shape[-1] - 1)
