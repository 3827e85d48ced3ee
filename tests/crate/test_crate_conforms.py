"""A crate held against the profile Provenance Run Crate by roc-validator, in an environment of its own."""

import json
import zipfile
from collections.abc import Callable

import pytest

from mialign.audit import crate_metadata

EXAMPLE = "docs/example/crate.zip"


def test_the_crate_of_a_run_passes_every_required_check(root, conform):
    found = conform(root / EXAMPLE)
    assert found["issues"] == []
    assert found["passed"]
    assert found["checks"] > 80


def _job_without_tool(graph: list[dict]) -> None:
    del next(one for one in graph if one["@id"].startswith("#job/"))["instrument"]


def _no_profile(graph: list[dict]) -> None:
    del next(one for one in graph if one["@id"] == "./")["conformsTo"]


def _step_without_tool(graph: list[dict]) -> None:
    del next(one for one in graph if one["@type"] == "HowToStep")["workExample"]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [(_job_without_tool, "instrument"), (_no_profile, "profile"), (_step_without_tool, "workExample")],
)
def test_a_crate_that_lacks_what_the_profile_requires_fails(
    root, conform, tmp_path, spoil: Callable[[list[dict]], None], word
):
    with zipfile.ZipFile(root / EXAMPLE) as old, zipfile.ZipFile(tmp_path / "spoilt.zip", "w") as new:
        about = json.loads(old.read(crate_metadata.NAME))
        spoil(about["@graph"])
        new.writestr(crate_metadata.NAME, json.dumps(about))
        for name in set(old.namelist()) - {crate_metadata.NAME}:
            new.writestr(name, old.read(name))
    found = conform(tmp_path / "spoilt.zip")
    assert not found["passed"]
    assert any(word in issue for issue in found["issues"]), found["issues"]
