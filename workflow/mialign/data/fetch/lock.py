"""What was got of a thing that the config pins neither by commit nor by checksum: later fetches get the same or stop.

Each thing has a lock file of its own, NAME.lock beside NAME.json, so jobs that fetch at the same time have nothing to
merge. It is no output of a rule: Snakemake removes outputs before it makes them again.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import write_json
from mialign.data.fetch import Absent

COMMIT = re.compile(r"[0-9a-f]{40}")
WHERE = ("hub", "url", "folder", "file", "package", "gguf", "address")  # what a place is named by
FIELDS = {"places", "place", "commit", "sha256"}


def is_pinned(place: dict) -> bool:
    """Whether a place can only ever give one content: it names a commit or a checksum."""
    return bool(place.get("sha256") or COMMIT.fullmatch(place.get("revision", "")))


def of(origin: Path) -> Path:
    """The lock file that belongs to the file that says where a thing came from."""
    return origin.with_suffix(".lock")


def fetch_under_lock(
    origin: Path, name: str, places: list[dict], out: Path, fetch: Callable[[list[dict]], dict]
) -> dict:
    """What `fetch` returns of where `out` came from, under the lock beside `origin`; it is also written there.

    Without an entry for these places, what came is written there, unless all places that were tried are pinned. With
    one, only its place is asked, at the commit that is written there; another content is removed, and an InputError
    names it. Other places in the config (a `split`, a `revision`) have an entry of their own; the known answer of a
    model makes no other place.
    """
    came_from = _held(of(origin), name, places, out, fetch)
    write_json(origin, came_from, ensure_ascii=True)
    return came_from


def _held(file: Path, name: str, places: list[dict], out: Path, fetch: Callable[[list[dict]], dict]) -> dict:
    entries, had = _read(file), [without_answer(place) for place in places]
    locked = next((one for one in entries if one["places"] == had), None)
    if locked is None:
        origin = fetch(places)
        *passed, place = places[: len(origin.get("passed_over", [])) + 1]
        if not all(map(is_pinned, [*passed, place])):
            entry = {"places": had, "place": without_answer(place), "commit": origin.get("commit")}
            entries.append(entry | {"sha256": _digests(place, origin, out)})
            write_json(file, entries)
        return origin
    place = places[had.index(locked["place"])]
    try:
        origin = fetch([place | {"revision": locked["commit"]} if locked["commit"] else place])
    except Absent as error:
        raise InputError(f"{name}: {file} holds it to what is not there any more ({error}). {_remedy(file)}") from None
    _compare(file, name, locked["sha256"], _digests(place, origin, out), out)
    return origin | ({"place": place} if locked["commit"] else {})


def without_answer(place: dict) -> dict:
    """Where a thing is had, without what is known of its content."""
    return {key: value for key, value in place.items() if key != "answer"}


def _compare(file: Path, name: str, wanted: dict[str, str], found: dict[str, str], out: Path) -> None:
    for one in sorted(wanted.keys() | found.keys()):
        if wanted.get(one) != found.get(one):
            shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
            raise InputError(
                f"{name}: the sha256 of {one} is {found.get(one)} and not {wanted.get(one)}, to which {file} holds it "
                f"since it was first fetched: it was changed where it comes from. {_remedy(file)}"
            )


def _remedy(file: Path) -> str:
    return f"Put back what it was, or delete {file} to take what is there now; what was made of it is then made anew"


def _digests(place: dict, origin: dict, out: Path) -> dict[str, str]:
    """sha256 by file, where it is known; the commit of a model stands for its small files, of which the hub tells none.

    Of a GGUF file it is that of the file: what is made of it holds the versions of libraries.
    """
    if "sha256" in origin:
        return {Path(place.get("gguf", out)).name: origin["sha256"]}
    return {name: about["sha256"] for name, about in origin["files"].items() if about["sha256"]}


def _read(file: Path) -> list[dict]:
    if not file.exists():
        return []
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(one, dict) and one.keys() == FIELDS for one in entries):
        raise InputError(
            f"{file}: a list of entries with {', '.join(sorted(FIELDS))} is needed; the file is damaged: take it from "
            "a copy, or delete it to take what is there now"
        )
    return entries
