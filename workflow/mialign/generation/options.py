"""What the stages that write text take on the command line: a model, the engine that runs it, and how."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.generation.engine import BatchSize, RuntimeOptions


def add(parser: ArgumentParser) -> None:
    """Have the parser ask which model writes, with what, and how."""
    parser.add_argument("--model", type=Path, required=True)
    add_settings(
        parser, "kind", option="--engine", about=" (transformers, vllm or server), and precision or the server's name"
    )
    add_batch_size(parser)
    parser.add_argument("--shard", type=int, default=RuntimeOptions.shard, help="completions that are kept together")
    parser.add_argument("--threads", type=int, default=RuntimeOptions.threads)
    parser.add_argument("--gpus", type=int, default=RuntimeOptions.gpus, help="that share one model, with vllm")
    parser.add_argument(
        "--gpu-share", type=int, default=RuntimeOptions.gpu_share, help="per cent of their memory that vllm takes"
    )
    parser.add_argument("--url", default=RuntimeOptions.url, help="address of the server")
    parser.add_argument("--key", default=RuntimeOptions.key, help="environment variable that holds the server's key")
    parser.add_argument("--scratch", type=Path, required=True, help="file that an interrupted run goes on from")


def add_batch_size(parser: ArgumentParser) -> None:
    """Have the parser ask how much is written side by side."""
    parser.add_argument("--batch", type=int, default=BatchSize.completions, help="completions written side by side")
    parser.add_argument(
        "--batch-tokens",
        type=int,
        default=BatchSize.tokens,
        help="tokens whose keys and values a batch keeps (transformers; vllm on a CPU), padding included",
    )


def batch_size(args: Namespace) -> BatchSize:
    """From the command line of `add_batch_size`."""
    return BatchSize(args.batch, args.batch_tokens)


def runtime(args: Namespace) -> RuntimeOptions:
    """The options that change no text, from the command line of `add`."""
    return RuntimeOptions(batch_size(args), args.shard, args.threads, args.gpus, args.gpu_share, args.url, args.key)
