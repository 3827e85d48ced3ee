"""The log-probabilities of a policy's responses to questions of information, under all prompts and under the base."""

from pathlib import Path

from mialign.core.arguments import add_token_budget
from mialign.models.machine import prepare


def arguments(parser):
    parser.add_argument("--model", type=Path, required=True, help="folder of the policy")
    parser.add_argument("--base", type=Path, required=True, help="folder of the base model of the experiment")
    parser.add_argument("--prompts", type=Path, required=True, help="prompts/{experiment}/information.jsonl")
    parser.add_argument("--responses", type=Path, required=True, help="of the policy, one to each prompt")
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32", help="as the engine writes")
    add_token_budget(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    prepare(args.threads)
    from mialign.evaluation.information_grids import write_grids

    write_grids(args.model, args.base, args.prompts, args.responses, args.precision, args.token_budget, args.out)
