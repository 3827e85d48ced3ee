"""Train a method on pairs and keep the checkpoint that does best on the validation questions."""

from pathlib import Path

from mialign.core.arguments import add_settings, add_token_budget, required
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.generation import options
from mialign.models.machine import prepare
from mialign.training.settings import TrainingSettings


def arguments(parser):
    parser.add_argument("--parent", type=Path, required=True, help="folder of the model that is trained")
    examples = parser.add_mutually_exclusive_group(required=True)
    examples.add_argument("--pairs", type=Path)
    examples.add_argument("--prompts", type=Path, help="what the policy answers itself, with rollout_every")
    parser.add_argument("--validation", type=Path, required=True, help="prompts of the validation questions")
    needed = [key for key in required(TrainingSettings) if key not in ("seed", "objective_settings")]
    add_settings(parser, *needed, about=", and what else the method has")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument(
        "--reference", type=Path, help="log-probabilities of the reference, for objectives that need one"
    )
    parser.add_argument("--reference-model", type=Path, help="folder of the reference, for the pairs of rollouts")
    parser.add_argument("--judge-prompt-template", type=Path, help="YAML file of what a judge of validation is asked")
    parser.add_argument("--judge-model", type=Path, help="folder of the model that judges them by likelihood")
    add_settings(
        parser, option="--judge-server", about="where the server of a judge is and what it costs", required=False
    )
    parser.add_argument("--judge-asked", type=Path, help="file of all that was asked of servers and answered")
    parser.add_argument("--names", nargs="*", default=[], help="rewards of rollouts that are models")
    parser.add_argument("--models", nargs="*", default=[], type=Path, help="the folders of these models")
    add_token_budget(parser)
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
    if "seed" in args.settings:
        raise InputError("--settings: unknown key 'seed'; the seed of a training is --seed")
    settings = TrainingSettings.read({**args.settings, "seed": args.seed})
    prompts = read_jsonl(args.validation, required=("id", "prompts", "reference"))
    prepare(args.threads)
    from mialign.evaluation.checkpoint_scores import scores_of
    from mialign.evaluation.rollout_pairs import rollouts
    from mialign.generation.engine import sampling
    from mialign.training.method import Inputs, Outputs, Speed, train_method
    from mialign.training.validation import Validation

    scored, batch = settings.validation, options.batch_size(args)
    scores = wins_over_parent(args, settings) if scored["score"] == "win_rate" else scores_of(scored)
    validation = Validation(prompts, sampling(scored, settings.validate_at), scores, batch)
    from_policy = None
    if args.prompts:
        models = dict(zip(args.names, args.models, strict=True))
        from_policy = rollouts(settings, args.prompts, batch, args.reference_model, models)
    judge_files = (args.judge_prompt_template, args.judge_model)
    train_method(
        Inputs(args.parent, args.pairs, args.reference, from_policy, tuple(filter(None, judge_files))),
        settings,
        validation,
        Outputs(args.out, args.curve, args.scratch, args.rollouts),
        Speed(args.token_budget, args.checkpointing, args.attention),
    )


def wins_over_parent(args, settings):
    """What scores validation answers by a judge."""
    from mialign.evaluation.judge.factory import KINDS, check_options, make_judge
    from mialign.evaluation.wins_over_parent import WinsOverParent

    judge = settings.validate_by
    if judge is None:
        raise InputError("--settings: the key 'validate_by' is missing; a validation by win_rate needs a judge")
    reading = [kind for kind, options in KINDS.items() if options]
    if judge.get("kind") not in reading:
        raise InputError(f"--settings: validate_by.kind is {judge.get('kind')!r}; there are {', '.join(reading)}")
    check_options(judge["kind"], args, "judge-")
    made = make_judge(
        judge, args.judge_prompt_template, args.judge_server, args.judge_asked, args.judge_model, args.token_budget
    )
    return WinsOverParent(made, args.scratch / "answers-0.jsonl", judge.get("invalid_at_most", 0))
