"""Speed and memory of a step of SAMI and of DPO on models of several sizes, padded, by TRL and by ours.

Weights, gradients and AdamW's state are in bfloat16, as the paper's authors keep them: 8 bytes a weight. In float32
they take 16, which is 120 GiB for 8 billion weights before anything is computed; that is not measured.
"""

import gc
from collections.abc import Iterator
from functools import partial

import card
import torch
from measuring import now, step_of
from rows import missing, row
from shapes import LLAMAS, PAPER, SHORT, llama_config, parameters, questions, random_model
from ways import forward, ours, padded, trl, unique, useful_operations

TOKENS = 8192  # positions of a pass where questions share one, as in config/full_size.yaml
# By shape: questions of a step. The largest model is first, since what comes last may be cut off.
QUESTIONS = {"paper": {"8b": 8, "1b": 16, "135m": 32}, "tiny": {"tiny": 1}}
STEPS = 2
CASES = (
    *(("sami", way) for way in ("padded", "ours", "ours, packed", "forward, packed")),
    *(("dpo", way) for way in ("padded", "ours", "ours, packed", "trl, packed")),  # TRL last: it changes the model
)


def rows(device: str, shapes: str) -> Iterator[dict]:
    tiny = shapes == "tiny"
    size = 128 if tiny else 8192
    rate = card.matrix_rate(device, size)
    yield row("", "", "", "matrix_rate_tflops", rate / 1e12, f"bf16 products of {size} x {size}, measured here")
    peak = card.named_peak(card.name(device))
    if peak:
        yield row("", "", "", "named_rate_tflops", peak / 1e12, "dense bf16 by NVIDIA's data sheet")
    for shape, count in QUESTIONS[shapes].items():
        yield from _of_shape(shape, count, CASES, device, rate, peak)
    # Compiling takes its time, so it comes when all else is done.
    for shape, count in list(QUESTIONS[shapes].items())[:2]:
        if device == "cuda":
            yield from _of_shape(shape, count, [("sami", "flex_attention, packed")], device, rate, peak)
        else:
            yield missing(shape, "sami", "flex_attention, packed", "FlexAttention has no backward pass on a CPU")


def _of_shape(shape: str, count: int, cases, device: str, rate: float, peak: float | None) -> Iterator[dict]:
    weights, has = parameters(shape), card.memory_gib(device)
    for precision, each in (("bf16", 2), ("float32", 4)):
        state = 4 * each * weights / card.GIB
        note = "" if state < has else f"does not fit into the {has:.0f} GiB of this card"
        yield row(shape, "state", precision, "memory_gib", state, note or "weights, gradients, AdamW's two moments")
    if 8 * weights / card.GIB >= has:
        yield missing(shape, "sami and dpo", "all", f"its state alone takes {8 * weights / card.GIB:.0f} GiB in bf16")
        return
    model = random_model(llama_config(shape), torch.bfloat16, device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=device == "cuda")
    for objective, way in cases:
        prompts = 2 if objective == "sami" else 1
        made = partial(questions, count, prompts, 2, LLAMAS[shape][5], lengths=SHORT if shape == "tiny" else PAPER)
        batches = [made(seed=seed) for seed in range(1, STEPS + 1)]
        try:
            yield from _measured(shape, model, optimizer, objective, way, batches, rate, peak)
        except Exception as error:  # out of memory, TRL of another version, no compiler: the others go on
            yield missing(shape, objective, way, error)
        _free(model)
    if any(way.startswith("trl") for _, way in cases):
        _forget_trl()
    del model, optimizer
    _collect(device)


def _measured(shape, model, optimizer, objective, way, batches, rate, peak) -> Iterator[dict]:
    steps = {
        "padded": partial(padded, model, objective=objective),
        "ours": partial(ours, model, objective=objective),
        "ours, packed": partial(ours, model, objective=objective, tokens=TOKENS),
        "flex_attention, packed": partial(_flexibly, model, objective),
        "trl, packed": partial(trl, model, tokens=TOKENS),
    }
    if way == "forward, packed":
        tokens = sum(map(unique, batches)) / _forward_seconds(model, batches)
        yield row(shape, objective, way, "tokens_per_second", tokens, "useful tokens: each prompt and response once")
        return
    found = step_of(model, optimizer, steps[way], batches, max(batches, key=unique))
    speed = found["questions_per_second"]
    yield row(shape, objective, way, "tokens_per_second", speed * found["unique_tokens"], "useful tokens")
    every = [item for items in batches for item in items]
    operations = speed * useful_operations(every, *_layers_and_head(model)) / len(every)
    yield row(shape, objective, way, "share_of_matrix_rate", operations / rate, "useful operations over those measured")
    if peak:
        yield row(shape, objective, way, "share_of_named_rate", operations / peak, "useful operations over those named")
    yield row(shape, objective, way, "positions_per_unique_token", found["positions_per_unique_token"])
    yield row(shape, objective, way, "step_memory_gib", found["step_memory_mib"] / 1024, "beyond the state")
    yield row(shape, objective, way, "peak_memory_gib", (found["step_memory_mib"] + found["resident_mib"]) / 1024)


def _layers_and_head(model) -> tuple[int, int]:
    """Weights of the layers, and of the output layer."""
    head = model.get_output_embeddings().weight.numel()
    tables = head if model.config.tie_word_embeddings else 2 * head
    return model.num_parameters() - tables, head


def _forward_seconds(model, batches) -> float:
    device = model.device.type
    forward(model, batches[0][:1], TOKENS)
    start = now(device)
    for items in batches:
        forward(model, items, TOKENS)
    return now(device) - start


def _flexibly(model, objective: str, items) -> int:
    model.set_attn_implementation("flex_attention")
    try:
        return ours(model, items, objective, TOKENS)
    finally:
        model.set_attn_implementation("sdpa")


def _forget_trl() -> None:
    import trl_step

    trl_step.forget()


def _free(model) -> None:
    """After a case that ran out of memory the next one begins as the first did."""
    model.zero_grad(set_to_none=True)
    _collect(model.device.type)


def _collect(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
