"""The next token of every row, from its logits and one uniform number."""

import torch
from torch import Tensor

# The nucleus of nearly every step lies within this many tokens; a row where it does not is sorted whole.
SHORTLIST = 64


def choose(logits: Tensor, temperature: float, top_p: float, dice: Tensor) -> Tensor:
    """logits [rows, vocabulary], dice [rows] in [0, 1): token ids [rows].

    Temperature 0 takes the most likely token, of equal ones the first. Otherwise the smallest set of most likely tokens
    whose probability reaches top_p (Holtzman et al., arXiv 1904.09751) is kept, and the token is where the cumulated
    probability of the set passes the row's number.
    """
    if temperature == 0:
        return logits.max(-1).indices  # the tokens of argmax, which takes thrice as long for rows of 49,152 on a CPU
    probabilities = ((logits - logits.amax(-1, keepdim=True)) / temperature).softmax(-1)
    if top_p >= 1:
        return _invert(probabilities, dice)
    values, tokens = probabilities.topk(min(SHORTLIST, probabilities.shape[-1]))
    wide = values.sum(-1) < top_p
    if values.shape[-1] == probabilities.shape[-1] or not wide.any():
        return _of_nucleus(values, tokens, top_p, dice)
    # Sorting a row of 49,152 tokens takes as long as reading a token, so only these rows are sorted whole.
    chosen = torch.empty_like(tokens[:, 0])
    chosen[wide] = _of_nucleus(*_sorted(probabilities[wide]), top_p, dice[wide])
    by_token = tokens[~wide].sort(-1)
    values, order = _sorted(values[~wide].gather(-1, by_token.indices))
    chosen[~wide] = _of_nucleus(values, by_token.values.gather(-1, order), top_p, dice[~wide])
    return chosen


def _sorted(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """The largest first; of equal ones the one that stands first."""
    return probabilities.sort(dim=-1, descending=True, stable=True)


def _of_nucleus(values: Tensor, tokens: Tensor, top_p: float, dice: Tensor) -> Tensor:
    """The token of each row; values [rows, n]: the largest probabilities, falling, of these tokens."""
    before = values.cumsum(-1) - values
    return tokens.gather(-1, _invert(values * (before < top_p), dice)[:, None])[:, 0]


def _invert(weights: Tensor, dice: Tensor) -> Tensor:
    cumulated = weights.cumsum(-1)
    index = torch.searchsorted(cumulated, (dice * cumulated[:, -1])[:, None], right=True)[:, 0]
    return index.clamp(max=weights.shape[-1] - 1)
