"""Linear layers whose weights lie in memory as the bfloat16 products of a CPU read them.

Otherwise torch arranges all weights anew for every product, which takes longer than the product of a few rows itself.
The two operators are those that its compiler puts in the place of linear layers on a CPU; to compile a model would take
longer than a job here lasts.
"""

import torch
from torch import Tensor, nn

# The rows for which the arrangement is chosen. It gives the same with any other number.
ROWS = 16


class PackedLinear(nn.Module):
    """A linear layer that only reads: its weights have no gradients and are not saved."""

    def __init__(self, layer: nn.Linear):
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), ROWS)
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """x [..., inputs] -> [..., outputs]."""
        return torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")


def pack(model: nn.Module) -> None:
    """Pack each linear layer of a model that is in the model's precision; those of an adapter may be in float32."""
    for name, layer in list(model.named_modules()):
        if type(layer) is nn.Linear and layer.weight.dtype == model.dtype:
            model.set_submodule(name, PackedLinear(layer))
