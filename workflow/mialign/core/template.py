"""Prompt templates: their fields are filled in one pass, and constitutions are numbered lines."""

import re
from collections.abc import Iterable

FIELD = re.compile(r"\{(constitution|preference|question|opening|answer)\}")


def fill(template: str, **fields: str) -> str:
    """The template with its fields filled in one pass: braces anywhere else, also inside a question, are kept."""
    return FIELD.sub(lambda match: fields[match[1]], template)


def numbered(lines: Iterable[str]) -> str:
    """A constitution as the models see it: "1. ..." and "2. ..." on lines of their own."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
