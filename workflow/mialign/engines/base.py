"""What every back end is asked and answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """One prompt, sampled once for each seed; at temperature 0 one seed is enough."""

    prompt: str
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Sampling:
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
