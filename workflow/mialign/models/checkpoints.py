"""Model folders: looked over before they are loaded, loaded without remote code or pickle, written whole."""

import hashlib
import json
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mialign.core.disk_space import needing_room
from mialign.core.errors import InputError

CONFIGS = ("config.json", "adapter_config.json")


@contextmanager
def writing_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; it takes the place of `path` if the block succeeds."""
    path = Path(path)
    if path.is_dir() and any(path.iterdir()) and not any((path / name).exists() for name in CONFIGS):
        raise InputError(f"{path}: there is a folder with other things than a model; name another, or empty it first")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        with needing_room(path):
            yield beside
            shutil.rmtree(path, ignore_errors=True)
            os.replace(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check(folder: str | Path, weights: bool = True) -> None:
    """Raise InputError if a file that from_pretrained needs is missing or cut short.

    Of a model that a server answers for, only the tokenizer and the config are read: it needs no weights.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such model folder")
    adapted = (folder / "adapter_config.json").exists()
    needed = ["tokenizer.json"] if adapted else ["tokenizer.json", "config.json"]
    for name in needed:
        if not (folder / name).exists():
            raise InputError(
                f"{folder}: {name} is missing; copy the whole model folder, or delete it so that it is made again"
            )
    for name in needed:
        _read_json(folder / name)
    for path in _weights(folder, "adapter_model" if adapted else "model") if weights else []:
        _check_weights(path)


def _weights(folder: Path, stem: str) -> list[Path]:
    index = folder / f"{stem}.safetensors.index.json"
    if index.exists():
        names = set(_read_json(index).get("weight_map", {}).values())
        if strange := [name for name in names if Path(name).name != name]:
            raise InputError(f"{index}: names {strange[0]!r}, which is no file of this folder; fetch it again")
        return [folder / name for name in sorted(names)]
    return [folder / f"{stem}.safetensors"]


def _check_weights(path: Path) -> None:
    """A safetensors file says in its header how long it must be."""
    if not path.exists():
        raise InputError(f"{path}: the weights are missing (only safetensors files are read)")
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
        broken = 8 + length > size
        tensors = _header(stream.read(length)) if not broken else None
    broken = tensors is None
    ends = [] if broken else [entry["data_offsets"][1] for name, entry in tensors.items() if name != "__metadata__"]
    if broken or 8 + length + max(ends, default=0) != size:
        raise InputError(f"{path}: the file is cut short or damaged; fetch or make it again")


def _header(data: bytes) -> dict | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    whole = isinstance(found, dict) and all(isinstance(entry, dict) for entry in found.values())
    return found if whole else None


def _read_json(path: Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path}: not JSON ({error}); the file is cut short or damaged, fetch or make it again"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: a JSON object is needed; the file is damaged, fetch or make it again")
    return found


def adapter(folder: str | Path) -> dict | None:
    """The settings of the adapter in a folder, with base_model_name_or_path; None where it holds a whole model."""
    path = Path(folder) / "adapter_config.json"
    return _read_json(path) if path.exists() else None


def base(folder: str | Path) -> Path:
    """The folder of the whole model: of an adapter, its base model's."""
    settings = adapter(folder)
    return Path(settings["base_model_name_or_path"] if settings else folder)


def digest(folder: str | Path) -> str:
    """16 hexadecimal digits of sha256 over the files of a model's folder, and of its base model's for an adapter."""
    total = hashlib.sha256()
    for one in dict.fromkeys((Path(folder), base(folder))):
        for path in sorted(path for path in one.iterdir() if path.is_file()):
            with path.open("rb") as stream:
                total.update(path.name.encode() + hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()[:16]


def context(folder: str | Path) -> int:
    """How many tokens the model of a folder reads."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(base(folder), trust_remote_code=False).get_text_config().max_position_embeddings


def generation_settings(folder: str | Path):
    """The GenerationConfig of the model of a folder, as transformers gives it to the model that it loads."""
    from transformers import AutoConfig, GenerationConfig

    whole = base(folder)
    if (whole / "generation_config.json").exists():
        return GenerationConfig.from_pretrained(whole)
    return GenerationConfig.from_model_config(AutoConfig.from_pretrained(whole, trust_remote_code=False))


def load_tokenizer(folder: str | Path):
    """The tokenizer of a folder; InputError if transformers cannot load it, or if it has no end token."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(
            f"{folder}: transformers cannot load its tokenizer: {str(error).strip().splitlines()[0]}"
        ) from None
    if tokenizer.eos_token_id is None:
        raise InputError(
            f"{folder}: its tokenizer has no end token (eos_token); copy the whole folder, with tokenizer_config.json"
        )
    return tokenizer


def load_model(folder: str | Path, trainable: bool = False, dtype: str = "float32"):
    """The causal LM of a folder; an adapter folder gives its base model with the adapter on."""
    check(folder)
    if adapter(folder):
        from peft import AutoPeftModelForCausalLM

        return AutoPeftModelForCausalLM.from_pretrained(folder, is_trainable=trainable, dtype=dtype)
    from transformers import AutoModelForCausalLM

    how = {"dtype": dtype, "use_safetensors": True, "trust_remote_code": False, "output_loading_info": True}
    try:
        model, found = AutoModelForCausalLM.from_pretrained(folder, **how)
    except (ValueError, RuntimeError, TypeError, ZeroDivisionError) as error:
        raise InputError(f"{folder}: transformers cannot load it: {str(error).strip().splitlines()[0]}") from None
    # What is missing would begin at random, and what is left over belongs to another architecture.
    for what in ("missing", "unexpected"):
        if names := sorted(found[f"{what}_keys"]):
            raise InputError(
                f"{folder}: its weights do not fit its config.json: {len(names)} {what}, such as {names[0]}; copy the "
                "whole model folder again"
            )
    return model
