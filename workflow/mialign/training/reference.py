"""The reference's log-probabilities of the pairs: computed once, kept as a file, checked when read."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import torch

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.progress import Progress
from mialign.models import checkpoints
from mialign.training.examples import Example, entry_mask, read_examples
from mialign.training.grid import Item, grids_under


def write_reference(
    model_folder: Path,
    pairs: Path,
    precision: str,
    token_budget: int,
    out: Path,
    max_length: int | None = None,
    weights: str = "float32",
) -> None:
    """One record a pair: id, of (the digest of its token ids), sums [N][M] of the responses' log-probabilities.

    Entries that no term names are null. `token_budget`: tokens and padding in one forward pass. `precision`,
    `weights`, `max_length`: as the policy is trained.
    """
    tokenizer, context = checkpoints.load_tokenizer(model_folder), checkpoints.context(model_folder)
    examples = read_examples(pairs, tokenizer, context, max_length)
    write_jsonl(out, reference_records(model_folder, examples, precision, token_budget, weights))


def reference_records(
    model_folder: Path, examples: dict[str, Example], precision: str, token_budget: int, weights: str = "float32"
) -> list[dict]:
    """The records of write_reference, in the order of the examples."""
    items, mask = [one.item for one in examples.values()], entry_mask(examples.values(), "terms")
    progress = Progress("reference", len(items), "pairs")
    found = grids_under(model_folder, items, mask, precision, token_budget, progress, weights=weights)
    tables = {index: table for part, computed in found for index, table in zip(part, computed.sums, strict=True)}
    return [
        {"id": name, "of": digest(item), "sums": _named(tables[index], mask[index])}
        for index, (name, item) in enumerate(zip(examples, items, strict=True))
    ]


def _named(table: torch.Tensor, mask: torch.Tensor) -> list[list[float | None]]:
    return [
        [value if here else None for value, here in zip(*row, strict=True)]
        for row in zip(table.tolist(), mask.tolist(), strict=True)
    ]


def read_reference(path: Path, examples: dict[str, Example]) -> list[torch.Tensor]:
    """The sums [N, M] of every example, in their order, 0 where no term names an entry.

    InputError if one is missing or is of other tokens.
    """
    return reference_sums(read_jsonl(path, required=("id", "of", "sums")), examples, f"{path}")


def reference_sums(found: list[dict], examples: dict[str, Example], path: str) -> list[torch.Tensor]:
    """The same of records that are at hand; path: what is said of them."""
    records = {record["id"]: record for record in found}
    masks = entry_mask(examples.values(), "terms")
    for name, one in examples.items():
        if name not in records:
            raise InputError(f"{path}: the pair {name} is missing; delete the file, and it is made again")
        if records[name]["of"] != digest(one.item):
            raise InputError(
                f"{path}: the log-probabilities of {name} are of other tokens than this policy reads: either the pairs "
                "were changed, then delete the file, and it is made again; or the two models have different "
                "tokenizers, and cannot be compared"
            )
    return [
        _sums(records[name]["sums"], mask, f"{path}: the sums of {name}")
        for name, mask in zip(examples, masks, strict=True)
    ]


def with_sums(examples: dict[str, Example], sums: list[torch.Tensor]) -> list[Example]:
    """The examples, each with its sums."""
    return [replace(one, reference=table) for one, table in zip(examples.values(), sums, strict=True)]


def digest(item: Item) -> str:
    """Of the token ids of all prompts and responses."""
    return hashlib.sha256(json.dumps([item.prompts, item.responses]).encode()).hexdigest()[:16]


def _sums(sums, mask: torch.Tensor, where: str) -> torch.Tensor:
    try:
        table = torch.tensor([[float("nan") if value is None else value for value in row] for row in sums])
    except (TypeError, ValueError):
        table = torch.empty(0)
    if table.shape != mask.shape or not table[mask].isfinite().all():
        raise InputError(
            f"{where} are no table of {mask.shape[0]} by {mask.shape[1]} numbers; delete the file, and it is made again"
        )
    return table.masked_fill(~mask, 0.0)
