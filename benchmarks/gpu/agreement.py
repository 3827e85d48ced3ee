"""Whether the grid and FlexAttention give what the plain padded computation gives, forward and backward.

Distances are relative to the padded way in float32, of the same weights: of the log-probabilities of responses, and of
the gradient of a sum that gives every entry another weight, each as a vector. In bfloat16 ours may be at most half as
far again as the padded way in bfloat16 is, or FLOOR away, since few sums can be near by chance.
"""

import copy
from collections.abc import Iterator

import torch
from rows import missing, row
from shapes import PAPER, SHORT, llama_config, questions, random_model
from ways import padded_sums

from mialign.training.grid import grid

AT_MOST = {"dense": 1e-4, "flex_attention": 1e-3}  # in float32
BF16, FLOOR = 1.5, 1e-3
SMALL = {"hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 4, "vocab_size": 8192}
HEADS = {"num_attention_heads": 8, "num_key_value_heads": 4}
SPREAD = {"initializer_range": 0.1}  # of weights: large enough that it matters who looks at whom


def rows(device: str, shapes: str) -> Iterator[dict]:
    changes = SPREAD | (SMALL | HEADS if shapes == "paper" else {})
    paper = shapes == "paper"
    items = questions(3 if paper else 1, 2, 2, changes.get("vocab_size", 300), 1, PAPER if paper else SHORT)
    compiled = []  # what takes long to compile comes last
    for name, config in (("llama", llama_config("tiny", **changes)), ("mistral, window 64", _windowed(changes))):
        rounded = random_model(config, torch.bfloat16, device).eval()
        exact = copy.deepcopy(rounded).float()
        expected = _padded(exact, items)
        plain = _apart(_padded(rounded, items), expected)
        for what, far in zip(("sums", "gradient"), plain, strict=True):
            yield row(name, what, "padded, bf16", "relative_distance", far)
        for precision, model in (("float32", exact), ("bf16", rounded)):
            for way in AT_MOST:
                limits = [AT_MOST[way]] * 2 if precision == "float32" else [max(BF16 * far, FLOOR) for far in plain]
                case = (way, precision, name, model, items, expected, limits)
                if way == "dense":
                    yield from _of(*case)
                else:
                    compiled.append(case)
    for case in compiled:
        yield from _of(*case)


def _windowed(changes: dict):
    from transformers import MistralConfig

    made = llama_config("tiny", **changes).to_dict()
    kept = (
        "initializer_range",
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
    )
    ends = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": 0}
    return MistralConfig(**{key: made[key] for key in (*kept, "vocab_size")} | ends, sliding_window=64)


def _of(way: str, precision: str, name: str, model, items, expected, limits) -> Iterator[dict]:
    """The rows of one attention in one precision."""
    forward_only = way == "flex_attention" and model.device.type == "cpu"
    if way == "flex_attention":
        model.set_attn_implementation(way)
    label = f"{way}, {precision}"
    try:
        found = _grid(model, items, forward_only)
    except Exception as error:  # such as a compiler that is not there: the others go on
        yield missing(name, "sums and gradient", label, error)
        return
    for what, far, limit in zip(("sums", "gradient"), _apart(found, expected), limits, strict=True):
        if far is None:
            yield missing(name, what, label, "FlexAttention has no backward pass on a CPU")
        else:
            verdict = "met" if far <= limit else "NOT MET"
            yield row(name, what, label, "relative_distance", far, f"at most {limit:.2g}: {verdict}")


def _padded(model, items) -> tuple:
    return _with_gradient(model, torch.cat([padded_sums(model, item)[0] for item in items]))


def _grid(model, items, forward_only: bool) -> tuple:
    both = torch.ones(2, 2, dtype=torch.bool)
    if not forward_only:
        return _with_gradient(model, grid(model, items, both).sums)
    with torch.no_grad(), torch.compiler.set_stance("force_eager"):
        return grid(model, items, both).sums, None


def _with_gradient(model, sums) -> tuple:
    """The sums, and all gradients as one vector in float32."""
    model.zero_grad()
    weights = torch.linspace(0.5, 2, sums.numel(), device=sums.device).reshape(sums.shape)
    weights.view(-1)[::3] *= -1
    (sums * weights).sum().backward()
    return sums.detach(), torch.cat([one.grad.float().flatten() for one in model.parameters()])


def _apart(found: tuple, expected: tuple) -> list[float | None]:
    return [
        None if one is None else ((one - other).norm() / other.norm()).item()
        for one, other in zip(found, expected, strict=True)
    ]
