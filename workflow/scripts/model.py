"""Train a base model of the miniature on its corpus."""

from pathlib import Path

from mialign.core.arguments import add_settings, typed
from mialign.training.settings import PretrainingSettings


def arguments(parser):
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--parent", type=Path, help="model folder to train on from; without it a new model is made")
    add_settings(parser, "training", about=" and, without a parent, architecture")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--scratch", type=Path, required=True, help="folder for the states that an interrupted run goes on from"
    )
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    training = typed(PretrainingSettings, args.settings["training"])
    shape = args.settings["architecture"] if args.parent is None else None
    from mialign.models.machine import prepare

    prepare(args.threads)
    from mialign.training.pretrain import pretrain

    pretrain(args.parent, shape, args.corpus, training, args.out, args.scratch)
