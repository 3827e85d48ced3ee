"""Sample constitutions, or users and what they state, for the questions of one split and write the prompts."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import read_json, read_jsonl, write_jsonl
from mialign.data import held_out_principles, principles
from mialign.data.builders import builder
from mialign.data.prompts import SPLITS, evaluation, preference_records, prompt_records, slice_of


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--questions", required=True, nargs="+", help="questions/{source}.jsonl, one file or several")
    parser.add_argument("--principles", required=True, help="the principles and their wordings (YAML)")
    parser.add_argument("--split", required=True, choices=SPLITS)
    add_settings(
        parser,
        "experiment",
        "template",
        "seed",
        about=" and, if it has them, openings, evaluation, generation_template, users, held_out and preferences; for "
        "training and information: builder, slice and what the builder takes",
    )
    parser.add_argument("--templates", type=Path, help="JSON with other templates, openings and evaluation than these")
    parser.add_argument("--out", required=True, help="prompts/{experiment}/{split or data}.jsonl")


def main(args: Namespace) -> None:
    fields = ("id", "category", "question", "reference")
    questions = [question for path in args.questions for question in read_jsonl(path, required=fields)]
    settings = {**args.settings, **_other_templates(args)}
    if "slice" in settings:
        questions = slice_of(questions, **settings["slice"])
    built = args.split in ("train", "information")
    if "preferences" in settings and not built:
        write_jsonl(args.out, preference_records(questions, args.split, settings))
        return
    if args.split == "information":  # a policy answers the prompts that it is trained on, not those of the generator
        settings.pop("generation_template", None)
    make = builder(settings.get("builder")).prompts if built else evaluation
    known = principles.load(args.principles)
    if "held_out" in settings:
        known = held_out_principles.without(
            known, settings["held_out"], {question["category"] for question in questions}
        )
    write_jsonl(args.out, prompt_records(questions, known, args.split, settings, make))


def _other_templates(args: Namespace) -> dict:
    if args.templates is None:
        return {}
    templates = read_json(args.templates)
    if "openings" in templates:  # which principle decides between them stays ours to say
        templates["openings"] |= {"principle": args.settings["openings"]["principle"]}
    return templates
