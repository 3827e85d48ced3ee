"""Score generations or responses by every reward of an experiment with preferences."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.rewards import make, reward_records
from mialign.models.machine import prepare


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--texts", required=True, help="generations/... or responses/..., a .jsonl file")
    parser.add_argument("--prompts", required=True, help="the prompts that the texts answer")
    add_settings(parser, "rewards", about=", by name")
    parser.add_argument("--names", nargs="*", default=[], help="rewards that are models")
    parser.add_argument("--models", nargs="*", default=[], type=Path, help="the folders of these models")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", required=True, help="rewards/..., a .jsonl file")


def main(args: Namespace) -> None:
    texts = read_jsonl(args.texts, required=("prompt_id", "text", "finish"))
    prompts = read_jsonl(
        args.prompts, required=("id", "question_id", "category", "question", "reference", "preferences")
    )
    prepare(args.threads)
    folders = dict(zip(args.names, args.models, strict=True))
    rewards = {name: make(one, folders.get(name)) for name, one in args.settings["rewards"].items()}
    with complaint_prefix(f"{args.texts}: "):
        write_jsonl(args.out, reward_records(texts, prompts, rewards))
