"""Progress on stderr, a line every ten seconds at most."""

import sys
import time

EVERY = 10


class Progress:
    """`what`: of which there are `total` in all."""

    def __init__(self, label: str, total: int, what: str):
        self.label, self.total, self.what, self.done, self.next = label, total, what, 0, time.monotonic() + EVERY

    def add(self, count: int) -> None:
        """So many more are done."""
        self.done += count
        self.tell(f"{self.done} of {self.total} {self.what}")

    def tell(self, text: str) -> None:
        """Say this, unless something was said less than EVERY seconds ago."""
        if time.monotonic() >= self.next:
            print(f"{self.label}: {text}", file=sys.stderr, flush=True)
            self.next = time.monotonic() + EVERY
