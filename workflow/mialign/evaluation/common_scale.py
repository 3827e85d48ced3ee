"""Whether comparisons of pairs put all methods on one scale with the base."""

from collections.abc import Iterable

BASE = "base"


def not_linked_to_base(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The methods of these comparisons from which no chain of comparisons leads to the base, in order."""
    pairs, linked = list(pairs), {BASE}
    while more := {name for pair in pairs if linked & set(pair) for name in pair} - linked:
        linked |= more
    return [name for name in dict.fromkeys(name for pair in pairs for name in pair) if name not in linked]
