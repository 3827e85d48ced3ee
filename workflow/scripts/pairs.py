"""Filter the generations and write the pairs to train on, the count of what was dropped, and examples of it."""

import sys
from argparse import ArgumentParser, Namespace

from mialign.arguments import add_settings
from mialign.errors import InputError
from mialign.files import read_jsonl, write_csv, write_jsonl
from mialign.pairs import select_pairs


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/train.jsonl")
    parser.add_argument("--generations", required=True, help="generations/{experiment}.jsonl")
    add_settings(parser, "filters", "pairs")
    parser.add_argument("--out", required=True, help="pairs/{experiment}.jsonl")
    parser.add_argument("--table", required=True, help="pairs/{experiment}.filters.csv")
    parser.add_argument("--examples", required=True, help="pairs/{experiment}.examples.csv")


def main(args: Namespace) -> None:
    prompts = read_jsonl(
        args.prompts, required=("id", "question_id", "category", "question", "constitutions", "prompts")
    )
    generations = read_jsonl(args.generations, required=("prompt_id", "constitution", "text", "finish"))
    try:
        selection = select_pairs(prompts, generations, args.settings)
    except InputError as error:
        raise InputError(f"{args.generations}: {error}") from None
    wanted = args.settings["pairs"]["size"]
    if len(selection.pairs) < wanted:
        print(f"{args.out}: {len(selection.pairs)} pairs, fewer than pairs.size ({wanted})", file=sys.stderr)
    write_jsonl(args.out, selection.pairs)
    write_csv(args.table, ["filter", "dropped", "kept"], selection.table)
    responses = [f"response_{number}" for number in range(1, len(prompts[0]["prompts"]) + 1)]
    write_csv(args.examples, ["filter", "question", *responses], selection.examples)
