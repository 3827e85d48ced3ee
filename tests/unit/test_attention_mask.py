"""Who looks at whom: by hand, and the same in every form that a model's attention takes."""

import shutil
import sysconfig
from pathlib import Path

import architectures
import pytest
import torch

from mialign.training.grid import Item, grid
from mialign.training.grid.attention_mask import attention_mask
from mialign.training.grid.layout import lay_out

ITEMS = [Item([[3, 4], [5]], [[6, 0], [7, 8, 0]]), Item([[9, 10, 11], [12, 13]], [[14, 0], [15, 0]])]
BOTH = torch.ones(2, 2, dtype=torch.bool)


def config(kind, window=None):
    made = architectures.CONFIGS["llama"]()
    made._attn_implementation, made.sliding_window = kind, window
    return made


def test_by_hand():
    # Prompt at 0 and 1; the first response at 2 and 3, the second at 4 to 6.
    layout = lay_out([Item([[3, 4]], [[6, 0], [7, 8, 0]])], torch.ones(1, 2, dtype=torch.bool))
    seen = attention_mask(layout, config("sdpa"))[0, 0] == 0
    assert seen.int().tolist() == [
        [1, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
        [1, 1, 0, 0, 1, 0, 0],
        [1, 1, 0, 0, 1, 1, 0],
        [1, 1, 0, 0, 1, 1, 1],
    ]
    # In a window of 2 a token sees itself and the one before it in its own text.
    windowed = attention_mask(layout, config("sdpa", 2))[0, 0] == 0
    assert windowed[4].int().tolist() == [0, 1, 0, 0, 1, 0, 0]
    assert windowed[6].int().tolist() == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("window", [None, 2])
def test_a_block_mask_and_that_of_a_gpu_say_what_the_additive_one_says(window):
    from torch.nn.attention.flex_attention import create_mask

    layout = lay_out(ITEMS, BOTH, row=20)
    dense = attention_mask(layout, config("eager", window)) == 0
    on_gpu = attention_mask(layout.to("meta"), config("sdpa", window))
    assert (on_gpu.dtype, on_gpu.shape) == (torch.bool, dense.shape)
    block = attention_mask(layout, config("flex_attention", window))
    rows, length = layout.ids.shape
    assert (create_mask(block.mask_mod, rows, 1, length, length, "cpu") == dense).all()


@torch.no_grad()  # on a CPU flex_attention has no backward pass
def test_flex_attention_gives_the_same_grid():
    model = architectures.model("mistral, window")
    expected = grid(model, ITEMS, BOTH).sums
    model.set_attn_implementation("flex_attention")
    with torch.compiler.set_stance("force_eager"):
        torch.testing.assert_close(grid(model, ITEMS, BOTH).sums, expected, rtol=1e-4, atol=1e-4)


CAN_COMPILE = shutil.which("g++") and (Path(sysconfig.get_path("include")) / "Python.h").exists()


@pytest.mark.skipif(not CAN_COMPILE, reason="no C++ compiler or Python headers on this machine")
@torch.no_grad()
def test_flex_attention_compiles_and_gives_the_same_grid():
    model = architectures.model("llama", head_dim=16)
    expected = grid(model, ITEMS, BOTH).sums
    model.set_attn_implementation("flex_attention")
    torch.testing.assert_close(grid(model, ITEMS, BOTH, row=256).sums, expected, rtol=1e-4, atol=1e-4)
