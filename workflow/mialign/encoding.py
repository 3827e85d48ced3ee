"""Text as token ids, the same way in generation, in training and where lengths are counted."""


def encode(tokenizer, text: str) -> list[int]:
    """The ids of a text, in which no special token is read: one that ends answers may not stand in a question."""
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]


def encode_prompt(tokenizer, prompt: str) -> list[int]:
    """The ids of a prompt, after BOS where the tokenizer has it."""
    ids = encode(tokenizer, prompt)
    return ids if tokenizer.bos_token_id is None else [tokenizer.bos_token_id, *ids]
