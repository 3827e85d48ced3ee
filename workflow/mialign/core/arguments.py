"""What stages take on the command line beside files: settings as JSON, with complaints in one line."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from functools import partial

from mialign.core.errors import InputError


class Settings(dict):
    """Settings that say which key is missing: the workflow has checked them, a command typed by hand has not."""

    def __missing__(self, key: str):
        raise InputError(f"--settings: the key {key!r} is missing (there are {', '.join(self) or 'none'})")


def add_settings(parser: ArgumentParser, *keys: str, option: str = "--settings", about: str = "") -> None:
    """Have the parser ask for a JSON object with these keys; `about` says what else belongs into it."""
    parser.add_argument(option, type=partial(_parse, keys), required=True, help=f"JSON: {', '.join(keys)}{about}")


def _parse(keys: tuple[str, ...], text: str) -> Settings:
    try:
        found = json.loads(text, object_hook=Settings)
    except ValueError as error:
        raise ArgumentTypeError(f"not JSON ({error}): {text[:60]}") from None
    if not isinstance(found, dict):
        raise ArgumentTypeError(f"a JSON object is needed, this is {text[:60]}")
    for key in keys:
        if key not in found:
            raise ArgumentTypeError(f"the key {key!r} is missing (needed are {', '.join(keys)})")
    return found
