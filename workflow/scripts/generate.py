"""Let a model answer the training questions, once under each of their constitutions."""

from pathlib import Path

from mialign import seeds
from mialign.arguments import add_settings
from mialign.engines import options
from mialign.files import read_jsonl, write_jsonl
from mialign.generation import Writer, record
from mialign.prompts import to_generate


def arguments(parser):
    options.add(parser)
    parser.add_argument("--prompts", type=Path, required=True)
    add_settings(parser, "temperature", "top_p", "max_tokens", "stop", "seed")
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    asked = [
        (record["id"], index, prompt)
        for record in read_jsonl(args.prompts, required=("id", "prompts"))
        for index, prompt in enumerate(to_generate(record))
    ]
    own = [(seeds.derive(args.settings["seed"], prompt_id, index),) for prompt_id, index, _ in asked]
    with Writer(args.model, args.engine, options.how(args), args.scratch, f"generate {args.out.stem}") as write:
        completions = write([prompt for _, _, prompt in asked], own, args.settings, args.settings["temperature"])
        write_jsonl(
            args.out,
            (
                {"prompt_id": prompt_id, "constitution": index, **record(one)}
                for (prompt_id, index, _), (one,) in zip(asked, completions, strict=True)
            ),
        )
