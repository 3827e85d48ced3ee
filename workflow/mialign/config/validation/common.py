"""What the checks of every part share."""

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from mialign.config.schema import suggestion
from mialign.core.errors import InputError
from mialign.training.settings import saved_every

GIVEN_LABELS = {"base": "the base", "generator": "the generator"}


def pick(items: Mapping, name: str, where: str, what: str):
    """The item of that name, or InputError with the closest name there is."""
    if name not in items:
        raise InputError(f"{where}: there is no {what} {name!r}; {suggestion(name, list(items))}")
    return items[name]


def check_no_circle(where: str, parents: dict[str, str | None], start: str) -> None:
    """InputError for a way from parent to parent that comes back to itself; `start` is what may stand at its end."""
    needs = {name: [parent] for name, parent in parents.items() if parent is not None}
    if way := circle(needs):
        shown = " -> ".join(reversed(way))
        raise InputError(f"{where}.{way[-2]}.parent: the parents form a circle, {shown}; start one from {start}")


def circle(needs: Mapping[str, list[str]]) -> list[str] | None:
    """A way from a name, by what each needs, that comes back to that name; None if there is none."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return error.args[1][::-1]  # there each is needed by the next
    return None


def validation_chooses(method: dict) -> bool:
    """Whether a method has several checkpoints, of which that is kept which does best on validation questions."""
    several = saved_every(method["validate_every"], method["steps"]) != method["steps"]
    return several and method.get("choose", "validation") == "validation"


def check_server(where: str, server: dict) -> None:
    """Neither complaint repeats the value: it may hold a key."""
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", server.get("key", "KEY")):
        raise InputError(
            f"{where}.key: not the name of an environment variable in capitals, such as OPENAI_API_KEY; the key itself "
            "belongs into that variable and into no file"
        )
    if not re.fullmatch(r"https?://[^\s@?#]+", server["base_url"]):
        raise InputError(
            f"{where}.base_url: not an address such as https://api.openai.com/v1 or http://localhost:8000/v1, without "
            "a name, password or query in it"
        )


def alike(label: str) -> str:
    """What two labels share that a reader would take for one."""
    return " ".join(label.split()).casefold()
