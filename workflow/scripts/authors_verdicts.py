"""Take the authors' released verdicts on two methods beside those of our judges."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import authors


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--answers", type=Path, required=True, help="the authors' answers (JSON)")
    parser.add_argument("--verdicts", type=Path, required=True, help="their verdicts (JSON), with the answers' lengths")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--out", required=True, help="verdicts/{experiment}.authors/{test}-vs-{baseline}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    prompts = read_jsonl(args.prompts, required=("id", "question_id", "category", "question"))
    write_jsonl(args.out, authors.verdicts(args.answers, args.verdicts, prompts))
