"""A question as token ids, with the seam between prompt and response where generation has it."""

from dataclasses import dataclass

from mialign.encoding import encode_prompt, encode_response
from mialign.errors import InputError


@dataclass(frozen=True)
class Item:
    """One question, as token ids: its N prompts, and its M responses with EOS."""

    prompts: list[list[int]]
    responses: list[list[int]]

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt with the longest response."""
        return max(map(len, self.prompts)) + max(map(len, self.responses))


def tokenise(tokenizer, prompts: list[str], responses: list[str], name: str = "item") -> Item:
    """Prompt and response are encoded apart, as in generation: the ids of the prompt, of the response, then EOS.

    InputError if a response is empty, which would be a reward for saying nothing.
    """
    for index, response in enumerate(responses):
        if not response.strip():
            raise InputError(f"{name}: response {index} is empty; the filter rule drops such responses, run it again")
    encoded = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    if not all(encoded):
        raise InputError(
            f"{name}: prompt {encoded.index([])} has no token, so nothing predicts the first of a response"
        )
    return Item(
        encoded,
        [[*encode_response(tokenizer, response), tokenizer.eos_token_id] for response in responses],
    )
