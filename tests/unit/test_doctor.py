"""The doctor names what is missing and what to do, and finds nothing where nothing is."""

import json
import os
import re
import sys

import pytest
import torch

import tiny
from mialign.core.errors import InputError
from mialign.preflight import doctor
from scripts import doctor as stage


def told(**checks):
    return [str(finding) for finding in doctor.examine(checks)]


def test_a_package_is_there_is_of_another_version_or_is_missing():
    version = torch.__version__.split("+")[0]
    assert told(packages={"torch": version}) == [f"ok      torch {torch.__version__} can be imported"]
    assert told(packages={"torch": "0.1"}) == [f"ok      torch {torch.__version__} can be imported (tested was 0.1)"]
    (missing,) = told(packages={"no_such_engine": "0.32.0"})
    assert missing.startswith("MISSING no_such_engine cannot be imported (ModuleNotFoundError")
    assert missing.endswith("install no_such_engine==0.32.0")


def test_an_engine_that_writes_and_one_that_only_can_be_imported(tmp_path, monkeypatch):
    """vLLM imports what it is made of only when it is asked for it."""
    (whole,) = told(engine={"kind": "transformers", "precision": "float32", "gpus": 1})
    assert re.fullmatch(r"ok      transformers starts a tiny model in float32 on \S+: [1-8] tokens", whole)
    (tmp_path / "vllm").mkdir()
    (tmp_path / "vllm/__init__.py").write_text(
        "__version__ = '0.32.0'\ndef __getattr__(name):\n    raise ImportError('libcudart.so.13: cannot open')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "vllm", raising=False)
    imported, broken = told(packages={"vllm": "0.32.0"}, engine={"kind": "vllm", "precision": "bf16", "gpus": 2})
    assert imported == "ok      vllm 0.32.0 can be imported"
    assert broken.startswith("MISSING vllm starts no model on ")
    assert "(ImportError: libcudart.so.13: cannot open); install it anew" in broken


def test_gpus_are_counted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert told(gpus=0) == ["ok      torch sees no GPUs"]
    (missing,) = told(gpus=2)
    assert missing.startswith("MISSING torch sees 0 of 2 GPUs on ")
    assert "nvidia-smi" in missing


def test_models_keys_and_disk(tmp_path, monkeypatch):
    tiny.tiny_model().config.save_pretrained(tmp_path / "model")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "model")
    folder = {"path": str(tmp_path / "model"), "weights": True, "fetched": False}
    served, whole, fetched = told(
        models={"served": {**folder, "weights": False}, "whole": folder, "fetched": {**folder, "fetched": True}}
    )
    assert served == f"ok      the model served is whole: {tmp_path}/model"
    assert whole.startswith(f"MISSING the model whole on {os.uname().nodename}: ")
    assert "model.safetensors" in whole
    assert "make fetch" not in whole
    assert fetched.endswith("; where there is a network: make fetch CONFIG=...")
    monkeypatch.setenv("SET_KEY", "sk-secret")
    monkeypatch.delenv("NO_KEY", raising=False)
    keys = told(keys={"SET_KEY": "the judge", "NO_KEY": "the server of big"})
    assert keys[0] == "ok      SET_KEY is set, for the judge"
    assert keys[1].startswith("MISSING NO_KEY is not set; the server of big needs it: export NO_KEY=")
    assert "sk-secret" not in "".join(keys)
    (enough,), (little,) = (told(disk=[str(tmp_path / "not/yet"), size, []]) for size in (1, 10**18))
    assert enough.startswith("ok ")
    assert little.startswith("MISSING ")
    assert "about 1000000000 GB are needed; free some space" in little
    (unknown,) = told(disk=[str(tmp_path), doctor.GB, ["qwen"]])
    assert unknown.startswith("MISSING ")
    assert "about 1 GB are needed without qwen, whose weights are not there to be counted; fetch them" in unknown


def test_what_was_fetched_is_there_and_what_was_not_is_named(tmp_path):
    (tmp_path / "one.jsonl").write_text("{}")
    missing, there = told(fetched=[str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl")])
    assert missing == f"MISSING {tmp_path}/two.jsonl is not there; where there is a network: make fetch CONFIG=..."
    assert there == "ok      1 fetched files are there"


def test_a_server_that_answers_and_one_that_does_not(httpserver):
    answer = {"object": "list", "data": [{"id": "big", "object": "model", "created": 1, "owned_by": "us"}]}
    httpserver.expect_request("/v1/models").respond_with_json(answer)
    up, down = told(servers={"big": [httpserver.url_for("/v1"), ""], "small": ["http://127.0.0.1:9/v1", ""]})
    assert up == f"ok      the server of big at {httpserver.url_for('/v1')} answers; it has big"
    assert down.startswith("MISSING the server of small: http://127.0.0.1:9/v1 gave no usable answer in 1 attempts")


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize("said", ["<html>Welcome</html>", '{"hello": "there"}', "[1]"])
def test_an_address_where_something_else_answers(httpserver, said, content_type):
    httpserver.expect_request("/models").respond_with_data(said, content_type=content_type)
    (found,) = told(servers={"big": [httpserver.url_for("/").rstrip("/"), ""]})
    assert found.startswith(f"MISSING the server of big: {httpserver.url_for('/').rstrip('/')} ")
    assert "it mostly ends in /v1" in found or "no usable answer" in found


def test_the_space_is_for_full_checkpoints_and_the_states_of_all_trainings_that_can_run_together():
    first, later, adapter = {"parent": "base"}, {"parent": "sft"}, {"adapter": {"rank": 8}}
    config = {
        "seeds": [1, 2],
        "models": {"a": {"places": [{"hub": "x/a"}]}, "b": {"places": [{"hub": "x/b"}]}, "child": {"parent": "b"}},
        "experiments": {
            "one": {"base": "a", "methods": {"sft": first, "dpo": later, "sami": later, "lora": {**later, **adapter}}},
            "two": {"base": "child", "methods": {"sft": first}},
            "three": {"base": "a", "methods": {"lora": {**first, **adapter}}},
        },
    }
    # Of a, three checkpoints, and two methods that can be at work together, each with three states of twelve bytes a
    # weight; of b one of each; all for two seeds.
    a, b = 2 * 500 * (3 * 4 + 2 * 3 * 12), 2 * 900 * (4 + 3 * 12)
    assert doctor.disk_needed(config, {"a": 500, "b": 900}) == (a + b + doctor.GB, [])
    assert doctor.disk_needed(config, {"a": 500}) == (a + doctor.GB, ["child"])
    assert doctor.disk_needed(config, {"b": 900}) == (b + doctor.GB, ["a"])


def test_findings_of_other_machines_are_shown_and_what_is_missing_fails_the_stage(tmp_path, run_stage, capsys):
    there = {"packages": {"json": "2.0.9"}}
    both = json.dumps({**there, "keys": {"NO_SUCH_KEY": "the judge"}})
    run_stage(stage, checks=both, out=tmp_path / "node.txt")
    checks = json.dumps(there)
    with pytest.raises(InputError, match="1 of 2 things are missing"):
        run_stage(stage, checks=checks, found=[tmp_path / "node.txt"])
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 2  # what both found is said once
    assert shown[0].startswith("ok      json 2.0.9 can be imported")
    assert shown[1].startswith("MISSING NO_SUCH_KEY is not set")
    assert not (tmp_path / "node.txt").exists()
    run_stage(stage, checks=checks)
