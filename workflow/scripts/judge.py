"""Judge one method's responses against another's, on both axes."""

from argparse import ArgumentParser, Namespace

from mialign.arguments import add_settings
from mialign.errors import InputError
from mialign.files import read_jsonl, write_jsonl
from mialign.judge import make_judge
from mialign.judge.verdicts import verdict_records


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--test", required=True, help="scores/{experiment}/{test}/seed{n}.jsonl")
    parser.add_argument("--baseline", required=True, help="scores/{experiment}/{baseline}/seed{n}.jsonl")
    add_settings(parser, "kind", about=' of judge, for instance {"kind": "checkers"}')
    parser.add_argument("--out", required=True, help="verdicts/{experiment}/{test}-vs-{baseline}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    fields = ("prompt_id", "category", "temperature", "adherence", "right", "tokens")
    test, baseline = (read_jsonl(path, required=fields) for path in (args.test, args.baseline))
    judge = make_judge(args.settings)
    try:
        write_jsonl(args.out, verdict_records(test, baseline, judge))
    except InputError as error:
        raise InputError(f"{args.test}, {args.baseline}: {error}") from None
