"""Room for what is to be fetched, looked for before it is fetched."""

import shutil
from pathlib import Path

from mialign.core.errors import InputError


def check(name: str, size: int, folder: Path) -> None:
    """InputError if `size` bytes do not fit into the folder; what an earlier call has left in it counts as room."""
    there = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free + there
    if size > free:
        raise InputError(
            f"{name}: it takes {size / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB; make room, or name a larger "
            "folder with --config data=FOLDER"
        )
