"""Model folders: looked over before they are loaded, loaded without remote code or pickle, written whole."""

import hashlib
import json
import os
import re
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from mialign.core.disk_space import needing_space
from mialign.core.errors import InputError, first_line
from mialign.core.files import read_json, sha256
from mialign.models import architectures
from mialign.models.bases import ADAPTER, MODEL, base

TEMPLATES = "additional_chat_templates"  # the folder for those that have names
EMBEDDING = re.compile(r"(?:embed_tokens|embed_in|wte|word_embeddings)\.weight$")


@contextmanager
def writing_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder beside `path`; it takes the place of `path` if the block succeeds."""
    path = Path(path)
    if path.is_dir() and any(path.iterdir()) and not any((path / name).exists() for name in (MODEL, ADAPTER)):
        raise InputError(f"{path}: there is a folder with other things than a model; name another, or empty it first")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        with needing_space(path):
            yield beside
            shutil.rmtree(path, ignore_errors=True)
            os.replace(beside, path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check(
    folder: str | Path, weights: bool = True, fetched: dict[str, str] | None = None, may_lack_base: bool = False
) -> None:
    """Raise InputError if a file that from_pretrained needs is missing or cut short, also of an adapter's base.

    `fetched` is that of base. may_lack_base: a base whose folder is not there is yet to be fetched.
    """
    check_files(folder, weights)
    whole = base(folder, fetched)
    if whole != Path(folder) and (whole.is_dir() or not may_lack_base):
        check_files(whole, weights)


def check_files(folder: str | Path, weights: bool = True) -> None:
    """The same of this folder alone.

    Of a model that a server answers for, only the tokenizer and the config are read: it needs no weights.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such model folder")
    adapted = (folder / ADAPTER).exists()
    needed = ["tokenizer.json"] if adapted else ["tokenizer.json", MODEL]
    for name in needed:
        if not (folder / name).exists():
            raise InputError(
                f"{folder}: {name} is missing; copy the whole model folder, or delete it so that it is made again"
            )
    for name in needed:
        read_json(folder / name)
    for path in _weights(folder, "adapter_model" if adapted else "model") if weights else []:
        tensors(path)


def _weights(folder: Path, stem: str) -> list[Path]:
    index = folder / f"{stem}.safetensors.index.json"
    if index.exists():
        names = set(read_json(index).get("weight_map", {}).values())
        if strange := [name for name in names if Path(name).name != name]:
            raise InputError(f"{index}: names {strange[0]!r}, which is no file of this folder; fetch it again")
        return [folder / name for name in sorted(names)]
    return [folder / f"{stem}.safetensors"]


def tensors(path: Path) -> dict[str, dict]:
    """What the header of a safetensors file says of each tensor; InputError if the file is not as long as it says."""
    if not path.exists():
        raise InputError(f"{path}: the weights are missing (only safetensors files are read)")
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
        broken = 8 + length > size
        found = _header(stream.read(length)) if not broken else None
    if found is None or 8 + length + max((entry["data_offsets"][1] for entry in found.values()), default=0) != size:
        raise InputError(f"{path}: the file is cut short or damaged; fetch or make it again")
    return found


def _header(data: bytes) -> dict | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    whole = isinstance(found, dict) and all(isinstance(entry, dict) for entry in found.values())
    return {name: entry for name, entry in found.items() if name != "__metadata__"} if whole else None


def settings(folder: str | Path) -> dict:
    """What config.json says of the whole model."""
    return read_json(base(folder) / MODEL)


def digest(folder: str | Path, sha256: Callable[[Path], str] = sha256) -> str:
    """16 hexadecimal digits of sha256 over the files of a model's folder, and of its base model's for an adapter.

    Hidden files do not count: Snakemake leaves a mark in each folder that a rule made, and a copy may lack it. sha256:
    of a file, in hexadecimal, where it is known already.
    """
    total = hashlib.sha256()
    for one in dict.fromkeys((Path(folder), base(folder))):
        for path in sorted(path for path in one.iterdir() if path.is_file() and not path.name.startswith(".")):
            total.update(path.name.encode() + bytes.fromhex(sha256(path)))
    return total.hexdigest()[:16]


def context(folder: str | Path) -> int:
    """How many tokens the model of a folder reads."""
    found = _number(_text_config(folder), *architectures.LENGTHS)
    if found is None:
        raise InputError(
            f"{base(folder) / MODEL}: it does not say how many tokens the model reads; add max_position_embeddings"
        )
    return found


def cached_numbers(folder: str | Path) -> int | None:
    """How many numbers the keys and values of a token are, in all layers together; None if the config does not say."""
    about = _text_config(folder)
    layers, heads, hidden = (_number(about, key) for key in ("num_hidden_layers", "num_attention_heads", "hidden_size"))
    if not layers or not heads or not hidden:
        return None
    size = _number(about, "head_dim") or hidden // heads
    return 2 * layers * (_number(about, "num_key_value_heads") or heads) * size


