"""How many weights a model has, as far as that can be known without loading it."""

from math import prod
from pathlib import Path

from mialign.core.errors import InputError
from mialign.models import checkpoints


def counted(folder: str | Path) -> int | None:
    """The weights in a model's folder (of an adapter, its base model's); None where they are not whole there."""
    try:
        checkpoints.check(folder)
    except InputError:
        return None
    return sum(map(_numbers, checkpoints.base(folder).glob("model*.safetensors")))


def known(config: dict, on_disk: dict[str, int], name: str) -> int | None:
    """Of a model that the run trains from its architecture, of another from what was counted; None if it was not."""
    first = root(config["models"], name)
    model = config["models"][first]
    return parameters(model["architecture"]) if "architecture" in model else on_disk.get(first)


def root(models: dict[str, dict], name: str) -> str:
    """The model that the training of another began with, or that model itself."""
    return with_parents(models, name)[-1]


def with_parents(models: dict[str, dict], name: str) -> list[str]:
    """A model, the one that it is trained from, and so on to the first."""
    found = [name]
    while "parent" in models[found[-1]]:
        found.append(models[found[-1]]["parent"])
    return found


def parameters(architecture: dict) -> int:
    """Weights of a Llama with tied embeddings and as many key and value heads as query heads."""
    hidden, mlp = architecture["hidden"], architecture["mlp"]
    layer = 4 * hidden * hidden + 3 * hidden * mlp + 2 * hidden
    return architecture["vocabulary"] * hidden + architecture["layers"] * layer + hidden


def _numbers(path: Path) -> int:
    return sum(prod(tensor["shape"]) for tensor in checkpoints.tensors(path).values())
