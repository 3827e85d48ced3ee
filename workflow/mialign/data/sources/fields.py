"""What stands in a field of a row, and the gold answer as plain text."""

import math
from decimal import Decimal

from mialign.core.errors import InputError


def value(row, way: str, where: str):
    """The value at the end of a dotted way such as turns.0, which leads through objects by key and lists by place."""
    found = row
    for step in way.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise InputError(f"{where}: the field {way!r} is missing (there are {', '.join(row)})")
    return found


def text(row: dict, way: str, where: str) -> str:
    found = value(row, way, where)
    if not isinstance(found, str):
        raise InputError(f"{where}: the field {way!r} must be text, this is {found!r}")
    if not found.strip():
        raise InputError(f"{where}: the field {way!r} is empty; fill it or take the line out")
    if any("\ud800" <= letter <= "\udfff" for letter in found):
        raise InputError(
            f"{where}: the field {way!r} holds half a character (an unpaired surrogate); mend or take out the line"
        )
    return found.strip()


def reference(row: dict, way: str | None, mark: str | None, where: str) -> str | None:
    """The gold answer as text, what follows the last `mark`; null where the line has none.

    Numbers lose a ".0" and the commas between thousands.
    """
    if way is None:
        return None
    try:
        found = value(row, way, where)
    except InputError:
        return None
    if found is None:
        return None
    if isinstance(found, (dict, list, bool)) or (isinstance(found, float) and not math.isfinite(found)):
        raise InputError(f"{where}: the field {way!r} must be text or a number, this is {found!r}")
    answer = _number(found) if isinstance(found, (int, float)) else found
    if mark is not None:
        _, present, answer = answer.rpartition(mark)
        if not present:
            raise InputError(f"{where}: the field {way!r} does not hold {mark!r}, after which the answer stands")
    answer = answer.strip()
    plain = answer.replace(",", "")
    return plain if is_number(plain) else answer


def is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def _number(value: int | float) -> str:
    return str(int(value)) if value == int(value) else format(Decimal(repr(value)), "f")
