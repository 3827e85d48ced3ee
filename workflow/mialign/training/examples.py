"""Records of pairs as the trainer takes them: token ids, terms, and the reference's sums."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.core.template import is_prompt
from mialign.data.filters import CUT, FINISHES
from mialign.training.grid import Item, shortened, tokenise, within_context
from mialign.training.objectives import OBJECTIVES
from mialign.training.terms import Scored, Terms


@dataclass(frozen=True)
class Example:
    """One record of pairs. reference [N, M]: the reference's sums, for objectives that need them.

    positive: the response that counts as the positive one, where the builder of the pairs names one.
    """

    id: str
    item: Item
    terms: list[dict]
    reference: Tensor | None = None
    positive: int | None = None


def read_examples(
    pairs: Path, tokenizer, context: int, max_length: int | None = None, train_on: str = "all"
) -> dict[str, Example]:
    """The pairs of a file by id. Those longer than the context are left out, counted on stderr and named there.

    max_length: the most tokens of a prompt with a response; longer ones are cut first (shortened), by default none are.
    With train_on "positives" only the positive response and its prompt are, and decide it.
    InputError with file and line if a record is not whole: all have as many prompts and responses as the first.
    """
    records = read_jsonl(pairs, required=("id", "prompts", "responses", "terms"))
    if not records:
        raise InputError(f"{pairs}: no pair to train on")
    return examples_of(records, f"{pairs}", tokenizer, context, max_length, train_on)


def examples_of(
    records: list[dict], pairs: str, tokenizer, context: int, max_length: int | None = None, train_on: str = "all"
) -> dict[str, Example]:
    """The same of records that are at hand; pairs: what is said of them."""
    examples = {}
    for number, record in enumerate(records, start=1):
        where = f"{pairs}, line {number}"
        _check(record, records[0], where)
        if record["id"] in examples:
            raise InputError(f"{where}: the id {record['id']!r} stands in an earlier line too; ids must differ")
        examples[record["id"]] = _example(record, tokenizer, where, max_length, train_on)
    kept = within_context({name: one.item for name, one in examples.items()}, context, pairs, "pair")
    return {name: examples[name] for name in kept}


def entry_mask(examples: Iterable[Example], reads: str) -> Tensor:
    """The entries that an objective reads (Objective.reads) of each example, bool [B, N, M]."""
    examples = list(examples)
    item = examples[0].item
    terms = Terms.of([one.terms for one in examples])
    return terms.entry_mask(len(item.prompts), len(item.responses), reads)


def is_square(examples: list[Example], reads: str) -> bool:
    """Whether the objective compares all entries of grids with as many responses as prompts, each under its own."""
    item = examples[0].item
    whole = all(one.item.prompt_of == tuple(range(len(item.prompts))) for one in examples)
    return whole and reads != "chosen" and bool(entry_mask(examples, reads).all())


def for_objective(
    pairs: str, examples: dict[str, Example], objective: str, train_on: str = "all"
) -> dict[str, Example]:
    """The examples with the terms that a method compares: all, or those that choose the positive response.

    InputError if its objective cannot read these pairs: its entries or the other side of a term are not there.
    """
    _check_entries(pairs, examples, objective)
    if train_on != "positives":
        return examples
    if missing := next((name for name, one in examples.items() if one.positive is None), None):
        raise InputError(
            f"{pairs}: {missing} names no positive response, which train_on: positives trains on; take a set of the "
            "builder constitutions, or train_on: all"
        )
    return {
        name: replace(one, terms=[term for term in one.terms if term["chosen"][1] == one.positive])
        for name, one in examples.items()
    }


def _check_entries(pairs: str, examples: dict[str, Example], objective: str) -> None:
    reads = OBJECTIVES[objective].reads
    for name, one in examples.items():
        item = one.item
        if reads == "square" and item.prompt_of != tuple(range(len(item.prompts))):
            raise InputError(
                f"{pairs}: {objective} reads a square of prompts and the responses to them, and {name} has "
                f"{len(item.prompts)} prompts and responses to {list(item.prompt_of)}; take another builder"
            )
        if reads == "square" and len(item.responses) == 1:
            raise InputError(f"{pairs}: {objective} compares responses, and {name} has one; two at least are needed")
        if reads == "terms" and not all(term["rejected"] for term in one.terms):
            raise InputError(
                f"{pairs}: {objective} compares responses, and a term of {name} rejects none; take another builder, or "
                "more than one response"
            )


def whole_batches(examples: list, batch: int, where: Path | None) -> list:
    """Without the last pairs that fill no batch, so that every step of every epoch has a whole one.

    where: the file of the pairs, which the InputError of too few names.
    """
    if len(examples) < batch:
        raise InputError(
            f"{where}: {len(examples)} pairs do not fill one batch of {batch}; lower the method's batch (its own or "
            "training.batch), or loosen the filters"
        )
    return examples[: len(examples) // batch * batch]


def scored(grid, examples: list[Example]) -> Scored:
    """What an objective sees of these examples, on the grid's device."""
    device = grid.sums.device
    sums = [one.reference for one in examples]
    reference = None if any(one is None for one in sums) else torch.stack(sums).to(device)
    return Scored(grid, Terms.of([one.terms for one in examples]).to(device), reference)


