"""Copies of the workflow for tests that run or edit it, and what a run of one has made."""

import hashlib
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_workflow(folder: Path) -> Path:
    """The workflow alone in a folder of its own, so that results and edits stay there.

    With what Python has compiled of it, which holds for the copy as dates are kept; but for unfinished `x.pyc.123`.
    """
    for name in ("workflow", "config", "envs", "paper", "profiles", "slurm"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder)
    return folder


def made(results: Path) -> dict[str, str]:
    """Digest of every file of a run's results, but for its times and its messages."""
    files = [path for path in results.rglob("*") if path.is_file()]
    kept = [path for path in files if not {"times", "logs", "scratch"} & set(path.parts) and path.name != ".lock"]
    return {str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def lay_over(config: dict, overlay: dict) -> None:
    """Blocks key by key, lists and values whole, as Snakemake does it with files of configuration."""
    for key, value in overlay.items():
        if isinstance(value, dict):
            below = config.get(key)
            config[key] = below if isinstance(below, dict) else {}
            lay_over(config[key], value)
        else:
            config[key] = value
