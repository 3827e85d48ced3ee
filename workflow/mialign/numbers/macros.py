"""The file of macros: each name once, those the paper uses, and where each comes from."""

import csv
import io
import re
from collections.abc import Iterable

from mialign.errors import InputError
from mialign.numbers.forms import Number

FORMS = re.compile("(Sign|Rate|Points)$")  # what the paper's commands add to a name


def unique(numbers: Iterable[Number]) -> dict[str, Number]:
    """By name; InputError where two different things would share one."""
    found: dict[str, Number] = {}
    for number in numbers:
        other = found.setdefault(number.name, number)
        if (other.text, other.origin) != (number.text, number.origin):
            raise InputError(
                f"two numbers of the paper would share the name {number.name}: {other.origin}; {number.origin}. "
                "Rename one of the methods, curves or settings in the config so that they differ by letters or digits"
            )
    return found


def used(numbers: dict[str, Number], sources: Iterable[str]) -> dict[str, Number]:
    """Those that the paper's source names, and the signs that its choices ask for."""
    tokens = {token for source in sources for token in re.findall("[A-Za-z]+", source)}
    return {key: number for key, number in numbers.items() if key in tokens or FORMS.sub("", key) in tokens}


def asked(sources: Iterable[str]) -> set[str]:
    r"""The names that the paper's source asks for with \val, \rate, \bysign and their kind."""
    commands = r"\\(?:val|rate|points|bysign|verdict)\{([A-Za-z]+)\}"
    return {found for source in sources for found in re.findall(commands, source)}


def latex(numbers: dict[str, Number]) -> str:
    """numbers.tex: one macro a line, with its origin."""
    head = "% Made by the workflow from the results of one run. Do not edit: the next run writes it anew.\n"
    lines = (
        rf"\newcommand{{\{number.name}}}{{{number.text}}}% {_comment(number.origin)}" for number in numbers.values()
    )
    return head + "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())


def lineage(numbers: dict[str, Number]) -> str:
    """CSV of every number that there is: name, text, origin."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["name", "text", "origin"])
    writer.writerows([number.name, number.text, number.origin] for number in numbers.values())
    return stream.getvalue()
