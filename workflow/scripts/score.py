"""Let the checkers score responses: adherence to the constitution, and whether the content is right."""

from argparse import ArgumentParser, Namespace

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation import held_out_adherence
from mialign.evaluation.scores import score_records


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--responses", required=True, help="responses/{experiment}/{method}/seed{n}.jsonl")
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--held-out", nargs="+", default=[], help="principles whose adherence is scored apart")
    parser.add_argument("--out", required=True, help="scores/{experiment}/{method}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    responses = read_jsonl(args.responses, required=("prompt_id", "temperature", "text", "finish", "tokens"))
    prompts = read_jsonl(
        args.prompts, required=("id", "question_id", "category", "question", "reference", "constitutions")
    )
    try:
        scores = score_records(responses, prompts)
    except InputError as error:
        raise InputError(f"{args.responses}: {error}") from None
    if args.held_out:
        scores = held_out_adherence.with_both(scores, responses, prompts, args.held_out)
    write_jsonl(args.out, scores)
