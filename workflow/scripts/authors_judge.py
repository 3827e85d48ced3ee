"""Put what the authors' judge was asked into one file, if the benchmark is theirs. Their files are parsed, not run."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_json
from mialign.data import authors_judge


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--grading", type=Path, required=True, help="their experiments/mt_bench/prompts.py")
    parser.add_argument("--free", type=Path, required=True, help="their experiments/mt_bench/mt_bench/prompts.py")
    parser.add_argument("--evaluation", type=Path, required=True, help="their experiments/mt_bench/evaluate.py")
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--out", required=True, help="authors/{experiment}/judge.json")


def main(args: Namespace) -> None:
    prompts = read_jsonl(args.prompts, required=("question",))
    with complaint_prefix(f"{args.prompts}: "):
        authors_judge.check_questions(prompt["question"] for prompt in prompts)
    files = {name: getattr(args, name) for name in ("grading", "free", "evaluation")}
    authors_judge.check_files(files)
    texts = authors_judge.prompts(**files)
    write_json(args.out, texts)
