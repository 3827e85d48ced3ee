"""An adapter kept apart and one merged into the weights take the same steps."""

import architectures
import pytest
import torch
from torch.nn.utils import parametrize

from mialign.training.grid import Item, grid
from mialign.training.objectives import cross_entropy

ITEMS = [
    Item([[5, 6, 7], [8, 9]], [[10, 11, 0], [12, 0]]),
    Item([[20, 21], [22, 23, 24]], [[25, 0], [26, 27, 28, 0]]),
    Item([[30], [31, 32]], [[33, 34, 0], [35, 36, 0]]),
]


class Merged(torch.nn.Module):
    """The weight of a layer with its adapter in it: W + s B A."""

    def __init__(self, layer):
        super().__init__()
        self.a, self.b = (
            torch.nn.Parameter(half["default"].weight.detach().clone()) for half in (layer.lora_A, layer.lora_B)
        )
        self.scale = layer.scaling["default"]

    def forward(self, weight):
        return weight + self.scale * self.b @ self.a


def twenty_steps(model, trained) -> list[tuple[float, float]]:
    """The loss and the gradient's norm of each."""
    optimizer, course = torch.optim.AdamW(trained, lr=0.01), []
    for _ in range(20):
        optimizer.zero_grad()
        means = grid(model, ITEMS, torch.ones(2, 2, dtype=torch.bool)).means
        loss = (cross_entropy(means, "rows") + cross_entropy(means, "columns")).mean() / 2
        loss.backward()
        course.append((loss.item(), torch.nn.utils.clip_grad_norm_(trained, 1.0).item()))
        optimizer.step()
    return course


@pytest.mark.parametrize("targets", [("q_proj", "v_proj"), ("down_proj", "lm_head")])
def test_twenty_steps_are_the_same_with_the_adapter_apart_and_merged(targets):
    untied = {"tie_word_embeddings": False}
    apart = architectures.with_adapter(architectures.model("llama", **untied), targets).train()
    merged = architectures.model("llama", **untied).train().requires_grad_(False)
    layers = {name: layer for name, layer in apart.get_base_model().named_modules() if hasattr(layer, "lora_A")}
    for name, layer in layers.items():
        parametrize.register_parametrization(merged.get_submodule(name), "weight", Merged(layer))
    halves = [half["default"].weight for layer in layers.values() for half in (layer.lora_A, layer.lora_B)]
    own = [merged.get_submodule(name).parametrizations["weight"][0] for name in layers]
    kept = [half for one in own for half in (one.a, one.b)]
    first, second = twenty_steps(apart, halves), twenty_steps(merged, kept)
    assert first[-1][0] < 0.5 * first[0][0]
    for one, other in zip(first, second, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
