"""One case of the benchmark, in a process of its own so that its memory is its own; prints a line of JSON."""

import argparse
import json
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "workflow"), str(Path(__file__).parent)]

from mialign.models.machine import DTYPES, prepare, use_bf16  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=("ours", "padded", "trl"), required=True)
    parser.add_argument("--objective", choices=("sami", "dpo"), required=True)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--model", help="a folder with a model of this vocabulary, in the place of the small one")
    parser.add_argument("--n", type=int, required=True, help="prompts and responses of a question; dpo has one prompt")
    parser.add_argument("--questions", type=int, required=True, help="of a step")
    parser.add_argument("--steps", type=int, required=True, help="measured, after one that is not")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=DTYPES, default="float32", help="of the passes; weights are in float32")
    args = parser.parse_args()
    prepare(args.threads)
    if args.precision == "bf16" and not use_bf16("bf16"):
        raise SystemExit(
            "--precision bf16: this processor has no bfloat16 of its own, and trainings take float32 on it"
        )
    print(json.dumps(measure(args)))


def measure(args) -> dict:
    import torch
    from measuring import step_of
    from shapes import given, model, questions
    from ways import ours, padded, trl, unique

    from mialign.training.attention import choose_attention

    policy = given(args.model) if args.model else model(args.vocabulary)
    if args.way == "ours":
        choose_attention(policy, args.precision)  # as trainings do; the other ways keep that of transformers
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6)
    prompts = args.n if args.objective == "sami" else 1
    batches = [questions(args.questions, prompts, args.n, args.vocabulary, seed) for seed in range(1, args.steps + 1)]
    step = {
        "ours": lambda items: ours(policy, items, args.objective, precision=args.precision),
        "padded": lambda items: padded(policy, items, args.objective, args.precision),
        "trl": lambda items: trl(policy, items, precision=args.precision),
    }[args.way]
    largest = max((item for items in batches for item in items), key=lambda item: unique([item]))
    measured = step_of(policy, optimizer, step, batches, [largest])
    return measured | {"parameters": sum(weight.numel() for weight in policy.parameters())}


if __name__ == "__main__":
    main()
