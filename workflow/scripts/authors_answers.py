"""Take the authors' released answers in the place of a method's own, or their verdicts on two methods."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign import authors
from mialign.files import read_jsonl, write_jsonl


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--answers", type=Path, required=True, help="the authors' answers (JSON)")
    parser.add_argument("--verdicts", type=Path, required=True, help="their verdicts (JSON), with the answers' lengths")
    parser.add_argument("--side", choices=authors.SIDES, help="whose answers they are there; left out: write verdicts")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--out", required=True, help="responses/... or verdicts/.../seed{n}.jsonl")


def main(args: Namespace) -> None:
    prompts = read_jsonl(args.prompts, required=("id", "question_id", "category", "question"))
    if args.side:
        write_jsonl(args.out, authors.responses(args.answers, args.verdicts, args.side, prompts))
    else:
        write_jsonl(args.out, authors.verdicts(args.answers, args.verdicts, prompts))
