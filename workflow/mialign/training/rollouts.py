"""Rollouts: the pairs that a policy writes within its training, every so many steps, for the steps that follow.

A refresh does what the stages generate, rewards, pairs and reference do for a set that is written in advance, by the
same functions: the policy as it is answers the next share of the prompts, and the pairs of the responses are the
examples of the next steps.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

import torch
from accelerate import PartialState

from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.seeds import derive
from mialign.data.pairs import responses_by_prompt
from mialign.data.prompts import slice_of, texts_to_generate
from mialign.generation.engine import BatchSize, Request, Sampling
from mialign.generation.local import generate
from mialign.models.machine import of_first
from mialign.training.examples import Example, examples_of, for_objective
from mialign.training.objectives import OBJECTIVES
from mialign.training.reference import reference_records, reference_sums, with_sums
from mialign.training.settings import TrainingSettings


@dataclass(frozen=True)
class Rollouts:
    """What a policy is asked within its training, and what becomes of its responses.

    prompts: records of prompts/{experiment}/{set}.jsonl. seed: of the sampling. score(prompts, generations):
    the generations, with their rewards if there are any. select(prompts, generations): the pairs of a refresh.
    passes: how often all the prompts are answered, a share of them in each refresh; it divides the refreshes.
    reference: the folder of the reference, if the objective needs one. files: what all this is made from.
    """

    prompts: list[dict]
    sampling: Sampling
    seed: int
    batch: BatchSize
    score: Callable[[list[dict], list[dict]], list[dict]]
    select: Callable[[list[dict], list[dict]], list[dict]]
    reference: Path | None
    files: tuple[Path, ...]
    passes: int = 1


class Refresh:
    """The examples of each refresh. What was written is kept in scratch, so that a killed training reads it again.

    settings.rollout_every: the steps between two refreshes. parent: the digest of the model that the training starts
    from.
    """

    def __init__(
        self,
        rollouts: Rollouts,
        settings: TrainingSettings,
        tokenizer,
        context: int,
        scratch: Path,
        token_budget: int,
        parent: str,
    ):
        self.rollouts, self.settings, self.tokenizer, self.context = rollouts, settings, tokenizer, context
        self.parent, self.scratch, self.token_budget = parent, scratch, token_budget
        self.size = settings.batch * settings.rollout_every
        self.times = settings.steps // settings.rollout_every
        self.slices = self.times // rollouts.passes

    def __call__(self, model, number: int) -> list[Example]:
        """So many examples as the steps of the refresh take; of fewer pairs the first ones stand there again.

        number: of the refresh, from 0. InputError if the responses make no pair.
        """
        step = number * self.settings.rollout_every
        done, part = divmod(number, self.slices)
        prompts = slice_of(self.rollouts.prompts, part + 1, self.slices)
        # What the policy draws in its steps does not depend on whether responses are written or read again.
        with torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_available() else []):
            records = self._kept(number) or self._written(model.eval(), prompts, step, self._seed(done))
            self._keep(number, records)
            pairs = self.rollouts.select(prompts, list(_generations(records)))
            examples = self._examples(pairs, f"rollouts of step {step}")
        if len(examples) < self.size:
            print(f"rollouts of step {step}: {len(examples)} pairs for {self.size} places", file=sys.stderr, flush=True)
        return list(islice(cycle(examples), self.size))

    def write(self, out: Path) -> None:
        """All rollouts of the training, in the order of its refreshes."""
        write_jsonl(out, (one for number in range(self.times) for one in read_jsonl(self._path(number))))

    def _path(self, number: int) -> Path:
        return self.scratch / f"rollouts-{number}.jsonl"

    def _kept(self, number: int) -> list[dict] | None:
        """What the first process finds: all must write, or none."""
        path = self._path(number)
        return of_first(lambda: read_jsonl(path) if path.exists() else None)

    def _keep(self, number: int, records: list[dict]) -> None:
        if PartialState().is_main_process:
            write_jsonl(self._path(number), records)

    def _seed(self, done: int) -> int:
        """The seed of sampling after so many passes: who is asked again answers by other luck."""
        return derive(self.rollouts.seed, "pass", done) if done else self.rollouts.seed

    def _written(self, model, prompts: list[dict], step: int, seed: int) -> list[dict]:
        """A record a prompt: step, writer, prompt_id, preferences (if there are any), and responses with their rewards.

        writer: the digest of the parent; what wrote is its policy after so many steps.
        """
        asked = texts_to_generate(prompts, seed)
        requests = [Request(prompt, (seed,)) for _, _, prompt, seed in asked]
        completions = generate(model, self.tokenizer, requests, self.rollouts.sampling, self.rollouts.batch)
        generations = [
            {"prompt_id": name, "prompt": index, **asdict(one)}
            for (name, index, _, _), (one,) in zip(asked, completions, strict=True)
        ]
        scored = of_first(lambda: self.rollouts.score(prompts, generations))
        responses = responses_by_prompt(prompts, scored, begin=False)  # `select` puts the openings before them
        return [
            {"step": step, "writer": self.parent, "prompt_id": prompt["id"]}
            | ({"preferences": prompt["preferences"]} if "preferences" in prompt else {})
            | {"responses": responses[prompt["id"]]}
            for prompt in prompts
        ]

    def _examples(self, pairs: list[dict], where: str) -> list[Example]:
        settings = self.settings
        examples = examples_of(pairs, where, self.tokenizer, self.context, settings.max_length, settings.train_on)
        examples = for_objective(where, examples, settings.objective, settings.train_on)
        if not OBJECTIVES[settings.objective].needs_reference:
            return list(examples.values())
        records = reference_records(
            self.rollouts.reference, examples, settings.precision, self.token_budget, settings.weights
        )
        return with_sums(examples, reference_sums(records, examples, where))


def _generations(records: list[dict]):
    """The records of generations/ that a refresh's stand for."""
    for one in records:
        for index, response in enumerate(one["responses"]):
            yield {"prompt_id": one["prompt_id"], "prompt": index, **response}
