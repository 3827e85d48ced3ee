"""What servers say of the tokens that a request took, as far as it can be believed."""

import sys
from threading import Lock

MAX_TOKENS = 100_000_000  # tokens: far more than any model reads or writes at once


def is_token_count(count) -> bool:
    """Whether it is a count of tokens; some servers give -1, a fraction or nothing where they did not count."""
    return type(count) is int and 0 <= count <= MAX_TOKENS


class OncePerProcess:
    """Warns on stderr of what would be the same for every answer of a server: the first time only, from any thread."""

    def __init__(self):
        self.first = Lock()

    def warn(self, message: str) -> None:
        """Print the message, unless one was printed before."""
        if self.first.acquire(blocking=False):
            print(message, file=sys.stderr, flush=True)
