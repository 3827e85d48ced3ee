"""Where a text ends: stop phrases, looked for only at tokens that can complete one, and what is left of the text."""

from collections.abc import Iterable

from mialign.core.template import Prompt
from mialign.generation.engine import Completion
from mialign.models.encoding import decode_response
from mialign.models.prompt_ids import end_token


def ends(tokenizer, generation, prompts: Iterable[Prompt]) -> frozenset[int]:
    """The tokens that end an answer: the tokenizer's EOS, those that the model's generation settings name beside, and
    in conversations that of its chat template.

    `generation`: the model's GenerationConfig, if it has one. Llama 3.1 Instruct, for one, names three.
    """
    named = generation.eos_token_id if generation else None
    of_template = {end_token(tokenizer, prompt) for prompt in prompts if not isinstance(prompt, str)}
    return frozenset({tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])} - {None}) | of_template


class StopPhrases:
    """Stop phrases, with the tokens at which the text has to be looked at.

    Whether a token brings a space depends on what stands beside it: tokenizers put spaces before words, take the first
    away, or show one only when more follows. So a phrase is expected where its last other character comes, or by as
    many tokens later as it has spaces behind that; a phrase of spaces alone, anywhere.
    """

    def __init__(self, tokenizer, phrases: tuple[str, ...]):
        self.tokenizer = tokenizer
        self.phrases = phrases
        bare = [phrase.rstrip(" ") for phrase in phrases]
        self.recent = 1 + max((len(phrase) - len(rest) for phrase, rest in zip(phrases, bare, strict=True)), default=0)
        # A token that is only a part of a character reads as the mark for that, and may complete any.
        endings = {rest[-1:] for rest in bare} | {"\ufffd"}
        every = [[token] for token in range(len(tokenizer))] if phrases else []
        pieces = tokenizer.batch_decode(every, clean_up_tokenization_spaces=False)
        self.completing = {token for token, piece in enumerate(pieces) if endings & {"", *piece}}

    def reached(self, tokens: list[int]) -> bool:
        """Whether the text of these tokens holds a stop phrase, given that it held none before the last token."""
        if self.completing.isdisjoint(tokens[-self.recent :]):
            return False
        return cut(decode_response(self.tokenizer, tokens), self.phrases) is not None


def cut(text: str, phrases: tuple[str, ...]) -> str | None:
    """A text up to the first stop phrase in it; None if it holds none."""
    places = [text.find(phrase) for phrase in phrases if phrase in text]
    return text[: min(places)] if places else None


def completion(tokenizer, phrases: tuple[str, ...], tokens: list[int], finish: str, seed: int) -> Completion:
    """What generated tokens say: without EOS, and where they were stopped, without the first stop phrase."""
    text = decode_response(tokenizer, tokens[:-1] if finish == "eos" else tokens)
    before = cut(text, phrases) if finish == "stop" else None
    return Completion(text if before is None else before, finish, len(tokens), seed)
