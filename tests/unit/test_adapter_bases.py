"""An adapter's base is found by its folder or among the models of the config, and told in one line where it is not."""

import json
import os
import shutil

import pytest
import torch

import tiny
from given_model import given_model
from mialign.config import loading
from mialign.core.errors import InputError
from mialign.models import bases, checkpoints, folders, weights


def lay(folder, base, model=None, **more):
    """An adapter on a tiny model, whose settings name `base`."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    lora = LoraConfig(target_modules=["q_proj"], r=2, task_type="CAUSAL_LM", init_lora_weights=False, **more)
    get_peft_model(model or tiny.tiny_model(), lora).save_pretrained(folder)
    tiny.tiny_tokenizer().save_pretrained(folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": base}))
    return folder


@pytest.fixture
def whole(tmp_path):
    tiny.tiny_model().save_pretrained(tmp_path / "whole")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "whole")
    return tmp_path / "whole"


def logits(folder):
    with torch.no_grad():
        return checkpoints.load_model(folder)(torch.tensor([[5, 6, 7]])).logits


def test_a_base_is_a_folder_as_seen_from_here_or_from_the_adapter_or_is_fetched(tmp_path, whole, monkeypatch):
    adapter = lay(tmp_path / "adapter", str(whole))
    expected = logits(adapter)
    assert not torch.equal(expected, logits(whole))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(bases.FETCHED, json.dumps({"someone/llama": str(whole)}))
    for name in ("whole", "../whole", "someone/llama"):
        lay(adapter, name)
        assert os.path.samefile(checkpoints.base(adapter), whole)
        assert torch.equal(logits(adapter), expected)
        assert checkpoints.context(adapter) == 64
        assert weights.counted(adapter) == weights.counted(whole)
    monkeypatch.setenv(bases.FETCHED, json.dumps({"someone/llama": "nowhere"}))
    checkpoints.check(adapter, may_lack_base=True)  # it is yet to be fetched
    with pytest.raises(InputError, match="nowhere: no such model folder"):
        checkpoints.load_model(adapter)


def test_what_is_trained_from_an_adapter_names_the_folder_of_its_base(tmp_path, whole, monkeypatch):
    monkeypatch.setenv(bases.FETCHED, json.dumps({"someone/llama": str(whole)}))
    model = checkpoints.load_model(lay(tmp_path / "adapter", "someone/llama"), trainable=True)
    model.save_pretrained(tmp_path / "child")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "child")
    monkeypatch.delenv(bases.FETCHED)
    assert checkpoints.base(tmp_path / "child") == whole
    assert torch.equal(logits(tmp_path / "child"), model.eval()(torch.tensor([[5, 6, 7]])).logits)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, "names no model; write there the folder of the model that the adapter was trained on"),
        ("", "names no model"),
        (["whole"], "names no model"),
        ("/gone/llama", "'/gone/llama' is no folder of a model here, and no model of the config has it as its hub"),
        ("../gone", "'../gone' is no folder of a model here"),
        ("someone/other", "'someone/other' is no folder of a model here"),
        ("empty", "'empty' is no folder of a model here"),
        ("adapter", "'adapter' is an adapter itself; merge it into its own base, and name that"),
    ],
)
def test_a_base_that_is_not_here_is_told_in_one_line(tmp_path, whole, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(bases.FETCHED, json.dumps({"someone/llama": str(whole)}))
    (tmp_path / "empty").mkdir()
    adapter = lay(tmp_path / "adapter", name)
    for look in (checkpoints.base, checkpoints.check, checkpoints.context, checkpoints.load_model):
        with pytest.raises(InputError) as caught:
            look(adapter)
        assert str(caught.value).startswith(f"{adapter}/adapter_config.json: base_model_name_or_path")
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_base_of_another_shape_or_with_broken_weights_is_told_in_one_line(tmp_path, whole):
    adapter = lay(tmp_path / "adapter", str(whole))
    tiny.tiny_model(hidden=64).save_pretrained(whole)
    with pytest.raises(InputError, match=rf"^{adapter}: peft cannot lay the adapter on {whole}: ") as caught:
        checkpoints.load_model(adapter)
    assert "\n" not in str(caught.value)
    os.truncate(whole / "model.safetensors", 1000)
    with pytest.raises(InputError, match=rf"^{whole}/model\.safetensors: the file is cut short"):
        checkpoints.check(adapter)


def test_an_adapter_may_bring_an_embedding_for_more_tokens(tmp_path):
    """Of a tokenizer that has more than the base: they are in no weights where it brings none."""
    small = tiny.tiny_model(vocabulary=290)
    small.save_pretrained(tmp_path / "small")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "small")
    with pytest.raises(InputError, match="its tokenizer has 300 tokens and its weights 290"):
        checkpoints.load_tokenizer(tmp_path / "small")
    adapter = lay(tmp_path / "adapter", str(tmp_path / "small"), small)
    with pytest.raises(InputError, match="its tokenizer has 300 tokens and its weights 290"):
        checkpoints.load_tokenizer(adapter)
    small.resize_token_embeddings(300)
    shutil.rmtree(adapter)
    lay(adapter, str(tmp_path / "small"), small, modules_to_save=["embed_tokens"])
    assert len(checkpoints.load_tokenizer(adapter)) == 300
    assert logits(adapter).shape == (1, 3, 300)


# ---------------------------------------------------------------- a config that names them
@pytest.fixture
def settings(read_config, tmp_path, whole):
    """The first experiment begins with an adapter, and the base lies where a model of the hub is fetched to."""
    found = read_config() | {"data": str(tmp_path / "data")}
    far = {"places": [{"hub": "someone/llama", "revision": "main"}]}
    found["models"] |= {"mine": {"path": str(tmp_path / "adapter")}, "far": far}
    found["experiments"]["multitask"]["base"] = "mine"
    return found


def test_a_model_of_the_config_serves_as_base_whether_it_is_fetched_yet_or_not(settings, tmp_path, whole):
    lay(tmp_path / "adapter", "someone/llama")
    loaded = loading.load(settings)
    assert folders.base_to_fetch(loaded, "mine") == "far"
    shutil.copytree(whole, tmp_path / "data/models/far")
    loading.load(settings)
    os.truncate(tmp_path / "data/models/far/model.safetensors", 1000)
    with pytest.raises(InputError, match=r"^models\.mine\.path: .*far/model\.safetensors: the file is cut short"):
        loading.load(settings)


@pytest.mark.parametrize("name", ["someone/other", None, "/gone"])
def test_a_base_that_nobody_knows_is_told_when_the_config_is_read(settings, tmp_path, name):
    lay(tmp_path / "adapter", name)
    with pytest.raises(InputError, match=r"^models\.mine\.path: .*adapter_config\.json: base_model_name_or_path"):
        loading.load(settings)


def test_the_architecture_that_counts_is_that_of_the_base(settings, tmp_path):
    lay(tmp_path / "adapter", str(tmp_path / "bloom"))
    given_model(tmp_path / "bloom", model_type="bloom")
    with pytest.raises(InputError, match=rf"^models\.mine\.path: {tmp_path}/bloom: the model sees where a token"):
        loading.load(settings)
