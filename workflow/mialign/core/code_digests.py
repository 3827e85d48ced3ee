"""Which code a stage runs, and a digest of it, so that an edit reruns exactly the stages that use what was edited.

The imports of a script are followed through our own modules, wherever in the file they stand. Comments, docstrings and
layout do not count: the digest is of the syntax tree.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

WORKFLOW = Path(__file__).parents[2]
OWN = ("mialign", "scripts")


@cache
def digest(script: str, workflow: Path = WORKFLOW) -> str:
    """The digest of scripts/{script}.py with all modules of ours that it imports, directly or not."""
    total = hashlib.sha256()
    for name in modules(script, workflow):
        total.update(f"{name}:{_module(name, workflow)[0]}\n".encode())
    return total.hexdigest()[:16]


def made_with(settings: dict, scripts: Iterable[str], inputs: Iterable[Path]) -> str:
    """Digest of all that determines a result: settings, the code of these stages, and input files.

    By it unfinished work is known again, and thrown away when it was begun with anything else.
    """
    total = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    total.update("".join(digest(script) for script in scripts).encode())
    for path in inputs:
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


@cache
def modules(script: str, workflow: Path = WORKFLOW) -> tuple[str, ...]:
    """The names of these modules in alphabetical order, scripts.{script} among them."""
    seen, waiting = set(), [f"scripts.{script}"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(_module(name, workflow)[1])
    return tuple(sorted(seen))


@cache
def _module(name: str, workflow: Path) -> tuple[str, tuple[str, ...]]:
    """The digest of one module alone, and the modules of ours that it imports."""
    path = _path(name, workflow)
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imported = {own for target in _imports(tree, package) for own in _with_parents(target) if _path(own, workflow)}
    return hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest(), tuple(sorted(imported - {name}))


@cache
def _path(name: str, workflow: Path) -> Path | None:
    """The file of a module of ours; None for what is no such module, for instance a function of one."""
    if name.split(".")[0] not in OWN:
        return None
    stem = workflow.joinpath(*name.split("."))
    # A folder without __init__.py, like scripts, is a package without code.
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Every name that an import statement could bind to a module when the code runs."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                start = ".".join([*above, *([node.module] if node.module else [])])
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The node with all statements in it but what stands under `if TYPE_CHECKING`, which never runs.

    No import and no docstring stands within an expression, and of ten nodes nine belong to expressions.
    """
    yield node
    for block in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, block, ()):
            if not (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
                yield from _statements(child)


def _with_parents(name: str) -> Iterator[str]:
    """mialign, mialign.synthetic and mialign.synthetic.word_problems for the last: importing it runs them all."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in _statements(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree
