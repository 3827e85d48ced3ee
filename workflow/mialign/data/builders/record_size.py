"""How large the records of a builder are."""

from typing import NamedTuple


class RecordSize(NamedTuple):
    """Of each question: the responses that are written, and the prompts and responses of its record."""

    written: int
    prompts: int
    responses: int
