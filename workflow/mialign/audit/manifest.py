"""The manifest of a results folder: the sha256 of every file, in the form that `sha256sum --check` reads too.

A second file of this form, the seal, has the sha256 of the manifest itself and of what is made after it.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mialign.audit import digests
from mialign.core.errors import InputError
from mialign.core.files import write_text

NAME = "audit/manifest.sha256"
SEAL = "audit/checksums.sha256"
CRATE = "audit/crate.zip"  # made after the manifest, which is in it
_MARK = ".snakemake_timestamp"  # Snakemake leaves it, empty, in each folder that a rule made
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def digest_all(folder: Path, digest: Callable[[Path], str] = digests.sha256) -> dict[str, str]:
    """The sha256 of each file below the folder but those of unfinished work, manifest, seal, and log of their job."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    inside = {path.relative_to(folder): path for path in files}
    return {name.as_posix(): digest(path) for name, path in inside.items() if _is_listed(name)}


def _is_listed(name: Path) -> bool:
    itself = name.as_posix() in (NAME, SEAL) or name.with_suffix("").as_posix() == "audit/audit"
    return not itself and name.parts[0] != "scratch" and name.name != _MARK


def _inside(name: str) -> bool:
    """Whether the file is below the folder: a manifest from elsewhere may name any."""
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts


def check(folder: Path) -> None:
    """InputError for what is no folder of results to write a manifest of."""
    if (folder / "ro-crate-metadata.json").exists():
        raise InputError(f"{folder}: an unpacked crate keeps the manifest it came with, which names what it leaves out")
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the folder of a run, results/<run>")


def write(folder: Path) -> Path:
    """Write manifest and seal into the folder, and give the path of the manifest.

    What jobs noted of large files is not computed again.
    """
    check(folder)
    found = digest_all(folder, lambda path: digests.remembered(path, folder / digests.MEMORY))
    found.pop(CRATE, None)  # of an earlier manifest
    if not found:
        raise InputError(f"{folder}: there are no results in it")
    write_text(folder / NAME, lines(found))
    seal(folder)
    return folder / NAME


def seal(folder: Path, *names: str) -> None:
    """Write the seal of the manifest and of these files."""
    write_text(folder / SEAL, lines({name: digests.sha256(folder / name) for name in (NAME, *names)}))


def lines(listed: dict[str, str]) -> str:
    """The text of a manifest with these sha256 by file."""
    return "".join(f"{digest}  {name}\n" for name, digest in listed.items())


def read(folder: Path, name: str = NAME) -> dict[str, str]:
    """The sha256 by file, of the manifest or the seal; InputError where it is not there, or a line is none."""
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"{path}: there is no manifest to verify by; `python workflow/run.py audit {folder}` writes it"
        )
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        told = _LINE.fullmatch(line)
        if not told or not _inside(told[2]):
            what = "no sha256 and name of a file in this folder"
            raise InputError(f"{path}, line {number}: {what}; take the manifest from its source again")
        found[told[2]] = told[1]
    return found
