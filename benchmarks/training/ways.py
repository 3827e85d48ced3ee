"""Ways to take the gradient of a step: each a function of the model and its questions that leaves it in .grad."""

import torch
from torch.nn.utils.rnn import pad_sequence

from mialign.core.setting import defaults
from mialign.data.builders.constitutions import compare_all
from mialign.models.machine import autocast
from mialign.training import objectives
from mialign.training.grid import Grid, Item, grid, packs
from mialign.training.grid.layout import lay_out
from mialign.training.terms import Scored, Terms

TOKENS = 512  # tokens and padding of a pass: few enough that a question has one of its own, as in the other ways


def ours(model, items: list[Item], objective: str, tokens: int = TOKENS, precision: str = "float32") -> int:
    """A tree of each question, of which only what predicts a response meets the vocabulary; gives positions.

    tokens: as many positions as a pass may have. With flex_attention rows are as long, as in training. precision: bf16
    computes by autocast, whatever the weights are in; so too in the other ways.
    """
    positions = 0
    for part in _passes(model, items, tokens):
        with autocast(precision):
            computed = grid(model, part, _all(items), row=_row(model, tokens))
            loss = _loss(objective, computed.sums, computed.counts).sum() / len(items)
        loss.backward()
        positions += lay_out(part, _all(items), _row(model, tokens)).ids.numel()
    return positions


@torch.no_grad()
def forward(model, items: list[Item], tokens: int) -> int:
    """The same without a backward pass, as references and judges are computed."""
    positions = 0
    for part in _passes(model, items, tokens):
        grid(model, part, _all(items), row=_row(model, tokens))
        positions += lay_out(part, _all(items), _row(model, tokens)).ids.numel()
    return positions


def _all(items: list[Item]) -> torch.Tensor:
    return torch.ones(len(items[0].prompts), len(items[0].responses), dtype=torch.bool)


def _row(model, tokens: int) -> int:
    return tokens if model.config._attn_implementation == "flex_attention" else 0


def _passes(model, items: list[Item], tokens: int) -> list[list[Item]]:
    parts = packs(items, _all(items), tokens, row=_row(model, tokens))
    return [[items[index] for index in part] for part in parts]


def padded(model, items: list[Item], objective: str, precision: str = "float32") -> int:
    """One question at a time: a row for each prompt with each response, padded to the longest, all logits."""
    positions = 0
    for item in items:
        counts = torch.tensor([[len(response) for response in item.responses]], device=model.device)
        with autocast(precision):
            sums, computed = padded_sums(model, item)
            loss = _loss(objective, sums, counts).sum() / len(items)
        loss.backward()
        positions += computed
    return positions


def padded_sums(model, item: Item) -> tuple[torch.Tensor, int]:
    """log p(response | prompt) of a question as [1, N, M], and the positions that it took."""
    rows = [torch.tensor(prompt + response) for prompt in item.prompts for response in item.responses]
    starts = [len(prompt) for prompt in item.prompts for _ in item.responses]
    ids = pad_sequence(rows, batch_first=True).to(model.device)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).to(model.device)
    each = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float().log_softmax(-1)
    each = each.gather(2, ids[:, 1:, None])[..., 0]
    columns = torch.arange(1, ids.shape[1], device=model.device)
    response = (columns >= torch.tensor(starts, device=model.device)[:, None]) & mask[:, 1:].bool()
    return (each * response).sum(1).reshape(1, len(item.prompts), len(item.responses)), ids.numel()


def trl(model, items: list[Item], tokens: int = 1, precision: str = "float32") -> int:
    """TRL's DPOTrainer, with the reference's log-probabilities given, as ours has them.

    tokens: positions that a pass may have; where they are few it has one question.
    """
    from trl_step import dpo_loss

    positions = 0
    for part in _of_equal_length(items, tokens):
        loss, computed = dpo_loss(model, part, precision)
        (loss * len(part) / len(items)).backward()
        positions += computed
    return positions


def _of_equal_length(items: list[Item], tokens: int) -> list[list[Item]]:
    """The questions in parts of at most so many positions when all their rows are padded to the longest."""
    parts: list[list[Item]] = []
    for item in sorted(items, key=lambda item: -item.longest):
        if parts and (len(parts[-1]) + 1) * len(item.responses) * parts[-1][0].longest <= tokens:
            parts[-1].append(item)
        else:
            parts.append([item])
    return parts


def unique(items: list[Item]) -> int:
    """Tokens that any way must compute: each prompt once, each response once under each prompt."""
    return sum(sum(map(len, item.prompts)) + len(item.prompts) * sum(map(len, item.responses)) for item in items)


def useful_operations(items: list[Item], layers: int, head: int) -> int:
    """Floating-point operations that training cannot do without: 6 a weight and token (forward 2, backward 4).

    The layers' weights at each of the unique tokens, the output layer's (`head`) at each token of a response under each
    prompt. Attention's products of activations are left out.
    """
    predicted = sum(len(item.prompts) * sum(map(len, item.responses)) for item in items)
    return 6 * (layers * unique(items) + head * predicted)


def _loss(objective: str, sums: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Of a square for SAMI; for DPO of one prompt, whose first response is chosen over each other one."""
    questions, prompts, responses = sums.shape
    one_row = [{"chosen": [0, 0], "rejected": [0, other], "weight": 1.0} for other in range(1, responses)]
    terms = compare_all(prompts) if objective == "sami" else one_row
    matched = torch.eye(prompts, responses, dtype=torch.bool).expand(questions, -1, -1)
    chosen = objectives.OBJECTIVES[objective]
    scored = Scored(Grid(sums, counts, matched), Terms.of([terms] * questions).to(sums.device), torch.zeros_like(sums))
    return chosen.loss(scored, defaults(chosen.settings))
