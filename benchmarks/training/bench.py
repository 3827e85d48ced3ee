"""Speed and memory of a step of training: the padded way, TRL's DPOTrainer, ours; on the same model, data, optimizer.

    python benchmarks/training/bench.py --out docs/benchmarks
    python benchmarks/training/bench.py --out docs/benchmarks --model data/models/smollm2 --precision bf16

Writes training.csv, a line a case, and training.png; of a model of one's own training_NAME.csv and no figure, in bf16
training_bf16.csv or training_NAME_bf16.csv and no figure. The ways take turns, so that what else the machine does falls
on all of them alike.
"""

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow"))

from mialign.audit.provenance import processor

COLUMNS = (
    *("objective", "n", "vocabulary", "way", "parameters", "questions_per_second", "step_memory_mib", "resident_mib"),
    *("positions_per_unique_token", "unique_tokens", "machine"),
)
# objective, N, vocabulary, questions of a step
CASES = [
    ("sami", 2, 32_000, 2),
    ("sami", 3, 32_000, 2),
    ("sami", 4, 32_000, 2),
    ("sami", 2, 128_000, 2),
    ("dpo", 2, 32_000, 2),
    ("dpo", 2, 128_000, 2),
]
CASES_OF_A_MODEL = [("sami", 2), ("dpo", 2)]  # objective, N; its own vocabulary, and as many questions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="a folder with a model, in the place of the small one")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("float32", "bf16"), default="float32", help="of the passes of all ways")
    args = parser.parse_args()
    rows, own = [], ["--model", str(args.model)] if args.model else []
    for objective, n, vocabulary, questions in _cases(args.model):
        for way in ("padded", "trl", "ours") if objective == "dpo" else ("padded", "ours"):
            command = [sys.executable, str(Path(__file__).with_name("step.py")), "--way", way]
            command += ["--objective", objective, "--n", str(n), "--vocabulary", str(vocabulary)]
            command += ["--questions", str(questions), "--steps", str(args.steps), "--threads", str(args.threads)]
            command += ["--precision", args.precision, *own]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.returncode)  # the step has said why
            measured = json.loads(done.stdout.splitlines()[-1])
            case = {"objective": objective, "n": n, "vocabulary": vocabulary, "way": way, "machine": machine(args)}
            rows.append(case | measured)
            print({key: rows[-1][key] for key in COLUMNS[:-1]}, flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    named = ("training", args.model.name if args.model else "", "bf16" if args.precision == "bf16" else "")
    name = "_".join(filter(None, named))
    with (args.out / f"{name}.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _short(row[key]) for key in COLUMNS} for row in rows)
    if name == "training":
        draw(rows, args.out / "training.png")


def _cases(model: Path | None) -> list[tuple[str, int, int, int]]:
    if model is None:
        return CASES
    vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
    return [(objective, n, vocabulary, 2) for objective, n in CASES_OF_A_MODEL]


def machine(args) -> str:
    return f"{processor()}, {args.threads} thread(s), {args.precision}"


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else value


def draw(rows: list[dict], out: Path) -> None:
    """Seconds and memory of a question against N, and what the time of two would become by the count of tokens."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for way, style in (("padded", "s--"), ("ours", "o-")):
        chosen = _sami(rows, way)
        n = [row["n"] for row in chosen]
        left.plot(n, [1 / row["questions_per_second"] for row in chosen], style, color="black", label=way)
        right.plot(n, [row["step_memory_mib"] for row in chosen], style, color="black", label=way)
    first, *_ = ours = _sami(rows, "ours")
    each = 1 / first["questions_per_second"] / first["unique_tokens"]
    by_count = [each * row["unique_tokens"] for row in ours]
    left.plot([row["n"] for row in ours], by_count, "k:", label="ours at 2, times unique tokens")
    for axes, title in ((left, "Seconds a question"), (right, "Memory of a step (MiB)")):
        axes.set(title=title, xlabel="prompts and responses of a question", ylim=(0, None), xticks=[2, 3, 4])
        axes.spines[["top", "right"]].set_visible(False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(out, dpi=150, metadata={"Software": None})


def _sami(rows: list[dict], way: str) -> list[dict]:
    return [row for row in rows if (row["objective"], row["vocabulary"], row["way"]) == ("sami", 32_000, way)]


if __name__ == "__main__":
    main()
