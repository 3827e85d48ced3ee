"""The grid of a policy's own responses to questions of information, and what the base model finds of the same.

From these follow a bound of the mutual information of constitution and response, and how far the policy is from the
base (evaluation/metrics/information.py).
"""

from pathlib import Path

import torch
from torch import Tensor

from mialign.core.errors import InputError, complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.progress import Progress
from mialign.core.template import Prompt
from mialign.data.pairs import responses_by_prompt
from mialign.evaluation.compared_items import compared_items
from mialign.models import checkpoints
from mialign.training.grid import Item, grids_under, within_context


def write_grids(
    policy: Path, base: Path, prompts: Path, responses: Path, precision: str, token_budget: int, out: Path
) -> None:
    """One record a question, {id, question_id, category, tokens [N], sums [N][N], base_sums [N]}.

    tokens: of each response, EOS included where it ended (an empty one is EOS alone). sums: in nat, log p(response j |
    prompt i) under the policy. base_sums: the same of response i under prompt i and the base model. `policy` and
    `base` are model folders; `responses` has one response of the policy to each of the N prompts of a question.
    Questions longer than the context are left out, counted on stderr and named there.
    """
    records = read_jsonl(prompts, required=("id", "question_id", "category", "prompts"))
    items = compared_items(policy, base, _written(records, responses), responses)
    items = within_context(items, checkpoints.context(policy), f"{responses}", "question")
    size = len(next(iter(items.values())).prompts)
    whole, own = torch.ones(size, size, dtype=torch.bool), torch.eye(size, dtype=torch.bool)
    scored = (list(items.values()), precision, token_budget)
    sums = log_probabilities(policy, whole, *scored)
    under_base = sums if policy == base else log_probabilities(base, own, *scored)
    tables = {name: (item, *both) for (name, item), *both in zip(items.items(), sums, under_base, strict=True)}
    write_jsonl(
        out,
        (
            {key: record[key] for key in ("id", "question_id", "category")} | _measured(*tables[record["id"]])
            for record in records
            if record["id"] in tables
        ),
    )


def _written(records: list[dict], responses: Path) -> dict[str, tuple[list[Prompt], list[dict]]]:
    """The prompts of each record and their responses from a file, by id; InputError unless all are there."""
    written = read_jsonl(responses, required=("prompt_id", "prompt", "text", "finish"))
    with complaint_prefix(f"{responses}: "):
        by_prompt = responses_by_prompt(records, written)
    if uneven := [record["id"] for record in records if len(record["prompts"]) != len(records[0]["prompts"])]:
        raise InputError(f"{responses}: {uneven[0]} has another number of prompts than {records[0]['id']}")
    return {record["id"]: (record["prompts"], by_prompt[record["id"]]) for record in records}


def log_probabilities(folder: Path, entry_mask: Tensor, items: list[Item], precision: str, token_budget: int) -> Tensor:
    """log p(response j | prompt i) of every item under the model of a folder, [B, N, N], in nat.

    Entries that `entry_mask` [N, N] leaves out are 0. `token_budget`: tokens and padding in one forward pass.
    """
    sums = torch.zeros(len(items), *entry_mask.shape)
    progress = Progress(f"information {folder.name}", len(items), "questions")
    for part, found in grids_under(folder, items, entry_mask, precision, token_budget, progress):
        sums[part] = found.sums.float().cpu()
    return sums


def _measured(item: Item, sums: Tensor, under_base: Tensor) -> dict:
    return {
        "tokens": [len(response) for response in item.responses],
        "sums": sums.tolist(),
        "base_sums": under_base.diagonal().tolist(),
    }
