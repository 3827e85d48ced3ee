"""Prompts through a model to completions: one place where a model is started to write text."""

from pathlib import Path

from mialign.core import code_digests
from mialign.core.progress import Progress
from mialign.core.template import Prompt
from mialign.generation.completion_cache import CompletionCache, Shard
from mialign.generation.engine import Completion, Request, RuntimeOptions, Sampling, sampling
from mialign.generation.factory import make_engine
from mialign.models import checkpoints


class Writer:
    """A model that completes prompts; it is started once, when something is to be written.

    What is done is kept in the file `scratch` until the block that writes the output is left without an error; with
    `keeps` also then. `digest` is the model's, for the records of what it wrote.
    """

    def __init__(self, model: Path, engine: dict, runtime: RuntimeOptions, scratch: Path, label: str):
        self.model, self.settings, self.runtime, self.label = model, engine, runtime, label
        self.digest = checkpoints.digest(model)
        made_with = code_digests.made_with({**engine, "model": self.digest}, ("generate", "respond", "solve"), [])
        self.kept, self.engine, self.keeps = CompletionCache(scratch, made_with), None, False

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, error, *_) -> None:
        if error is None and not self.keeps:
            self.kept.remove()

    def __call__(
        self, prompts: list[Prompt], seeds: list[tuple[int, ...]], settings: dict, temperature: float
    ) -> list[list[Completion]]:
        """One completion for every seed of every prompt. settings: top_p, max_tokens, stop."""
        requests = [Request(prompt, own) for prompt, own in zip(prompts, seeds, strict=True)]
        chosen = sampling(settings, temperature)
        # An answer of a server is paid for and owes nothing to its neighbours: each is kept alone.
        shards = into_shards(requests, 1 if self.settings["kind"] == "server" else self.runtime.shard)
        return [completions for shard in self._shards(shards, chosen) for completions in shard]

    def _shards(self, shards: list[list[Request]], chosen: Sampling) -> list[Shard]:
        names = [self.kept.name(shard, chosen) for shard in shards]
        found = {name: shard for name in names if (shard := self.kept.get(name))}
        missing = [number for number, name in enumerate(names) if name not in found]
        progress = Progress(self.label, sum(map(len, shards)), "prompts")
        progress.add(sum(map(len, shards)) - sum(len(shards[number]) for number in missing))
        if missing:
            self.engine = self.engine or make_engine(self.model, self.settings, self.runtime)
            for place, shard in self.engine.shards([shards[number] for number in missing], chosen, progress.add):
                name = names[missing[place]]
                self.kept.add(name, shard)
                found[name] = shard
        return [found[name] for name in names]


def into_shards(requests: list[Request], size: int) -> list[list[Request]]:
    """Neighbouring requests together, up to `size` completions."""
    shards, count = [], 0
    for request in requests:
        if not shards or count + len(request.seeds) > size:
            shards.append([])
            count = 0
        shards[-1].append(request)
        count += len(request.seeds)
    return shards
