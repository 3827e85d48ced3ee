"""Judge one method's responses against another's, on both axes or on those of the settings."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from mialign.core.arguments import add_settings, add_token_budget
from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.factory import check_options, make_judge
from mialign.evaluation.judge.verdicts import check_valid, make_cases, verdict_records, with_texts
from mialign.models.machine import prepare

SIDES = ("TEST", "BASELINE")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--scores", nargs=2, required=True, metavar=SIDES, help="scores/{experiment}/.../seed{n}.jsonl")
    parser.add_argument("--responses", nargs=2, required=True, metavar=SIDES, help="responses/... of the same two")
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/benchmark.jsonl")
    add_settings(parser, "kind", about=' of judge, for instance {"kind": "checkers"}, and what it needs')
    parser.add_argument("--prompt-template", type=Path, help="openai, likelihood: YAML file of what the judge is asked")
    add_settings(parser, option="--server", about="openai: where it is and what it costs", required=False)
    parser.add_argument("--asked", type=Path, help="openai: file of all that was asked of servers and answered")
    parser.add_argument("--model", type=Path, help="likelihood: folder of the model")
    add_token_budget(parser, "likelihood: ")
    parser.add_argument("--threads", type=int, default=1, help="likelihood: threads of torch")
    parser.add_argument("--out", required=True, help="verdicts/{experiment}/{test}-vs-{baseline}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    check_options(args.settings["kind"], args)
    cases = read_cases(args.scores, args.responses, args.prompts, args.settings.get("axes", AXES))
    if args.settings["kind"] == "likelihood":
        prepare(args.threads)
    judge = make_judge(args.settings, args.prompt_template, args.server, args.asked, args.model, args.token_budget)
    records = verdict_records(cases, judge)
    check_valid(records, args.settings.get("invalid_at_most", 0))
    write_jsonl(args.out, records)


def read_cases(scores: list[str], responses: list[str], prompts: str, axes: Sequence[str]) -> list:
    fields = ("prompt_id", "category", "temperature", "adherence", "correct", "tokens")
    scored = [read_jsonl(path, required=fields) for path in scores]
    texts = [read_jsonl(path, required=("prompt_id", "temperature", "text")) for path in responses]
    asked = read_jsonl(prompts, required=("id", "question", "constitutions"))
    with complaint_prefix(f"{', '.join((*scores, *responses))}: "):
        test, baseline = (with_texts(*side) for side in zip(scored, texts, strict=True))
        return make_cases(test, baseline, asked, axes)
