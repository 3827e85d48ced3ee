"""How many multiplications the padded way takes for one of ours, on the benchmark's questions and on many others.

    python benchmarks/training/limit.py

Layers and output layer alone, forward and backward; attention and all that is done element by element are left out.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "workflow"), str(Path(__file__).parent)]

from shapes import model, questions  # noqa: E402

from mialign.training.grid import Item  # noqa: E402
from mialign.training.grid.projection import CHUNK  # noqa: E402

VOCABULARY = 32_000


def padded(item: Item, layers: int, head: int) -> int:
    """Three products with all weights at every position of N x M rows, padded to the longest."""
    positions = len(item.prompts) * len(item.responses) * item.longest
    return 3 * positions * (layers + head)


def ours(item: Item, layers: int, head: int) -> int:
    """A tree of each prompt; the output layer on responses: three products, four where no chunk is kept."""
    tokens = len(item.prompts) * sum(map(len, item.responses))
    kept = min(tokens, CHUNK["cpu"] // VOCABULARY)
    return 3 * (sum(map(len, item.prompts)) + tokens) * layers + (4 * tokens - kept) * head


def main() -> None:
    made = model(VOCABULARY)
    head = made.get_output_embeddings().weight.numel()
    layers = sum(weight.numel() for weight in made.parameters()) - head
    for n in (2, 3, 4):
        for what, seeds in (("of the benchmark", range(1, 4)), ("of many", range(1, 501))):
            items = [item for seed in seeds for item in questions(2, n, n, VOCABULARY, seed)]
            theirs, own = (sum(way(item, layers, head) for item in items) for way in (padded, ours))
            print(f"N = {n}, {len(items)} questions {what}: {theirs / own:.2f}")


if __name__ == "__main__":
    main()
