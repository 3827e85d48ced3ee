"""Let a model answer the benchmark questions once at each temperature."""

from dataclasses import asdict
from pathlib import Path

from mialign.core import seeds
from mialign.core.arguments import add_settings
from mialign.core.files import read_jsonl, write_jsonl
from mialign.generation import options
from mialign.generation.writer import Writer


def arguments(parser):
    options.add(parser)
    parser.add_argument("--prompts", type=Path, required=True)
    add_settings(
        parser,
        "temperatures",
        "top_p",
        "max_tokens",
        "stop",
        about="; preference: the only vector to answer under, in an experiment with preferences",
    )
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    items = read_jsonl(args.prompts, required=("id", "question_id", "category", "prompts"))
    if "preference" in args.settings:
        items = [item for item in items if item["preferences"] == [args.settings["preference"]]]
    with Writer(
        args.model, args.engine, options.runtime(args), args.scratch, f"respond {args.out.parent.name}"
    ) as write:
        records = []
        for temperature in args.settings["temperatures"]:
            own = [(seeds.derive(args.seed, "respond", temperature, item["id"]),) for item in items]
            completions = write([item["prompts"][0] for item in items], own, args.settings, temperature)
            records += [
                {
                    "prompt_id": item["id"],
                    "question_id": item["question_id"],
                    "category": item["category"],
                    "temperature": temperature,
                    **asdict(one),
                    "writer": write.digest,
                }
                for item, (one,) in zip(items, completions, strict=True)
            ]
        write_jsonl(args.out, records)
