"""The chunked projection against whole logits, and what it holds in memory."""

import architectures
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mialign.core.errors import InputError
from mialign.training.grid import projection
from mialign.training.grid.projection import Projection, project

TOKENS, WIDTH, VOCABULARY = 7, 5, 11


def tensors(*shapes):
    torch.manual_seed(0)
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.fixture(params=[1, 3 * VOCABULARY, 10_000], ids=["one token", "three tokens", "all tokens"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(projection, "CHUNK", {"cpu": request.param})


@pytest.mark.parametrize("cap", [None, 2.0])
@pytest.mark.parametrize("trained", ["hidden", "weight", "bias", "all", "adapter"])
def test_values_and_gradients_are_those_of_whole_logits(chunk, cap, trained):
    hidden, weight, bias, low, up = tensors(
        (TOKENS, WIDTH), (VOCABULARY, WIDTH), VOCABULARY, (TOKENS, 2), (VOCABULARY, 2)
    )
    asked = {"hidden": [hidden], "weight": [weight], "bias": [bias], "all": [hidden, weight, bias, low, up]}
    asked = asked.get(trained, [hidden, low, up])
    for one in (hidden, weight, bias, low, up):
        one.requires_grad_(any(one is other for other in asked))
    targets = torch.arange(TOKENS) % VOCABULARY
    upstream = torch.linspace(-1, 2, TOKENS, dtype=torch.float64)

    logits = hidden @ weight.T + low @ up.T + bias
    logits = logits if cap is None else cap * torch.tanh(logits / cap)
    expected = logits.log_softmax(-1)[range(TOKENS), targets]
    found = Projection(((hidden, weight), (low, up)), bias, cap).log_probabilities(targets)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad((found * upstream).sum(), asked), torch.autograd.grad((expected * upstream).sum(), asked)
    )


def test_a_frozen_layer_gives_the_hidden_states_their_gradient(chunk):
    hidden, weight = tensors((TOKENS, WIDTH), (VOCABULARY, WIDTH))
    weight.requires_grad_(False)
    targets = torch.zeros(TOKENS, dtype=torch.long)
    found = project(_linear(weight), hidden).log_probabilities(targets)
    expected = (hidden @ weight.T).log_softmax(-1)[:, 0]
    torch.testing.assert_close(*(torch.autograd.grad(one.square().sum(), hidden) for one in (found, expected)))


def test_a_second_backward_pass_gives_the_same_gradients(chunk):
    """The first one uses up what the forward pass has kept."""
    hidden, weight = tensors((TOKENS, WIDTH), (VOCABULARY, WIDTH))
    found = Projection(((hidden, weight),), None, None).log_probabilities(torch.arange(TOKENS)).square().sum()
    first, second = (torch.autograd.grad(found, (hidden, weight), retain_graph=True) for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


class Largest(TorchDispatchMode):
    """Numbers in the largest tensor that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for one in made if isinstance(made, (tuple, list)) else [made]:
            if isinstance(one, torch.Tensor):
                self.numbers = max(self.numbers, one.numel())
        return made


@pytest.mark.parametrize("trained", [True, False])
def test_no_tensor_of_all_tokens_by_the_vocabulary_is_ever_made(monkeypatch, trained):
    monkeypatch.setattr(projection, "CHUNK", {"cpu": 20 * 500})
    hidden, weight = torch.randn(400, 8, requires_grad=True), torch.randn(500, 8, requires_grad=trained)
    with Largest() as largest:
        found = project(_linear(weight), hidden).log_probabilities(torch.zeros(400, dtype=torch.long))
        kept = sum(logits.numel() for logits in found.grad_fn.last)
        found.sum().backward()
    assert largest.numbers <= 20 * 500 < 400 * 500
    assert kept == (20 * 500 if trained else 0)


def test_adapters_that_are_not_lora_are_refused_on_the_output_layer():
    from peft import IA3Config, get_peft_model

    adapted = get_peft_model(
        architectures.model("llama"), IA3Config(target_modules=["lm_head"], feedforward_modules=["lm_head"])
    )
    with pytest.raises(InputError, match=r"output layer of type Linear.*take lm_head out of adapter\.targets"):
        project(adapted.get_output_embeddings(), torch.zeros(1, 16))


def test_the_kl_is_chunked_too(chunk):
    hidden, weight, other = tensors((TOKENS, WIDTH), (VOCABULARY, WIDTH), (VOCABULARY, WIDTH))
    found = Projection(((hidden, weight),), None, None).kl(Projection(((hidden.detach(), other.detach()),), None, None))
    p, q = (hidden @ weight.T).log_softmax(-1), (hidden @ other.T).detach().log_softmax(-1)
    expected = (p.exp() * (p - q)).sum(-1)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found.sum(), (hidden, weight)), torch.autograd.grad(expected.sum(), (hidden, weight))
    )


def _linear(weight):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight = torch.nn.Parameter(weight.detach(), requires_grad=weight.requires_grad)
    return layer
