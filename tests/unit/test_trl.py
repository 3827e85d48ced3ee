"""DPO and SFT beside TRL's trainers: the same loss, and the same weights after one optimizer step."""

import csv
import json
from dataclasses import replace

import pytest
import torch

import tiny
from mialign.data.builders.constitutions import compare_all
from mialign.models import checkpoints
from mialign.training.examples import entry_mask, read_examples, scored
from mialign.training.grid import grid
from mialign.training.method import Inputs, Outputs, Speed, train_method
from mialign.training.objectives import OBJECTIVES
from mialign.training.reference import read_reference, write_reference
from mialign.training.settings import TrainingSettings

RATE, BETA = 0.001, 0.3
QUESTIONS = [
    ("The boat", "The keeper", "sank at noon.", "walks 12 days, then 3 more."),
    ("The house", "The bees", "by the harbour", "and the boat and the house"),
    ("The noon", "The days", "A keeper of bees walks.", "sank"),
    ("The harbour", "The boat", "walks", "at noon the bees sank by the house"),
]


class Never:
    """No validation: the last checkpoint is the best."""

    prompts = ()

    def __call__(self, model, tokenizer):
        return {"score": 0.0}


@pytest.fixture
def folder(tmp_path):
    for name, seed in (("parent", 0), ("reference", 7)):
        tiny.tiny_model(seed).save_pretrained(tmp_path / name)
        tiny.tiny_tokenizer().save_pretrained(tmp_path / name)
    return tmp_path


def ours(folder, objective, questions):
    pairs = folder / "pairs.jsonl"
    records = [
        {
            "id": str(n),
            "prompts": [f"{a}\n", f"{b}\n"],
            "responses": [{"text": text, "prompt": place, "finish": "eos"} for place, text in enumerate((one, two))],
            "terms": compare_all(2),
        }
        for n, (a, b, one, two) in enumerate(questions)
    ]
    pairs.write_text("".join(json.dumps(record) + "\n" for record in records))
    write_reference(folder / "reference", pairs, "float32", 500, folder / "reference.jsonl")
    settings = {
        "objective": objective,
        **({"beta": BETA} if objective == "dpo" else {}),
        "learning_rate": RATE,
        "batch": len(questions),
        "steps": 1,
        "validate_every": 1,
        "optimizer": "adamw",
        "schedule": "constant",
        "clip": 1.0,
        "validation": {},
        "seed": 5,
    }
    settings = TrainingSettings.read(settings)
    out, curve = folder / "ours/seed5", folder / "curve.csv"
    inputs = Inputs(folder / "parent", pairs, folder / "reference.jsonl")
    train_method(inputs, settings, Never(), Outputs(out, curve, folder / "scratch"), Speed(100))
    logged = {row["metric"]: float(row["value"]) for row in csv.DictReader(curve.open()) if row["step"] == "1"}
    parent, tokenizer = (load(folder / "parent") for load in (checkpoints.load_model, checkpoints.load_tokenizer))
    examples = read_examples(pairs, tokenizer, 64)
    sums = read_reference(folder / "reference.jsonl", examples)
    examples = [replace(one, reference=table) for one, table in zip(examples.values(), sums, strict=True)]
    computed = grid(parent, [one.item for one in examples], entry_mask(examples, OBJECTIVES[objective].reads))
    losses = OBJECTIVES[objective].loss(scored(computed, examples), settings.objective_settings)
    return checkpoints.load_model(out), logged, losses.mean().item()


def settings_of_trl(folder, rows):
    return {
        "output_dir": str(folder / "trl"),
        "per_device_train_batch_size": rows,
        "max_steps": 1,
        "learning_rate": RATE,
        "lr_scheduler_type": "constant",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "max_length": None,
        "use_cpu": True,
        "bf16": False,
        "activation_checkpointing": False,
        "logging_steps": 1,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
    }


def compare(model, logged, loss, trainer):
    """The loss itself, and as logged, where both are rounded; the gradient's norm; the weights after the step."""
    with torch.no_grad():
        inputs = next(iter(trainer.get_train_dataloader()))
        assert loss == pytest.approx(trainer.compute_loss(trainer.model, inputs).item(), rel=1e-5)
    trainer.train()
    theirs = next(entry for entry in trainer.state.log_history if "loss" in entry)
    assert logged["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
    assert logged["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=1e-5)
    expected = trainer.model.state_dict()
    apart = torch.cat([(weight - expected[name]).abs().flatten() for name, weight in model.state_dict().items()])
    # Adam's first step is the sign of the gradient: where that is next to nothing, rounding is magnified.
    assert apart.quantile(0.999) <= 1e-4 * RATE
    assert apart.max() <= 0.1 * RATE


def test_a_step_of_dpo_is_that_of_trl(folder):
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    found = ours(folder, "dpo", QUESTIONS)
    rows = [
        {"prompt": f"{prompt}\n", "chosen": chosen, "rejected": rejected}
        for a, b, one, two in QUESTIONS
        for prompt, chosen, rejected in ((a, one, two), (b, two, one))
    ]
    parent, reference = (checkpoints.load_model(folder / name) for name in ("parent", "reference"))
    trainer = DPOTrainer(
        model=parent,
        ref_model=reference,
        args=DPOConfig(beta=BETA, **settings_of_trl(folder, len(rows))),
        train_dataset=Dataset.from_list(rows),
        processing_class=checkpoints.load_tokenizer(folder / "parent"),
    )
    compare(*found, trainer)


def test_a_step_of_sft_is_that_of_trl(folder):
    """Of one question: over several, TRL weighs every token alike and we every question."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    found = ours(folder, "sft", QUESTIONS[:1])
    a, b, one, two = QUESTIONS[0]
    tokenizer = checkpoints.load_tokenizer(folder / "parent")
    rows = [{"prompt": f"{prompt}\n", "completion": text} for prompt, text in ((a, one), (b, two))]
    trainer = SFTTrainer(
        model=checkpoints.load_model(folder / "parent"),
        args=SFTConfig(**settings_of_trl(folder, 2)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    compare(*found, trainer)
