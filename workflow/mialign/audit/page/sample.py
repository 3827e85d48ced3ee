"""Which texts of a large run the page holds: those of questions drawn by a seed, until the page is full."""

from mialign.core.seeds import derive

MAX_BYTES = 24_000_000  # bytes of text: a page of at most 30 MB even where they cannot be compressed


def drawn(sizes: dict[tuple[str, ...], int], max_bytes: int = MAX_BYTES) -> set[tuple[str, ...]]:
    """The units (questions with all their answers, or pairs) that the page holds: all, if they fit in `max_bytes`.

    Otherwise units in an order that a seed determines, up to the first that does not fit. A unit that takes more than
    a tenth of that is left out, so that one broken text does not push out all others.
    """
    if sum(sizes.values()) <= max_bytes:
        return set(sizes)
    found, left, most = set(), max_bytes, max_bytes // 10
    for unit in sorted(sizes, key=lambda unit: (derive(0, "audit_page", *unit), unit)):
        if sizes[unit] > most:
            continue
        left -= sizes[unit]
        if left < 0:
            break
        found.add(unit)
    return found
