"""sha256 of files; those of large files are computed once, and remembered under place, size and time of change."""

import hashlib
from pathlib import Path

from mialign.core.files import write_text

MEMORY = "scratch/digests"  # below the folder of a run
LARGE = 64 * 2**20  # bytes; a smaller file takes less time to read than to look up


def sha256(path: Path) -> str:
    """The digest of the file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remembered(path: Path, memory: Path) -> str:
    """The same; of a large file it is kept in the folder `memory`, and taken from there until the file changes."""
    about = path.stat()
    if about.st_size < LARGE:
        return sha256(path)
    key = f"{path.resolve()}\n{about.st_size}\n{about.st_mtime_ns}\n{about.st_ino}"
    note = memory / hashlib.sha256(key.encode()).hexdigest()
    if not note.exists():
        write_text(note, sha256(path))
    return note.read_text(encoding="utf-8")
