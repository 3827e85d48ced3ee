"""An adapter's folder, and the whole model that it lies on."""

import json
import os
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_json

ADAPTER, MODEL = "adapter_config.json", "config.json"
# The variable in which the workflow tells its jobs where it has models of the hub fetched to: JSON, by repository.
FETCHED = "FETCHED_MODELS"


def adapter(folder: str | Path) -> dict | None:
    """The settings of the adapter in a folder, with base_model_name_or_path; None where it holds a whole model."""
    path = Path(folder) / ADAPTER
    return read_json(path) if path.exists() else None


def base(folder: str | Path, fetched: dict[str, str] | None = None) -> Path:
    """The folder of the whole model: of an adapter, its base model's. InputError where that is not known here.

    An adapter names a folder, as it is seen from here or from its own, or a repository of the hub. `fetched`: the
    folders that such models are fetched to, by repository; by default as the workflow tells them.
    """
    folder = Path(folder)
    settings = adapter(folder)
    if settings is None:
        return folder
    named, where = settings.get("base_model_name_or_path"), f"{folder / ADAPTER}: base_model_name_or_path"
    if not isinstance(named, str) or not named:
        raise InputError(f"{where} names no model; write there the folder of the model that the adapter was trained on")
    known = json.loads(os.environ.get(FETCHED, "{}")) if fetched is None else fetched
    places = (Path(named), folder / named, *([Path(known[named])] if named in known else []))
    found = next((place for place in places if (place / MODEL).exists()), places[-1])
    if any((place / ADAPTER).exists() for place in places):
        raise InputError(f"{where}: {named!r} is an adapter itself; merge it into its own base, and name that")
    if not (found / MODEL).exists() and named not in known:
        raise InputError(
            f"{where}: {named!r} is no folder of a model here, and no model of the config has it as its hub; write "
            "there the folder of the model that the adapter was trained on"
        )
    return found
