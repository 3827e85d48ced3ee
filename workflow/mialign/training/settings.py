"""The settings of a training as typed objects, read from the JSON that the rules pass."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

from mialign.core import setting
from mialign.core.arguments import typed
from mialign.core.errors import InputError
from mialign.training.objectives import OBJECTIVES, own_settings

Precision = Literal["float32", "bf16"]
_AT_LEAST_0, _ABOVE_0, _AT_LEAST_1 = {"minimum": 0}, {"exclusiveMinimum": 0}, {"minimum": 1}
_LIMITS = {
    **dict.fromkeys(("warmup", "clip", "validate_every", "validate_at", "weight_decay", "prompt_weight"), _AT_LEAST_0),
    **dict.fromkeys(("learning_rate", "other_rate", "epochs"), _ABOVE_0),
    **dict.fromkeys(("batch", "steps", "rollout_every"), _AT_LEAST_1),
    "max_length": {"minimum": 2},
    "min_lr_rate": {"minimum": 0, "maximum": 1},
}


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """What every training has: how its steps are taken.

    batch: questions or texts of a step. warmup: steps in which the rate rises to its full height. min_lr_rate: the
    share of the rate that is left where a cosine ends. clip: the most that the norm of the gradient may be; 0 does not
    clip it.
    """

    seed: int
    learning_rate: float
    batch: int
    optimizer: Literal["adamw", "rmsprop", "muon"] = "adamw"
    schedule: Literal["constant", "cosine"] = "constant"
    min_lr_rate: float = 0.1
    warmup: int = 0
    clip: float = 1.0

    def __post_init__(self):
        for name, limits in _LIMITS.items():
            if (value := getattr(self, name, None)) is not None:
                setting.check_limits(f"--settings: {name}", value, limits)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(OptimizerSettings):
    """All that decides the checkpoint of a method beside the files that it reads; config.yaml explains the keys.

    objective_settings: those that belong to the objective (Objective.settings). betas: of AdamW; by default torch's.
    epochs: if the training is given in epochs, whose steps the pairs decide; `steps` then has those of a full set.
    precision: of the products; weights: of the weights, gradients and optimizer state. validate_every: steps from one
    validation to the next; with 0 there is none, and the last checkpoint is kept. validation: how validation answers
    are sampled and scored; validate_by: the judge that scores them. rollouts: what becomes of the responses of a policy
    that writes its own pairs, every `rollout_every` steps.
    """

    objective: str
    objective_settings: dict
    steps: int
    validate_every: int
    validation: dict
    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    betas: list[float] | None = None
    epochs: float | None = None
    precision: Precision = "float32"
    weights: Precision = "float32"
    max_length: int | None = None
    choose: Literal["last", "validation"] | int = "validation"
    validate_at: float = 0.0
    validate_by: dict | None = None
    adapter: dict | None = None
    rollout_every: int | None = None
    rollouts: dict | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.betas is not None and len(self.betas) != 2:
            raise InputError(f"--settings: betas is {self.betas!r}; it must be two numbers")
        if isinstance(self.choose, int):
            setting.check_limits("--settings: choose", self.choose, _AT_LEAST_1)

    @property
    def save_every(self) -> int:
        """Steps from one checkpoint to the next."""
        return saved_every(self.validate_every, self.steps)

    @property
    def train_on(self) -> str:
        """Which responses an objective is trained on that can be trained on the positive ones alone."""
        return self.objective_settings.get("train_on", "all")

    @property
    def kl(self) -> float:
        """The weight of the distance from the parent, 0 for an objective that takes none."""
        return self.objective_settings.get("kl", 0.0)

    @classmethod
    def read(cls, given: dict) -> Self:
        """Of one flat object, with the objective's settings among the others; those that are left out have defaults.

        InputError for an unknown key, a missing one or a value that it cannot have.
        """
        objective = given.get("objective")
        if not isinstance(objective, str) or objective not in OBJECTIVES:
            raise InputError(f"--settings: objective is {objective!r}; there are {', '.join(OBJECTIVES)}")
        if "objective_settings" in given:
            raise InputError("--settings: unknown key 'objective_settings'; those settings stand among the others")
        setting.check_own("objective", objective, given, own_settings())
        own = OBJECTIVES[objective].settings
        chosen = setting.defaults(own) | {name: given[name] for name in own if name in given}
        for name, value in chosen.items():
            setting.check_limits(f"--settings: {name}", value, own[name].limits)
        shared = {name: value for name, value in given.items() if name not in own}
        return typed(cls, {**shared, "objective_settings": chosen})


@dataclass(frozen=True, kw_only=True)
class PretrainingSettings(OptimizerSettings):
    """How a base model of the miniature is trained on its corpus.

    prompt_weight: of the tokens of a prompt in the loss; those of a response have weight 1. With muon, learning_rate
    and weight_decay are those of the inner matrices and other_rate is that of all other weights.
    """

    optimizer: Literal["adamw", "muon"] = "adamw"
    schedule: Literal["constant", "cosine"] = "cosine"
    other_rate: float | None = None
    prompt_weight: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        if (self.optimizer == "muon") != (self.other_rate is not None):
            raise InputError("--settings: other_rate: muon needs it for what is no inner matrix, and adamw has none")


def saved_every(validate_every: int, steps: int) -> int:
    """Steps from one checkpoint to the next: one is saved where it is validated, or the last alone."""
    return validate_every or steps


def is_saved(step: int, every: int, steps: int) -> bool:
    """Whether a training of so many steps saves a checkpoint at this one: every so many, and at the last."""
    return step == steps or (step < steps and step % every == 0)


def steps_of(epochs: float, pairs: int, batch: int) -> int:
    """The steps of a training in epochs: an epoch is as many whole batches as the pairs fill.

    Of a part of an epoch the whole steps count. 4,000 pairs in batches of 128 are 31 steps an epoch; the 32 pairs that
    fill no batch are left out.
    """
    return int(Fraction(str(epochs)) * (pairs // batch))
