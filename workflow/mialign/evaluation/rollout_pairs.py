"""Rollouts become pairs: scored by the rewards of an experiment, filtered and built as those of the stage pairs."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.data.pairs import select_pairs, with_rewards
from mialign.data.prompts import writer_seed
from mialign.evaluation.answers import is_correct
from mialign.evaluation.rewards import make, reward_records
from mialign.generation.engine import BatchSize, sampling
from mialign.training.objectives import OBJECTIVES
from mialign.training.rollouts import Rollouts
from mialign.training.settings import TrainingSettings


def rollouts(
    settings: TrainingSettings, prompts: Path, batch: BatchSize, reference: Path | None, models: dict
) -> Rollouts:
    """settings.rollouts has pairs (what select_pairs takes), sampling, and scorers (rewards by name).

    The size of pairs is that of one pass through the questions. Scorers may be missing. models: folders of the rewards
    that are models, by name; they are loaded for each refresh, so that they take no memory in the steps.
    """
    for key in ("rollout_every", "rollouts"):
        if getattr(settings, key) is None:
            raise InputError(f"--settings: the key {key!r} is missing; a policy that writes its own pairs needs it")
    if OBJECTIVES[settings.objective].needs_reference and reference is None:
        raise InputError(f"--reference-model: {settings.objective} is relative to a reference; give the folder of one")
    own, size = settings.rollouts, settings.batch * settings.rollout_every

    def score(prompts: list[dict], generations: list[dict]) -> list[dict]:
        if "scorers" not in own:
            return generations
        scorers = {name: make(one, models.get(name)) for name, one in own["scorers"].items()}
        return with_rewards(generations, reward_records(generations, prompts, scorers))

    def select(prompts: list[dict], generations: list[dict]) -> list[dict]:
        return select_pairs(prompts, generations, {**own["pairs"], "size": size}, is_correct).pairs

    required = ("id", "question_id", "category", "question", "constitutions", "prompts", "reference")
    return Rollouts(
        read_jsonl(prompts, required),
        sampling(own["sampling"], own["sampling"]["temperature"]),
        writer_seed(own["sampling"]["seed"], settings.seed),
        batch,
        score,
        select,
        reference,
        tuple(path for path in (prompts, reference, *models.values()) if path),
        settings.steps * settings.batch // own["pairs"]["size"],
    )
