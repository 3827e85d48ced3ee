"""What all tests share: repeatable properties, one thread, the repository's folder and its configurations."""

import gc
import os
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from copies import copy_workflow, lay_over

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two busy processes with two threads each are slower than with one
os.environ.setdefault("HF_HUB_OFFLINE", "1")
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", autouse=True)
def searched_for_garbage_once():
    """What earlier files left is not searched again. torch and its like leave a million objects, so a search takes a
    second, and statsmodels searches in every adjustment of a family of tests.
    """
    gc.collect()  # what is garbage by now would be kept for good
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def copy(tmp_path) -> Path:
    return copy_workflow(tmp_path)


@pytest.fixture
def read_config(monkeypatch):
    """Read config.yaml with overlays laid over it as Snakemake does it: blocks key by key, lists and values whole."""
    monkeypatch.chdir(ROOT)

    def read(*overlays: str | dict) -> dict:
        config = {}
        for overlay in ("config.yaml", *overlays):
            lay_over(config, deepcopy(parsed(overlay)) if isinstance(overlay, str) else overlay)
        return config

    return read


@cache
def parsed(name: str) -> dict:
    """A configuration of ours, parsed once for all tests, which must copy it."""
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
