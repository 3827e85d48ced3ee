"""Which texts of a large run the page holds: those of questions drawn by a seed, until there is no room for more."""

from mialign.core.seeds import derive

ROOM = 24_000_000  # bytes of text: a page of at most 30 MB even where they cannot be compressed


def drawn(sizes: dict[tuple[str, ...], int], room: int = ROOM) -> set[tuple[str, ...]]:
    """The units (questions with all their answers, or pairs) that the page holds: all, if their bytes fit in `room`.

    Otherwise units in an order that a seed determines, up to the first that does not fit. A unit that takes more than
    a tenth of the room is left out, so that one broken text does not push out all others.
    """
    if sum(sizes.values()) <= room:
        return set(sizes)
    found, most = set(), room // 10
    for unit in sorted(sizes, key=lambda unit: (derive(0, "audit_page", *unit), unit)):
        if sizes[unit] > most:
            continue
        room -= sizes[unit]
        if room < 0:
            break
        found.add(unit)
    return found
