"""The page for reviewers: an HTML file with a run's figures, tables and numbers, and what these were counted from.

It needs the results and nothing else, so it can be made of a folder that was copied elsewhere, and of a crate.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.audit import crate
from mialign.audit.page import document
from mialign.core.files import write_text


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--results", type=Path, required=True, help="folder of a run, results/<run>, or its crate.zip")
    parser.add_argument("--out", type=Path, required=True, help="HTML")


def main(args: Namespace) -> None:
    with crate.opened(args.results) as folder:
        write_text(args.out, document.write(folder))
