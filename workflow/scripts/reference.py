"""The log-probabilities of the pairs under the reference, for objectives that are relative to it."""

from pathlib import Path

from mialign.core.arguments import add_token_budget
from mialign.models.machine import prepare


def arguments(parser):
    parser.add_argument("--model", type=Path, required=True, help="folder of the reference, the parent of the policy")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32", help="as the policy is trained")
    parser.add_argument("--weights", choices=("float32", "bf16"), default="float32", help="likewise")
    parser.add_argument("--max-length", type=int, help="most tokens of a prompt with a response, likewise")
    add_token_budget(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    prepare(args.threads)
    from mialign.training.reference import write_reference

    write_reference(args.model, args.pairs, args.precision, args.token_budget, args.out, args.max_length, args.weights)
