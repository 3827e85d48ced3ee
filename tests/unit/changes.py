"""Configurations with one key changed, and what is said of those that are wrong."""

import pytest

from mialign.config import loading
from mialign.core.errors import InputError

REMOVE = object()


def change(settings: dict, path: str, value) -> dict:
    """The settings with one key set; a path of dots. REMOVE takes the key away."""
    *way, last = path.split(".")
    inner = settings
    for step in way:
        inner = inner[step]
    if value is REMOVE:
        del inner[last]
    else:
        inner[last] = value
    return settings


def refused(settings: dict, *words: str) -> str:
    """What is said of settings that must be refused, in one line with these words."""
    with pytest.raises(InputError) as caught:
        loading.load(settings)
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said
    return said
