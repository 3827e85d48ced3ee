"""The reference's log-probabilities of the pairs: computed once, kept as a file, checked when read."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import torch

from mialign import checkpoints, objectives
from mialign.errors import InputError
from mialign.files import read_jsonl, write_jsonl
from mialign.grid import Item, grid, packs
from mialign.machine import autocast, device
from mialign.progress import Progress
from mialign.training.attention import choose_attention
from mialign.training.items import read_items


def write_reference(model_folder: Path, pairs: Path, precision: str, tokens: int, out: Path) -> None:
    """One record a pair: id, of (the digest of its token ids), sums [N][M] of the responses' log-probabilities.

    `tokens`: places in one forward pass.
    """
    tokenizer, model = checkpoints.load_tokenizer(model_folder), checkpoints.load_model(model_folder).to(device())
    choose_attention(model, precision)
    items = read_items(pairs, tokenizer, model.config.get_text_config().max_position_embeddings)
    with torch.inference_mode(), autocast(precision):
        records = dict(_records(model.eval(), items, tokens))
    write_jsonl(out, [records[name] for name in items])


def _records(model, items: dict[str, Item], tokens: int) -> Iterator[tuple[str, dict]]:
    names, given = list(items), list(items.values())
    wanted = objectives.wanted("dpo", len(given[0].prompts))
    progress = Progress("reference", len(given), "pairs")
    for part in packs(given, wanted, tokens):
        computed = grid(model, [given[index] for index in part], wanted)
        for index, sums in zip(part, computed.sums.tolist(), strict=True):
            yield names[index], {"id": names[index], "of": digest(given[index]), "sums": sums}
        progress.add(len(part))


def read_reference(path: Path, items: dict[str, Item]) -> list[torch.Tensor]:
    """The sums [N, M] of every item, in their order; InputError if one is missing or is of other tokens."""
    records = {record["id"]: record for record in read_jsonl(path, required=("id", "of", "sums"))}
    for name, item in items.items():
        if name not in records:
            raise InputError(f"{path}: the pair {name} is missing; delete the file, and it is made again")
        if records[name]["of"] != digest(item):
            raise InputError(
                f"{path}: the log-probabilities of {name} are of other tokens than this policy reads: either the pairs "
                "were changed, then delete the file, and it is made again; or the two models have different "
                "tokenizers, and cannot be compared"
            )
    return [_sums(records[name]["sums"], item, f"{path}: the sums of {name}") for name, item in items.items()]


def digest(item: Item) -> str:
    """Of the token ids of all prompts and responses."""
    return hashlib.sha256(json.dumps([item.prompts, item.responses]).encode()).hexdigest()[:16]


def _sums(sums, item: Item, where: str) -> torch.Tensor:
    try:
        table = torch.tensor(sums, dtype=torch.float32)
    except (TypeError, ValueError):
        table = torch.empty(0)
    if table.shape != (len(item.prompts), len(item.responses)) or not table.isfinite().all():
        raise InputError(
            f"{where} are no table of {len(item.prompts)} by {len(item.responses)} numbers; delete the file, and it is "
            "made again"
        )
    return table
