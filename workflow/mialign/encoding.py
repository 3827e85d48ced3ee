"""Text as token ids, the same way in generation, in training and where lengths are counted."""

from mialign.errors import InputError


def encode(tokenizer, text: str) -> list[int]:
    """The ids of a text, in which no special token is read: one that ends answers may not stand in a question."""
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def encode_prompt(tokenizer, prompt: str) -> list[int]:
    """The ids of a prompt, after BOS where the tokenizer has it."""
    ids = encode(tokenizer, prompt)
    return ids if tokenizer.bos_token_id is None else [tokenizer.bos_token_id, *ids]


def encode_fitting(tokenizer, prompt: str, context: int, room: int) -> list[int]:
    """The ids of a prompt that leaves room for so many new tokens in the context; InputError if it does not."""
    ids = encode_prompt(tokenizer, prompt)
    if len(ids) + room > context:
        raise InputError(
            f"a prompt of {len(ids)} tokens and {room} new ones exceed the context of {context} tokens; "
            f"lower max_tokens or drop the question: {prompt[:80]!r}..."
        )
    return ids
