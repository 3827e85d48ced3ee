"""How much memory the state of a training takes on its GPUs, beside what a forward and a backward pass take."""

from mialign.preflight.disk_estimate import BYTES, moments, number_size


def of_training(method: dict, weights: float) -> float:
    """Bytes of weights, gradients and optimizer state on all GPUs together, and of the frozen model that KL reads.

    Of an adapter only the model that it lies on counts.
    """
    if "adapter" in method:
        return number_size(method) * weights
    frozen = 1 if method.get("kl") else 0
    return number_size(method) * (2 + moments(method) + frozen) * weights


def of_judge(weights: float) -> float:
    """Bytes of the model that judges validation answers, which is read in float32 on the first GPU."""
    return BYTES["float32"] * weights
