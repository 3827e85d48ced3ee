"""A run as one file for others: a zipped Provenance Run Crate.

It holds the results but for weights, which it names by digest, with the manifest, the graph of jobs and the workflow's
own files that jobs read.
"""

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import quote

from mialign.audit import crate_metadata, digests, manifest
from mialign.audit.lineage import Lineage
from mialign.core.disk_space import disk_is_full, temporary_folder
from mialign.core.errors import InputError
from mialign.core.files import read_json, writing

NAME = manifest.CRATE
WEIGHTS = "*.safetensors"  # too large for a crate


def write(folder: Path, out: Path, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Write to `out` the crate of a folder whose manifest has graph and sources; give the sha256 of files left out.

    without: patterns of names, such as *.png, of further files that are left out. The same folder gives the same bytes.
    """
    lineage, listed = Lineage(folder), manifest.read(folder)
    lineage.check_noted()
    left_out = {name: one for name, one in listed.items() if any(fnmatch(name, how) for how in (WEIGHTS, *without))}
    kept = {name: one for name, one in listed.items() if name not in left_out}
    about = json.dumps(crate_metadata.describe(lineage, kept), ensure_ascii=False, indent=1).encode()
    sealed = {manifest.NAME: digests.sha256(folder / manifest.NAME)}
    sealed[crate_metadata.NAME] = hashlib.sha256(about).hexdigest()
    with writing(out) as beside, zipfile.ZipFile(beside, "w") as archive:
        _add(archive, crate_metadata.NAME, about)
        _add(archive, manifest.SEAL, manifest.lines(sealed).encode())
        for name in (manifest.NAME, *kept):
            _add(archive, name, (folder / name).read_bytes())
    if out.resolve() == (folder / NAME).resolve():
        manifest.seal(folder, NAME)
    return left_out


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    about = zipfile.ZipInfo(name)  # of no time, so that the same files give the same archive
    about.external_attr = 0o644 << 16
    archive.writestr(about, data, zipfile.ZIP_DEFLATED, 9)


def left_out(folder: Path) -> list[str]:
    """Of an unpacked crate, the files in its manifest that were left out on purpose; none of other folders."""
    path = folder / crate_metadata.NAME
    if not path.is_file():
        return []
    try:
        parts = {entity["@id"] for entity in read_json(path)["@graph"] if "File" in entity["@type"]}
    except (KeyError, TypeError):
        raise InputError(f"{path}: no description of a crate; take the crate from its source again") from None
    return [name for name in manifest.read(folder) if quote(name) not in parts]


def summary(names: Iterable[str]) -> str:
    """How many files of each ending: 27 .safetensors, 1 .pdf."""
    return ", ".join(f"{number} {ending}" for ending, number in Counter(Path(name).suffix for name in names).items())


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A folder of results as it is, or the files of a crate in a folder that is removed afterwards."""
    if path.is_dir():
        yield path
    else:
        with unpacked(path) as folder:
            yield folder


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The files of a crate in a folder that is removed afterwards; InputError for what is no crate with a manifest."""
    if not path.is_file():
        raise InputError(f"{path}: no such file, nor a folder of results")
    with temporary_folder() as folder:
        _extract(path, folder)
        try:
            yield folder
        except InputError as error:  # a person knows the crate, and not that folder
            raise InputError(str(error).replace(str(folder), str(path))) from None


# What zipfile raises of a file that is damaged, encrypted, or compressed in a way that it does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def _extract(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if manifest.NAME in archive.namelist():
                archive.extractall(folder)  # which leaves out what leads out of the folder, and makes no links
                return
    except _BROKEN as error:
        raise InputError(f"{path}: no whole zip file ({error}); take the crate from its source again") from None
    except OSError as error:
        if disk_is_full(error) or not str(error.filename).startswith(str(folder)):
            raise
        name = Path(error.filename).relative_to(folder)
        raise InputError(f"{path}: {name} in it cannot be written ({error.strerror}); it is no crate of ours") from None
    raise InputError(f"{path}: there is no {manifest.NAME} in it to verify by; take the crate from its source")
