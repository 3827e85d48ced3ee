"""A model of the hub becomes a folder of safetensors, tokenizer and configuration, with nothing that could be run."""

import hashlib
import json
import struct

import pytest

from mialign.core import disk_space
from mialign.core.errors import InputError
from mialign.data.fetch import model

HEADER = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
WEIGHTS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(8)
PARTS = {
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "generation_config.json": b"{}",
    "model.safetensors": WEIGHTS,
}
OTHERS = {
    "pytorch_model.bin": b"pickle",
    "pytorch_model.bin.index.json": b"{}",
    "modeling_own.py": b"raise SystemExit('never run')",
    "original/params.json": b"{}",
    "original/consolidated.00.pth": b"pickle",
    "consolidated.safetensors": WEIGHTS,
    "README.md": b"card",
}


@pytest.fixture
def fetched(tmp_path):
    def fetch(revision="main"):
        places = [{"hub": "someone/llama", "revision": revision}]
        return model.fetch("llama", places, tmp_path / "scratch", tmp_path / "models/llama")

    (tmp_path / "models").mkdir()
    return fetch


def test_only_what_is_read_is_fetched_and_written_down(hub, fetched, tmp_path):
    commit = hub.add("model", "someone/llama", {**PARTS, **OTHERS})
    origin = fetched()
    assert {path.name: path.read_bytes() for path in (tmp_path / "models/llama").iterdir()} == PARTS
    assert (origin["model"], origin["commit"]) == ("llama", commit)
    assert origin["place"] == {"hub": "someone/llama", "revision": "main"}
    assert {name: one["bytes"] for name, one in origin["files"].items()} == {k: len(v) for k, v in PARTS.items()}
    assert not any(name in line for name in OTHERS for line in hub.seen)


def test_weights_in_parts_come_with_their_index(hub, fetched, tmp_path):
    index = json.dumps({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}).encode()
    parts = {key: value for key, value in PARTS.items() if key != "model.safetensors"}
    parts |= {"model.safetensors.index.json": index, "model-1.safetensors": WEIGHTS, "model-2.safetensors": WEIGHTS}
    hub.add("model", "someone/llama", parts)
    fetched()
    assert {path.name for path in (tmp_path / "models/llama").iterdir()} == set(parts)


@pytest.mark.parametrize(
    "error", [RuntimeError("Data processing error: CAS service error\nmore"), PermissionError("x")]
)
def test_what_the_storage_of_large_files_raises_is_told(hub, fetched, monkeypatch, error):
    def broken(*args, **kwargs):
        raise error

    hub.add("model", "someone/llama", PARTS)
    monkeypatch.setattr("huggingface_hub.snapshot_download", broken)
    with pytest.raises(
        InputError, match=r"^someone/llama: the download broke off \([^\n]*\); run make fetch again, and"
    ):
        fetched()


def test_after_a_broken_download_only_the_rest_is_fetched(hub, fetched, tmp_path):
    commit = hub.add("model", "someone/llama", PARTS)
    hub.lost = {"model.safetensors"}
    with pytest.raises(InputError, match="someone/llama: the hub answers 404; try again later"):
        fetched()
    assert not (tmp_path / "models/llama").exists()
    hub.lost = set()
    fetched()
    assert {path.name for path in (tmp_path / "models/llama").iterdir()} == set(PARTS)
    for name in PARTS:
        assert hub.seen.count(f"GET /someone/llama/resolve/{commit}/{name}") == 1


def test_a_damaged_model_is_not_kept(hub, fetched, tmp_path):
    commit = hub.add("model", "someone/llama", {**PARTS, "model.safetensors": WEIGHTS[:-1]})
    with pytest.raises(InputError, match="the file is cut short"):
        fetched()
    assert not (tmp_path / "models/llama").exists()
    assert not (tmp_path / "scratch" / commit).exists()


def test_a_revision_of_its_own_is_fetched_anew(hub, fetched, tmp_path):
    old = hub.add("model", "someone/llama", {**PARTS, "special_tokens_map.json": b"{}"})
    hub.add("model", "someone/llama", PARTS)
    fetched(old)
    assert (tmp_path / "models/llama/special_tokens_map.json").exists()
    fetched("main")
    assert {path.name for path in (tmp_path / "models/llama").iterdir()} == set(PARTS)


def test_a_licence_that_is_not_accepted_names_its_page_and_the_variable(hub, fetched, tmp_path, monkeypatch):
    hub.add("model", "someone/llama", PARTS, gated=True)
    for token in (None, "hf_another"):
        if token:
            monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(InputError) as caught:
            fetched()
        assert "accept its licence at https://huggingface.co/someone/llama and set HF_TOKEN" in str(caught.value)
        assert "hf_another" not in str(caught.value)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    origin = fetched()
    assert hub.token in hub.tokens
    assert hub.token not in json.dumps(origin)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or hub.token.encode() not in path.read_bytes()


def test_what_is_not_there_is_said(hub, fetched):
    hub.add("model", "someone/other", PARTS)
    with pytest.raises(InputError, match="someone/llama: the hub shows no such model"):
        fetched()
    hub.add("model", "someone/llama", {k: v for k, v in {**PARTS, **OTHERS}.items() if "safetensors" not in k})
    with pytest.raises(InputError, match="it has no safetensors at 'main'"):
        fetched()
    with pytest.raises(InputError, match=f"there is no revision '{hashlib.sha1(b'').hexdigest()}'"):
        fetched(hashlib.sha1(b"").hexdigest())


def test_offline_says_so_and_asks_nobody(hub, fetched, monkeypatch):
    from huggingface_hub import constants

    hub.add("model", "someone/llama", PARTS)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="someone/llama: it is not fetched yet, and HF_HUB_OFFLINE is set"):
        fetched()
    assert hub.seen == []


def test_a_hub_that_nobody_answers_for_is_said(hub, fetched, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"someone/llama: the hub cannot be reached \(ConnectError\)"):
        fetched()


def test_a_full_disk_is_seen_before_the_download(hub, fetched, monkeypatch):
    hub.add("model", "someone/llama", PARTS)
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10}))
    with pytest.raises(InputError, match=r"it takes 0\.0 GB, and .* free some space, or name a larger folder"):
        fetched()
    assert not any("resolve" in line for line in hub.seen)
