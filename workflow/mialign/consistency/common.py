"""What the checks of every part share."""

from collections.abc import Mapping

from mialign.errors import InputError
from mialign.schema import suggestion


def pick(items: Mapping, name: str, where: str, what: str):
    """The item of that name, or InputError with the closest name there is."""
    if name not in items:
        raise InputError(f"{where}: there is no {what} {name!r}; {suggestion(name, list(items))}")
    return items[name]


def under(where: str, check_part, *arguments) -> None:
    """Call a check of another module, and put the key before its complaint."""
    try:
        check_part(*arguments)
    except InputError as error:
        raise InputError(f"{where}{error}") from None


def check_no_circle(where: str, parents: dict[str, str | None], start: str) -> None:
    for name in parents:
        way = [name]
        while (parent := parents.get(way[-1])) is not None:
            way.append(parent)
            if parent in way[:-1]:
                circle = " -> ".join(reversed(way[way.index(parent) :]))
                raise InputError(
                    f"{where}.{way[-2]}.parent: the parents form a circle, {circle}; start one from {start}"
                )
