"""Text as token ids and back, the same way in generation, in training and where lengths are counted."""

from functools import cache

from mialign.core.errors import InputError

# What may stand before a response: the first that is not made one token with its beginning, as two line breaks can be.
BEFORE = ("\n", ":")


def encode(tokenizer, text: str) -> list[int]:
    """The ids of a text, in which no special token is read: one that ends answers may not stand in a question."""
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def encode_response(tokenizer, text: str) -> list[int]:
    """The ids of a text that goes on after another one: what a model generates when it writes this text."""
    if not _before(tokenizer):
        return encode(tokenizer, text)
    for before in BEFORE:
        start, ids = encode(tokenizer, before), encode(tokenizer, before + text)
        if ids[: len(start)] == start:
            return ids[len(start) :]
    raise InputError(
        f"{tokenizer.name_or_path}: this tokenizer joins {' and '.join(map(repr, BEFORE))} with what follows, so that "
        f"a response has no ids of its own; take another model. The response: {text[:60]!r}"
    )


def decode_response(tokenizer, ids: list[int]) -> str:
    """The text of generated ids, with the space that it may begin with."""
    before = _before(tokenizer)
    ids = [*encode(tokenizer, before), *ids] if before else ids
    return tokenizer.decode(ids, clean_up_tokenization_spaces=False)[len(before) :]


@cache
def _before(tokenizer) -> str:
    """What must stand before a response so that it is read as the middle of a text.

    Tokenizers like those of Llama 2 and Mistral put a space before every text, and take it away again; after a line
    break, which is a token of its own there, they do not. Byte-level ones add nothing.
    """
    return BEFORE[0] if len(encode(tokenizer, BEFORE[0])) > 1 else ""
