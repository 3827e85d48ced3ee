"""A question as token ids, with the seam between prompt and response where generation has it."""

import sys
from dataclasses import dataclass

from mialign.core.errors import InputError
from mialign.core.template import Prompt
from mialign.models.encoding import encode_response
from mialign.models.prompt_ids import encode_prompt, end_token


@dataclass(frozen=True)
class Item:
    """One question, as token ids: its N prompts, and its M responses with EOS.

    prompt_of: the index of the prompt that each response was written under, None where it was none of these; by
    default response j was written under prompt j.
    """

    prompts: list[list[int]]
    responses: list[list[int]]
    prompt_of: tuple[int | None, ...] = ()

    def __post_init__(self):
        if not self.prompt_of:
            object.__setattr__(self, "prompt_of", tuple(range(len(self.responses))))

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with the longest response."""
        return max(map(len, self.prompts)) + max(map(len, self.responses))


def tokenise(
    tokenizer,
    prompts: list[Prompt],
    responses: list[str],
    name: str = "item",
    ended: list[bool] | None = None,
    may_be_empty: bool = False,
) -> Item:
    """Prompt and response are encoded apart, as in generation: the ids of the prompt, of the response, its end.

    ended: whether each response came to its end (by default all did); one that was cut off gets no EOS, or a model
    would learn to break off.
    InputError if a response is empty, which would be a reward for saying nothing; where nothing is trained it
    `may_be_empty`, and one without a character is EOS alone.
    """
    for index, response in enumerate(responses):
        if not may_be_empty and not response.strip():
            raise InputError(
                f"{name}: response {index} is empty; the rule pairs drops empty responses, so make the file of "
                "pairs again"
            )
    encoded = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    if not all(encoded):
        raise InputError(
            f"{name}: prompt {encoded.index([])} has no token, so nothing predicts the first of a response"
        )
    written = zip(responses, ended or [True] * len(responses), strict=True)
    end = end_token(tokenizer, prompts[0])
    ends = [[end] if whole or not response else [] for response, whole in written]
    ids = (encode_response(tokenizer, response) for response in responses)
    return Item(encoded, [[*response, *end] for response, end in zip(ids, ends, strict=True)])


def shortened(item: Item, longest: int) -> Item:
    """The item with prompts and responses cut until no prompt with the longest response has more than `longest` tokens.

    A prompt that is too long with the longest response keeps its first half of `longest`; where that is not enough, so
    does every response, and one that is cut has no end token. The code base of DPO
    (eric-mitchell/direct-preference-optimization) does it so with 512.
    """
    half, response = longest // 2, max(map(len, item.responses))
    prompts = [prompt[:half] if len(prompt) + response > longest else prompt for prompt in item.prompts]
    fits = max(map(len, prompts)) + response <= longest
    responses = item.responses if fits else [one[: longest - half] for one in item.responses]
    return Item(prompts, responses, item.prompt_of)


def within_context(items: dict[str, Item], context: int, where: str, kind: str) -> dict[str, Item]:
    """Those of at most `context` tokens. The others are counted on stderr, and the first of them is named there.

    kind: what an item is, such as pair. InputError, which says `where`, if none is left.
    """
    kept = {name: item for name, item in items.items() if item.longest <= context}
    if not kept:
        raise InputError(f"{where}: every {kind} is longer than the {context} tokens that the model reads")
    if len(kept) < len(items):
        first = next(name for name in items if name not in kept)
        print(
            f"{where}: {len(items) - len(kept)} of {len(items)} {kind}s are longer than the {context} tokens that the "
            f"model reads and are left out; the first is {first}, {items[first].longest} tokens",
            file=sys.stderr,
            flush=True,
        )
    return kept
