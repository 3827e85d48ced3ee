"""How many weights a model has, as far as that can be known without loading it."""

import json
import struct
from math import prod
from pathlib import Path

from mialign import checkpoints
from mialign.errors import InputError
from mialign.numbers.settings import parameters


def counted(folder: str | Path) -> int | None:
    """The weights in a model's folder (of an adapter, its base model's); None where they are not whole there."""
    try:
        checkpoints.check(folder)
        whole = checkpoints.base(folder)
        checkpoints.check(whole)
    except InputError:
        return None
    return sum(map(_numbers, whole.glob("model*.safetensors")))


def known(config: dict, on_disk: dict[str, int], name: str) -> int | None:
    """Of a model that the run trains from its architecture, of another from what was counted; None if it was not."""
    model = config["models"][root(config, name)]
    return parameters(model["architecture"]) if "architecture" in model else on_disk.get(root(config, name))


def root(config: dict, name: str) -> str:
    """The model that the training of another began with, or that model itself."""
    while "parent" in config["models"][name]:
        name = config["models"][name]["parent"]
    return name


def _numbers(path: Path) -> int:
    """Of a safetensors file, whose header has the shape of each tensor."""
    with path.open("rb") as stream:
        header = json.loads(stream.read(struct.unpack("<Q", stream.read(8))[0]))
    return sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
