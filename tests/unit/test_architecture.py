"""The library's packages: which imports which, what each says of itself, and what is imported only where it is used."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

WORKFLOW = Path(__file__).parents[2] / "workflow"
LIBRARY = WORKFLOW / "mialign"
# What each package may import; the order is that of the pipeline.
MAY_IMPORT = {
    "core": set(),
    "synthetic": {"core"},
    "models": {"core"},
    "data": {"core", "synthetic", "models"},
    "generation": {"core", "models"},
    "training": {"core", "models", "data", "generation"},
    "evaluation": {"core", "synthetic", "models", "data", "generation", "training"},
    "paper": {"core", "models", "data", "training", "evaluation"},
    "config": {"core", "synthetic", "models", "data", "training", "evaluation", "paper"},
    "audit": {"core", "models"},
    "preflight": {"core", "models", "data", "generation", "training", "evaluation"},
}
MODULES = sorted(LIBRARY.rglob("*.py"))
PACKAGES = sorted(path for path in MODULES if path.name == "__init__.py" and path.parent != LIBRARY)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """The packages of ours that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name their package"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.split(".")[1] for name in names if name.startswith("mialign.")}


@cache
def graph() -> dict[str, set[str]]:
    """Package -> the others that it imports."""
    found = {name: set() for name in MAY_IMPORT}
    for path in MODULES:
        if path.parent != LIBRARY:
            package = path.relative_to(LIBRARY).parts[0]
            found[package] |= imported(parsed(path)) - {package}
    return found


def about(package: str) -> str:
    """What a package says of itself, on one line."""
    return " ".join(ast.get_docstring(parsed(LIBRARY / package / "__init__.py")).split())


# ---------------------------------------------------------------- layers
def test_there_are_these_packages_and_no_module_beside_them():
    assert [path.name for path in LIBRARY.glob("*.py")] == ["__init__.py"]
    assert not imported(parsed(LIBRARY / "__init__.py"))
    folders = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(MAY_IMPORT)
    assert {path.parent for path in MODULES} == {LIBRARY, *(path.parent for path in PACKAGES)}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_those_below_it(package):
    assert graph()[package] <= MAY_IMPORT[package]


def test_no_packages_import_each_other_in_a_circle():
    order = list(TopologicalSorter(graph()).static_order())
    assert set(order) == set(MAY_IMPORT)
    assert order[0] == "core"


def test_the_library_knows_nothing_of_the_workflow_around_it():
    for path in MODULES:
        names = {node.module or "" for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)}
        names |= {alias.name for node in ast.walk(parsed(path)) if isinstance(node, ast.Import) for alias in node.names}
        assert not {name.split(".")[0] for name in names} & {"snakemake", "scripts", "run"}, path


# ---------------------------------------------------------------- what packages say
@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_says_what_it_imports(package):
    said = re.search(r"It imports ([^.]*)\.", about(package))
    assert said, about(package)
    assert set(re.findall(r"\w+", re.sub(r"\(.*?\)", "", said[1]))) & set(MAY_IMPORT) == graph()[package]
    assert ("no other package" in said[1]) is (graph()[package] == set())


def importers(package: str) -> set[str]:
    """What imports a package, in the words of its description: other packages, scripts, rules, or files beside them."""
    found = {other for other, others in graph().items() if package in others}
    found |= {"scripts" for path in (WORKFLOW / "scripts").glob("*.py") if package in imported(parsed(path))}
    found |= {"rules" for name in imported_by_rules() if name.split(".")[1] == package}
    return found | {path.name for path in WORKFLOW.glob("*.py") if package in imported(parsed(path))}


def listed(text: str) -> set[str]:
    return set(re.split(r", | and ", text))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_says_what_imports_it(package):
    found = importers(package)
    if few := re.search(r"Only (.*?) import it[.:]", about(package)):
        assert listed(few[1]) == found
    else:
        everything = {*MAY_IMPORT, "scripts", "rules"}
        but = re.search(r"Everything else(?: but (.*?))? imports it\.", about(package))[1]
        assert everything - found - {package} == (listed(but) if but else set())


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: str(path.parent.relative_to(LIBRARY)))
def test_a_package_says_what_is_inside(path):
    first = ast.get_docstring(parsed(path)).split("\n")[0]
    assert len(first.split()) >= 5
    assert first[0].isupper()
    assert re.search(r"[.:]", first)


