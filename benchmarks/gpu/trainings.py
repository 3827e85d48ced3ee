"""Whole trainings on the card, by FSDP, of an adapter, of bf16 weights: killed and resumed they give the same bytes.

The model is small: what is tried is whether the code runs, not how fast.
"""

import importlib.util
import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import torch
from rows import missing, row
from shapes import llama_config, random_model
from sharding import shard_weights
from torch.distributed.fsdp import FSDPModule

from mialign.core.files import write_jsonl
from mialign.data.builders.constitutions import compare_all
from mialign.models import checkpoints
from mialign.models.tokenizer import train_tokenizer

SETTINGS = {
    **{"objective": "sami", "reduction": "mean", "learning_rate": 0.003, "steps": 4, "batch": 4, "optimizer": "adamw"},
    **{"schedule": "constant", "clip": 1.0, "validate_every": 2, "choose": "last", "precision": "bf16", "seed": 5},
    "validation": {},
}
LORA = {"adapter": {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": ["q_proj", "down_proj"]}}
CASES = {
    "float32 weights": {},
    "bf16 weights": {"weights": "bf16"},
    "lora": LORA,
    "fsdp, float32 weights": {},
    "fsdp, bf16 weights": {"weights": "bf16"},
}
WORDS = ("boat", "house", "harbour", "keeper", "bees", "noon", "days", "The")


class Killed(Exception):
    """Stands for a job that is killed in the middle."""


class Validation:
    """Stands for the validation questions.

    sharded: whether the weights of the model that it sees must be; killed: whether the job ends at the last of them.
    """

    prompts = ()

    def __init__(self, sharded: bool, killed: bool):
        self.sharded, self.killed, self.calls = sharded, killed, 0

    def __call__(self, model, tokenizer) -> dict[str, float]:
        if isinstance(model, FSDPModule) != self.sharded:
            raise RuntimeError(f"the weights are {'not ' if self.sharded else ''}sharded")
        self.calls += 1
        if self.killed and self.calls == 3:  # before the first step, after two, after four
            raise Killed
        return {"score": 0.0}


def rows(device: str, shapes: str) -> Iterator[dict]:
    with tempfile.TemporaryDirectory() as folder:
        _inputs(Path(folder))
        for case in CASES:
            if case == "lora" and importlib.util.find_spec("peft") is None:
                yield missing("tiny", "training", case, "peft is not installed")
            else:
                yield from _of(case, Path(folder), device)


def _of(case: str, folder: Path, device: str) -> Iterator[dict]:
    """One training as a whole, and one that is killed after two of four steps and resumed."""
    run = partial(_launched, device) if case.startswith("fsdp") else train
    try:
        whole, resumed = folder / case / "whole", folder / case / "resumed"
        run(case, folder, whole, False)
        run(case, folder, resumed, True)
        run(case, folder, resumed, False)
    except Exception as error:
        yield missing("tiny", "training", case, error)
        return
    yield row("tiny", "training", case, "trained", 1.0, f"{SETTINGS['steps']} steps of SAMI")
    (one, other), apart = _weights(whole, resumed)
    note = "" if one == other else f"the largest difference is {apart:.2g}"
    yield row("tiny", "training", case, "resumed_to_same_bytes", float(one == other), note)


def train(case: str, folder: Path, out: Path, killed: bool) -> None:
    """From the state in `out` if one is there; if `killed`, it ends after two steps."""
    from mialign.training.method import Inputs, Outputs, Speed, train_method
    from mialign.training.settings import TrainingSettings

    try:
        train_method(
            Inputs(folder / "parent", folder / "pairs.jsonl"),
            TrainingSettings.read(SETTINGS | CASES[case]),
            Validation(case.startswith("fsdp"), killed),
            Outputs(out / "sami/seed5", out / "curve.csv", out / "scratch"),
            Speed(512),
        )
    except Killed:
        if not list((out / "scratch").glob("checkpoint-2")):
            raise RuntimeError("no state was saved after two steps") from None
    else:
        if killed:
            raise RuntimeError("the training was not killed")


def _launched(device: str, case: str, folder: Path, out: Path, killed: bool) -> None:
    """The same in a process of its own, alone in its process group, with its weights sharded."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_alone, device, case, folder, out, killed).result()


def _alone(device: str, case: str, folder: Path, out: Path, killed: bool) -> None:
    """The workflow shards weights where there are several processes; here one must do."""
    os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}  # any that is free
    from mialign.models.machine import prepare

    prepare(4)
    shard_weights(device)
    train(case, folder, out, killed)


def _inputs(folder: Path) -> None:
    """A parent with random weights, and eight pairs."""
    text = "The boat and the house by the harbour sank at noon. A keeper of bees walks 3 days, then 12 more.\n"
    tokenizer = train_tokenizer([text] * 4, vocabulary=300, context=64)
    tokenizer.save_pretrained(folder / "parent")
    random_model(llama_config("tiny", max_position_embeddings=64), torch.float32, "cpu").save_pretrained(
        folder / "parent"
    )
    write_jsonl(
        folder / "pairs.jsonl",
        (
            {
                "id": f"p{n}",
                "prompts": [f"{word} and", f"{word} by"],
                "responses": [
                    {"text": f"{WORDS[-n]} sank", "prompt": 0, "finish": "eos"},
                    {"text": f"{word} walks at noon", "prompt": 1, "finish": "eos"},
                ],
                "terms": compare_all(2),
            }
            for n, word in enumerate(WORDS)
        ),
    )


def _weights(*trained: Path) -> tuple[list[dict[str, bytes]], float]:
    """The weights' files of two trainings, and the largest difference between their models."""
    folders = [one / "sami/seed5" for one in trained]
    files = [{path.name: path.read_bytes() for path in one.glob("*.safetensors")} for one in folders]
    one, other = (checkpoints.load_model(folder).state_dict() for folder in folders)
    return files, max((one[name] - other[name]).abs().max().item() for name in one)
