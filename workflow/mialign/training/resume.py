"""States that a killed training goes on from: kept in its scratch folder, and only ever its own."""

import json
import shutil
from pathlib import Path

import torch
from accelerate import PartialState
from transformers.trainer_utils import get_last_checkpoint

from mialign.core import code_digests
from mialign.core.errors import InputError
from mialign.core.files import write_text
from mialign.models import checkpoints


def open_scratch(scratch: Path, settings: dict, *inputs: Path) -> None:
    """Throw away states that were made with other settings, inputs or code: a training goes on only as itself.

    inputs: files, and folders of models, which count with the base that an adapter lies on.
    Of several processes the first looks after the folder, then the others find it in order.
    """
    with PartialState(cpu=not torch.cuda.is_available()).main_process_first():
        _open_scratch(scratch, settings, *inputs)
        last_state(scratch)


def _open_scratch(scratch: Path, settings: dict, *inputs: Path) -> None:
    models = [checkpoints.digest(path) for path in inputs if path.is_dir()]
    files = [path for path in inputs if not path.is_dir()]
    made_with = code_digests.made_with({"settings": settings, "models": models}, ("train", "model"), files)
    mark = scratch / "made_with"
    if scratch.is_dir() and any(scratch.iterdir()) and not mark.exists():
        raise InputError(f"{scratch}: there is a folder with other things than states of a training; name another")
    if not mark.exists() or mark.read_text() != made_with:
        close_scratch(scratch)
        write_text(mark, made_with)


def close_scratch(scratch: Path) -> None:
    """Remove the states; by way of another name, so that a half-removed folder is not taken for a state."""
    if scratch.exists():
        gone = scratch.with_name(f".{scratch.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        scratch.rename(gone)
        shutil.rmtree(gone)


def last_state(scratch: Path) -> str | None:
    """The newest whole state: one whose files have the sizes that were noted when it had been saved."""
    while scratch.is_dir() and (newest := get_last_checkpoint(str(scratch))):
        note = Path(newest) / SIZES
        if note.exists() and json.loads(note.read_text()).items() <= sizes(Path(newest)).items():
            return newest
        shutil.rmtree(newest)  # what it lacks cannot be known, and its space may be what the next one needs
    return None


SIZES = "sizes.json"


def sizes(state: Path) -> dict[str, int]:
    """Bytes of every file of a state, by its path in it."""
    return {str(path.relative_to(state)): path.stat().st_size for path in state.rglob("*") if path.is_file()}
