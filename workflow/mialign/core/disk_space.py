"""Free space on disks: a full one is told in one line with its place, whatever a library makes of it."""

import errno
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mialign.core.errors import InputError

FULL = 2**20  # bytes left on a disk below which an error of torch that follows is put down to that
NO_SPACE = "there is no free space left on its disk; free some, or raise the quota, and start it again"


def disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk or a used-up quota is behind an error; libraries written in Rust say so in words alone."""
    if error is None:
        return False
    number = error.errno if isinstance(error, OSError) else None
    told = re.search(r"os error (28|122)\b|No space left on device|Disk quota exceeded", str(error))
    return number in (errno.ENOSPC, errno.EDQUOT) or bool(told) or disk_is_full(error.__cause__)


@contextmanager
def needing_space(place: str | Path, name: str = "") -> Iterator[None]:
    """InputError that names the place, whatever a library makes of a full disk while it writes there."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if not disk_is_full(error) and not (isinstance(error, RuntimeError) and free(Path(place)) < FULL):
            raise
        raise InputError(f"{name or place}: {NO_SPACE}") from error


def check_free(name: str, size: int, folder: Path) -> None:
    """InputError if a download of `size` bytes does not fit into its folder.

    What an earlier call has left there counts as free space.
    """
    space = free(folder) + sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > space:
        raise InputError(
            f"{name}: it takes {size / 1e9:.1f} GB, and {folder} has {space / 1e9:.1f} GB; free some space, or name a "
            "larger folder with --config data=FOLDER"
        )


def free(place: Path) -> int:
    """Bytes that are free for a folder, which need not be there yet."""
    return shutil.disk_usage(next(one for one in (place, *place.absolute().parents) if one.exists())).free


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the block alone, in TMPDIR; InputError that says so where there is no space for it or in it."""
    try:
        place = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise InputError(f"{error.strerror}: free space in one of them, or name another folder with TMPDIR") from None
    with needing_space(place, f"{place} (TMPDIR)"), tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)
