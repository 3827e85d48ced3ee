"""From hidden states to the log-probabilities of tokens, a chunk of the tokens at a time.

[tokens, vocabulary] never exists as a whole: forward keeps one number a token and the last chunk, with which backward
begins at once; it computes the others anew.
"""

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from mialign.core.errors import InputError
from mialign.models.machine import computed_in

# Numbers in a chunk of logits: with fewer, products of few rows would wait for the weights to be read.
CHUNK = {"cpu": 2**22, "cuda": 2**24}


@dataclass(frozen=True)
class Projection:
    """An output layer at some hidden states: logits = cap(sum_f features_f @ weight_f.T + bias).

    factors: features [T, D_f] and weight [V, D_f] of the layer itself, and of each LoRA adapter on it.
    """

    factors: tuple[tuple[Tensor, Tensor], ...]
    bias: Tensor | None
    cap: float | None

    def log_probabilities(self, targets: Tensor) -> Tensor:
        """log p(target) of each of T positions, [T], in float32 at least."""
        flat = [part for factor in self.factors for part in factor]
        return _LogProbabilities.apply(targets, self.cap, self.bias, *flat)

    def kl(self, other: "Projection") -> Tensor:
        """KL(self || other) over the vocabulary at each of T positions, [T]; `other` is given no gradient."""
        own, others = self._cast(), other._cast()
        return torch.cat(
            [
                checkpoint(_kl, own.at(part), others.at(part), use_reentrant=False)
                for part in _chunks(self.factors[0][0], self.vocabulary)
            ]
        )

    def at(self, positions) -> "Projection":
        """The same at some of the T positions only (indices or a slice)."""
        return Projection(
            tuple((features[positions], weight) for features, weight in self.factors), self.bias, self.cap
        )

    def _cast(self) -> "Projection":
        features, weights = zip(*self.factors, strict=True)
        return Projection(tuple(zip(features, _like(weights, features), strict=True)), self.bias, self.cap)

    def logits(self) -> Tensor:
        """[T, V]: of few positions only."""
        return _capped(_logits(self.factors, self.bias), self.cap)

    @property
    def vocabulary(self) -> int:
        """V, the number of tokens that there are."""
        return len(self.factors[0][1])


def project(head, hidden: Tensor, cap: float | None = None) -> Projection:
    """The Projection of hidden states [T, D] by an output layer: plain, LoRA-wrapped, or trained beside adapters."""
    if hasattr(head, "modules_to_save"):
        active = head.active_adapters and not head.disable_adapters
        return project(head.modules_to_save[head.active_adapters[0]] if active else head.original_module, hidden, cap)
    layer = getattr(head, "base_layer", head)
    other = layer is not head and not hasattr(head, "lora_A")  # an adapter that is not LoRA
    if other or not isinstance(layer, torch.nn.Linear) or getattr(head, "lora_variant", None):
        raise InputError(
            f"the grid cannot read an output layer of type {type(head).__name__} ({type(layer).__name__}); "
            "take lm_head out of adapter.targets"
        )
    factors = [(hidden, layer.weight), *_adapters(head, hidden)]
    dtype = computed_in(hidden)
    return Projection(tuple((features.to(dtype), weight) for features, weight in factors), layer.bias, cap)


def _adapters(head, hidden: Tensor) -> list[tuple[Tensor, Tensor]]:
    if not hasattr(head, "lora_A") or head.disable_adapters or head.merged:
        return []
    return [
        (_low_rank(head, name, hidden), head.lora_B[name].weight)
        for name in head.active_adapters
        if name in head.lora_A
    ]


def _low_rank(head, name: str, hidden: Tensor) -> Tensor:
    down = head.lora_A[name]
    if head.lora_B[name].bias is not None:
        raise InputError(
            "the grid cannot read an adapter of the output layer that has a bias (lora_bias); merge it first"
        )
    return down(head.lora_dropout[name](hidden.to(down.weight.dtype))) * head.scaling[name]


def _logits(factors, bias: Tensor | None) -> Tensor:
    products = (features @ weight.T for features, weight in factors)
    total = reduce(torch.add, products)  # the built-in sum would begin with 0 and copy the first
    total = total.to(torch.promote_types(total.dtype, torch.float32))
    return total if bias is None else total + bias


def _capped(logits: Tensor, cap: float | None) -> Tensor:
    return logits if cap is None else cap * torch.tanh(logits / cap)


def _chunks(features: Tensor, vocabulary: int) -> list[slice]:
    """Slices of the positions; where they are not of one size, the first is the smaller one, since the last is kept."""
    positions, size = len(features), max(1, CHUNK[features.device.type] // vocabulary)
    return [slice(max(0, end - size), end) for end in range(positions, 0, -size)][::-1]


def _chunk(part: slice, features, weights, bias: Tensor | None, cap: float | None) -> Tensor:
    """Logits [C, V] of some of the positions."""
    factors = ((feature[part], weight) for feature, weight in zip(features, weights, strict=True))
    return _capped(_logits(factors, bias), cap)


def _kl(policy: Projection, reference: Projection) -> Tensor:
    p, q = policy.logits().log_softmax(-1), reference.logits().log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)


