"""envs/*.yaml and requirements.lock hold the same versions, and every package that we import is asked for."""

import ast
import re
import sys

import pytest
import yaml

IMPORTED_AS = {"yaml": "pyyaml"}
NEEDS = {
    "driver": {"snakemake", "jsonschema"},
    "fetch": {"datasets", "huggingface-hub"},
    "train": {"torch", "transformers", "peft", "openai", "tenacity"},
    "generate": {"vllm", "tenacity"},
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


def test_what_the_code_imports_is_asked_for(root):
    asked = {"vllm"} | {
        normal(line.split("#")[0].split("==")[0].strip())
        for line in (root / "requirements.in").read_text().splitlines()
    }
    for path in (root / "workflow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for name in {full.split(".")[0] for full in names} - {"mialign", "scripts"} - sys.stdlib_module_names:
                assert normal(IMPORTED_AS.get(name, name)) in asked, f"{path} imports {name}"
