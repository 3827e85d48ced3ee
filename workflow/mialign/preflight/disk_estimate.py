"""How much disk trainings take: what `make cost` and the doctor both count by."""

BYTES = {"float32": 4, "bf16": 2}  # of a weight, by the setting weights of a method
MOMENTS = {"adamw": 2, "rmsprop": 1}  # numbers that an optimizer keeps of a weight, in its precision
STATES = 3  # of a training at work: the best and the last, and the next, which is whole before one of them goes


def number_size(method: dict) -> int:
    """Bytes of a weight of a method's checkpoint."""
    return BYTES[method.get("weights", "float32")]


def moments(method: dict) -> int:
    """How many numbers the optimizer of a method keeps of a weight."""
    return MOMENTS[method.get("optimizer", "adamw")]


def of_training(experiment: dict, seeds: int, weights: float) -> float:
    """Bytes of an experiment's checkpoints, and of the states while as many trainings are at work as can be.

    Every method that none is trained from can be, for every seed: on a cluster they run side by side. Of an adapter
    next to nothing is written.
    """
    whole = {name: method for name, method in experiment["methods"].items() if "adapter" not in method}
    together = whole.keys() - {method["parent"] for method in whole.values()}
    kept = sum(number_size(method) for method in whole.values())
    state = sum(number_size(whole[name]) * (1 + moments(whole[name])) for name in together)
    return seeds * weights * (kept + STATES * state)
