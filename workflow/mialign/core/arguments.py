"""What stages take on the command line beside files: settings as JSON, with complaints in one line.

Settings may have any size, and Linux takes 128 KiB for one argument, which a command is to the shell that runs it. So
long ones stand in a file, and @FILE on the command line.
"""

import hashlib
import json
import shlex
from argparse import ArgumentParser, ArgumentTypeError
from functools import partial
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import write_text

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
