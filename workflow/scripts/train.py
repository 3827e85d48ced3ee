"""Train a method on pairs and keep the checkpoint that does best on the validation questions."""

from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl
from mialign.models.machine import prepare


def arguments(parser):
    parser.add_argument("--parent", type=Path, required=True, help="folder of the model to start from")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--validation", type=Path, required=True, help="prompts of the validation questions")
    add_settings(
        parser,
        "objective",
        "learning_rate",
        "batch",
        "steps",
        "validate_every",
        "validation",
        about=", and what else the method has",
    )
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument(
        "--reference", type=Path, help="log-probabilities of the reference, for objectives that need one"
    )
    parser.add_argument("--token-budget", type=int, default=2048, help="tokens and padding in one forward pass")
    parser.add_argument("--checkpointing", action="store_true", help="compute layers again in the backward pass")
    parser.add_argument("--attention", choices=("sdpa", "flex_attention"), default="sdpa")
    parser.add_argument("--batch", type=int, default=128, help="validation questions decoded side by side")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--processes", type=int, default=1, help="that share the work")
    parser.add_argument(
        "--scratch", type=Path, required=True, help="folder for the states that an interrupted run goes on from"
    )
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the training's course")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    prompts = read_jsonl(args.validation, required=("id", "prompts", "reference"))
    prepare(args.threads)
    from mialign.evaluation.checkpoint_scores import score_of
    from mialign.generation.engine import sampling
    from mialign.training.method import Inputs, Outputs, Speed, train_method
    from mialign.training.validation import Validation

    asked = args.settings["validation"]
    at = args.settings.get("validate_at", 0.0)
    validation = Validation(prompts, sampling(asked, at), score_of(asked), args.batch)
    train_method(
        Inputs(args.parent, args.pairs, args.reference),
        {**args.settings, "seed": args.seed},
        validation,
        Outputs(args.out, args.curve, args.scratch),
        Speed(args.token_budget, args.checkpointing, args.attention),
    )
