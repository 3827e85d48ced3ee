"""Merged adapters: what they add to the weights, against each adapter merged into its base alone."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

import tiny
from mialign.core.errors import InputError
from mialign.models.checkpoints import load_model
from mialign.models.soup import merge
from mialign.training.adapters import add_adapter

ADAPTER = {"rank": 2, "alpha": 6, "dropout": 0.05, "targets": ["q_proj", "v_proj", "up_proj"]}
TENSORS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    tiny.tiny_model(1).save_pretrained(folder)
    tiny.tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapters(tmp_path_factory, base):
    """Three adapters of the base with random factors on both sides."""
    made = []
    for seed in (1, 2, 3):
        folder = tmp_path_factory.mktemp(f"adapter{seed}")
        model = add_adapter(load_model(base), ADAPTER)
        model.active_peft_config.base_model_name_or_path = str(base)
        torch.manual_seed(seed)
        for name, weight in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight.data)
        model.save_pretrained(folder)
        tiny.tiny_tokenizer().save_pretrained(folder)
        made.append(folder)
    return made


def whole(folder) -> dict[str, torch.Tensor]:
    """The weights of the model with its adapter merged in."""
    return load_model(folder).merge_and_unload().state_dict()


@pytest.mark.parametrize("weights", [(0.3, 0.7), (0.2, 0.5, 0.3), (0.4, 0.0, 0.6)])
def test_a_soup_of_adapters_is_the_weighted_sum_of_the_whole_models(adapters, tmp_path, weights):
    merge(adapters[: len(weights)], weights, tmp_path / "soup")
    parts, soup = [whole(folder) for folder in adapters[: len(weights)]], whole(tmp_path / "soup")
    assert soup.keys() == parts[0].keys()
    changed = 0
    for name, tensor in soup.items():
        expected = sum(weight * one[name].double() for weight, one in zip(weights, parts, strict=True))
        torch.testing.assert_close(tensor.double(), expected, atol=1e-5, rtol=1e-5)
        changed += not torch.equal(parts[0][name], parts[1][name])
    assert changed == 2 * 3  # layers x targets
    settings = json.loads((tmp_path / "soup/adapter_config.json").read_text())
    rank = 2 * sum(weight > 0 for weight in weights)
    assert (settings["r"], settings["lora_alpha"]) == (rank, 3 * rank)


@pytest.mark.parametrize("same", [0, 1, 2])
def test_a_weight_of_one_gives_that_adapter_to_the_byte(adapters, tmp_path, same):
    merge(adapters, [float(place == same) for place in range(3)], tmp_path / "soup")
    names = sorted(path.name for path in adapters[same].iterdir() if path.is_file())
    assert sorted(path.name for path in (tmp_path / "soup").iterdir()) == names
    for name in names:
        assert (tmp_path / "soup" / name).read_bytes() == (adapters[same] / name).read_bytes(), name


def test_the_same_adapters_give_the_same_bytes(adapters, tmp_path):
    for name in ("one", "two"):
        merge(adapters[:2], [0.1, 0.9], tmp_path / name)
    for name in (TENSORS, "adapter_config.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def copied(folder, tmp_path, **changes):
    """A copy of the adapter with other settings."""
    made = tmp_path / "changed"
    made.mkdir()
    for path in folder.iterdir():
        if path.is_file():
            (made / path.name).write_bytes(path.read_bytes())
    settings = json.loads((made / "adapter_config.json").read_text()) | changes
    (made / "adapter_config.json").write_text(json.dumps(settings))
    return made


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lora_alpha": 4}, r"changed: lora_alpha of its adapter_config\.json is not that of"),
        ({"use_rslora": True}, "changed: an adapter with use_rslora, which is not merged; only plain LoRA is"),
        ({"alpha_pattern": {"q_proj": 3}}, "changed: an adapter with alpha_pattern, which is not merged"),
    ],
)
def test_other_adapters_are_refused(adapters, tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        merge([adapters[0], copied(adapters[1], tmp_path, **changes)], [0.5, 0.5], tmp_path / "soup")
    assert not (tmp_path / "soup").exists()


def test_adapters_of_other_models_and_with_other_tensors_are_refused(adapters, base, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for path in base.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    strange = copied(adapters[1], tmp_path, base_model_name_or_path=str(other))
    with pytest.raises(InputError, match=r"changed: base model of its adapter_config\.json is not that of"):
        merge([adapters[0], strange], [0.5, 0.5], tmp_path / "soup")
    tensors = load_file(adapters[1] / TENSORS)
    save_file(tensors | {"base_model.model.lm_head.weight": torch.zeros(2, 2)}, strange / TENSORS)
    with pytest.raises(InputError, match=r"changed: an adapter with base_model\.model\.lm_head\.weight, which is not"):
        merge([adapters[0], strange], [0.5, 0.5], tmp_path / "soup")
