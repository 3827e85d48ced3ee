"""Stop phrases, looked for only at tokens that can complete one."""


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
        text = self.tokenizer.decode(tokens)
        return any(phrase in text for phrase in self.phrases)

    def cut(self, text: str) -> str:
        """The text before the first stop phrase."""
        return text[: min(text.find(phrase) for phrase in self.phrases if phrase in text)]
