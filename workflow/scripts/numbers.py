"""The numbers of the paper's text as LaTeX macros, each with its origin."""

from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.csv_files import rows
from mialign.core.files import read_jsonl, write_text
from mialign.paper.macros import (
    accuracy,
    comparisons,
    information,
    macro_file,
    preferences,
    published,
    settings,
    training,
)
from mialign.paper.tables import filtering

MEASURED = ("experiment", "method", "metric", "value", "low", "high", "n")


def arguments(parser):
    parser.add_argument("--comparisons", required=True, help="metrics/comparisons.csv")
    parser.add_argument("--qualities", required=True, help="metrics/qualities.csv")
    parser.add_argument("--accuracy", required=True, help="metrics/accuracy.csv")
    parser.add_argument("--training", required=True, help="metrics/training.csv")
    parser.add_argument("--information", help="metrics/information.csv")
    parser.add_argument("--preferences", help="metrics/preferences.csv")
    parser.add_argument("--filters", nargs="*", default=[], help="pairs/{experiment}/{data}.filters.csv")
    parser.add_argument("--prompts", nargs="*", default=[], help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument(
        "--published", nargs="*", default=[], help="published comparisons.csv, qualities.csv, accuracy.csv"
    )
    parser.add_argument("--paper", required=True, help="folder of the LaTeX source that uses them")
    add_settings(parser, about="the config, without what changes no result")
    parser.add_argument("--out", required=True, help="numbers.tex; numbers.csv beside it has all and their origin")


def main(args):
    found = macro_file.unique(collect(args, args.settings))
    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(args.paper).rglob("*.tex"))]
    used = macro_file.used(found, sources)
    write_text(args.out, macro_file.latex(used))
    write_text(Path(args.out).with_suffix(".csv"), macro_file.lineage(found, used))


def collect(args, config: dict) -> list:
    """All numbers of the files; where nothing measures information or preferences, there is no file of them."""
    found = settings.of_settings(config)
    found += comparisons.of_comparisons(rows(args.comparisons, (*MEASURED, "baseline")), "metrics/comparisons.csv")
    table, origin = rows(args.qualities, MEASURED), "metrics/qualities.csv"
    found += comparisons.of_qualities(table, origin) + accuracy.of_items(table, origin, "adherence", config)
    table, origin = rows(args.accuracy, MEASURED), "metrics/accuracy.csv"
    found += accuracy.of_accuracy(table, origin, config) + accuracy.of_items(table, origin, "accuracy", config)
    table, origin = rows(args.training, ("experiment", "step", "metric", "value")), "metrics/training.csv"
    found += training.of_training(table, origin) + training.of_tokens(table, origin, config)
    if args.information:
        table = rows(args.information, (*MEASURED, "critic", "over"))
        found += information.of_information(table, "metrics/information.csv")
    if args.preferences:
        table = rows(args.preferences, (*MEASURED, "temperature", "preference", "reward"))
        found += preferences.of_preferences(table, "metrics/preferences.csv")
    for (experiment, data), table in filtering.counts(list(map(Path, args.filters))).items():
        about = training.set_name(config, experiment, data)
        found += training.of_filters(about, table, f"pairs/{experiment}/{data}.filters.csv")
    for path in map(Path, args.prompts):
        title, asked = path.parent.name, [prompt["question"] for prompt in read_jsonl(path, required=("question",))]
        found += accuracy.of_repeats(title, asked, f"prompts/{title}/{path.name}")
    for path in map(Path, args.published):
        found += published.of_published(rows(path, ("metric", "value", "source")), f"published/{path.name}")
    return found