def public(node: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Functions, classes and their methods that have a name for others."""
    for one in node.body:
        if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_"):
            yield f"{prefix}{one.name}", one
            if isinstance(one, ast.ClassDef):
                yield from public(one, f"{one.name}.")


def test_all_that_is_public_is_described():
    bare = [f"{path.relative_to(LIBRARY)}" for path in MODULES if not ast.get_docstring(parsed(path))]
    bare += [
        f"{path.relative_to(LIBRARY)}: {name}"
        for path in MODULES
        for name, node in public(parsed(path))
        if not (ast.get_docstring(node) or "").strip()
    ]
    assert bare == []


def names_bound_by_rules(text: str) -> list[str]:
    """What a file of rules defines, sets or imports at the beginning of a line."""
    found = re.findall(r"^(?:def|class) (\w+)", text, re.M)
    for names in re.findall(r"^(?:from \S+ )?import (.+)$|^(\w[\w, ]*) = ", text, re.M):
        found += [name.split(" as ")[-1].strip() for name in "".join(names).split(",")]
    return found


def test_no_name_is_bound_twice_in_the_rules():
    """All files of rules share their names, so a second one would replace the first wherever that is read later."""
    files = [WORKFLOW.parent / "Snakefile", *(WORKFLOW / "rules").rglob("*.smk")]
    bound = Counter(name for path in files for name in names_bound_by_rules(path.read_text(encoding="utf-8")))
    assert {"CONFIG", "as_json", "code_digest", "TABLES"} <= set(bound)
    assert [name for name, number in bound.items() if number > 1] == []


def test_no_two_public_classes_have_one_name():
    places = {}
    for path in MODULES:
        for name, node in public(parsed(path)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(name, []).append(str(path.relative_to(LIBRARY)))
    assert len(places) > 20
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


# ---------------------------------------------------------------- names of other modules


def modules_by_alias(tree: ast.Module) -> dict[str, Path]:
    """Name in this file -> the module of ours that it stands for; without names that the file binds a second time."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mialign":
            for alias in node.names:
                path = WORKFLOW.joinpath(*node.module.split("."), f"{alias.name}.py")
                if path.is_file():
                    found[alias.asname or alias.name] = path
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {name: path for name, path in found.items() if name not in bound}


def names_within(path: Path) -> set[str]:
    """What a module has: all that is defined, bound or imported anywhere in it."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


def missing_names(path: Path) -> list[str]:
    """module.name in a file where the module has no such name, and `from module import name` likewise."""
    tree, missing = parsed(path), []
    aliases = modules_by_alias(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            if node.attr not in names_within(aliases[node.value.id]) and not node.attr.startswith("__"):
                missing.append(f"{path.name}:{node.lineno}: {node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mialign":
            source = WORKFLOW.joinpath(*node.module.split(".")).with_suffix(".py")
            if source.is_file():
                names = {alias.name for alias in node.names} - names_within(source)
                missing += [f"{path.name}:{node.lineno}: {node.module} has no {name}" for name in sorted(names)]
    return missing


def test_a_name_taken_from_another_module_is_there():
    """A function that was renamed or moved is missed at once, and not first by the job that calls it."""
    files = [
        *WORKFLOW.rglob("*.py"),
        *Path(__file__).parents[1].rglob("*.py"),
        *(WORKFLOW.parent / "benchmarks").rglob("*.py"),
    ]
    assert [line for path in sorted(files) for line in missing_names(path)] == []


def test_a_missing_name_is_found(tmp_path):
    path = tmp_path / "stage.py"
    path.write_text(
        "from mialign.core import files, seeds\n"
        "from mialign.core.files import sha256, sha255\n"
        "files.write_text, files.wrote_text\n"
        "def f(seeds): return seeds.nothing\n"
    )  # fmt: skip
    assert missing_names(path) == ["stage.py:2: mialign.core.files has no sha255", "stage.py:3: files.wrote_text"]


# ---------------------------------------------------------------- torch only where it is used
def imported_by_rules() -> set[str]:
    """The modules of ours that the rules import; with a name that may be a module or something in it."""
    found = set()
    for path in [WORKFLOW.parent / "Snakefile", *(WORKFLOW / "rules").rglob("*.smk")]:
        for module, names in re.findall(r"^from (mialign\S*) import (.+)$", path.read_text(), re.M):
            found |= {f"{module}.{name.split(' as ')[0].strip()}" for name in names.split(",")}
    return found


def modules_of_rules() -> list[str]:
    """The same without functions and classes: those that are files or packages."""
    found = set()
    for name in imported_by_rules():
        place = WORKFLOW.joinpath(*name.split("."))
        found.add(name if place.with_suffix(".py").exists() or place.is_dir() else name.rpartition(".")[0])
    return sorted(found)


def loaded_with(*modules: str) -> set[str]:
    """The packages that a fresh Python has loaded once it has imported these modules."""
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, *modules], cwd=WORKFLOW, capture_output=True, text=True, timeout=60, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


HEAVY = {"torch", "transformers", "peft", "accelerate", "datasets", "vllm", "openai", "pandas", "matplotlib", "numpy"}


def test_what_the_rules_import_is_light():
    modules = modules_of_rules()
    assert {"mialign.config.loading", "mialign.training.objectives", "mialign.data.sets"} <= set(modules)
    assert not loaded_with(*modules) & HEAVY


@pytest.mark.parametrize("module", ["mialign.config.loading", "mialign.training.objectives"])
def test_the_configuration_and_the_registry_of_objectives_need_no_torch(module):
    assert not loaded_with(module) & HEAVY


def test_a_heavy_package_would_be_seen():
    assert "torch" in loaded_with("mialign.training.terms")


def test_every_file_of_tests_has_a_name_of_its_own():
    """pytest imports each by its bare name, and a worker that has read one refuses a second of that name."""
    names = Counter(path.name for path in (WORKFLOW.parent / "tests").rglob("test_*.py"))
    assert [name for name, number in names.items() if number > 1] == []


def keys_said_twice(node: yaml.Node, path: str = "") -> Iterator[str]:
    """The paths of keys that a map has twice: YAML lets the last one win in silence."""
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        yield from (f"{path}.{name}" for name, number in Counter(names).items() if number > 1)
        for key, value in node.value:
            yield from keys_said_twice(value, f"{path}.{key.value}")
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from keys_said_twice(value, path)


@pytest.mark.parametrize("folder", ["config", "workflow", "envs"])
def test_no_key_of_a_yaml_file_is_said_twice(folder):
    for path in sorted((WORKFLOW.parent / folder).rglob("*.yaml")):
        assert list(keys_said_twice(yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader))) == [], path


def test_a_key_that_is_said_twice_is_seen():
    assert list(keys_said_twice(yaml.compose("a: {b: 1, c: [{d: 1, d: 2}], b: 2}"))) == [".a.b", ".a.c.d"]
