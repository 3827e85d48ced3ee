"""Train a method on pairs and keep the checkpoint that does best on the validation questions."""

from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl
from mialign.generation import options
from mialign.models.machine import prepare


def arguments(parser):
    parser.add_argument("--parent", type=Path, required=True, help="folder of the model to start from")
    examples = parser.add_mutually_exclusive_group(required=True)
    examples.add_argument("--pairs", type=Path)
    examples.add_argument("--prompts", type=Path, help="what the policy answers itself, with rollout_every")
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
    parser.add_argument("--reference-model", type=Path, help="folder of the reference, for the pairs of rollouts")
    parser.add_argument("--judge-wording", type=Path, help="YAML file of what a judge of validation answers is asked")
    parser.add_argument("--judge-model", type=Path, help="folder of the model that judges them")
    parser.add_argument("--names", nargs="*", default=[], help="rewards of rollouts that are models")
    parser.add_argument("--models", nargs="*", default=[], type=Path, help="the folders of these models")
    parser.add_argument("--token-budget", type=int, default=2048, help="tokens and padding in one forward pass")
    parser.add_argument("--checkpointing", action="store_true", help="compute layers again in the backward pass")
    parser.add_argument("--attention", choices=("sdpa", "flex_attention"), default="sdpa")
    options.add_batch_size(parser)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--processes", type=int, default=1, help="that share the work")
    parser.add_argument(
        "--scratch", type=Path, required=True, help="folder for the states that an interrupted run goes on from"
    )
    parser.add_argument(
        "--curve", type=Path, required=True, help="CSV of the training's course; .jsonl: the pairs of each step"
    )
    parser.add_argument("--rollouts", type=Path, help="all that the policy wrote within the training")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    prompts = read_jsonl(args.validation, required=("id", "prompts", "reference"))
    prepare(args.threads)
    from mialign.evaluation.checkpoint_scores import scores_of
    from mialign.evaluation.judge.factory import make_judge
    from mialign.evaluation.rollout_pairs import rollouts
    from mialign.generation.engine import sampling
    from mialign.training.method import Inputs, Outputs, Speed, train_method
    from mialign.training.validation import Validation

    scored = args.settings["validation"]
    at, batch = args.settings.get("validate_at", 0.0), options.batch_size(args)
    judge, judged_by = None, ()
    if args.judge_model:
        judged_by = (args.judge_wording, args.judge_model)
        judge = make_judge(
            args.settings["validate_by"], args.judge_wording, model=args.judge_model, tokens=args.token_budget
        )
    scores = scores_of(scored, judge, args.scratch / "answers-0.jsonl")
    validation = Validation(prompts, sampling(scored, at), scores, batch)
    asked = None
    if args.prompts:
        models = dict(zip(args.names, args.models, strict=True))
        asked = rollouts(args.settings, args.seed, args.prompts, batch, args.reference_model, models)
    train_method(
        Inputs(args.parent, args.pairs, args.reference, asked, judged_by),
        {**args.settings, "seed": args.seed},
        validation,
        Outputs(args.out, args.curve, args.scratch, args.rollouts),
        Speed(args.token_budget, args.checkpointing, args.attention),
    )
