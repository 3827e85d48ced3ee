"""What a job noted of itself (see `provenance`), read and held to its form, since a crate comes from elsewhere."""

from datetime import datetime
from pathlib import Path
from types import NoneType

from mialign.core.errors import InputError
from mialign.core.files import read_json

_FILES = {"sha256": str, "bytes": int}
_FORM = {
    **dict.fromkeys(("stage", "log", "started", "python"), str),
    "seconds": (int, float),
    "command": list,
    **dict.fromkeys(("arguments", "packages", "inputs", "outputs", "models"), dict),
    "code": {"digest": str, "commit": (str, NoneType), "dirty": (bool, NoneType)},
    "machine": {"system": str, "processor": str, "cores": (int, NoneType), "gpu": (str, NoneType)},
}


def read(path: Path) -> dict:
    """The notes of one job; InputError with file and key where they are not of the form."""
    job = {"models": {}} | read_json(path)  # an older version did not note models
    _hold(job, _FORM, path)
    for side in ("inputs", "outputs"):
        for name, about in job[side].items():
            _hold({name: about}, {name: _FILES}, path, f"{side}: ")
    _hold(job["models"], dict.fromkeys(job["models"], str), path, "models: ")
    if not all(isinstance(word, str) for word in job["command"]):
        raise _wrong(path, "command", "cannot be read")
    try:
        datetime.fromisoformat(job["started"])
    except ValueError:
        raise _wrong(path, "started", "cannot be read") from None
    return job


def _hold(found: dict, form: dict, path: Path, above: str = "") -> None:
    for name, kind in form.items():
        if name not in found:
            raise _wrong(path, above + name, "is missing")
        if not isinstance(found[name], dict if isinstance(kind, dict) else kind):
            raise _wrong(path, above + name, "cannot be read")
        if isinstance(kind, dict):
            _hold(found[name], kind, path, f"{above}{name}: ")


def _wrong(path: Path, name: str, what: str) -> InputError:
    return InputError(f"{path}: {name!r} {what}; it is no provenance of a job, take it away")
