"""What was asked of a server and answered: a line each in a file, so that nothing is paid for twice.

Several jobs may use the file at once. Its locks are those of fcntl.lockf, which the kernel releases with the process:
the first byte stands for the right to append, and a byte far behind the end, told by the key, for the right to ask it.
They end when any descriptor of the file is closed, so a process opens the file once.
"""

import asyncio
import errno
import fcntl
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from mialign.core.disk_space import needing_space
from mialign.core.errors import InputError
from mialign.core.token_usage import OncePerProcess, is_token_count

FIELDS = ("key", "model", "text", "finish", "tokens")
WAIT = 0.2  # seconds between two looks at whether another job has its answer


class ResponseCache:
    """The records by key: {key, model, text, finish, tokens: [in, out], ...}."""

    def __init__(self, path: Path):
        self.path, self.records, self.tokens = Path(path), {}, {}
        self.unknown = OncePerProcess()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self.end = self.line = 0
        with self._lock(0):
            self._end_last_line()
            self.refresh()

    def __contains__(self, key: str) -> bool:
        return key in self.records

    def __getitem__(self, key: str) -> dict:
        return self.records[key]

    def spent(self, model: str) -> tuple[int, int]:
        """Tokens in and out that all jobs have had of a model."""
        counted = self.tokens.get(model, Counter())
        return counted["in"], counted["out"]

    def refresh(self) -> None:
        """Read what any job has appended since; a last line that has no end yet is left for later."""
        data = b""
        while part := os.pread(self.file, 1 << 24, self.end + len(data)):
            data += part
        whole = data[: data.rfind(b"\n") + 1]
        self.end += len(whole)
        for line in whole.split(b"\n")[:-1]:
            self.line += 1
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            key, model, (into, out) = record["key"], record["model"], record["tokens"]
            if not isinstance(record["text"], str):
                raise ValueError
        except (ValueError, TypeError, KeyError, RecursionError):
            raise InputError(
                f"{self.path}, line {self.line}: not a record of what was asked (fields {', '.join(FIELDS)}); remove "
                "the line"
            ) from None
        self.records[key] = record
        if is_token_count(into) and is_token_count(out):
            self.tokens.setdefault(model, Counter()).update({"in": into, "out": out})
        else:
            self.unknown.warn(
                f"{self.path}, line {self.line}: the tokens cannot be right; such answers are kept, and not counted in "
                "what was spent"
            )

    def add(self, record: dict) -> None:
        """Append a record, on disk when this returns."""
        line = (json.dumps(record) + "\n").encode()
        with needing_space(self.path), self._lock(0):
            self.refresh()
            self._end_last_line()
            if os.write(self.file, line) < len(line):
                os.ftruncate(self.file, self.end)
                raise OSError(errno.ENOSPC, "No space left on device")
            os.fsync(self.file)
            self.refresh()

    def _end_last_line(self) -> None:
        """End a line that lacks only its end, as some editors leave it; cut off what a job that was killed wrote."""
        size = os.fstat(self.file).st_size
        start, last = size, b""
        while start and b"\n" not in last:
            start = max(0, start - (1 << 16))
            last = os.pread(self.file, size - start, start)
        last = last[last.rfind(b"\n") + 1 :]
        try:
            json.loads(last or b"{}")
        except (ValueError, RecursionError):
            os.ftruncate(self.file, size - len(last))
        else:
            os.write(self.file, b"\n" if last else b"")

    @asynccontextmanager
    async def exclusive(self, key: str) -> AsyncIterator[None]:
        """The right to ask this; it waits while another job asks, and then has that job's answer."""
        place = 1 + int(key[:15], 16)
        while not self._try(place):
            await asyncio.sleep(WAIT)
        try:
            self.refresh()
            yield
        finally:
            self._lockf(fcntl.LOCK_UN, place)

    def _try(self, place: int) -> bool:
        try:
            self._lockf(fcntl.LOCK_EX | fcntl.LOCK_NB, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    @contextmanager
    def _lock(self, place: int) -> Iterator[None]:
        self._lockf(fcntl.LOCK_EX, place)
        try:
            yield
        finally:
            self._lockf(fcntl.LOCK_UN, place)

    def _lockf(self, how: int, place: int) -> None:
        try:
            fcntl.lockf(self.file, how, 1, place)
        except (BlockingIOError, PermissionError):
            raise
        except OSError as error:  # some shared file systems are set up without locks
            raise InputError(
                f"{self.path} cannot be locked ({error.strerror}), and without locks jobs side by side would pay twice "
                "for an answer; let results/ be, or link to, a folder on a file system that has them"
            ) from None
