"""Fetch one of the files that the authors released, or copy it from a folder, and hold it against its checksum."""

import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.errors import InputError
from mialign.fetch import web
from mialign.files import writing


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--path", required=True, help="the file's path in their repository")
    parser.add_argument("--base", required=True, help="the address that the path is put after")
    parser.add_argument("--folder", default="", help="a copy of their repository, read instead of the address")
    parser.add_argument("--sha256", default="", help="the file's checksum; without it any content is taken")
    parser.add_argument("--out", type=Path, required=True)


def main(args: Namespace) -> None:
    if args.folder:
        found = _copy(Path(args.folder) / args.path, args.sha256 or None, args.out)
    else:
        found = web.download(args.base + args.path, args.sha256 or None, args.out)
    print(f"{args.path}: sha256 {found}")


def _copy(path: Path, sha256: str | None, out: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: no such file; authors.folder must be a copy of the authors' repository")
    found = web.digest(path)
    web.compare(str(path), found, sha256)
    with writing(out) as beside:
        shutil.copyfile(path, beside)
    return found
