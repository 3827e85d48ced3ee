"""Have a model write the wordings of the principles from their descriptions, and say what became of each text."""

import sys
from pathlib import Path

from mialign.core import csv_files, seeds
from mialign.core.arguments import add_settings
from mialign.core.files import write_text
from mialign.data import principles, written_principles
from mialign.generation import options
from mialign.generation.writer import Writer


def arguments(parser):
    options.add(parser)
    parser.add_argument("--principles", required=True, help="the principles and their descriptions (YAML)")
    add_settings(parser, "templates", "sampling", "wordings", "longest")
    parser.add_argument("--out", type=Path, required=True, help="written_principles/{model}.yaml: the principles file")
    parser.add_argument("--table", type=Path, required=True, help="written_principles/{model}.csv: every text")


def main(args):
    known, sampling = principles.load(args.principles), args.settings["sampling"]
    asked = written_principles.prompts(known, args.settings["templates"])
    own = [
        tuple(seeds.derive(sampling["seed"], principle, side, number) for number in range(args.settings["wordings"]))
        for principle, side, _ in asked
    ]
    label = f"written_principles {args.out.stem}"
    with Writer(args.model, args.engine, options.runtime(args), args.scratch, label) as write:
        completions = write([prompt for *_, prompt in asked], own, sampling, sampling["temperature"])
        written = [
            {"principle": principle, "side": side, "text": one.text, "finish": one.finish}
            for (principle, side, _), texts in zip(asked, completions, strict=True)
            for one in texts
        ]
        rows = written_principles.outcomes(known, written, args.settings["longest"])
        changed = written_principles.rewritten(known, rows)
        columns = [*written_principles.COLUMNS, "writer"]
        csv_files.write(args.table, columns, ({**row, "writer": write.digest} for row in rows))
        write_text(args.out, written_principles.as_yaml(changed))
    if kept := written_principles.unwritten(known, rows):
        named = ", ".join(f"{principle} ({side})" for principle, side in kept)
        print(f"{args.out}: {len(kept)} of {len(asked)} sides keep the hand-written wordings: {named}", file=sys.stderr)
