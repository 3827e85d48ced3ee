"""A question as token ids, with the seam between prompt and response where generation has it."""

from dataclasses import dataclass

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
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in prompts + responses]
    if tokenizer.bos_token_id is not None:
        ids[: len(prompts)] = [[tokenizer.bos_token_id, *prompt] for prompt in ids[: len(prompts)]]
    return Item(ids[: len(prompts)], [[*response, tokenizer.eos_token_id] for response in ids[len(prompts) :]])
