"""How many optimizer steps a training has that is given in epochs."""

from fractions import Fraction


def steps_of(epochs: float, pairs: int, batch: int) -> int:
    """An epoch is as many whole batches as the pairs fill; of a part of an epoch the whole steps count.

    4,000 pairs in batches of 128 are 31 steps an epoch; the 32 pairs that fill no batch are left out.
    """
    return int(Fraction(str(epochs)) * (pairs // batch))
