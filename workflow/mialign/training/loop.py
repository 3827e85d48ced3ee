"""What all trainings share: the Trainer's arguments, how processes share the work, progress and a stop at NaN."""

import json
import math
import os
import sys
from pathlib import Path

import torch
from accelerate import PartialState
from torch.distributed.fsdp import MixedPrecisionPolicy
from transformers import PrinterCallback, ProgressCallback, Trainer, TrainerCallback, TrainingArguments

from mialign.core.disk_space import needing_space
from mialign.core.errors import InputError
from mialign.core.files import write_text
from mialign.core.progress import Progress
from mialign.training import resume
from mialign.training.settings import OptimizerSettings

# Seconds that the other processes wait for the first, which alone asks a server: one that is busy may take hours.
WAITING = 24 * 3600


def arguments(settings: OptimizerSettings, scratch: Path, **more) -> TrainingArguments:
    """Trainer arguments from our settings.

    A batch goes to the Trainer whole, in equal shares to the processes, so that a step is one call.
    """
    if settings.batch % (processes := process_count()):
        raise InputError(f"{processes} processes cannot share a batch of {settings.batch} equally; change one of them")
    made = TrainingArguments(
        output_dir=str(scratch),
        per_device_train_batch_size=settings.batch // processes,
        learning_rate=settings.learning_rate,
        lr_scheduler_type={"constant": "constant_with_warmup", "cosine": "cosine_with_min_lr"}[settings.schedule],
        lr_scheduler_kwargs={"min_lr_rate": settings.min_lr_rate} if settings.schedule == "cosine" else {},
        warmup_steps=settings.warmup,
        max_grad_norm=settings.clip or math.inf,  # not 0, with which no norm would be logged
        optim="rmsprop" if settings.optimizer == "rmsprop" else "adamw_torch",
        seed=settings.seed % 2**32,  # also of the order of the pairs, which methods of one seed share
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        dataloader_drop_last=True,
        ddp_find_unused_parameters=False,
        ddp_timeout=WAITING,
        **more,
    )
    # Of several GPUs in sight the Trainer would take all, give each a whole batch and copy the model in every step.
    made._n_gpu = min(made.n_gpu, 1)
    if made.fsdp_plugin_args and made.bf16:
        # Products are in bfloat16, but gradients are added up, and the grid's sums leave the model, as they are.
        made.fsdp_plugin_args["mixed_precision_policy"] = MixedPrecisionPolicy(torch.bfloat16, torch.float32)
    return made


def process_count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def sharded() -> bool:
    """Whether processes share the weights too (FSDP); on CPUs each keeps them all."""
    return process_count() > 1 and torch.cuda.is_available()


def spread(checkpointing: bool) -> dict:
    """Trainer arguments that say what is computed again in the backward pass, and how weights are shared."""
    if not sharded():
        return {"activation_checkpointing": checkpointing}
    how = {"version": 2, "auto_wrap_policy": "TRANSFORMER_BASED_WRAP", "activation_checkpointing": checkpointing}
    return {"fsdp": True, "fsdp_config": how}


def run(trainer: Trainer, scratch: Path, label: str) -> None:
    """Train to the end, from the last state in `scratch` if one is there."""
    for talkative in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(talkative)
    trainer.add_callback(_Watch(label, trainer.args.max_steps))
    if state := resume.last_state(scratch):
        print(f"{label}: goes on from step {state.rsplit('-', 1)[1]}", file=sys.stderr, flush=True)
    with needing_space(scratch):
        trainer.train(resume_from_checkpoint=state)
    PartialState().wait_for_everyone()  # the first removes the states, and another may still read the best of them


def leave_group() -> None:
    """End what the processes do together. Threads of the group may still run: see core.process.leave."""
    PartialState().wait_for_everyone()
    PartialState().destroy_process_group()


WORDS = {"loss": "the loss", "grad_norm": "the norm of the gradient"}


class _Watch(TrainerCallback):
    """Progress on stderr every ten seconds, and a stop with the step's number when the loss is no number."""

    def __init__(self, label: str, steps: int):
        self.label, self.progress = label, Progress(label, steps, "steps")

    def on_step_end(self, args, state, control, **kwargs):
        # The last step's model can be chosen too, where validate_every does not divide the steps.
        if state.global_step >= state.max_steps and args.eval_strategy == "steps":
            control.should_evaluate = True

    def on_save(self, args, state, control, **kwargs):
        PartialState().wait_for_everyone()  # every process has written its part
        if state.is_world_process_zero:
            saved = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            write_text(saved / resume.SIZES, json.dumps(resume.sizes(saved)))

    def on_log(self, args, state, control, logs=None, **kwargs):
        loss = logs.get("loss")
        if loss is None:
            return
        for what in ("loss", "grad_norm"):
            if not math.isfinite(logs.get(what, 0.0)):
                raise InputError(
                    f"{self.label}: {WORDS[what]} is {logs[what]} at step {state.global_step}; lower the learning "
                    f"rate, with which it begins anew. States of earlier steps are kept in {args.output_dir}"
                )
        self.progress.tell(f"step {state.global_step} of {state.max_steps}, loss {loss:.3f}")
