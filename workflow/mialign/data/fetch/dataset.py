"""One dataset, from the first of its places that has it, as JSON lines."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from mialign.core import disk_space, files
from mialign.core.errors import InputError, first_line
from mialign.data.fetch import Absent, Unreachable, first_that_has, hub, web


def fetch(name: str, places: list[dict], out: Path) -> dict:
    """Write the dataset to `out`, and return where it came from: place, commit, rows, sha256, and what was passed over.

    A place is {hub, revision, split, ...}, {url, sha256}, {folder, ...} or {file, sha256}, as in the config. A place
    is passed over only where the hub or server says that there is no such thing, or the file is not there.
    """

    def take(place: dict) -> dict:
        try:
            commit = _write(place, out)
        except Unreachable as error:
            raise Unreachable(f"datasets.{name}: {error}; or {_by_hand(name, places, place)}") from None
        with out.open("rb") as stream:
            rows = sum(1 for line in stream if line.strip())
        if not rows:
            out.unlink()
            raise InputError(f"datasets.{name}: {NO_ROWS.format(_where(place))}")
        return {"commit": commit, "rows": rows, "sha256": files.sha256(out)}

    return {"dataset": name, **first_that_has(f"datasets.{name}", places, take)}


def _by_hand(name: str, places: list[dict], failed: dict) -> str:
    """What to do where a place cannot be reached: the file before it that was not there, or one to name before it."""
    files = [place["file"] for place in places[: places.index(failed)] if "file" in place]
    if files:
        return f"fetch it elsewhere and put it where it is looked for first, as {files[0]}"
    copy = f"folder: FOLDER, split: {failed['split']}" if "hub" in failed else f"file: FILE, sha256: {failed['sha256']}"
    return f"fetch it elsewhere and name the copy as the first place of datasets.{name}, {{{copy}}}"


NO_ROWS = "{} holds no rows; see that it is whole, or take another place or split"


def _where(place: dict) -> str:
    return next(place[key] for key in ("hub", "url", "folder", "file") if key in place)


def _write(place: dict, out: Path) -> str | None:
    """The commit of what was written; None where there are none."""
    if "url" in place:
        web.download(place["url"], place["sha256"], out)
        return None
    if "file" in place:
        if not Path(place["file"]).is_file():
            raise Absent(f"{place['file']}: no such file")
        web.copy(Path(place["file"]), place["sha256"], out)
        return None
    commit = hub.information("dataset", place["hub"], place["revision"]).sha if "hub" in place else None
    rows = _from_hub(place, commit) if "hub" in place else _from_folder(place)
    files.write_jsonl(out, map(_plain, islice(rows, place.get("rows"))))
    return commit


def _from_hub(place: dict, commit: str) -> Iterator[dict]:
    """Row by row, so that the first rows of a large dataset do not cost the whole."""
    from datasets import load_dataset

    configs = place.get("config")
    how = {"data_dir": place.get("data_dir"), "split": place["split"], "revision": commit, "streaming": True}
    with hub.explained("dataset", place["hub"], place["revision"]), _in_words(place["hub"]):
        for config in configs if isinstance(configs, list) else [configs]:
            yield from load_dataset(place["hub"], config, **how)


def _from_folder(place: dict) -> Iterator[dict]:
    """A folder as `save_to_disk` leaves it, or one of files (parquet, JSON, CSV) as a dataset of the hub is."""
    from datasets import DatasetDict, load_dataset, load_from_disk

    folder = Path(place["folder"])
    if not folder.is_dir():
        raise Absent(f"{folder}: no such folder")
    with _in_words(str(folder)):
        if any((folder / name).exists() for name in ("dataset_dict.json", "state.json")):
            found = load_from_disk(str(folder))
            if isinstance(found, DatasetDict) and place["split"] not in found:
                raise ValueError(f"there is no split {place['split']!r}; there are {', '.join(found) or 'none'}")
            yield from found[place["split"]] if isinstance(found, DatasetDict) else found
        else:
            yield from load_dataset(str(folder), split=place["split"], streaming=True)


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """What `datasets`, or a library that it reads with, raises for a wrong name or form: one line with what to do."""
    try:
        yield
    except Exception as error:
        if hub.of_network(error) or disk_space.disk_is_full(error):
            raise
        first = first_line(error)
        # How it meets an empty file of JSON lines, a saved dataset without rows, and a parquet file of that kind.
        if isinstance(error, (StopIteration, IndexError)) or "BatchSize must be greater than 0" in first:
            raise InputError(NO_ROWS.format(name)) from None
        hint = ""
        if "scripts are no longer supported" in first:
            hint = "; name the branch that holds its rows as parquet: revision: refs/convert/parquet, data_dir: CONFIG"
        raise InputError(f"{name}: {first}{hint}") from None


def _plain(row: dict) -> dict:
    """With dates and the like as text, since JSON has none."""
    return json.loads(json.dumps(row, default=lambda value: getattr(value, "isoformat", value.__str__)()))
