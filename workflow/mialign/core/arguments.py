"""What stages take on the command line beside files: settings as JSON, with complaints in one line.

Settings may have any size, and Linux takes 128 KiB for one argument, which a command is to the shell that runs it. So
long ones stand in a file, and @FILE on the command line.
"""

import hashlib
import json
import math
import shlex
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import MISSING, fields
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mialign.core.errors import InputError
from mialign.core.files import write_text

T = TypeVar("T")
TOKEN_BUDGET = 2048  # tokens and padding in one forward pass over finished texts, by default
SHORT = 32 * 1024  # bytes, as the shell reads them: a few such settings fit into one command


class Settings(dict):
    """Settings that say which key is missing: the workflow has checked them, a command typed by hand has not."""

    def __missing__(self, key: str):
        raise InputError(f"--settings: the key {key!r} is missing (there are {', '.join(self) or 'none'})")


def add_settings(
    parser: ArgumentParser, *keys: str, option: str = "--settings", about: str = "", required: bool = True
) -> None:
    """Have the parser ask for a JSON object with these keys; `about` says what else belongs into it.

    Where it is not required it is empty by default.
    """
    parser.add_argument(
        option,
        type=partial(_parse, keys),
        required=required,
        default=Settings(),
        metavar="JSON",
        help=f"JSON, or @FILE that holds it: {', '.join(keys)}{about}",
    )


def add_token_budget(parser: ArgumentParser, about: str = "") -> None:
    """Have the parser ask how large a forward pass over finished texts may be; `about` says where that is asked."""
    parser.add_argument(
        "--token-budget", type=int, default=TOKEN_BUDGET, help=f"{about}tokens and padding in one forward pass"
    )


def required(kind: type) -> list[str]:
    """The fields of a dataclass that have no default."""
    return [field.name for field in fields(kind) if field.default is field.default_factory is MISSING]


def typed(kind: type[T], given: dict) -> T:
    """The settings as an object of a dataclass.

    InputError for a key that is none of its fields, for a missing one and for a value of another type than the field's.
    """
    if not isinstance(given, dict):
        raise InputError(f"--settings: {given!r} is no block of keys; there are {', '.join(get_type_hints(kind))}")
    types = get_type_hints(kind)
    for name, value in given.items():
        if name not in types:
            raise InputError(f"--settings: unknown key {name!r}; there are {', '.join(types)}")
        if not _fits(value, types[name]):
            raise InputError(f"--settings: {name} is {value!r}; it must be {_in_words(types[name])}")
    if missing := next((name for name in required(kind) if name not in given), None):
        raise InputError(f"--settings: the key {missing!r} is missing (there are {', '.join(given) or 'none'})")
    return kind(**given)


def _fits(value, kind) -> bool:
    """Whether a value of JSON is of this type; a whole number is a number too, and true is none."""
    if get_origin(kind) in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_fits(one, *get_args(kind)) for one in value)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind or (kind is dict and isinstance(value, dict))


WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    dict: "a block of keys",
    NoneType: "null",
}


def _in_words(kind) -> str:
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(map(_in_words, get_args(kind)))
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    return "a list" if get_origin(kind) is list else WORDS[kind]


def as_argument(text: str, folder: str | Path) -> str:
    """The JSON text as an option takes it: a long one is written to a file of `folder`, and named as @FILE.

    The file has the text's digest for a name: the argument is another one exactly when the text is.
    """
    if len(shlex.quote(text).encode()) <= SHORT:
        return text
    path = Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
    return f"@{path}"


def _parse(keys: tuple[str, ...], given: str) -> Settings:
    by_file = given.startswith("@")
    shown = given if by_file else given[:60]
    try:
        text = Path(given[1:]).read_text(encoding="utf-8") if by_file else given
        found = json.loads(text, object_hook=Settings)
    except OSError as error:
        raise ArgumentTypeError(f"{given[1:]}: {error.strerror}") from None
    except ValueError as error:
        raise ArgumentTypeError(f"not JSON ({error}): {shown}") from None
    if not isinstance(found, dict):
        raise ArgumentTypeError(f"a JSON object is needed, this is {shown}")
    for key in keys:
        if key not in found:
            raise ArgumentTypeError(f"the key {key!r} is missing (needed are {', '.join(keys)})")
    return found
