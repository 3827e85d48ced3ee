"""Train one method on pairs, from its parent, and keep the checkpoint that does best on validation questions."""

import copy
from pathlib import Path

import torch
from transformers import Trainer

from mialign import checkpoints, objectives
from mialign.errors import InputError
from mialign.files import read_jsonl, write_text
from mialign.grid import Grid, Item, grid, tokenise
from mialign.training import loop
from mialign.training.curves import COUNTS, to_csv
from mialign.training.validation import Validation

# Questions per forward pass when the reference's grid is computed.
REFERENCE_BATCH = 32


def train_method(
    parent: Path,
    pairs: Path,
    settings: dict,
    validation: Validation,
    out: Path,
    curve: Path,
    scratch: Path,
    micro_batch: int,
) -> None:
    """settings: a method of the config with the experiment's training keys filled in, and its seed."""
    loop.open_scratch(scratch, settings, parent, pairs)
    tokenizer, model = checkpoints.load_tokenizer(parent), _trainable(parent, settings.get("adapter"))
    items = read_items(pairs, tokenizer, model.config.max_position_embeddings)
    items = _whole_batches(items, settings["batch"])
    trainer = GridTrainer(
        model=model,
        args=_arguments(settings, scratch, micro_batch),
        train_dataset=_with_reference(model, items, settings),
        data_collator=_collate,
        settings=settings,
        validation=validation.bind(tokenizer),
    )
    loop.run(trainer, scratch, f"{out.parent.name}/{out.name}")
    best = int(trainer.state.best_model_checkpoint.rsplit("-", 1)[1])
    with checkpoints.writing_folder(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    write_text(curve, to_csv(trainer.state.log_history, best))
    loop.close_scratch(scratch)


def _whole_batches(items: list[Item], batch: int) -> list[Item]:
    """Without the last pairs that fill no batch, so that every step of every epoch has a whole one."""
    if len(items) < batch:
        raise InputError(
            f"{len(items)} pairs do not fill one batch of {batch}: lower training.batch or loosen the filters"
        )
    return items[: len(items) // batch * batch]


def read_items(pairs: Path, tokenizer, context: int) -> list[Item]:
    records = read_jsonl(pairs, required=("id", "prompts", "responses"))
    if not records:
        raise InputError(f"{pairs}: no pair to train on")
    return [tokenise(tokenizer, r["prompts"], r["responses"], context, f"{pairs}, {r['id']}") for r in records]


def _trainable(parent: Path, adapter: dict | None):
    """The parent's model: full weights, or an adapter (the parent's own if it has one, else a new one)."""
    model = checkpoints.load_model(parent, trainable=adapter is not None)
    has_adapter = hasattr(model, "peft_config")
    if adapter is None:
        return (model.merge_and_unload() if has_adapter else model).requires_grad_(True)
    if has_adapter:
        return model
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=adapter["rank"],
        lora_alpha=adapter["alpha"],
        lora_dropout=adapter.get("dropout", 0.0),
        target_modules=adapter.get("targets", "all-linear"),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)


def _arguments(settings: dict, scratch: Path, micro_batch: int):
    return loop.arguments(
        settings,
        scratch,
        micro_batch,
        settings["seed"],
        max_steps=settings["steps"],
        save_steps=settings["validate_every"],
        eval_steps=settings["validate_every"],
        eval_strategy="steps",
        eval_on_start=loop.last_state(scratch) is None,
        load_best_model_at_end=True,
        metric_for_best_model="eval_score",
        greater_is_better=True,
        weight_decay=0.0,
    )


def _with_reference(model, items: list[Item], settings: dict) -> list[tuple[Item, torch.Tensor]]:
    """Each item with the parent's sums [N, N], which DPO is relative to; zeros for the others."""
    size = len(items[0].prompts)
    if settings["objective"] != "dpo":
        return [(item, torch.zeros(size, size)) for item in items]
    model.eval()
    wanted = objectives.wanted("dpo", size)
    with torch.inference_mode():
        parts = [
            grid(model, items[i : i + REFERENCE_BATCH], wanted).sums for i in range(0, len(items), REFERENCE_BATCH)
        ]
    return list(zip(items, torch.cat(parts).clone(), strict=True))


class GridTrainer(Trainer):
    """A Trainer whose loss is one of the objectives, and whose evaluation answers the validation questions."""

    loss_is_scaled_for_ga = False

    def __init__(self, *, settings: dict, validation, **kwargs):
        super().__init__(eval_dataset=[], **kwargs)
        self.settings, self.validation = settings, validation
        self.start = copy.deepcopy(self.model).eval().requires_grad_(False) if settings.get("kl") else None
        self.measured: list[dict[str, float]] = []

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        items = inputs["items"]
        computed = grid(model, items, objectives.wanted(self.settings["objective"], len(items[0].prompts)))
        loss = self._objective(computed, inputs["reference"]).mean()
        if self.start is not None:
            loss = loss + self.settings["kl"] * self._kl(items, computed)
        self._measure(computed)
        return loss

    def _objective(self, computed: Grid, reference: torch.Tensor) -> torch.Tensor:
        match self.settings["objective"]:
            case "sft":
                return objectives.sft(computed.sums, computed.counts)
            case "dpo":
                return objectives.dpo(computed.sums, reference, self.settings["beta"])
            case "sami":
                return objectives.sami(computed.means if self.settings["reduction"] == "mean" else computed.sums)

    def _kl(self, items: list[Item], computed: Grid) -> torch.Tensor:
        """KL to the start over the matched responses, averaged over them."""
        with torch.no_grad():
            start = grid(self.start, items, torch.eye(len(items[0].prompts), dtype=torch.bool))
        matched = computed.entries[:, 1] == computed.entries[:, 2]
        every = torch.ones(len(start.entries), dtype=torch.bool)
        return objectives.kl(computed.logits(matched), start.logits(every), start.kept).mean()

    def _measure(self, computed: Grid) -> None:
        means = computed.means.detach()
        measured = {"matched_logprob": means.diagonal(dim1=1, dim2=2).mean().item()}
        if self.settings["objective"] != "sft":
            rows, columns = objectives.accuracy(means)
            measured |= {"grid_accuracy_rows": rows.item(), "grid_accuracy_columns": columns.item()}
        self.measured.append(measured | {"questions": len(means), "response_tokens": int(computed.counts.sum())})

    def log(self, logs: dict, start_time: float | None = None) -> None:
        if "loss" in logs and self.measured:
            logs |= {key: _joined(key, [entry[key] for entry in self.measured]) for key in self.measured[0]}
            self.measured = []
        super().log(logs, start_time)

    def evaluate(self, *args, **kwargs) -> dict[str, float]:
        self.model.eval()
        metrics = {f"eval_{name}": value for name, value in self.validation(self.model).items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def _joined(key: str, values: list[float]) -> float:
    """Of the micro-batches of a step: counts add up, everything else is averaged."""
    return sum(values) if key in COUNTS else sum(values) / len(values)


def _collate(rows: list[tuple[Item, torch.Tensor]]) -> dict:
    return {"items": [item for item, _ in rows], "reference": torch.stack([sums for _, sums in rows])}
