"""sha256 of files; those of large files are computed once, and remembered under place, size and time of change."""

import hashlib
from pathlib import Path

from mialign.core.files import sha256, write_text

MEMORY = "scratch/digests"  # below the folder of a run
LARGE = 64 * 2**20  # bytes; a smaller file takes less time to read than to look up


def remembered(path: Path, memory: Path) -> str:
    """The sha256 of a file; of a large one it is kept in the folder `memory`, and taken from there until it changes."""
    about = path.stat()
    if about.st_size < LARGE:
        return sha256(path)
    key = f"{path.resolve()}\n{about.st_size}\n{about.st_mtime_ns}\n{about.st_ino}"
    note = memory / hashlib.sha256(key.encode()).hexdigest()
    if not note.exists():
        write_text(note, sha256(path))
    return note.read_text(encoding="utf-8")
