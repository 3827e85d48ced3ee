"""Fetch one of the files that the authors released, or copy it from a folder, and hold it against its checksum."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.errors import InputError
from mialign.data.fetch import Unreachable, lock, web


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--path", required=True, help="the file's path in their repository")
    parser.add_argument("--base", required=True, help="the address that the path is put after")
    parser.add_argument("--folder", default="", help="a copy of their repository, read instead of the address")
    parser.add_argument("--sha256", default="", help="the file's checksum; without it any content is taken")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--origin", type=Path, required=True, help="file that says where it came from")


def main(args: Namespace) -> None:
    places = [{"path": args.path, "sha256": args.sha256 or None}]  # the same file, wherever it is had
    origin = lock.fetch_under_lock(args.origin, args.path, places, args.out, lambda _: _take(args))
    print(f"{args.path}: sha256 {origin['sha256']}")


def _take(args: Namespace) -> dict:
    place = str(Path(args.folder) / args.path) if args.folder else args.base + args.path
    take = _copy if args.folder else web.download
    try:
        return {"place": place, "sha256": take(place, args.sha256 or None, args.out)}
    except Unreachable as error:
        raise Unreachable(f"{error}; or name a copy of the authors' repository (authors: {{folder: FOLDER}})") from None


def _copy(place: str, sha256: str | None, out: Path) -> str:
    if not Path(place).is_file():
        raise InputError(f"{place}: no such file; authors.folder must be a copy of the authors' repository")
    return web.copy(Path(place), sha256, out)
