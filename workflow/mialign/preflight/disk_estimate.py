"""How much disk trainings take: what `make cost` and the doctor both count by."""

CHECKPOINT = 4  # bytes a weight: float32
STATE = 12  # bytes a weight: itself and the two moments that an optimizer keeps of it
STATES = 3  # of a training at work: the best and the last, and the next, which is whole before one of them goes


def of_training(experiment: dict, seeds: int, weights: float) -> float:
    """Bytes of an experiment's checkpoints, and of the states while as many trainings are at work as can be.

    Every method that none is trained from can be, for every seed: on a cluster they run side by side. Of an adapter
    next to nothing is written.
    """
    whole = {name: method["parent"] for name, method in experiment["methods"].items() if "adapter" not in method}
    together = len(whole.keys() - set(whole.values()))
    return seeds * weights * (CHECKPOINT * len(whole) + STATE * STATES * together)
