"""Generation with vLLM in this process: for large models, on one or several GPUs.

Every attempt at a prompt is a request of its own with its own seed, so that it does not depend on how many there are;
they share the keys and values of their prompt through the prefix cache.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mialign.core.errors import InputError
from mialign.generation.engine import Completion, Report, Request, RuntimeOptions, Sampling
from mialign.generation.stop_phrases import completion, ends
from mialign.models import bases, checkpoints
from mialign.models.machine import BYTES, DTYPES
from mialign.models.prompt_ids import check_fitting, encode_fitting

# vLLM takes adapters up to one of these ranks.
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)

ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # in this process it takes requests in a fixed order, and ends with the job
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

# Compiling takes longer there than it saves, and a prompt that is read in parts would turn back its seed's generator,
# which those of CPUs cannot.
ON_CPU = {"enforce_eager": True, "enable_chunked_prefill": False}


class VllmEngine:
    """The model of a folder: a whole one, or an adapter beside its base model."""

    def __init__(self, folder: Path, precision: str, runtime: RuntimeOptions):
        checkpoints.check(folder)
        self.tokenizer = checkpoints.load_tokenizer(folder)
        self.generation = checkpoints.generation_settings(folder)
        os.environ.update(ENVIRONMENT, OMP_NUM_THREADS=str(runtime.threads))
        try:
            from vllm import LLM
        except ModuleNotFoundError:
            raise InputError(
                "vLLM is not installed here; it needs an environment of its own: name one in the config, as "
                "environments: {generate: FOLDER}, or run Snakemake with --software-deployment-method conda"
            ) from None
        from vllm.lora.request import LoRARequest
        from vllm.platforms import current_platform

        adapter = bases.adapter(folder)
        # All requests carry the adapter or none does: mixed in a batch, vLLM on CPUs gives it to those without, too.
        self.lora = LoRARequest("adapter", 1, str(folder)) if adapter else None
        self.llm = LLM(
            model=str(checkpoints.base(folder)),
            tokenizer=str(folder),
            dtype=DTYPES[precision],
            load_format="safetensors",
            generation_config="vllm",  # not the model's own: what is not asked for here must not change the text
            trust_remote_code=False,
            tensor_parallel_size=runtime.gpus,
            gpu_memory_utilization=runtime.gpu_share / 100,
            max_num_seqs=runtime.batch.completions,
            max_model_len=-1,  # the model's own, or as much of it as the memory takes
            enable_prefix_caching=True,
            disable_log_stats=True,
            **(on_cpu(folder, precision, runtime) if current_platform.is_cpu() else {}),
            **_lora(folder, adapter),
        )
        self.context = self.llm.llm_engine.model_config.max_model_len

    def shards(
        self, shards: list[list[Request]], sampling: Sampling, report: Report
    ) -> Iterator[tuple[int, list[list[Completion]]]]:
        """See Engine; one shard after the other, in their order."""
        check_fitting(self.tokenizer, shards, self.context, sampling.max_tokens)
        for number, shard in enumerate(shards):
            yield number, self._complete(shard, sampling)
            report(len(shard))

    def _complete(self, requests: list[Request], sampling: Sampling) -> list[list[Completion]]:
        from vllm import TokensPrompt

        prompts = [encode_fitting(self.tokenizer, one.prompt, self.context, sampling.max_tokens) for one in requests]
        last = ends(self.tokenizer, self.generation, [one.prompt for one in requests])
        asked = [(ids, seed) for ids, one in zip(prompts, requests, strict=True) for seed in one.seeds]
        outputs = self.llm.generate(
            [TokensPrompt(prompt_token_ids=ids) for ids, _ in asked],
            [_parameters(sampling, seed, last) for _, seed in asked],
            lora_request=self.lora,
            use_tqdm=False,
        )
        rows = (
            self._completion(output.outputs[0], sampling, seed, last)
            for output, (_, seed) in zip(outputs, asked, strict=True)
        )
        return [list(islice(rows, len(one.seeds))) for one in requests]

    def _completion(self, output, sampling: Sampling, seed: int, last: frozenset[int]) -> Completion:
        tokens = list(output.token_ids)
        stopped = "stop" if output.finish_reason == "stop" else "length"
        finish = "eos" if tokens[-1] in last else stopped
        return completion(self.tokenizer, sampling.stop, tokens, finish, seed)


def _parameters(sampling: Sampling, seed: int, last: frozenset[int]):
    from vllm import SamplingParams

    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        seed=seed,
        ignore_eos=True,  # those that end an answer are the same in every engine
        stop_token_ids=sorted(last),
        skip_special_tokens=False,
    )


def on_cpu(folder: Path, precision: str, runtime: RuntimeOptions) -> dict:
    """What vLLM is told on a CPU. Jobs share its memory, so keys and values get space for a batch, and no share of it.

    The longest prompt that the model reads fits too. The space is that of one of the processes that share a model.
    """
    numbers = checkpoints.cached_numbers(folder)
    if numbers is None:
        return ON_CPU
    tokens = max(runtime.batch.tokens, checkpoints.context(folder))
    return {**ON_CPU, "kv_cache_memory_bytes": tokens * numbers * BYTES[precision] // runtime.gpus}


def _lora(folder: Path, adapter: dict | None) -> dict:
    if adapter is None:
        return {}
    rank = next((rank for rank in RANKS if rank >= adapter["r"]), None)
    if rank is None:
        raise InputError(f"{folder}: vLLM takes adapters up to rank {RANKS[-1]}, this one has {adapter['r']}")
    return {"enable_lora": True, "max_loras": 1, "max_lora_rank": rank}
