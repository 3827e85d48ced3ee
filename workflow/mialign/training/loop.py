"""What all trainings share: the Trainer's arguments, and going on from the last saved state."""

import sys
import time
from pathlib import Path

import torch
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from mialign.errors import InputError


def arguments(settings: dict, scratch: Path, micro_batch: int, seed: int, **more) -> TrainingArguments:
    """Trainer arguments from our settings (batch, learning_rate, schedule, clip, warmup; see config.yaml)."""
    micro_batch = min(micro_batch, settings["batch"])
    return TrainingArguments(
        output_dir=str(scratch),
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=-(-settings["batch"] // micro_batch),
        learning_rate=settings["learning_rate"],
        lr_scheduler_type={"constant": "constant_with_warmup", "cosine": "cosine_with_min_lr"}[settings["schedule"]],
        lr_scheduler_kwargs={"min_lr_rate": 0.1} if settings["schedule"] == "cosine" else {},
        warmup_steps=settings.get("warmup", 0),
        max_grad_norm=settings["clip"],
        optim="adamw_torch",
        seed=seed % 2**32,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_drop_last=True,
        **more,
    )


def run(trainer: Trainer, scratch: Path, label: str) -> None:
    """Train to the end, from the last state in `scratch` if one is there."""
    for talkative in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(talkative)
    trainer.add_callback(_Watch(label))
    trainer.train(resume_from_checkpoint=last_state(scratch))


def last_state(scratch: Path) -> str | None:
    """The newest whole state; one that a kill cut short lacks trainer_state.json, which is written last."""
    while scratch.is_dir() and (newest := get_last_checkpoint(str(scratch))):
        if (Path(newest) / "trainer_state.json").exists():
            return newest
        Path(newest).rename(scratch / f"broken-{time.time_ns()}")
    return None


class _Watch(TrainerCallback):
    """Progress on stderr every ten seconds, and a stop with the step's number when the loss is no number."""

    def __init__(self, label: str):
        self.label, self.next = label, time.monotonic() + 10

    def on_log(self, args, state, control, logs=None, **kwargs):
        loss = logs.get("loss")
        if loss is None:
            return
        if not torch.isfinite(torch.tensor(loss)):
            raise InputError(f"{self.label}: the loss is {loss} at step {state.global_step}; lower the learning rate")
        if time.monotonic() >= self.next:
            print(
                f"{self.label}: step {state.global_step} of {state.max_steps}, loss {loss:.3f}",
                file=sys.stderr,
                flush=True,
            )
            self.next = time.monotonic() + 10
