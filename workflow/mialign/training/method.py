"""Train one method on pairs, from its parent, and keep the checkpoint that does best on validation questions."""

import copy
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch

from mialign.core.arguments import TOKEN_BUDGET
from mialign.core.errors import InputError
from mialign.core.files import write_jsonl, write_text
from mialign.models import checkpoints
from mialign.models.bases import ADAPTER
from mialign.models.machine import DTYPES, use_bf16
from mialign.training import loop, resume
from mialign.training.adapters import add_adapter
from mialign.training.attention import choose_attention
from mialign.training.curves import pairs_of_steps, to_csv
from mialign.training.examples import Example, for_objective, read_examples, whole_batches
from mialign.training.objectives import OBJECTIVES
from mialign.training.reference import read_reference, with_sums
from mialign.training.rollouts import Refresh, Rollouts
from mialign.training.settings import TrainingSettings, is_saved, steps_of
from mialign.training.trainer import GridTrainer
from mialign.training.validation import Validation


@dataclass(frozen=True)
class Inputs:
    """The files that a training reads: pairs, or what the policy is asked for rollouts.

    reference: of write_reference, for objectives that need one; the reference of rollouts is theirs. judge: the prompt
    template and the model of a judge that validates.
    """

    parent: Path
    pairs: Path | None = None
    reference: Path | None = None
    rollouts: Rollouts | None = None
    judge: tuple[Path, ...] = ()

    def paths(self) -> list[Path]:
        """Those that there are."""
        own = self.rollouts.files if self.rollouts else ()
        return [path for path in (self.parent, self.pairs, self.reference, *own, *self.judge) if path]


@dataclass(frozen=True)
class Outputs:
    """What a training writes: its checkpoint, its curve (CSV; beside it, as .jsonl, the ids of the pairs of each step),
    and the states in scratch that it goes on from.

    rollouts: all that the policy wrote within the training, if that is to be kept.
    """

    checkpoint: Path
    curve: Path
    scratch: Path
    rollouts: Path | None = None


@dataclass(frozen=True)
class Speed:
    """What changes no result but for rounding, and for which numbers an adapter's dropout drops.

    token_budget: tokens and padding in one forward pass; checkpointing: layers are computed again in the backward
    pass, to save memory; attention: sdpa or, on GPUs, flex_attention.
    """

    token_budget: int = TOKEN_BUDGET
    checkpointing: bool = False
    attention: str = "sdpa"


def train_method(
    inputs: Inputs, settings: TrainingSettings, validation: Validation, outputs: Outputs, speed: Speed
) -> None:
    """From the parent to the checkpoint that is kept. InputError for pairs or a parent that it cannot use."""
    if speed.attention == "flex_attention" and not torch.cuda.is_available():
        raise InputError("speed.attention: flex_attention trains on a GPU only, and none is seen here; take sdpa")
    parent, scratch, out = inputs.parent, outputs.scratch, outputs.checkpoint
    resume.open_scratch(scratch, {**asdict(settings), "questions": validation.prompts}, *inputs.paths())
    torch.manual_seed(settings.seed)  # a new adapter begins at random
    tokenizer = checkpoints.load_tokenizer(parent)
    model = trainable(parent, settings.adapter, settings.weights)
    choose_attention(model, settings.precision, speed.attention)
    context = model.config.get_text_config().max_position_embeddings
    if inputs.rollouts:
        digest = checkpoints.digest(parent)
        refresh = Refresh(inputs.rollouts, settings, tokenizer, context, scratch, speed.token_budget, digest)
        examples = [None] * refresh.size  # the places of those that each refresh writes
    else:
        refresh, examples = None, _examples(inputs, tokenizer, context, settings)
        settings = with_steps(settings, len(examples))
    trainer = GridTrainer(
        model=model,
        args=_arguments(settings, scratch, speed.checkpointing),
        train_dataset=whole_batches(examples, settings.batch, inputs.pairs),
        refresh=refresh,
        settings=settings,
        validation=partial(validation, tokenizer=tokenizer),
        token_budget=speed.token_budget,
        ref_model=_ref_model(model, parent) if settings.kl else None,
    )
    loop.run(trainer, scratch, f"{out.parent.name}/{out.name}")
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)
    loop.leave_group()
    if not trainer.is_world_process_zero():
        return
    kept = int(trainer.state.best_model_checkpoint.rsplit("-", 1)[1]) if settings.validate_every else settings.steps
    with checkpoints.writing_folder(out) as folder:
        model.save_pretrained(folder, state_dict=weights)
        tokenizer.save_pretrained(folder)
    write_text(outputs.curve, to_csv(trainer.state.log_history, kept))
    write_jsonl(outputs.curve.with_suffix(".jsonl"), pairs_of_steps(trainer.state.log_history))
    if refresh and outputs.rollouts:
        refresh.write(outputs.rollouts)
    resume.close_scratch(scratch)


