"""What stands in a field of a row, and the gold answer as plain text."""

import re
from decimal import InvalidOperation

from mialign.core.errors import InputError
from mialign.core.numerals import canonical
from mialign.data.gold_answers import LETTERS

_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


def value(row, way: str, where: str):
    """The value at the end of a dotted way such as turns.0, which leads through objects by key and lists by place.

    In a list of objects a key leads to the first object in which it is true, so turns.chosen.text is that one's text.
    """
    found = row
    for step in way.split("."):
        if isinstance(found, dict) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, list) and (marked := [one for one in found if _is_marked(one, step)]):
            found = marked[0]
        else:
            raise InputError(f"{where}: the field {way!r} is missing (there are {', '.join(row)})")
    return found


def _is_marked(one, key: str) -> bool:
    return isinstance(one, dict) and one.get(key) is True


def stored(row: dict, way: str, where: str) -> str | None:
    """The answer that a row stores, stripped; None if it has no text there."""
    try:
        found = value(row, way, where)
    except InputError:
        return None
    return _whole(found, way, where).strip() or None if isinstance(found, str) else None


def text(row: dict, way: str, where: str) -> str:
    """The text of a field, stripped; InputError if it is no text, empty, or no valid Unicode."""
    found = value(row, way, where)
    if not isinstance(found, str):
        raise InputError(f"{where}: the field {way!r} must be text, this is {found!r}")
    if not found.strip():
        raise InputError(f"{where}: the field {way!r} is empty; fill it or take the line out")
    return _whole(found, way, where).strip()


def identity(row: dict, way: str, where: str) -> str:
    """What tells the questions of a source apart, whatever it is, as text."""
    return _whole(str(value(row, way, where)), way, where)


def reference(row: dict, way: str | None, mark: str | None, where: str) -> str | None:
    """The gold answer as text, what follows the last `mark`; null where the line has none.

    Numbers lose a ".0" and the commas between thousands; a text such as "3,5" or "1,2,3" stays what it is.
    """
    if way is None:
        return None
    try:
        found = value(row, way, where)
    except InputError:
        return None
    if found is None:
        return None
    answer = _written(found)
    if answer is None:
        raise InputError(
            f"{where}: the field {way!r} must be text or a number, this is {getattr(found, 'text', found)!r:.200}"
        )
    if mark is not None:
        _, present, answer = answer.rpartition(mark)
        if not present:
            raise InputError(f"{where}: the field {way!r} does not hold {mark!r}, after which the answer stands")
    answer = answer.strip()
    answer = _whole(answer, way, where)
    return answer.replace(",", "") if _THOUSANDS.fullmatch(answer) else answer


def choices(row: dict, way: str, where: str) -> dict[str, str]:
    """Label -> text of each choice of a question, in their order.

    The field is {text: [...], label: [...]}, as in ARC, or a list of texts, as in MMLU, whose labels are 0, 1, 2...
    """
    found = value(row, way, where)
    if isinstance(found, list):
        texts, labels = found, list(range(len(found)))
    else:
        texts, labels = (found.get(key) if isinstance(found, dict) else None for key in ("text", "label"))
    if not isinstance(texts, list) or not isinstance(labels, list) or len(texts) != len(labels):
        raise InputError(
            f"{where}: the field {way!r} must be a list of choices, or have as many under text as under label; this is "
            f"{found!r:.200}"
        )
    if not 2 <= len(texts) <= len(LETTERS):
        raise InputError(f"{where}: the field {way!r} has {len(texts)} choices; 2 to {len(LETTERS)} can have letters")
    made = dict(zip(map(str, labels), (_written(one) for one in texts), strict=True))
    if len(made) < len(labels) or any(not (one or "").strip() for one in made.values()):
        raise InputError(f"{where}: the field {way!r} has a choice without text, or one label twice: {found!r:.200}")
    return {_whole(label, way, where): _whole(one, way, where).strip() for label, one in made.items()}


def letter(answer: str | None, labels: list[str], way: str, where: str) -> str | None:
    """The letter of the choice whose label the answer is; null where the line has no answer."""
    if answer is None:
        return None
    if answer not in labels:
        raise InputError(
            f"{where}: the field {way!r} is {answer!r}, which is none of the choices ({', '.join(labels)}); mend it or "
            "take the line out"
        )
    return LETTERS[labels.index(answer)]


def _whole(text: str, way: str, where: str) -> str:
    """A text as it is; InputError for half a character, which JSON can name and no UTF-8 file can hold."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InputError(
            f"{where}: the field {way!r} holds half a character (an unpaired surrogate); mend or take out the line"
        )
    return text


def _written(found) -> str | None:
    """A text as it is, a number in full; None for anything else, and for a number that cannot be written so.

    A whole number is exact. Decimals are the shortest that give the same float: files also hold what computing left,
    such as 5186630.5999999996 for 5186630.6.
    """
    if isinstance(found, (str, int)) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, float):
        return None
    try:
        exact = canonical(getattr(found, "text", repr(found)))
        return canonical(repr(found)) if "." in exact else exact
    except InvalidOperation:
        return None
