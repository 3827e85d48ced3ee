"""Prompts through a model to files: one place where a model is loaded to write text."""

from pathlib import Path

from mialign import checkpoints
from mialign.engines.base import Completion, Request, Sampling


class Writer:
    """A model that completes prompts; loaded once for several settings."""

    def __init__(self, model: Path, batch: int, label: str):
        self.model, self.tokenizer = checkpoints.load_model(model).eval(), checkpoints.load_tokenizer(model)
        self.batch, self.label = batch, label

    def __call__(
        self, prompts: list[str], seeds: list[tuple[int, ...]], settings: dict, temperature: float
    ) -> list[list[Completion]]:
        """One completion for every seed of every prompt. settings: top_p, max_tokens, stop."""
        from mialign.engines.local import generate

        requests = [Request(prompt, own) for prompt, own in zip(prompts, seeds, strict=True)]
        return generate(self.model, self.tokenizer, requests, sampling(settings, temperature), self.batch, self.label)


def sampling(settings: dict, temperature: float) -> Sampling:
    return Sampling(temperature, settings["top_p"], settings["max_tokens"], tuple(settings["stop"]))


def record(completion: Completion) -> dict:
    """The fields of a completion in a file."""
    return {"text": completion.text, "finish": completion.finish, "tokens": completion.tokens, "seed": completion.seed}
