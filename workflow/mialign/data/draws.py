"""Questions drawn with replacement, each for several pairs: what a set asks that draws until it has its size."""

from random import Random

from mialign.core.seeds import derive


def drawn_questions(questions: list[dict], draws: dict, seed: int) -> list[dict]:
    """The question of every pair that may be asked for, in the order of the draws; `draw` tells them apart.

    draws: {pairs: of each draw, at_most: draws}. A higher bound leaves the draws before it as they were.
    """
    rng = Random(derive(seed, "draws"))
    chosen = [rng.choice(questions) for _ in range(draws["at_most"])]
    return [
        {**question, "draw": f"{number}.{pair}"}
        for number, question in enumerate(chosen, start=1)
        for pair in range(1, draws["pairs"] + 1)
    ]
