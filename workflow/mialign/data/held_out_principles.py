"""Principles held out from training: the constitutions of training and validation questions are without them."""

from collections.abc import Collection
from dataclasses import replace

from mialign.core.errors import InputError
from mialign.data.principles import Principles


def without(known: Principles, held_out: Collection[str], asked: Collection[str]) -> Principles:
    """The principles whose categories lack those held out; InputError if a category of `asked` has no other."""
    left = {
        category: tuple(name for name in chosen if name not in held_out)
        for category, chosen in known.categories.items()
    }
    for category in sorted(asked):
        if category in left and not left[category]:
            raise InputError(
                f"all principles of the category {category!r} ({' and '.join(known.categories[category])}) are held "
                "out, so its questions would have an empty constitution; hold out fewer, or take its questions out"
            )
    return replace(known, categories=left)
