"""Let a model answer the training questions, once under each of their prompts."""

from pathlib import Path

from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.prompts import texts_to_generate, writer_seed
from mialign.generation import options
from mialign.generation.writer import Writer, record


def arguments(parser):
    options.add(parser)
    parser.add_argument("--prompts", type=Path, required=True)
    add_settings(parser, "temperature", "top_p", "max_tokens", "stop", "seed")
    parser.add_argument("--seed", type=int, help="seed of the method that writes, where a method does")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    seed = args.settings["seed"] if args.seed is None else writer_seed(args.settings["seed"], args.seed)
    asked = texts_to_generate(read_jsonl(args.prompts, required=("id", "prompts")), seed)
    own = [(seed,) for *_, seed in asked]
    with Writer(args.model, args.engine, options.runtime(args), args.scratch, f"generate {args.out.stem}") as write:
        completions = write([prompt for _, _, prompt, _ in asked], own, args.settings, args.settings["temperature"])
        write_jsonl(
            args.out,
            (
                {"prompt_id": prompt_id, "prompt": index, **record(one), "writer": write.digest}
                for (prompt_id, index, _, _), (one,) in zip(asked, completions, strict=True)
            ),
        )
