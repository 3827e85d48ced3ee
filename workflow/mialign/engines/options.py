"""What the stages that write text take on the command line: a model, the engine that runs it, and how."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.arguments import add_settings
from mialign.engines.base import How


def add(parser: ArgumentParser) -> None:
    """Have the parser ask which model writes, with what, and how."""
    parser.add_argument("--model", type=Path, required=True)
    add_settings(
        parser, "kind", option="--engine", about=" (transformers, vllm or server), and precision or the server's name"
    )
    parser.add_argument("--batch", type=int, default=How.batch, help="completions written side by side")
    parser.add_argument("--shard", type=int, default=How.shard, help="completions that are kept together")
    parser.add_argument("--threads", type=int, default=How.threads)
    parser.add_argument("--gpus", type=int, default=How.gpus, help="that share one model, with vllm")
    parser.add_argument("--gpu-share", type=int, default=How.gpu_share, help="per cent of their memory that vllm takes")
    parser.add_argument("--url", default=How.url, help="address of the server")
    parser.add_argument("--key", default=How.key, help="environment variable that holds the server's key")
    parser.add_argument("--scratch", type=Path, required=True, help="file that an interrupted run goes on from")


def how(args: Namespace) -> How:
    return How(args.batch, args.shard, args.threads, args.gpus, args.gpu_share, args.url, args.key)
