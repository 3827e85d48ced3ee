"""The one error that is meant for the person at the keyboard, and one line of any other."""

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(Exception):
    """Bad config, data or model. The message names the file, line or key and says what to do."""


@contextmanager
def complaint_prefix(prefix: str) -> Iterator[None]:
    """Put what a complaint of the block is about, a file or a key of the config, before it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{prefix}{error}") from None


def first_line(error: Exception) -> str:
    """The first line of what an error says, or its name where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
