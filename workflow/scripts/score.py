"""Let the checkers score responses: adherence to the constitution, and whether the content is correct."""

from argparse import ArgumentParser, Namespace

from mialign.core.errors import complaint_prefix
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation import held_out_adherence
from mialign.evaluation.scores import score_records, writer_records


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--responses", required=True, help="responses/{experiment}/{method}/seed{n}.jsonl")
    parser.add_argument("--prompts", required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--held-out", nargs="+", default=[], help="principles whose adherence is scored apart")
    parser.add_argument(
        "--written-at",
        type=float,
        help="the responses are generations/{experiment}/{set}.jsonl, sampled at this temperature, under their prompts",
    )
    parser.add_argument("--out", required=True, help="scores/{experiment}/{method}/seed{n}.jsonl")


def main(args: Namespace) -> None:
    written = args.written_at is not None
    fields = ("prompt_id", "prompt" if written else "temperature", "text", "finish", "tokens")
    responses = read_jsonl(args.responses, required=fields)
    prompts = read_jsonl(
        args.prompts, required=("id", "question_id", "category", "question", "reference", "constitutions")
    )
    with complaint_prefix(f"{args.responses}: "):
        scores = writer_records(responses, prompts, args.written_at) if written else score_records(responses, prompts)
    if args.held_out:
        scores = held_out_adherence.with_both(scores, responses, prompts, args.held_out)
    write_jsonl(args.out, scores)