class _LogProbabilities(torch.autograd.Function):
    """log softmax(logits)[target] with logits computed in chunks, forward and backward.

    Where no weight is trained, the gradient of the features (for a gradient of one) is made in the forward pass,
    while the logits are there: that spares computing them a second time.
    """

    @staticmethod
    def forward(ctx, targets: Tensor, cap: float | None, bias: Tensor | None, *flat: Tensor) -> Tensor:
        features, weights = flat[0::2], _like(flat[1::2], flat[0::2])
        needed = ctx.needs_input_grad[2:]
        ctx.cap, ctx.at_once = cap, any(needed[1::2]) and not any([needed[0], *needed[2::2]])
        made = [torch.empty_like(feature) for feature in features] if ctx.at_once else []
        chosen, scales = [], []
        for part in _chunks(features[0], len(weights[0])):
            logits = _chunk(part, features, weights, bias, cap)
            scale = logits.logsumexp(-1, keepdim=True)
            picked = logits.gather(1, targets[part, None])
            chosen.append((picked - scale)[:, 0])
            scales.append(scale)
            if ctx.at_once:
                slope = _slope(logits, scale, targets[part], cap)
                for whole, weight in zip(made, weights, strict=True):
                    whole[part] = slope.to(whole.dtype) @ weight
        ctx.last = [] if ctx.at_once or not any(needed) else [logits]
        ctx.save_for_backward(targets, bias, torch.cat(scales), *(made if ctx.at_once else flat))
        return torch.cat(chosen)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, upstream: Tensor):
        targets, bias, scales, *saved = ctx.saved_tensors
        if ctx.at_once:
            scaled = [(made * upstream[:, None]).to(made.dtype) for made in saved]
            return None, None, None, *(gradient for one in scaled for gradient in (one, None))
        return None, None, *_backward(ctx, targets, scales, bias, saved[0::2], saved[1::2], upstream)


def _backward(ctx, targets, scales, bias, features, weights, upstream) -> list[Tensor | None]:
    """Gradients of the bias, then of features and weight of each factor; None where none is needed."""
    needed = ctx.needs_input_grad[2:]
    of_bias = torch.zeros_like(bias) if needed[0] else None
    of_features = [torch.empty_like(one) if need else None for one, need in zip(features, needed[1::2], strict=True)]
    # Sums over chunks are kept in float32 at least: there are many small terms.
    of_weights = [
        torch.zeros_like(one, dtype=torch.promote_types(one.dtype, torch.float32)) if need else None
        for one, need in zip(weights, needed[2::2], strict=True)
    ]
    own = _like(weights, features)
    for part in reversed(_chunks(features[0], len(weights[0]))):
        logits = ctx.last.pop() if ctx.last else _chunk(part, features, own, bias, ctx.cap)
        slope = _slope(logits, scales[part], targets[part], ctx.cap).mul_(upstream[part, None])
        if of_bias is not None:
            of_bias += slope.sum(0)
        for k, (feature, weight) in enumerate(zip(features, own, strict=True)):
            narrow = slope.to(feature.dtype)
            if of_features[k] is not None:
                of_features[k][part] = narrow @ weight
            if of_weights[k] is not None:
                _add_product(of_weights[k], narrow, feature[part])
    of_weights = [
        None if one is None else one.to(weight.dtype) for one, weight in zip(of_weights, weights, strict=True)
    ]
    return [of_bias, *(one for pair in zip(of_features, of_weights, strict=True) for one in pair)]


def _like(weights, features) -> list[Tensor]:
    """Each weight in the precision of its features, in which products are computed: cast once, not for each chunk."""
    return [weight.to(feature.dtype) for feature, weight in zip(features, weights, strict=True)]


def _add_product(total: Tensor, slope: Tensor, feature: Tensor) -> None:
    if slope.dtype == total.dtype:
        total.addmm_(slope.T, feature)
    else:
        total += slope.T @ feature


def _slope(logits: Tensor, scale: Tensor, targets: Tensor, cap: float | None) -> Tensor:
    """d log p(target) / d logits before the cap, [C, V]: indicator of the target minus softmax. Overwrites logits."""
    steepness = None if cap is None else 1 - (logits / cap) ** 2
    slope = logits.sub_(scale).exp_().neg_()
    slope.scatter_add_(1, targets[:, None], torch.ones_like(targets[:, None], dtype=slope.dtype))
    return slope if steepness is None else slope.mul_(steepness)
