"""Responses of a policy as token ids, which its base must read as the same."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.template import Prompt
from mialign.data.filters import CUT
from mialign.models import checkpoints
from mialign.training.grid import Item, tokenise


def compared_items(
    policy: Path, base: Path, written: dict[str, tuple[list[Prompt], list[dict]]], responses: Path
) -> dict[str, Item]:
    """The items of `written`, which has prompts and the records of responses to them by name.

    `responses` is their file, for complaints. InputError if the tokenizers of the two folders read other tokens.
    """
    items = _items(policy, written, responses)
    if policy != base and items != _items(base, written, responses):
        raise InputError(f"{base}: its tokenizer reads other tokens than that of {policy}, so they cannot be compared")
    return items


def _items(folder: Path, written: dict[str, tuple[list[Prompt], list[dict]]], responses: Path) -> dict[str, Item]:
    tokenizer = checkpoints.load_tokenizer(folder)
    return {
        name: tokenise(
            tokenizer,
            prompts,
            [one["text"] for one in answers],
            f"{responses}, {name}",
            [one["finish"] != CUT for one in answers],
            may_be_empty=True,
        )
        for name, (prompts, answers) in written.items()
    }
