"""How far a policy is from the base, at the tokens of its own sampled answers to benchmark questions."""

from pathlib import Path

from mialign.core.arguments import add_token_budget
from mialign.core.files import write_jsonl
from mialign.models.machine import prepare


def arguments(parser):
    parser.add_argument("--model", type=Path, required=True, help="folder of the policy")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model of the experiment")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/benchmark.jsonl")
    parser.add_argument("--responses", type=Path, required=True, help="of the policy: responses or solutions")
    parser.add_argument("--temperature", type=float, required=True, help="that of the responses that are taken")
    parser.add_argument("--number", type=int, required=True, help="how many of them are taken")
    parser.add_argument("--seed", type=int, required=True, help="that draws them")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32", help="as the engine writes")
    add_token_budget(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    prepare(args.threads)
    from mialign.evaluation.drift import drawn_answers, drift_records

    answers = drawn_answers(args.prompts, args.responses, args.temperature, args.number, args.seed)
    records = drift_records(args.model, args.base, answers, args.responses, args.precision, args.token_budget)
    write_jsonl(args.out, records)
