"""Weights of several checkpoints merged linearly (Rewarded Soups, arXiv 2306.04488; model soups, arXiv 2203.05482)."""

import json
import shutil
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_json
from mialign.core.simplex import on_simplex
from mialign.models import adapter_soup, checkpoints
from mialign.models.bases import ADAPTER, MODEL

IGNORED = ("_name_or_path", "transformers_version")  # of config.json: what changes no weight


def merge(folders: Sequence[Path], weights: Sequence[float], out: Path) -> None:
    """A checkpoint whose every tensor is sum_i weights_i tensor_i, in the form of the first folder.

    Adapters give an adapter (adapter_soup). One tensor is in memory at a time. Sums are in float64 and rounded once, so
    a weight of 1 gives that checkpoint's own bytes. Tensors that are tied are stored once in a checkpoint, and stay so.
    InputError if the checkpoints do not have the same settings, tensors and shapes, if only some are adapters, and for
    weights that do not sum to one.
    """
    _check_weights(folders, weights)
    if all((Path(folder) / ADAPTER).exists() for folder in folders):
        return adapter_soup.merge(folders, weights, out)
    files = [_files(folder) for folder in folders]
    _check_alike(folders, files)
    with checkpoints.writing_folder(out) as folder, ExitStack() as stack:
        readers = [_readers(stack, places) for places in files]
        for path in sorted(Path(folders[0]).iterdir()):
            if path.suffix == ".safetensors":
                _write(path, folder / path.name, lambda name: _merged(name, readers, files, weights))
            elif path.is_file():
                shutil.copyfile(path, folder / path.name)


def _check_weights(folders: Sequence[Path], weights: Sequence[float]) -> None:
    if len(weights) != len(folders):
        raise InputError(f"{len(folders)} checkpoints and {len(weights)} weights; give each checkpoint one")
    if not on_simplex(weights):
        raise InputError(f"the weights {list(weights)} must be 0 or more and sum to one")


def _files(folder: Path) -> dict[str, Path]:
    """The safetensors file of every tensor of a checkpoint."""
    folder = Path(folder)
    if (folder / ADAPTER).exists():
        raise InputError(f"{folder}: an adapter, and others are whole models; merge checkpoints of one kind")
    checkpoints.check_files(folder)
    return {name: path for path in sorted(folder.glob("*.safetensors")) for name in checkpoints.tensors(path)}


def _check_alike(folders: Sequence[Path], files: list[dict[str, Path]]) -> None:
    first, *others = [
        {key: value for key, value in read_json(Path(folder) / MODEL).items() if key not in IGNORED}
        for folder in folders
    ]
    shapes = [_headers(places) for places in files]
    for folder, config, found in zip(folders[1:], others, shapes[1:], strict=True):
        if differing := [key for key in first.keys() | config.keys() if first.get(key) != config.get(key)]:
            raise InputError(f"{folder}: {min(differing)} of its config.json is not that of {folders[0]}")
        for name in sorted(shapes[0].keys() | found.keys()):
            here, there = found.get(name), shapes[0].get(name)
            if not here or not there or any(here[key] != there[key] for key in ("shape", "dtype")):
                raise InputError(
                    f"{folder}: the tensor {name} is not there, or not as in {folders[0]}; merge models that were "
                    "trained from one parent"
                )


def _headers(places: dict[str, Path]) -> dict[str, dict]:
    paths = dict.fromkeys(places.values())
    return {name: entry for path in paths for name, entry in checkpoints.tensors(path).items()}


def _readers(stack: ExitStack, places: dict[str, Path]) -> dict[Path, object]:
    from safetensors import safe_open

    return {path: stack.enter_context(safe_open(path, framework="pt")) for path in dict.fromkeys(places.values())}


def _merged(name: str, readers: list[dict], files: list[dict[str, Path]], weights: Sequence[float]) -> bytes:
    import torch

    tensors = [own[places[name]].get_tensor(name) for own, places in zip(readers, files, strict=True)]
    first = tensors[0]
    if first.is_floating_point():
        total = sum(weight * one.double() for weight, one in zip(weights, tensors, strict=True) if weight)
        first = total.to(first.dtype)
    elif any(not torch.equal(first, one) for one in tensors[1:]):
        raise InputError(f"the tensor {name} holds whole numbers that differ, so it cannot be merged")
    return first.contiguous().flatten().view(torch.uint8).numpy().tobytes()


def _write(source: Path, out: Path, data_of: Callable[[str], bytes]) -> None:
    """The file `source` with other data of its tensors: the header, and so every place in the file, is the same."""
    with source.open("rb") as stream:
        head = stream.read(8)
        header = stream.read(struct.unpack("<Q", head)[0])
    with out.open("wb") as stream:
        stream.write(head + header)
        for name in _in_order(json.loads(header)):
            stream.write(data_of(name))


def _in_order(header: dict) -> Iterator[str]:
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    yield from sorted(entries, key=lambda name: entries[name]["data_offsets"])
