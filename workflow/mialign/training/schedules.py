"""Learning rates by step, where transformers has not the one that is wanted."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warmed_constant(optimizer: Optimizer, warmup: int) -> LambdaLR:
    """Optimizer step n, from 1 on, has the share min(1, n / (warmup + 1)) of the rate, as in the DPO code base
    eric-mitchell/direct-preference-optimization; transformers' own schedule would spend step 1 at a rate of 0.
    """
    return LambdaLR(optimizer, lambda done: min(1.0, (done + 1) / (warmup + 1)))
