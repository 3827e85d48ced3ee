"""Put the authors' constitutions and prompts into the form of our principles file and templates."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import yaml

from mialign.core.arguments import add_settings
from mialign.core.files import write_json, write_text
from mialign.data import authors


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--kind", required=True, choices=("judged", "solved"), help="how the experiment is measured")
    parser.add_argument("--constitutions", type=Path, required=True, help="the authors' constitutions (JSON)")
    parser.add_argument("--prompts", type=Path, required=True, help="the authors' prompts.py, which is parsed, not run")
    add_settings(parser, option="--names", about="their name of a principle: ours")
    parser.add_argument("--principles", type=Path, required=True, help="principles file to write")
    parser.add_argument("--templates", type=Path, required=True, help="templates to write (JSON)")


def main(args: Namespace) -> None:
    read = authors.judged_templates if args.kind == "judged" else authors.solved_templates
    content = authors.principles(args.constitutions, args.names)
    write_text(args.principles, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    write_json(args.templates, read(args.prompts))
