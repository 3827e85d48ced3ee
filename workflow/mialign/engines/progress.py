"""Progress on stderr, a line every ten seconds at most."""

import sys
import time

EVERY = 10


class Progress:
    def __init__(self, label: str, total: int):
        self.label, self.total, self.done, self.next = label, total, 0, time.monotonic() + EVERY

    def add(self, count: int) -> None:
        self.done += count
        if time.monotonic() >= self.next:
            print(f"{self.label}: {self.done} of {self.total} prompts", file=sys.stderr, flush=True)
            self.next = time.monotonic() + EVERY
