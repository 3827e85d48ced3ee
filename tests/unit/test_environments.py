"""envs/*.yaml and requirements.lock hold the same versions, and every package that we import is asked for."""

import ast
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from mialign.core import code_digests

IMPORTED_AS = {"yaml": "pyyaml"}
NEEDS = {
    "driver": {"snakemake", "jsonschema"},
    "fetch": {"datasets", "huggingface-hub"},
    "train": {"torch", "transformers", "peft", "openai", "tenacity"},
    "generate": {"vllm", "tenacity", "levenshtein"},
    "analysis": {"matplotlib", "pandas"},
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines) -> dict[str, str]:
    found = (re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line.strip()) for line in lines)
    return {normal(match[1]): match[2] for match in found if match}


@pytest.fixture
def lock(root) -> dict[str, str]:
    return pins((root / "requirements.lock").read_text().splitlines())


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_an_environment_agrees_with_the_lock(root, lock, name):
    environment = yaml.safe_load((root / f"envs/{name}.yaml").read_text())
    python, *_, last = environment["dependencies"]
    assert python == "python=3.11"
    pinned = pins(last["pip"])
    assert len(pinned) == len(last["pip"])
    assert NEEDS[name] <= set(pinned)
    # vLLM brings another torch than training has, so it is in an environment of its own and not in the lock.
    assert {package for package in pinned if package not in lock} == {"vllm"} & set(pinned)
    assert all(lock.get(package, version) == version for package, version in pinned.items())


def test_the_lock_holds_exact_public_versions_of_all_that_is_asked_for(root, lock):
    lines = (root / "requirements.lock").read_text().splitlines()
    assert all(line.startswith("#") or re.fullmatch(r"\S+==[^+\s]+", line) for line in lines)
    asked = (line.split("#")[0].split("==")[0].strip() for line in (root / "requirements.in").read_text().splitlines())
    assert {normal(name) for name in asked if name} <= set(lock)


WORKFLOW = Path(__file__).parents[2] / "workflow"


def foreign(path) -> set[str]:
    """The packages, neither ours nor Python's, that a file of code imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        found |= {full.split(".")[0] for full in names}
    beside = {one.stem for one in WORKFLOW.glob("*.py")}
    return found - {"mialign", "scripts"} - beside - sys.stdlib_module_names


def test_what_the_code_imports_is_asked_for(root):
    asked = {"vllm"} | {
        normal(line.split("#")[0].split("==")[0].strip())
        for line in (root / "requirements.in").read_text().splitlines()
    }
    for path in (root / "workflow").rglob("*.py"):
        for name in foreign(path):
            assert normal(IMPORTED_AS.get(name, name)) in asked, f"{path} imports {name}"


# The stages that run in each environment (rules/*.smk), and what vLLM's brings beside what is pinned.
STAGES = {
    "fetch": ["fetch_dataset", "fetch_model", "fetch_authors_file"],
    "train": ["model", "reference", "train", "lengths", "judge", "information", "drift", "rewards", "soup"],
    "generate": ["generate", "respond", "solve", "written_principles"],
}
STAGES["analysis"] = None  # all others
BROUGHT = {"fetch": [], "train": [], "generate": ["torch", "transformers", "openai", "PyYAML", "numpy"], "analysis": []}
# Modules that are imported only where a stage does in another environment what it never does in this one.
ELSEWHERE = {
    "fetch": (),
    "train": (),
    "generate": ("mialign.generation.local", "mialign.generation.shared_prefix_cache"),
    # A model judges by likelihood in the environment for training only.
    "analysis": ("mialign.training.grid", "mialign.training.attention"),
}
IMPORT = """
import builtins, importlib, json, sys
sys.path.insert(0, "workflow")
blocked, names = json.loads(sys.stdin.read())
allow = builtins.__import__

def guarded(name, globals=None, *others, **named):
    importer = (globals or {}).get("__name__", "")
    if name.split(".")[0] in blocked and importer.split(".")[0] in ("mialign", "scripts"):
        raise ModuleNotFoundError(f"{importer} imports {name}, which is not in the environment")
    return allow(name, globals, *others, **named)

builtins.__import__ = guarded
for name in names:
    importlib.import_module(name)
"""


def with_all_they_need(names) -> set[str]:
    """The packages of these names and, as installed here, all that they ask for."""
    found, waiting = set(), [normal(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        asked = metadata.requires(name) or []
        waiting += [
            normal(re.match(r"[A-Za-z0-9._-]+", one)[0]) for one in asked if "extra ==" not in one and here(one)
        ]
    return found


def here(requirement: str) -> bool:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@pytest.mark.parametrize("name", STAGES)
def test_the_stages_of_an_environment_import_nothing_else(root, name):
    pinned = yaml.safe_load((root / f"envs/{name}.yaml").read_text())["dependencies"][-1]["pip"]
    there = with_all_they_need({one.split("==")[0] for one in pinned} - {"vllm"} | set(BROUGHT[name]))
    ours = set().union(*(foreign(path) for path in (root / "workflow").rglob("*.py")))
    packages = metadata.packages_distributions()
    blocked = [module for module in ours if not there & {normal(name) for name in packages.get(module, ())}]
    elsewhere = {stage for stages in STAGES.values() for stage in stages or ()} | {"doctor"}
    scripts = {path.stem for path in (root / "workflow/scripts").glob("[a-z]*.py")}
    stages = STAGES[name] or ["judge", *sorted(scripts - elsewhere)]
    modules = {module for stage in stages for module in code_digests.modules(stage)}
    chosen = sorted(module for module in modules if not module.startswith(ELSEWHERE[name] or ("-",)))
    command = [sys.executable, "-c", IMPORT]
    done = subprocess.run(command, input=json.dumps([blocked, chosen]), capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr[-1500:]
