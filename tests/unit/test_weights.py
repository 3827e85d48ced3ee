"""Weights are counted in the files of a model, against its own count of them."""

import json

import pytest

import tiny
from mialign.models import weights


@pytest.fixture
def folder(tmp_path):
    tiny.tiny_model().save_pretrained(tmp_path / "whole")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "whole")
    return tmp_path / "whole"


# 300 x 32 embeddings (tied), two layers of 4 x 32 x 32 attention, 3 x 32 x 48 mlp and 2 x 32 norms, and a last norm
TINY = 300 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 48 + 2 * 32) + 32


def test_the_weights_of_a_folder_in_one_file_or_several(folder):
    assert weights.counted(folder) == TINY
    (folder / "model.safetensors").unlink()
    tiny.tiny_model().save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("*.safetensors"))) > 1
    assert weights.counted(folder) == TINY
    next(folder.glob("*.safetensors")).write_bytes(b"cut short")
    assert weights.counted(folder) is None
    assert weights.counted(folder / "not there") is None


def test_the_weights_below_an_adapter_are_those_of_its_base(folder):
    from peft import LoraConfig, get_peft_model

    get_peft_model(tiny.tiny_model(), LoraConfig(target_modules=["q_proj"])).save_pretrained(folder.parent / "lora")
    tiny.tiny_tokenizer().save_pretrained(folder.parent / "lora")
    path = folder.parent / "lora/adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": str(folder)}))
    assert weights.counted(folder.parent / "lora") == TINY


def test_a_model_has_as_many_as_its_architecture_or_that_from_which_it_was_trained():
    architecture = {"vocabulary": 300, "hidden": 32, "layers": 2, "heads": 2, "mlp": 48, "context": 64}
    models = {"new": {"architecture": architecture}, "further": {"parent": "new"}, "given": {"path": "x"}}
    config = {"models": models | {"child": {"parent": "given"}}}
    assert weights.known(config, {}, "further") == TINY
    assert weights.known(config, {"given": 7}, "child") == 7
    assert weights.known(config, {}, "child") is None