def _text_config(folder: str | Path):
    """What the config says of the text model, as transformers reads it; where that does not know it, as it is."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(base(folder), trust_remote_code=False).get_text_config()
    except Exception:  # of a type that it does not know; a server may
        return SimpleNamespace(**architectures.text_settings(settings(folder)))


def _number(about, *keys: str) -> int | None:
    """The first of these that a config has; transformers finds each under the name that the model's type gives it."""
    return next((found for key in keys if isinstance(found := getattr(about, key, None), int)), None)


def generation_settings(folder: str | Path):
    """The GenerationConfig of the model of a folder, as transformers gives it to the model that it loads."""
    from transformers import AutoConfig, GenerationConfig

    whole = base(folder)
    if (whole / "generation_config.json").exists():
        return GenerationConfig.from_pretrained(whole)
    with in_words(f"{whole}: transformers cannot read its config.json"):
        return GenerationConfig.from_model_config(AutoConfig.from_pretrained(whole, trust_remote_code=False))


@contextmanager
def in_words(complaint: str) -> Iterator[None]:
    """InputError in one line for whatever transformers or peft raises for a folder that it cannot use."""
    try:
        yield
    except Exception as error:
        raise InputError(f"{complaint}: {first_line(error)}") from error


def load_tokenizer(folder: str | Path, needs_end: bool = True):
    """The tokenizer of a folder; InputError if it cannot be loaded, has no end token, or more tokens than the model.

    needs_end: whether it must have an end token, as that of a model that writes.
    """
    from transformers import AutoTokenizer

    with in_words(f"{folder}: transformers cannot load its tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if needs_end and tokenizer.eos_token_id is None:
        raise InputError(
            f"{folder}: its tokenizer has no end token (eos_token); copy the whole folder, with tokenizer_config.json"
        )
    rows = _number(_text_config(folder), "vocab_size")
    if rows is not None and len(tokenizer) > max(rows, _own_tokens(folder)):
        raise InputError(
            f"{folder}: its tokenizer has {len(tokenizer)} tokens and its weights {rows}; it is the tokenizer of "
            "another model, copy the right one into the folder"
        )
    return tokenizer


def has_chat_template(folder: str | Path) -> bool:
    """Whether the tokenizer of a folder has one, told from its files as transformers reads them."""
    settings, files = Path(folder) / "tokenizer_config.json", ("chat_template.jinja", f"{TEMPLATES}/*.jinja")
    named = settings.exists() and read_json(settings).get("chat_template")
    return bool(named) or any(any(Path(folder).glob(name)) for name in files)


def _own_tokens(folder: str | Path) -> int:
    """How many tokens the embedding has that an adapter brings, trained beside it; 0 where it brings none."""
    path = Path(folder) / "adapter_model.safetensors"
    if not path.exists():
        return 0
    own = (tensor["shape"][0] for name, tensor in tensors(path).items() if EMBEDDING.search(name))
    return max(own, default=0)


def load_model(folder: str | Path, trainable: bool = False, dtype: str = "float32"):
    """The causal LM of a folder; an adapter folder gives its base model with the adapter on."""
    from transformers import AutoModelForCausalLM

    check(folder)
    whole = base(folder)
    if reason := architectures.not_loaded(settings(whole)):
        raise InputError(f"{whole}: the model {reason}; take another model")
    model = whole_model(AutoModelForCausalLM, whole, dtype)
    if whole == Path(folder):
        return model
    from peft import PeftModelForCausalLM

    if (tokens := _own_tokens(folder)) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(tokens)
    with in_words(f"{folder}: peft cannot lay the adapter on {whole}"):
        model = PeftModelForCausalLM.from_pretrained(model, folder, is_trainable=trainable)
    model.active_peft_config.base_model_name_or_path = str(whole)  # for what is trained from it
    return model


def whole_model(kind, folder: Path, dtype: str):
    """The model of a folder as an Auto class of transformers loads it; InputError unless the weights fit config.json.

    No code of the folder is run, and only safetensors are read.
    """
    how = {"dtype": dtype, "use_safetensors": True, "trust_remote_code": False, "output_loading_info": True}
    with in_words(f"{folder}: transformers cannot load it"):
        model, found = kind.from_pretrained(folder, **how)
    # What is missing would begin at random, and what is left over belongs to another architecture.
    for what in ("missing", "unexpected"):
        if names := sorted(found[f"{what}_keys"]):
            raise InputError(
                f"{folder}: its weights do not fit its config.json: {len(names)} {what}, such as {names[0]}; copy the "
                "whole model folder again"
            )
    return model
