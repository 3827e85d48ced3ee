"""Take the authors' released answers in the place of a method's own."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import authors


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--answers", type=Path, required=True, help="the authors' answers (JSON)")
    parser.add_argument("--verdicts", type=Path, required=True, help="their verdicts (JSON), with the answers' lengths")
    parser.add_argument("--side", choices=authors.SIDES, required=True, help="whose answers they are there")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--out", required=True, help="responses/{experiment}/{method}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    prompts = read_jsonl(args.prompts, required=("id", "question_id", "category", "question"))
    write_jsonl(args.out, authors.responses(args.answers, args.verdicts, args.side, prompts))
