"""A Trainer whose loss is an objective on the grid, and whose evaluation answers the validation questions."""

import torch
from accelerate.utils import gather_object
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from transformers import Trainer

from mialign.models.machine import autocast
from mialign.training import objectives
from mialign.training.curves import COUNTS
from mialign.training.examples import Example, entry_mask, is_square, scored
from mialign.training.grid import Grid, Item, grid, packs
from mialign.training.settings import TrainingSettings
from mialign.training.validation import rank


class GridTrainer(Trainer):
    """One batch of questions is one step, however it is cut into passes of at most `token_budget` tokens and padding.

    The loss of a step is the mean over its questions: it depends neither on the packing nor on the number of
    processes, up to the rounding of sums. `ref_model`: the frozen model that `kl` holds the policy to. `refresh`: of
    rollouts, if the policy writes its pairs; an epoch is one refresh then, and the data set holds the places of its
    examples.
    """

    def __init__(
        self, *, settings: TrainingSettings, validation, token_budget: int, ref_model=None, refresh=None, **kwargs
    ):
        super().__init__(eval_dataset=[], data_collator=_collate, **kwargs)
        self.settings, self.validation, self.token_budget = settings, validation, token_budget
        self.refresh = refresh
        self.objective = objectives.OBJECTIVES[settings.objective]
        self.ref_model = ref_model.to(self.args.device) if ref_model is not None else None
        # FlexAttention skips what nobody looks at, so rows are as long as a pass; a dense mask pays for their length.
        self.row = token_budget if self.model.config._attn_implementation == "flex_attention" else 0
        self.measured: list[dict[str, float]] = []
        self.seen: list[str] = []  # ids of the pairs of the step
        # Where the whole square is read, it tells how often the matched entry is the largest.
        self.square = refresh is None and is_square(self.train_dataset, self.objective.reads)

    def create_scheduler(self, num_training_steps: int, optimizer=None):
        """As the Trainer's, but a constant rate is warmed up by warmed_constant."""
        if self.lr_scheduler is None and self.settings.schedule == "constant":
            self.lr_scheduler = warmed_constant(optimizer or self.optimizer, self.settings.warmup)
        return super().create_scheduler(num_training_steps, optimizer)

    def _run_epoch(self, **kwargs) -> None:
        # Begun again from the state of the last step, in the middle of an epoch, the Trainer would take one more.
        if self.state.global_step >= self.state.max_steps:
            return
        if self.refresh:
            self.train_dataset[:] = self.refresh(self.model, kwargs["epoch"])
            self.square = is_square(self.train_dataset, self.objective.reads)
        super()._run_epoch(**kwargs)

    def training_step(self, model, inputs, num_items_in_batch=None) -> Tensor:
        """The loss of a batch, with its gradients added up pass by pass."""
        model.train()
        examples = inputs["examples"]
        self.seen += [one.id for one in examples]
        mask = entry_mask(examples, self.objective.reads)
        total = torch.zeros((), device=self.args.device)
        for part in self._parts([one.item for one in examples], mask):
            with autocast(self.settings.precision):
                losses = self._losses(model, [examples[index] for index in part], mask[part])
                loss = losses.sum() / len(examples)
            self.accelerator.backward(loss)
            total += loss.detach()
        return total

    def _parts(self, items: list[Item], mask: Tensor) -> list[list[int]]:
        parts = packs(items, mask, self.token_budget, row=self.row)
        if self.accelerator.num_processes == 1:
            return parts
        # Processes that share weights must pass through them equally often.
        most = self.accelerator.gather(torch.tensor([len(parts)], device=self.args.device)).max().item()
        return packs(items, mask, self.token_budget, most, self.row)

    def _losses(self, model, examples: list[Example], mask: Tensor) -> Tensor:
        computed = grid(model, [one.item for one in examples], mask, self.ref_model, self.row)
        self._measure(computed, mask)
        losses = self.objective.loss(scored(computed, examples), self.settings.objective_settings)
        if computed.kl is not None:
            losses = losses + self.settings.kl * objectives.kl(computed.kl, computed.matched, computed.counts)
        return losses

    def _measure(self, computed: Grid, mask: Tensor) -> None:
        means, matched = computed.means.detach(), computed.matched
        of_matched = (means * matched).sum((1, 2)) / matched.sum((1, 2)).clamp(min=1)
        measured = {"matched_logprob": of_matched.sum().item()}
        if self.square:
            rows, columns = objectives.accuracy(means)
            measured |= {"grid_accuracy_rows": rows.sum().item(), "grid_accuracy_columns": columns.sum().item()}
        read = mask.any(1).to(computed.counts.device)  # responses that the objective reads under some prompt
        tokens = int((computed.counts * read).sum())
        self.measured.append(measured | {"questions": len(means), "response_tokens": tokens})

    def log(self, logs: dict, start_time: float | None = None) -> None:
        """As Trainer.log, with what was measured since the last step and the ids of its pairs, of all processes.

        The Trainer keeps its log with its state, so a killed training goes on with both.
        """
        if "loss" in logs and self.measured:
            logs |= self._step_measured() | {"pairs": gather_object(self.seen)}
            self.measured, self.seen = [], []
        super().log(logs, start_time)

    def _step_measured(self) -> dict[str, float]:
        """Over the parts of a step, and over processes: counts add up, everything else is the mean over questions."""
        names = list(self.measured[0])
        sums = torch.tensor([[sum(entry[name] for entry in self.measured) for name in names]], dtype=torch.float64)
        sums = self.accelerator.gather(sums.to(self.args.device)).sum(0).tolist()
        total = dict(zip(names, sums, strict=True))
        return {name: int(v) if name in COUNTS else v / total["questions"] for name, v in total.items()}

    def evaluate(self, *args, **kwargs) -> dict[str, float]:
        """Answer the validation questions; the scores under eval_ and their names."""
        self.model.eval()
        metrics = {f"eval_{name}": value for name, value in self.validation(self.model).items()}
        metrics["eval_score"] = rank(self.settings.choose, self.state.global_step, metrics["eval_score"])
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def warmed_constant(optimizer: Optimizer, warmup: int) -> LambdaLR:
    """Optimizer step n, from 1 on, has the share min(1, n / (warmup + 1)) of the rate, as in the DPO code base
    eric-mitchell/direct-preference-optimization; transformers' own schedule would spend step 1 at a rate of 0.
    """
    return LambdaLR(optimizer, lambda done: min(1.0, (done + 1) / (warmup + 1)))


def _collate(rows: list[Example]) -> dict:
    return {"examples": rows}
