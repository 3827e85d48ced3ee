"""What every back end is asked and answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from mialign.core.template import Prompt


@dataclass(frozen=True)
class Request:
    """One prompt, sampled once for each seed; at temperature 0 one seed is enough."""

    prompt: Prompt
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen, at temperature 0 the likeliest, and where a text ends: stop phrases, max_tokens."""

    temperature: float
    top_p: float
    max_tokens: int
    stop: tuple[str, ...]


@dataclass(frozen=True)
class Completion:
    """text: without the stop phrase; tokens: generated ones, EOS included.

    finish: "eos" (the model ended), "stop" (cut at a stop phrase) or "length" (it went on until it was cut).
    """

    text: str
    finish: str
    tokens: int
    seed: int


@dataclass(frozen=True)
class BatchSize:
    """How much is written side by side at most: completions, and tokens whose keys and values are kept.

    tokens: of prompts and of what is written, padding included. A server is not bounded by them, nor vLLM on a GPU.
    """

    completions: int = 128
    tokens: int = 1 << 18


@dataclass(frozen=True)
class RuntimeOptions:
    """What changes no text: how fast it is written, and where a server is.

    shard: completions that are kept together; gpus: that share one model; gpu_share: per cent of their memory that
    vLLM takes; url: of the server; key: the variable that holds its key.
    """

    batch: BatchSize = BatchSize()
    shard: int = 4096
    threads: int = 1
    gpus: int = 1
    gpu_share: int = 90
    url: str = ""
    key: str = ""


# Told how many requests have been completed since it was last told.
Report = Callable[[int], None]


class Engine(Protocol):
    """What completes prompts: a model in this process, vLLM, or a server."""

    def shards(
        self, shards: list[list[Request]], sampling: Sampling, report: Report
    ) -> Iterator[tuple[int, list[list[Completion]]]]:
        """The number of each shard as it is done, with the completions of its requests, one for each of their seeds.

        A completion depends on its prompt, settings and seed, not on its neighbours, as far as the sums that the
        engine rounds do not.
        """


def sampling(settings: dict, temperature: float) -> Sampling:
    """From a stage's settings: top_p, max_tokens and stop."""
    return Sampling(temperature, settings["top_p"], settings["max_tokens"], tuple(settings["stop"]))
