"""Packed linear layers compute what torch's own compute; here in the precision that this processor has."""

import copy
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import nn

import tiny
from mialign.generation.engine import Request, RuntimeOptions, Sampling
from mialign.generation.local import LocalEngine, generate
from mialign.generation.packed_linear import PackedLinear, pack
from mialign.models import checkpoints
from mialign.models.machine import DTYPES, use_bf16

DTYPE = torch.bfloat16 if use_bf16("bf16") else torch.float32


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1,), (1, 1), (3, 1), (2, 50)])  # of rows: one token, one a text, a prompt
def test_a_packed_layer_is_the_exact_product_but_for_rounding(bias, shape):
    torch.manual_seed(3)
    layer = nn.Linear(48, 80, bias=bias).to(DTYPE)
    x = torch.randn(*shape, 48).to(DTYPE)
    exact = nn.functional.linear(x.double(), layer.weight.double(), layer.bias.double() if bias else None)
    found = PackedLinear(layer)(x)
    assert (found.dtype, found.shape) == (DTYPE, (*shape, 80))
    error = (found.double() - exact).abs()
    sums = 48 * torch.finfo(torch.float32).eps * exact.abs().max()  # products are summed in float32
    assert (error <= torch.finfo(DTYPE).eps * exact.abs() + sums).all()


def test_a_packed_model_gives_the_logits_of_the_model():
    model = tiny.tiny_model().to(DTYPE)
    ids = torch.arange(12).view(2, 6)
    with torch.no_grad():
        expected = model(ids).logits
        packed = copy.deepcopy(model)
        pack(packed)
        found = packed(ids).logits
    assert not any(type(layer) is nn.Linear for layer in packed.modules())
    assert packed.dtype == DTYPE
    assert torch.allclose(found, expected, rtol=0, atol=8 * torch.finfo(DTYPE).eps * expected.abs().max())


@pytest.mark.parametrize("with_adapter", [False, True])
def test_the_engine_writes_as_with_layers_that_are_not_packed(tmp_path, monkeypatch, with_adapter):
    monkeypatch.setattr("mialign.generation.local.device", lambda: "cpu")
    folder = tiny.save_policy_and_base(tmp_path) / "base"
    if with_adapter:
        folder = adapter_on(folder, tmp_path / "adapter")
    prompts = [Request(prompt, (1, 2)) for prompt in ("The boat", "A keeper of bees walks 3 days, then")]
    precision = "bf16" if torch.bfloat16 == DTYPE else "float32"
    sampling = Sampling(0.0, 1.0, 12, ())
    engine = LocalEngine(folder, precision, RuntimeOptions())
    assert any(isinstance(layer, PackedLinear) for layer in engine.model.modules()) == (torch.bfloat16 == DTYPE)
    ((_, found),) = engine.shards([prompts], sampling, lambda count: None)
    plain = checkpoints.load_model(folder, dtype=DTYPES[precision]).eval()
    assert found == generate(plain, engine.tokenizer, prompts, sampling, RuntimeOptions().batch)


def adapter_on(base: Path, folder: Path) -> Path:
    """An adapter whose two factors are random, so that it changes what the base writes."""
    torch.manual_seed(5)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(checkpoints.load_model(base), config).save_pretrained(folder)
    checkpoints.load_tokenizer(base).save_pretrained(folder)
    return folder
