"""Texts that stand in a file of Python, which is parsed and never imported or run."""

import ast
from collections.abc import Iterable
from pathlib import Path

from mialign.core.errors import InputError


def parse(path: Path) -> ast.Module:
    """The file's syntax tree; InputError names the line if it is not Python."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise InputError(f"{path}, line {error.lineno}: not Python") from None


def constants(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Name -> text of every assignment of a text."""
    return {
        target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def named(items: dict, name: str, path: Path):
    """The item of this name; InputError says which there are if it is missing."""
    if name not in items:
        raise InputError(f"{path}: {name} is missing (there are {', '.join(items)})")
    return items[name]
