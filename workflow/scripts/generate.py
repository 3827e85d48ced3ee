"""Let a model answer the training questions, once under each of their prompts, or draws of them until a set is full."""

import sys
from dataclasses import asdict
from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.prompts import texts_to_generate, writer_seed
from mialign.generation import options
from mialign.generation.writer import Writer


def arguments(parser):
    options.add(parser)
    parser.add_argument("--prompts", type=Path, required=True)
    add_settings(
        parser,
        "temperature",
        "top_p",
        "max_tokens",
        "stop",
        "seed",
        about="; for prompts that are drawn also filters and size of the set",
    )
    parser.add_argument("--seed", type=int, help="seed of the method that writes, where a method does")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    settings = args.settings
    seed = settings["seed"] if args.seed is None else writer_seed(settings["seed"], args.seed)
    prompts = read_jsonl(args.prompts, required=("id", "prompts"))
    with Writer(args.model, args.engine, options.runtime(args), args.scratch, f"generate {args.out.stem}") as write:

        def answer(prompts: list[dict]) -> list[dict]:
            asked = texts_to_generate(prompts, seed)
            own = [(seed,) for *_, seed in asked]
            completions = write([prompt for _, _, prompt, _ in asked], own, settings, settings["temperature"])
            return [
                {"prompt_id": prompt_id, "prompt": index, **asdict(one), "writer": write.digest}
                for (prompt_id, index, _, _), (one,) in zip(asked, completions, strict=True)
            ]

        write_jsonl(args.out, _until_enough(prompts, answer, write, args) if "size" in settings else answer(prompts))


def _until_enough(prompts, answer, write, args):
    """With fewer pairs than asked for, the texts stay in scratch: with more draws they are not written again."""
    from mialign.data.waves import until_enough

    generations, pairs = until_enough(prompts, answer, args.settings)
    size = args.settings["size"]
    print(f"{args.out}: {pairs} of {size} pairs from {len(generations)} texts", file=sys.stderr)
    write.keeps = pairs < size
    return generations
