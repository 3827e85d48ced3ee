"""What requests to a server cost, from the prices that the config states in dollars per million tokens."""

from collections.abc import Iterable

BYTES = 3  # of a text, at least, in a token: about 4 in English, fewer in formulas
FRAME = 8  # tokens around a message


def dollars(price: dict, tokens_in: float, tokens_out: float) -> float:
    """Dollars for so many tokens; price: {in, out} in dollars per million."""
    return (price["in"] * tokens_in + price["out"] * tokens_out) / 1e6


def tokens_of(messages: Iterable[dict]) -> int:
    """About how many tokens messages have, on the high side; the server's own count is known only afterwards."""
    return sum(FRAME + -(-len(message["content"].encode()) // BYTES) for message in messages)


def at_most(price: dict, messages: Iterable[dict], max_tokens: int) -> float:
    """About the most dollars that a request can cost: its answer is as long as it may be."""
    return dollars(price, tokens_of(messages), max_tokens)
