"""Let a model attempt the benchmark problems: once greedily, and as often as the largest number of attempts."""

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
    add_settings(parser, "attempts", "temperature", "top_p", "max_tokens", "stop")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)


def main(args):
    items = read_jsonl(args.prompts, required=("id", "question_id", "prompts"))
    with Writer(args.model, args.engine, options.runtime(args), args.scratch, f"solve {args.out.parent.name}") as write:
        records = []
        for temperature, attempts in ((0.0, 1), (args.settings["temperature"], max(args.settings["attempts"]))):
            own = [
                tuple(seeds.derive(args.seed, "solve", temperature, item["id"], k) for k in range(attempts))
                for item in items
            ]
            for item, completions in zip(
                items, write([item["prompts"][0] for item in items], own, args.settings, temperature), strict=True
            ):
                records += [
                    {
                        "prompt_id": item["id"],
                        "question_id": item["question_id"],
                        "temperature": temperature,
                        "attempt": attempt,
                        **asdict(completion),
                        "writer": write.digest,
                    }
                    for attempt, completion in enumerate(completions)
                ]
        write_jsonl(args.out, records)
