"""Which checkpoint of a training is kept: the best on validation questions, the last, or that of a given step."""


def rank(choose: str | int, step: int, score: float) -> float:
    """The number by which checkpoints are compared: the highest is kept, of several that are as high the first."""
    if choose == "validation":
        return score
    return float(step) if choose == "last" else -float(abs(step - choose))
