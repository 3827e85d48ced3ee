"""A prompt as token ids: one text, or a conversation by the model's chat template; and what ends its answer."""

from collections.abc import Iterable
from itertools import chain

from mialign.core.errors import InputError
from mialign.core.template import Prompt, text_of
from mialign.models import chat_template
from mialign.models.encoding import encode


def encode_prompt(tokenizer, prompt: Prompt) -> list[int]:
    """The ids of a prompt: of a text after BOS where the tokenizer has it, of a conversation as its template says."""
    if not isinstance(prompt, str):
        return chat_template.encode_conversation(tokenizer, prompt)
    ids = encode(tokenizer, prompt)
    return ids if tokenizer.bos_token_id is None else [tokenizer.bos_token_id, *ids]


def loaded_from(tokenizer) -> str:
    """What a message about a model begins with: the folder of its tokenizer, if it was loaded from one."""
    return f"{tokenizer.name_or_path}: " if tokenizer.name_or_path else ""


def encode_fitting(tokenizer, prompt: Prompt, context: int, max_new_tokens: int) -> list[int]:
    """The ids of a prompt that leaves so many new tokens of the context; InputError if it does not."""
    ids = encode_prompt(tokenizer, prompt)
    if len(ids) + max_new_tokens > context:
        raise InputError(
            f"{loaded_from(tokenizer)}a prompt of {len(ids)} tokens and {max_new_tokens} new ones exceed the context "
            f"of {context} tokens; lower max_tokens (under sampling, respond or solve, whichever this is for), or "
            f"leave long questions out (longest of a source): {text_of(prompt)[:80]!r}..."
        )
    return ids


def check_fitting(tokenizer, shards: Iterable[Iterable], context: int, max_new_tokens: int) -> None:
    """The same of all requests, before the first is answered."""
    for request in chain.from_iterable(shards):
        encode_fitting(tokenizer, request.prompt, context, max_new_tokens)


def end_token(tokenizer, prompt: Prompt) -> int:
    """The token that is put behind a whole response to this prompt, in training."""
    return tokenizer.eos_token_id if isinstance(prompt, str) else chat_template.end_token(tokenizer)
