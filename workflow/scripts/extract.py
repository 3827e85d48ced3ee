"""Extract the answers of raw attempts, see which are correct, and whether the attempt goes step by step."""

from argparse import ArgumentParser, Namespace

from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.attempts import attempt_records, check_whole


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--solutions", required=True, help="solutions/{experiment}/{method}/seed{n}.jsonl")
    parser.add_argument("--questions", required=True, nargs="+", help="questions/{source}.jsonl, one file or several")
    parser.add_argument("--out", required=True, help="attempts/{experiment}/{method}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    attempts = read_jsonl(args.solutions, required=("question_id", "text", "finish"))
    fields = ("id", "category", "question", "reference")
    questions = [question for path in args.questions for question in read_jsonl(path, required=fields)]
    with complaint_prefix(f"{args.solutions}: "):
        check_whole(attempts, questions)
        write_jsonl(args.out, attempt_records(attempts, questions))
