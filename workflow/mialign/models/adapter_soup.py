"""Adapters (LoRA) of several checkpoints merged linearly: what each adds to the weights, in one adapter."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_json, write_json
from mialign.models import checkpoints
from mialign.models.bases import ADAPTER, base

TENSORS = "adapter_model.safetensors"
DOWN, UP = ".lora_A.weight", ".lora_B.weight"
OWN = ("base_model_name_or_path", "revision", "peft_version")  # of the settings: what changes no weight here
# Settings under which an adapter adds something else than lora_alpha / r times B A.
OTHERS = ("use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save")


def merge(folders: Sequence[Path], weights: Sequence[float], out: Path) -> None:
    """An adapter that adds sum_i w_i s B_i A_i to the weights, s being lora_alpha / r of all of them.

    Its factors are those of the adapters with a weight above 0, stacked: A = [A_1; A_2; ...] and B = [w_1 B_1, w_2 B_2,
    ...], so its rank is the sum of theirs, and no matrix is rounded but B. A weight of 1 gives that checkpoint's own
    bytes. InputError unless all are plain LoRA with the same settings, on the same model.
    """
    _check_alike(folders)
    kept = [(Path(folder), weight) for folder, weight in zip(folders, weights, strict=True) if weight]
    first = kept[0][0]
    with checkpoints.writing_folder(out) as folder:
        for path in filter(Path.is_file, sorted(first.iterdir())):
            shutil.copyfile(path, folder / path.name)
        if len(kept) > 1:
            _write(kept, folder)


def _check_alike(folders: Sequence[Path]) -> None:
    first, *others = map(_settings, folders)
    for folder, found in zip(folders[1:], others, strict=True):
        if differing := [key for key in first.keys() | found.keys() if first.get(key) != found.get(key)]:
            raise InputError(f"{folder}: {min(differing)} of its {ADAPTER} is not that of {folders[0]}")


def _settings(folder: Path) -> dict:
    """Of an adapter all that decides what it adds; InputError for one that is not plain LoRA."""
    folder = Path(folder)
    checkpoints.check(folder, may_lack_base=True)
    given = read_json(folder / ADAPTER)
    strange = next((key for key in OTHERS if given.get(key)), None)
    names = checkpoints.tensors(folder / TENSORS)
    strange = strange or next((name for name in names if not name.endswith((DOWN, UP))), None)
    if strange:
        raise InputError(f"{folder}: an adapter with {strange}, which is not merged; only plain LoRA is")
    kept = {key: value for key, value in given.items() if key not in OWN}
    # peft writes targets in any order.
    kept = {key: sorted(value) if isinstance(value, list) else value for key, value in kept.items()}
    return kept | {"base model": str(base(folder).resolve())}


def _write(kept: list[tuple[Path, float]], folder: Path) -> None:
    """The stacked factors in `folder`, and the settings that go with their rank."""
    import torch
    from safetensors.torch import load_file, save_file

    adapters = [(load_file(path / TENSORS), weight) for path, weight in kept]
    merged = {}
    for name, tensor in adapters[0][0].items():
        if name.endswith(DOWN):
            merged[name] = torch.cat([one[name] for one, _ in adapters], 0)
        else:
            parts = [weight * one[name].double() for one, weight in adapters]
            merged[name] = torch.cat(parts, 1).to(tensor.dtype)
    save_file(merged, folder / TENSORS, metadata={"format": "pt"})
    first, times = kept[0][0], len(kept)
    given = read_json(first / ADAPTER)
    given |= {key: given[key] * times for key in ("r", "lora_alpha")}
    given["base_model_name_or_path"] = str(base(first))  # which may have been named from the first folder
    write_json(folder / ADAPTER, given, ensure_ascii=True)
