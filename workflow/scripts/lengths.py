"""See that every prompt and adapter fits the models, what judges and reward models read too; write the longest."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core import csv_files
from mialign.core.arguments import add_settings
from mialign.core.files import write_text
from mialign.data import prompt_lengths
from mialign.evaluation import rewards
from mialign.evaluation.judge import likelihood_prompt
from mialign.models.machine import prepare


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--prompts", type=Path, nargs="+", required=True, help="prompts/{experiment}/{split or data}.jsonl"
    )
    parser.add_argument("--models", type=Path, nargs="+", required=True, help="folders; the first is trained")
    parser.add_argument("--names", nargs="+", required=True, help="the names of these models")
    add_settings(
        parser,
        "uses",
        "adapters",
        "judges",
        "rewards",
        about=": a list of {split, model: its name, max_tokens, key: where that is set}; adapters of the first model "
        "by where each is set; judges by likelihood, a list of {key, split, model, max_tokens, axes, prompt_template}; "
        "reward models, a list of {key, split, model, max_tokens, template}",
    )
    parser.add_argument("--out", type=Path, required=True, help="prompts/{experiment}/lengths.csv, for instance")


def main(args: Namespace) -> None:
    if args.settings["adapters"]:
        prepare(threads=1)
        from mialign.training.adapters import check_fit

        check_fit(args.models[0], args.settings["adapters"])
    models = dict(zip(args.names, args.models, strict=True))
    prompts = {path.stem: path for path in args.prompts}
    rows = list(prompt_lengths.rows(prompts, models, args.settings["uses"]))
    rows += likelihood_prompt.lengths(prompts, models, args.settings["judges"])
    rows += rewards.lengths(prompts, models, args.settings["rewards"])
    write_text(args.out, csv_files.text(prompt_lengths.COLUMNS, rows))
