"""The file of macros: each name once, those the paper uses, and where each comes from."""

import re
from collections.abc import Container, Iterable

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.paper.macros.number_formats import Number

# The paper's commands and the form of a number that each prints or, where it chooses, chooses by.
COMMANDS = {"val": "", "rate": "Rate", "points": "Points"}
COMMANDS |= {"bysign": "Sign", "verdict": "Sign", "ifabove": "Sign", "ifhas": ""}
ASKED = re.compile(rf"\\({'|'.join(COMMANDS)})\{{([A-Za-z]+)\}}")


def unique(numbers: Iterable[Number]) -> dict[str, Number]:
    """By name; InputError where two different things would share one."""
    found: dict[str, Number] = {}
    for number in numbers:
        other = found.setdefault(number.name, number)
        if (other.text, other.origin) != (number.text, number.origin):
            raise InputError(
                f"two numbers of the paper would share the name {number.name}: {other.origin}; {number.origin}. "
                "Rename one of the experiments, methods, categories, curves or settings so that they differ by letters "
                "or digits"
            )
    return found


def used(numbers: dict[str, Number], sources: Iterable[str]) -> dict[str, Number]:
    r"""Those that the paper's source prints or chooses by; \rate and \points print the bare value where that is all."""
    asked_for = {found for source in sources for found in ASKED.findall(source)}
    forms = {name + COMMANDS[command] for command, name in asked_for}
    bare = {name for command, name in asked_for if name + COMMANDS[command] not in numbers}
    return {key: number for key, number in numbers.items() if key in forms | bare}


def latex(numbers: dict[str, Number]) -> str:
    """numbers.tex: one macro a line, with its origin."""
    head = "% Made by the workflow from the results of one run. Do not edit: the next run writes it anew.\n"
    lines = (
        rf"\newcommand{{\{number.name}}}{{{number.text}}}% {_comment(number.origin)}" for number in numbers.values()
    )
    return head + "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())


def lineage(numbers: dict[str, Number], used: Container[str]) -> str:
    """CSV of every number that there is, those that the paper uses first: name, text, origin, used, setting."""
    ordered = sorted(numbers.values(), key=lambda number: number.name not in used)
    rows = ((one.name, one.text, one.origin, "yes" if one.name in used else "no", one.setting) for one in ordered)
    return csv_files.text(("name", "text", "origin", "used", "setting"), rows)
