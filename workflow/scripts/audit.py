"""Write the manifest of a folder of results, audit/manifest.sha256, and the crate of it for others, audit/crate.zip."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.audit import crate, digests, manifest


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="results/{run}")


def main(args: Namespace) -> None:
    path = manifest.write(args.results)
    print(f"{path}: {len(manifest.read(args.results)):,} files; its own sha256 is {digests.sha256(path)}")
    print(f"{crate.write(args.results)}: the same as one file, without weights")
