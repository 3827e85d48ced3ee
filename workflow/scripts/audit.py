"""Write below audit/ of a folder of results the graph of its jobs, its manifest, and the crate of it for others."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.audit import crate, digests, drawing, manifest, sources
from mialign.audit.lineage import Lineage


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="results/{run}")
    parser.add_argument("--crate", type=Path, help=f"where the crate goes; else {crate.NAME} in the results")
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="PATTERN", help="further files to leave out of the crate: '*.png'"
    )


def main(args: Namespace) -> None:
    manifest.check(args.results)
    if Lineage(args.results).own:  # those of an older version noted nothing; its manifest can be written
        drawing.write(args.results)
        print(f"{args.results}: {', '.join(drawing.NAMES)}: the jobs, as they noted themselves")
        sources.write(args.results)
    path = manifest.write(args.results)
    print(f"{path}: {len(manifest.read(args.results)):,} files; its own sha256 is {digests.sha256(path)}")
    out = args.crate or args.results / crate.NAME
    left_out = crate.write(args.results, out, tuple(args.without))
    print(f"{out}: the same as one file, without {crate.summary(left_out)}" if left_out else f"{out}: all as one file")
