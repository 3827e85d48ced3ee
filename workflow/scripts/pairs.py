"""Filter the generations and write the pairs to train on, the count of what was dropped, and examples of it."""

import sys
from argparse import ArgumentParser, Namespace

from mialign.core import csv_files
from mialign.core.arguments import add_settings
from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.pairs import select_pairs, with_rewards
from mialign.data.prompts import to_generate
from mialign.evaluation.answers import is_correct


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/{data}.jsonl")
    parser.add_argument("--generations", required=True, help="generations/{experiment}/{data}.jsonl")
    parser.add_argument("--rewards", help="rewards/generations/..., for the builder preferences")
    add_settings(
        parser, "builder", "filters", "size", "seed", about=", what the builder takes and, if it has one, shortfall"
    )
    parser.add_argument("--out", required=True, help="pairs/{experiment}/{data}.jsonl")
    parser.add_argument("--table", required=True, help="pairs/{experiment}/{data}.filters.csv")
    parser.add_argument("--examples", required=True, help="pairs/{experiment}/{data}.examples.csv")


def main(args: Namespace) -> None:
    prompts = read_jsonl(
        args.prompts, required=("id", "question_id", "category", "question", "constitutions", "prompts")
    )
    generations = read_jsonl(args.generations, required=("prompt_id", "prompt", "text", "finish"))
    with complaint_prefix(f"{args.generations}: "):
        if args.rewards:
            rewards = read_jsonl(args.rewards, required=("prompt_id", "prompt", "rewards"))
            generations = with_rewards(generations, rewards)
        selection = select_pairs(prompts, generations, args.settings, is_correct)
    wanted = args.settings["size"]
    if len(selection.pairs) < wanted:
        print(f"{args.out}: {len(selection.pairs)} pairs, fewer than size ({wanted})", file=sys.stderr)
    write_jsonl(args.out, selection.pairs)
    csv_files.write(args.table, ["filter", "dropped", "kept"], selection.table)
    responses = [f"response_{number}" for number in range(1, len(to_generate(prompts[0])) + 1)]
    csv_files.write(args.examples, ["filter", "question", *responses], selection.examples)