def _example(record: dict, tokenizer, where: str, max_length: int | None, train_on: str) -> Example:
    responses = record["responses"]
    item = tokenise(
        tokenizer,
        record["prompts"],
        [response["text"] for response in responses],
        f"{where}, {record['id']}",
        [response["finish"] != CUT for response in responses],
    )
    item = Item(item.prompts, item.responses, tuple(r["prompt"] for r in responses))
    positive = record.get("positive")
    if max_length:
        alone = train_on == "positives" and positive is not None
        item = _positive_shortened(item, positive, max_length) if alone else shortened(item, max_length)
    return Example(record["id"], item, record["terms"], positive=positive)


def _positive_shortened(item: Item, positive: int, longest: int) -> Item:
    """The item with one response and the prompt that it was written under cut as if there were no others."""
    index = item.prompt_of[positive]
    alone = shortened(Item([item.prompts[index]], [item.responses[positive]], (0,)), longest)
    prompts, responses = list(item.prompts), list(item.responses)
    prompts[index], responses[positive] = alone.prompts[0], alone.responses[0]
    return Item(prompts, responses, item.prompt_of)


# ---------------------------------------------------------------- checks of a record
def _check(record: dict, first: dict, where: str) -> None:
    prompts, responses, terms = record["prompts"], record["responses"], record["terms"]
    if not isinstance(prompts, list) or not prompts or not all(map(is_prompt, prompts)):
        raise InputError(
            f"{where}: prompts must be a list of texts, or of lists of messages {{role, content}}; this is "
            f"{str(prompts)[:60]}"
        )
    if not _is_list_of(responses, dict) or not all(_is_response(one, len(prompts)) for one in responses):
        raise InputError(
            f"{where}: responses must be a list of {{text, prompt, finish}}; prompt is the index of the prompt that "
            f"the response was written under, 0 to {len(prompts) - 1}, or null; finish is one of "
            f"{', '.join(FINISHES)}; this is {str(responses)[:60]}"
        )
    for name, found in (("prompts", prompts), ("responses", responses)):
        if len(found) != len(first[name]):
            raise InputError(f"{where}: {len(found)} {name}, and the first line has {len(first[name])}")
    if not _is_list_of(terms, dict):
        raise InputError(f"{where}: terms must be a list of {{chosen, rejected, weight}}, this is {str(terms)[:60]}")
    for term in terms:
        _check_term(term, len(prompts), len(responses), where)
    if "positive" in record and record["positive"] not in range(len(responses)):
        raise InputError(
            f"{where}: positive is {record['positive']!r}, but it must be the number of a response, 0 to "
            f"{len(responses) - 1}"
        )


def _is_list_of(found, kind: type) -> bool:
    return isinstance(found, list) and bool(found) and all(isinstance(one, kind) for one in found)


def _is_response(one: dict, prompts: int) -> bool:
    under = one.get("prompt")
    known = under is None or (type(under) is int and 0 <= under < prompts)
    return known and "prompt" in one and isinstance(one.get("text"), str) and one.get("finish") in FINISHES


def _check_term(term: dict, prompts: int, responses: int, where: str) -> None:
    sides = {"chosen": term.get("chosen"), "rejected": term.get("rejected")}
    for name, entry in sides.items():
        if name == "rejected" and entry is None:
            continue
        match entry:
            case [int() as prompt, int() as response] if 0 <= prompt < prompts and 0 <= response < responses:
                continue
        raise InputError(
            f"{where}: a term has {name} {entry!r}, but it must be [prompt, response] with a prompt of 0 to "
            f"{prompts - 1} and a response of 0 to {responses - 1}: there are no others in this line"
        )
    weight = term.get("weight")
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < float("inf"):
        raise InputError(f"{where}: a term has weight {weight!r}; a number above 0 is needed")
