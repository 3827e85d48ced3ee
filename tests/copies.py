"""Copies of the workflow for tests that run or edit it."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_workflow(folder: Path) -> Path:
    """The workflow alone in a folder of its own, so that results and edits stay there."""
    for name in ("workflow", "config", "envs", "paper", "profiles"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder
