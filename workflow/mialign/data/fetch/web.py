"""One file, from an address or from this machine, held against its sha256."""

import shutil
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from mialign.core import files
from mialign.core.errors import InputError
from mialign.data.fetch import Absent, Unreachable

SECONDS = 60  # without a byte


def download(url: str, sha256: str | None, out: str | Path) -> str:
    """Write what the address holds to `out`, whole, and return its sha256; InputError if it is not the one given.

    Absent if the server says that it has no such file, Unreachable if it cannot be asked or fails.
    """
    with files.writing(out) as beside:
        _receive(url, beside)
        found = files.sha256(beside)
        compare(url, found, sha256)
    return found


def copy(file: Path, sha256: str | None, out: str | Path) -> str:
    """Copy a file of this machine, and return its sha256; InputError if it is not the one given."""
    found = files.sha256(file)
    compare(str(file), found, sha256)
    with files.writing(out) as beside:
        shutil.copyfile(file, beside)
    return found


def compare(name: str, found: str, wanted: str | None) -> None:
    """InputError if a sha256 is wanted and another was found."""
    if wanted is not None and found != wanted:
        raise InputError(
            f"{name}: its sha256 is {found} and not {wanted}: the file was changed or damaged; look why before you "
            "change the checksum"
        )


def _receive(url: str, beside: Path) -> None:
    try:
        with urlopen(Request(url, headers={"User-Agent": "mialign"}), timeout=SECONDS) as answer:
            with beside.open("wb") as stream:
                shutil.copyfileobj(answer, stream)
            if answer.length:
                raise InputError(f"{url}: the connection was cut with {answer.length} bytes to come; try again")
    except HTTPError as error:
        kind = Absent if error.code in (404, 410) else Unreachable
        raise kind(f"{url}: the server answers {error.code} ({error.reason})") from None
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        why = getattr(error, "reason", error)
        raise Unreachable(f"{url}: it cannot be fetched ({why}); run make fetch where there is a network") from None
