"""Ways to take the gradient of a step: each a function of the model and its questions that leaves it in .grad."""

import torch
from torch.nn.utils.rnn import pad_sequence

from mialign.data.builders.constitutions import compare_all
from mialign.training import objectives
from mialign.training.grid import Grid, Item, grid, packs
from mialign.training.grid.layout import lay_out
from mialign.training.terms import Scored, Terms

TOKENS = 512  # tokens and padding of a pass: few enough that a question has one of its own, as in the other ways


def ours(model, items: list[Item], objective: str) -> int:
    """A tree of each question, of which only what predicts a response meets the vocabulary; gives places."""
    entry_mask = torch.ones(len(items[0].prompts), len(items[0].responses), dtype=torch.bool)
    places = 0
    for part in packs(items, entry_mask, TOKENS):
        chosen = [items[index] for index in part]
        computed = grid(model, chosen, entry_mask)
        (_loss(objective, computed.sums, computed.counts).sum() / len(items)).backward()
        places += lay_out(chosen, entry_mask).ids.numel()
    return places


def padded(model, items: list[Item], objective: str) -> int:
    """One question at a time: a row for each prompt with each response, padded to the longest, all logits."""
    places = 0
    for item in items:
        rows = [torch.tensor(prompt + response) for prompt in item.prompts for response in item.responses]
        starts = [len(prompt) for prompt in item.prompts for _ in item.responses]
        ids = pad_sequence(rows, batch_first=True).to(model.device)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).to(model.device)
        each = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, :-1].float().log_softmax(-1)
        each = each.gather(2, ids[:, 1:, None])[..., 0]
        columns = torch.arange(1, ids.shape[1], device=model.device)
        response = (columns >= torch.tensor(starts, device=model.device)[:, None]) & mask[:, 1:].bool()
        sums = (each * response).sum(1).reshape(1, len(item.prompts), len(item.responses))
        counts = torch.tensor([[len(response) for response in item.responses]], device=model.device)
        (_loss(objective, sums, counts).sum() / len(items)).backward()
        places += ids.numel()
    return places


def trl(model, items: list[Item]) -> int:
    """TRL's DPOTrainer, a question at a time, with the reference's log-probabilities given, as ours has them."""
    from trl_step import dpo_loss

    places = 0
    for item in items:
        loss, computed = dpo_loss(model, item)
        (loss / len(items)).backward()
        places += computed
    return places


def unique(items: list[Item]) -> int:
    """Tokens that any way must compute: each prompt once, each response once under each prompt."""
    return sum(sum(map(len, item.prompts)) + len(item.prompts) * sum(map(len, item.responses)) for item in items)


def _loss(objective: str, sums: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Of a square for SAMI; for DPO of one prompt, whose first response is chosen over each other one."""
    questions, prompts, responses = sums.shape
    one_row = [{"chosen": [0, 0], "rejected": [0, other], "weight": 1.0} for other in range(1, responses)]
    terms = compare_all(prompts) if objective == "sami" else one_row
    matched = torch.eye(prompts, responses, dtype=torch.bool).expand(questions, -1, -1)
    scored = Scored(Grid(sums, counts, matched), Terms.of([terms] * questions).to(sums.device), torch.zeros_like(sums))
    return objectives.OBJECTIVES[objective].loss(scored, objectives.defaults(objective))
