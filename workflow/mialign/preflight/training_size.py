"""What trainings take, in bytes: of disk, which `make cost` and the doctor both count, and of memory."""

from mialign.models.machine import BYTES
from mialign.training.objectives import OBJECTIVES

MOMENTS = {"adamw": 2, "rmsprop": 1}  # numbers that an optimizer keeps of a weight, in its precision
STATES = 3  # of a training at work: the best and the last, and the next, which is whole before one of them goes


def number_size(method: dict) -> int:
    """Bytes of a weight of a method's checkpoint."""
    return BYTES[method.get("weights", "float32")]


def disk_bytes(experiment: dict, seeds: int, weights: float) -> float:
    """Bytes of an experiment's checkpoints, and of the states while as many trainings are at work as can be.

    Every method that none is trained from can be, for every seed: on a cluster they run side by side. Of an adapter
    next to nothing is written.
    """
    whole = {name: method for name, method in experiment["methods"].items() if "adapter" not in method}
    together = whole.keys() - {method["parent"] for method in whole.values()}
    kept = sum(number_size(method) for method in whole.values())
    state = sum(number_size(whole[name]) * (1 + _moments(whole[name])) for name in together)
    return seeds * weights * (kept + STATES * state)


def memory_bytes(method: dict, parent: dict, weights: float) -> float:
    """Bytes of weights, gradients and optimizer state on all GPUs together, and of frozen models: the one
    that KL reads, and the reference that scores rollouts.

    parent: the method that it is trained from, or nothing if that is a model. A forward and a backward pass take more
    beside it. Of an adapter only the models count that it lies on; without it such a model is what KL reads, unless
    the parent had the adapter already.
    """
    reference = "rollout_every" in method and OBJECTIVES[method["objective"]].needs_reference
    kl = bool(method.get("kl"))
    if "adapter" in method:
        return number_size(method) * (1 + reference + (kl and "adapter" in parent)) * weights
    return number_size(method) * (2 + _moments(method) + kl + reference) * weights


def judge_memory_bytes(weights: float) -> float:
    """Bytes of the model that judges validation answers, which is read in float32 on the first GPU."""
    return BYTES["float32"] * weights


def _moments(method: dict) -> int:
    """How many numbers the optimizer of a method keeps of a weight."""
    return MOMENTS[method.get("optimizer", "adamw")]
