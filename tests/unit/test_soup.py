"""Merged checkpoints: tensors by hand, ties kept, and what cannot be merged."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

import tiny
from mialign.core.errors import InputError
from mialign.models.checkpoints import load_model
from mialign.models.soup import merge


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two checkpoints of one architecture with other weights, and tied embeddings."""
    made = []
    for seed in (1, 2):
        folder = tmp_path_factory.mktemp(f"checkpoint{seed}")
        tiny.tiny_model(seed).save_pretrained(folder)
        tiny.tiny_tokenizer().save_pretrained(folder)
        made.append(folder)
    return made


def weights(folder):
    return load_file(folder / "model.safetensors")


def test_every_tensor_is_the_weighted_sum(folders, tmp_path):
    merge(folders, [0.3, 0.7], tmp_path / "soup")
    one, two, soup = map(weights, (*folders, tmp_path / "soup"))
    assert soup.keys() == one.keys()
    for name, tensor in soup.items():
        expected = torch.tensor(0.3 * one[name].double().numpy() + 0.7 * two[name].double().numpy()).float()
        assert torch.equal(tensor, expected), name
    assert "lm_head.weight" not in soup
    model = load_model(tmp_path / "soup")
    assert model.get_output_embeddings().weight.data_ptr() == model.get_input_embeddings().weight.data_ptr()
    assert sorted(path.name for path in (tmp_path / "soup").iterdir()) == sorted(p.name for p in folders[0].iterdir())


@pytest.mark.parametrize(("given", "same"), [([1.0, 0.0], 0), ([0.0, 1.0], 1)])
def test_a_weight_of_one_gives_that_checkpoint_to_the_byte(folders, tmp_path, given, same):
    merge(folders, given, tmp_path / "soup")
    assert (tmp_path / "soup/model.safetensors").read_bytes() == (folders[same] / "model.safetensors").read_bytes()


def test_shards_and_half_precision(folders, tmp_path):
    """The second checkpoint is in shards, which the soup does not take over; bfloat16 is rounded once."""
    halves = []
    for number, folder in enumerate(folders):
        model = load_model(folder).to(torch.bfloat16)
        halves.append(tmp_path / f"half{number}")
        model.save_pretrained(halves[-1], **({"max_shard_size": "20KB"} if number else {}))
        tiny.tiny_tokenizer().save_pretrained(halves[-1])
    assert len(list(halves[1].glob("*.safetensors"))) > 1
    merge(halves, [0.5, 0.5], tmp_path / "soup")
    one, soup = weights(halves[0]), weights(tmp_path / "soup")
    two = {name: tensor for path in halves[1].glob("*.safetensors") for name, tensor in load_file(path).items()}
    for name, tensor in soup.items():
        assert torch.equal(tensor, ((one[name].double() + two[name].double()) / 2).bfloat16()), name


@pytest.mark.parametrize("given", [[0.5, 0.6], [1.5, -0.5], [float("nan"), 1.0]])
def test_weights_sum_to_one(folders, tmp_path, given):
    with pytest.raises(InputError, match="must be 0 or more and sum to one"):
        merge(folders, given, tmp_path / "soup")


def test_what_cannot_be_merged(folders, tmp_path):
    with pytest.raises(InputError, match="2 checkpoints and 1 weights; give each checkpoint one"):
        merge(folders, [1.0], tmp_path / "soup")
    other = tmp_path / "other"
    tiny.tiny_model(hidden=16).save_pretrained(other)
    tiny.tiny_tokenizer().save_pretrained(other)
    with pytest.raises(InputError, match=rf"{other}: \w+ of its config\.json is not that of {folders[0]}"):
        merge([folders[0], other], [0.5, 0.5], tmp_path / "soup")
    (other / "config.json").write_text((folders[0] / "config.json").read_text())
    with pytest.raises(InputError, match=f"{other}: the tensor model.embed_tokens.weight is not there, or not as in"):
        merge([folders[0], other], [0.5, 0.5], tmp_path / "soup")
    (other / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match=f"{other}: an adapter, and others are whole models"):
        merge([folders[0], other], [0.5, 0.5], tmp_path / "soup")
    assert not (tmp_path / "soup").exists()


def test_whole_numbers_must_agree(tmp_path):
    folders = []
    for number in (1, 2):
        folder = tmp_path / f"checkpoint{number}"
        folder.mkdir()
        save_file({"count": torch.tensor([number])}, folder / "model.safetensors")
        for name in ("config.json", "tokenizer.json"):
            (folder / name).write_text(json.dumps({}))
        folders.append(folder)
    with pytest.raises(InputError, match="the tensor count holds whole numbers that differ"):
        merge(folders, [0.5, 0.5], tmp_path / "soup")
