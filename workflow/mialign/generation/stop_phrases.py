"""Where a text ends: stop phrases, looked for only at tokens that can complete one, and what is left of the text."""

from mialign.generation.engine import Completion
from mialign.models.encoding import decode_response


def ends(tokenizer, generation) -> frozenset[int]:
    """The tokens that end an answer: the tokenizer's EOS, and those that the model's generation settings name beside.

    `generation`: the model's GenerationConfig. Llama 3.1 Instruct, for one, names three.
    """
    named = generation.eos_token_id
    return frozenset({tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])} - {None})


class StopPhrases:
    def __init__(self, tokenizer, phrases: tuple[str, ...]):
        self.tokenizer = tokenizer
        self.phrases = phrases
        endings = {phrase[-1] for phrase in phrases}
        pieces = tokenizer.batch_decode([[token] for token in range(len(tokenizer))]) if phrases else []
        # A token that is only a part of a character reads as the mark for that, and may complete any.
        self.completing = {token for token, piece in enumerate(pieces) if (endings | {"\ufffd"}) & set(piece)}

    def reached(self, tokens: list[int]) -> bool:
        """Whether the text of these tokens holds a stop phrase, given that it held none before the last token."""
        if not self.phrases or tokens[-1] not in self.completing:
            return False
        text = decode_response(self.tokenizer, tokens)
        return any(phrase in text for phrase in self.phrases)


def completion(tokenizer, phrases: tuple[str, ...], tokens: list[int], finish: str, seed: int) -> Completion:
    """What generated tokens say: without EOS, and where they were stopped, without the first stop phrase."""
    text = decode_response(tokenizer, tokens[:-1] if finish == "eos" else tokens)
    if finish == "stop":
        text = text[: min((text.find(phrase) for phrase in phrases if phrase in text), default=None)]
    return Completion(text, finish, len(tokens), seed)
