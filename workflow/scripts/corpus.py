"""Write the corpus that a base model of the miniature is trained on."""

from argparse import ArgumentParser, Namespace

from mialign.core.arguments import add_settings
from mialign.core.files import write_jsonl
from mialign.data import principles
from mialign.evaluation.program_rewards import AskUnderVectors
from mialign.synthetic.corpora import corpus


def arguments(parser: ArgumentParser) -> None:
    add_settings(parser, "multitask", "maths", "drills", "link", "seed")
    add_settings(parser, "multitask", "maths", "maths_evaluation", "openings", option="--templates")
    parser.add_argument("--principles", required=True, help="the principles and their wordings (YAML)")
    parser.add_argument("--out", required=True, help="corpus/{model}.jsonl")


def main(args: Namespace) -> None:
    askers = [AskUnderVectors(**one) for one in args.templates.get("preferences", [])]
    templates = {**args.templates, "preferences": askers}
    write_jsonl(args.out, corpus(args.settings, templates, principles.load(args.principles)))
