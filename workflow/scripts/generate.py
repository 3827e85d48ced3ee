"""Let a model answer the training questions, once under each of their prompts."""

from pathlib import Path

from mialign.core import seeds
from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.prompts import to_generate
from mialign.generation import options
from mialign.generation.writer import Writer, record


def arguments(parser):
    options.add(parser)
    parser.add_argument("--prompts", type=Path, required=True)
    add_settings(parser, "temperature", "top_p", "max_tokens", "stop", "seed")
    parser.add_argument("--seed", type=int, help="seed of the method that writes, where a method does")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    asked = [
        (record["id"], index, prompt)
        for record in read_jsonl(args.prompts, required=("id", "prompts"))
        for index, prompt in enumerate(to_generate(record))
    ]
    seed = args.settings["seed"] if args.seed is None else seeds.derive(args.settings["seed"], "writer", args.seed)
    own = [(seeds.derive(seed, prompt_id, index),) for prompt_id, index, _ in asked]
    with Writer(args.model, args.engine, options.runtime(args), args.scratch, f"generate {args.out.stem}") as write:
        completions = write([prompt for _, _, prompt in asked], own, args.settings, args.settings["temperature"])
        write_jsonl(
            args.out,
            (
                {"prompt_id": prompt_id, "prompt": index, **record(one), "writer": write.digest}
                for (prompt_id, index, _), (one,) in zip(asked, completions, strict=True)
            ),
        )
