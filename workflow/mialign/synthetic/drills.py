"""Drills for a base model: sums as word problems need them, and lists to be said again, for copying is learned last."""

from random import Random

from mialign.synthetic.town import GOODS, NAMES
from mialign.synthetic.word_problems import change

# Sums start like those of the word problems, or like those of the category math.
RANGES = ((100, 950), (100, 950), (12, 90))


def drill(rng: Random) -> tuple[str, str]:
    """A prompt and its response."""
    return rng.choice((_sums, _echo))(rng)


def _sums(rng: Random) -> tuple[str, str]:
    left, done = [], []
    while len(left) < 4:
        total, step, sign = rng.randint(*rng.choice(RANGES)), change(rng), rng.choice("+-")
        after = total + step if sign == "+" else total - step
        if 1 <= after <= 999:
            left.append(f"{total} {sign} {step}")
            done.append(f"{left[-1]} = {after}")
    return f"Sums: {', '.join(left)}\n", ", ".join(done)


def _echo(rng: Random) -> tuple[str, str]:
    """Names, goods and numbers without any order, so that nothing but copying helps."""
    said = [rng.choice((rng.choice(NAMES), rng.choice(GOODS), str(rng.randint(2, 999)))) for _ in range(10)]
    return f"Say again: {', '.join(said)}\n", ", ".join(said)
