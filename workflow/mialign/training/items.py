"""Pairs as the grid takes them."""

import sys
from pathlib import Path

from mialign.errors import InputError
from mialign.files import read_jsonl
from mialign.grid import Item, tokenise


def read_items(pairs: Path, tokenizer, context: int) -> dict[str, Item]:
    """The pairs of a file by id. Those longer than the context are left out, counted on stderr and named there."""
    records = read_jsonl(pairs, required=("id", "prompts", "responses"))
    if not records:
        raise InputError(f"{pairs}: no pair to train on")
    first = records[0]["prompts"]
    size = len(first) if isinstance(first, list) and first else 1
    for number, record in enumerate(records, start=1):
        _check(record, size, f"{pairs}, line {number}")
    items = {r["id"]: tokenise(tokenizer, r["prompts"], r["responses"], f"{pairs}, {r['id']}") for r in records}
    if len(items) < len(records):
        raise InputError(f"{pairs}: {len(records)} lines hold {len(items)} different ids; ids must differ")
    kept = {name: item for name, item in items.items() if item.longest <= context}
    if not kept:
        raise InputError(f"{pairs}: every pair is longer than the {context} tokens that the model reads")
    if len(kept) < len(items):
        name = next(name for name in items if name not in kept)
        print(
            f"{pairs}: {len(items) - len(kept)} of {len(items)} pairs are longer than the {context} tokens that the "
            f"model reads and are left out; the first is {name}, {items[name].longest} tokens",
            file=sys.stderr,
            flush=True,
        )
    return kept


def _check(record: dict, size: int, where: str) -> None:
    """Every pair has as many prompts and responses as the first, all of them text."""
    for name in ("prompts", "responses"):
        texts = record[name]
        if not isinstance(texts, list) or len(texts) != size or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{where}: {name} must be a list of {size} texts, this is {str(texts)[:60]}")


def whole_batches(items: list, batch: int) -> list:
    """Without the last pairs that fill no batch, so that every step of every epoch has a whole one."""
    if len(items) < batch:
        raise InputError(
            f"{len(items)} pairs do not fill one batch of {batch}: lower training.batch or loosen the filters"
        )
    return items[: len(items) // batch * batch]
