"""Of everything that a run takes from elsewhere: where it came from, and what holds it to the content that it has."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import read_json
from mialign.data import authors
from mialign.data.fetch import lock

COLUMNS = ["kind", "name", "place", "pinned", "commit", "sha256"]
SUFFIXES = {"datasets": ".json", "models": ".json", "authors": ".origin"}


def row(data: Path, origin: Path) -> dict:
    """The row of what the file `origin` below the folder `data` says where it came from.

    pinned: "config", where it names a commit or checksum; "lock", where the lock file beside the data holds it to what
    came first; "no", where nothing does: an earlier version fetched it. "gone" if the data are not there any more.
    """
    kind, _, rest = origin.relative_to(data).as_posix().partition("/")
    found = {"kind": kind, "name": rest.removesuffix(SUFFIXES[kind])}
    if not origin.exists():
        return found | {"pinned": "gone"}
    try:
        said = read_json(origin)
        place = said["place"] if kind != "authors" else {"address": said["place"]}
        found["place"] = " at ".join(str(place[key]) for key in (*lock.WHERE, "revision") if key in place)
    except (InputError, KeyError, TypeError):
        raise InputError(
            f"{origin}: it does not say where {found['name']} came from; delete it and fetch anew"
        ) from None
    known = authors.listing()["files"].get(found["name"]) if kind == "authors" else None
    pinned = "lock" if lock.of(origin).exists() else "config" if known or lock.is_pinned(place) else "no"
    return found | {"pinned": pinned, "commit": said.get("commit"), "sha256": said.get("sha256")}
