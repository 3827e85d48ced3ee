"""Generation with a transformers model in this process.

Each prompt is read once, its samples branch from it and share its keys and values; rows that have ended leave the
batch. transformers' own generate reads a prompt once for every sample and keeps every row until the last has ended. How
much faster this is depends on the answers: docs/benchmarks.md has what was measured.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mialign.core.errors import InputError
from mialign.generation.engine import BatchSize, Completion, Report, Request, RuntimeOptions, Sampling
from mialign.generation.packed_linear import pack
from mialign.generation.sampling import choose
from mialign.generation.shared_prefix_cache import SHARED_PREFIX, CachePart, SharedPrefixCache, tokens_held
from mialign.generation.stop_phrases import StopPhrases, completion, ends
from mialign.models import checkpoints
from mialign.models.architectures import not_writing
from mialign.models.machine import DTYPES, device, use_bf16
from mialign.models.prompt_ids import check_fitting, encode_fitting, loaded_from


class LocalEngine:
    """The model of a folder, on the GPU where there is one."""

    def __init__(self, folder: Path, precision: str, runtime: RuntimeOptions):
        self.tokenizer, self.context = checkpoints.load_tokenizer(folder), checkpoints.context(folder)
        self.batch = runtime.batch
        dtype = DTYPES["bf16" if use_bf16(precision) else "float32"]
        self.model = checkpoints.load_model(folder, dtype=dtype).to(device()).eval()
        if dtype == DTYPES["bf16"] and device() == "cpu":
            pack(self.model)

    def shards(
        self, shards: list[list[Request]], sampling: Sampling, report: Report
    ) -> Iterator[tuple[int, list[list[Completion]]]]:
        """See Engine; one shard after the other, in their order."""
        check_fitting(self.tokenizer, shards, self.context, sampling.max_tokens)
        for number, shard in enumerate(shards):
            yield number, generate(self.model, self.tokenizer, shard, sampling, self.batch, report)


def generate(
    model, tokenizer, requests: list[Request], sampling: Sampling, batch: BatchSize, report: Report = lambda count: None
) -> list[list[Completion]]:
    """The completions of every request, one for each of its seeds, in the order of the requests.

    A completion depends on its prompt, settings and seed, not on its neighbours, up to two things: the rounding of sums
    in another batch shape, and the order of equally likely tokens, of which there are many in bfloat16.
    """
    if reason := not_writing(model.config.to_dict()):
        raise InputError(
            f"{loaded_from(tokenizer)}the model {reason}, so it cannot write here; take another one, or engine.kind "
            "vllm if nothing is trained from it"
        )
    context = model.config.get_text_config().max_position_embeddings
    prompts = [encode_fitting(tokenizer, request.prompt, context, sampling.max_tokens) for request in requests]
    stops = StopPhrases(tokenizer, sampling.stop)
    last = ends(tokenizer, model.generation_config, [request.prompt for request in requests])
    order = sorted(range(len(requests)), key=lambda index: (len(prompts[index]), index))
    results: list[list[Completion]] = [[] for _ in requests]
    sizes = [(len(prompts[index]), len(requests[index].seeds)) for index in order]
    for places in batches(sizes, sampling.max_tokens, batch):
        indices = [order[place] for place in places]
        rows = _decode(
            model, tokenizer, [prompts[i] for i in indices], [requests[i].seeds for i in indices], sampling, stops, last
        )
        for index in indices:
            results[index] = list(islice(rows, len(requests[index].seeds)))
        report(len(indices))
    return results


def batches(sizes: list[tuple[int, int]], new: int, most: BatchSize) -> Iterator[range]:
    """Places of prompts that are read and continued together, in their order; a prompt above the bounds goes alone.

    sizes: the length of each prompt, not falling, and its number of completions, of at most `new` tokens each.
    """
    start, rows = 0, 0
    for place, (length, samples) in enumerate(sizes):
        held = tokens_held(place + 1 - start, length, rows + samples, new)
        if place > start and (rows + samples > most.completions or held > most.tokens):
            yield range(start, place)
            start, rows = place, 0
        rows += samples
    if sizes:
        yield range(start, len(sizes))


# Rows that have ended leave the batch when fewer than this share is left: leaving copies the cache of the others.
KEEP = 0.75


@contextmanager
def _branching(model) -> Iterator[None]:
    before = model.config._attn_implementation
    model.set_attn_implementation(SHARED_PREFIX)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@torch.no_grad()  # not inference_mode, whose tensors FSDP could not train with afterwards
def _decode(
    model,
    tokenizer,
    prompts: list[list[int]],
    seeds: list[tuple[int, ...]],
    sampling: Sampling,
    stops: StopPhrases,
    last: frozenset[int],
) -> Iterator[Completion]:
    """The completions of one batch, prompt by prompt, seed by seed."""
    flat = [seed for samples in seeds for seed in samples]
    tokens: list[list[int]] = [[] for _ in flat]
    finish = ["length"] * len(flat)
    branches, logits, position = _read(model, loaded_from(tokenizer), prompts, [len(samples) for samples in seeds])
    dice = _dice(flat, sampling).to(logits.device)
    alive = torch.arange(len(flat), device=logits.device)
    with _branching(model):
        for step in range(sampling.max_tokens):
            chosen = choose(logits.float(), sampling.temperature, sampling.top_p, dice[alive, step])
            going = _note(alive.tolist(), chosen.tolist(), tokens, finish, last, stops)
            if step + 1 == sampling.max_tokens or not going:
                break
            if len(going) < KEEP * len(alive):
                rows = torch.tensor(going, device=alive.device)
                branches.select(rows)
                alive, chosen, position = alive[rows], chosen[rows], position[rows]
            output = model(
                input_ids=chosen[:, None],
                position_ids=position[:, None] + step,
                past_key_values=branches,
                use_cache=True,
                branches=branches,
            )
            logits = output.logits[:, -1]
    for ids, seed, why in zip(tokens, flat, finish, strict=True):
        yield completion(tokenizer, sampling.stop, ids, why, seed)


def _read(model, where: str, prompts: list[list[int]], samples: list[int]) -> tuple[SharedPrefixCache, Tensor, Tensor]:
    """Read prompts of alike lengths in one pass: what rows branch from, their first logits and their positions."""
    places = [slice(part.start, part.stop) for part in alike(prompts)]
    passes = [_pass(model, where, prompts[part], samples[part]) for part in places]
    parts, logits, positions = zip(*passes, strict=True)
    return SharedPrefixCache(list(parts)), torch.cat(logits), torch.cat(positions)


# The most that padding may make up of a pass over several prompts.
PADDING = 0.25


def alike(prompts: list[list[int]]) -> Iterator[range]:
    """Places of prompts that are read in one pass, padded to the last of them. No prompt is shorter than one before."""
    start, tokens = 0, 0
    for place, prompt in enumerate(prompts):
        if tokens + len(prompt) < (1 - PADDING) * (place + 1 - start) * len(prompt):
            yield range(start, place)
            start, tokens = place, 0
        tokens += len(prompt)
    yield range(start, len(prompts))


def _pass(model, where: str, prompts: list[list[int]], samples: list[int]) -> tuple[CachePart, Tensor, Tensor]:
    width, device = max(map(len, prompts)), model.device
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts], device=device)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    mask = torch.arange(width, device=device) >= width - lengths[:, None]
    part = CachePart(model.config.get_text_config().num_hidden_layers, mask, samples)
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        past_key_values=part,
        use_cache=True,
        logits_to_keep=1,
    )
    if not output.logits.isfinite().all():
        raise InputError(
            f"{where}the model gives no numbers: its weights are damaged, or its training (or one from it) went "
            "astray; lower that learning rate"
        )
    return part, output.logits[part.prompt, -1], lengths[part.prompt]


def _dice(seeds: list[int], sampling: Sampling) -> Tensor:
    """One uniform number for every row and step, [rows, max_tokens]: a row's luck is its own seed's."""
    if sampling.temperature == 0:
        return torch.zeros(len(seeds), sampling.max_tokens)
    return torch.from_numpy(
        np.stack([np.random.default_rng(seed).random(sampling.max_tokens, np.float32) for seed in seeds])
    )


def _note(
    alive: list[int],
    chosen: list[int],
    tokens: list[list[int]],
    finish: list[str],
    last: frozenset[int],
    stops: StopPhrases,
) -> list[int]:
    """Append the chosen tokens of the rows that have not ended; return which places of `alive` go on."""
    going = []
    for place, (row, token) in enumerate(zip(alive, chosen, strict=True)):
        if finish[row] != "length":
            continue
        tokens[row].append(token)
        if token in last:
            finish[row] = "eos"
        elif stops.reached(tokens[row]):
            finish[row] = "stop"
        else:
            going.append(place)
    return going
