"""Sample constitutions for the questions of one split and write the prompts."""

from argparse import ArgumentParser, Namespace

from mialign import principles
from mialign.arguments import add_settings
from mialign.files import read_jsonl, write_jsonl
from mialign.prompts import SPLITS, prompt_records


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--questions", required=True, nargs="+", help="questions/{source}.jsonl, one file or several")
    parser.add_argument("--principles", required=True, help="the principles and their wordings (YAML)")
    parser.add_argument("--split", required=True, choices=SPLITS)
    add_settings(
        parser,
        "experiment",
        "template",
        "constitutions",
        "seed",
        about=" and, if it has them, openings and evaluation",
    )
    parser.add_argument("--out", required=True, help="prompts/{experiment}/{split}.jsonl")


def main(args: Namespace) -> None:
    fields = ("id", "category", "question", "reference")
    questions = [question for path in args.questions for question in read_jsonl(path, required=fields)]
    write_jsonl(args.out, prompt_records(questions, principles.load(args.principles), args.split, args.settings))