def with_steps(settings: TrainingSettings, pairs: int) -> TrainingSettings:
    """Of a training in epochs: its settings with the steps that so many pairs take.

    InputError if they make no step, or if the checkpoint that `choose` names is none of this training's.
    """
    if settings.epochs is None:
        return settings
    steps, chosen = steps_of(settings.epochs, pairs, settings.batch), settings.choose
    if not steps:
        raise InputError(
            f"{pairs} pairs in batches of {settings.batch} make no step (epochs: {settings.epochs:g}); raise "
            "epochs, lower batch or see to more pairs"
        )
    if isinstance(chosen, int) and not is_saved(chosen, settings.save_every, steps):
        raise InputError(
            f"choose: {chosen} is no checkpoint: {pairs} pairs make {steps} steps (epochs: {settings.epochs:g}); "
            "take a lower step, or see to more pairs"
        )
    return replace(settings, steps=steps)


def trainable(parent: Path, adapter: dict | None, weights: str):
    """The parent's model: full weights, or an adapter (the parent's own if it has one, else a new one).

    weights: float32 or bf16, in which weights, gradients and optimizer state are kept. A bf16 weight stays where it was
    if an update is smaller than half the distance to the next number.
    """
    model = checkpoints.load_model(parent, trainable=adapter is not None, dtype=DTYPES[weights])
    has_adapter = hasattr(model, "peft_config")
    if adapter is None:
        return (_merged(parent, model) if has_adapter else model).requires_grad_(True)
    if has_adapter:
        return model
    return add_adapter(model, adapter)


def _merged(parent: Path, model):
    """The model with its adapter merged into the weights."""
    head = model.get_output_embeddings()
    if hasattr(head, "lora_A") and model.get_base_model().config.tie_word_embeddings:
        raise InputError(
            f"{parent}: its adapter changes the output layer, whose weights are the embedding's too, so the two cannot "
            "be merged; give this method the same adapter, or leave lm_head out of the parent's"
        )
    return model.merge_and_unload()


def _ref_model(model, parent: Path):
    """What KL holds the policy to: the policy without its adapter if the parent has none, else a copy of it."""
    new_adapter = hasattr(model, "peft_config") and not (Path(parent) / ADAPTER).exists()
    return model if new_adapter else copy.deepcopy(model).eval().requires_grad_(False)


def _arguments(settings: TrainingSettings, scratch: Path, checkpointing: bool):
    # Where weights are in bf16 the model computes in it by itself; told to, accelerate would make them float32 (FSDP).
    by_autocast, validates = settings.weights == "float32", settings.validate_every > 0
    betas = dict(zip(("adam_beta1", "adam_beta2"), settings.betas, strict=True)) if settings.betas else {}
    return loop.arguments(
        settings,
        scratch,
        max_steps=settings.steps,
        save_steps=settings.save_every,
        eval_steps=settings.save_every,
        eval_strategy="steps" if validates else "no",
        eval_on_start=validates and resume.last_state(scratch) is None,
        load_best_model_at_end=validates,
        metric_for_best_model="eval_score",
        greater_is_better=True,
        weight_decay=0.0,
        **betas,
        **loop.spread(checkpointing),
        bf16=by_autocast and use_bf16(settings.precision),
    )


def _examples(inputs: Inputs, tokenizer, context: int, settings: TrainingSettings) -> list[Example]:
    """The pairs, with the reference's sums where the objective needs them."""
    objective, train_on = settings.objective, settings.train_on
    examples = read_examples(inputs.pairs, tokenizer, context, settings.max_length, train_on)
    examples = for_objective(f"{inputs.pairs}", examples, objective, train_on)
    if not OBJECTIVES[objective].needs_reference:
        return list(examples.values())
    if inputs.reference is None:
        raise InputError(f"{objective} is relative to a reference: give its file, which the stage reference makes")
    return with_sums(examples, read_reference(inputs.reference, examples))
