"""How fast our decoding loop writes beside transformers' generate and vLLM: the same model, prompts and sampling.

    python benchmarks/generation.py --model MODEL --prompts results/mini/prompts/maths/benchmark.jsonl
    python benchmarks/generation.py --model data/models/smollm2 --prompts PROMPTS.jsonl \
        --cases 1x1 16x1 64x1 --new 64 --vllm .venv-vllm/bin/python

A case is PROMPTSxSAMPLES, all side by side; one sample is greedy unless --temperature is given. Each way has a process
of its own, so that its memory is its own. Prints tokens per second, prompts read included, and the most memory.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from mialign.audit.provenance import processor
from mialign.core.files import read_jsonl
from mialign.generation.engine import BatchSize, Request, RuntimeOptions, Sampling
from mialign.models.machine import prepare

COLUMNS = ("way", "prompts", "samples", "temperature", "tokens_per_second", "peak_mib", "machine")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--cases", nargs="+", default=["48x1", "12x32"], metavar="PROMPTSxSAMPLES")
    parser.add_argument("--new", type=int, default=192, help="tokens of an answer at most")
    parser.add_argument("--temperature", type=float, help="default: 0 for one sample, 1 for several")
    parser.add_argument("--top-p", type=float, default=0.9)
    parser.add_argument("--precision", default="float32", help="float32 or bf16")
    parser.add_argument(
        "--tokens", type=int, default=BatchSize.tokens, help="whose keys and values ours and vLLM keep at most"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vllm", help="the Python of an environment with vLLM, which is measured too then")
    parser.add_argument("--out", type=Path, help="a CSV file for the rows")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        print(json.dumps(measure(args)))
    else:
        compare(args)


def compare(args) -> None:
    """Each case by each way, in a process for each."""
    rows = []
    for case in args.cases:
        for way in ("ours", "generate", *(["vllm"] if args.vllm else [])):
            rows.append(_in_a_process(args, case, way))
            print(" ".join(f"{key}: {value}" for key, value in rows[-1].items()), flush=True)
    if args.out:
        with args.out.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _in_a_process(args, case: str, way: str) -> dict:
    python = args.vllm if way == "vllm" else sys.executable
    command = [python, __file__, "--way", way, "--cases", case, *_options(args)]
    environment = os.environ | {"OMP_NUM_THREADS": str(args.threads)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    (prompts, samples), measured = case.split("x"), json.loads(done.stdout.splitlines()[-1])
    how = f"{processor()}, {args.threads} thread(s), {args.precision}"
    asked = {"prompts": prompts, "samples": samples, "temperature": _temperature(args, int(samples))}
    return {"way": way, **asked, **measured, "machine": how}


def _temperature(args, samples: int) -> float:
    return args.temperature if args.temperature is not None else float(samples > 1)


def _options(args) -> list[str]:
    names = ("model", "prompts", "new", "temperature", "top_p", "precision", "tokens", "threads")
    given = {name: getattr(args, name) for name in names}
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None]


def measure(args) -> dict:
    """One case by one way: the second of two runs, of which the first writes few tokens."""
    count, samples = map(int, args.cases[0].split("x"))
    asked = [record["prompts"][0] for record in read_jsonl(args.prompts)[:count]]
    if len(asked) < count:
        raise SystemExit(f"{args.prompts} has {len(asked)} prompts, and {count} are asked for")
    prepare(args.threads)
    write = WAYS[args.way](args, asked, samples, _temperature(args, samples))
    write(4)
    start = time.perf_counter()
    tokens = write(args.new)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"tokens_per_second": round(tokens / seconds, 1), "peak_mib": round(peak)}


def _engine(kind: str) -> Callable:
    def of(args, prompts: list, samples: int, temperature: float) -> Callable[[int], int]:
        from mialign.generation.factory import make_engine

        runtime = RuntimeOptions(batch=BatchSize(len(prompts) * samples, args.tokens), threads=args.threads)
        engine = make_engine(args.model, {"kind": kind, "precision": args.precision}, runtime)
        requests = [Request(prompt, tuple(range(samples))) for prompt in prompts]

        def write(new: int) -> int:
            sampling = Sampling(temperature, args.top_p, new, ())
            ((_, completions),) = engine.shards([requests], sampling, lambda count: None)
            return sum(one.tokens for many in completions for one in many)

        return write

    return of


def _generate(args, prompts: list, samples: int, temperature: float) -> Callable[[int], int]:
    import torch

    from mialign.models import checkpoints
    from mialign.models.machine import DTYPES, use_bf16
    from mialign.models.prompt_ids import encode_prompt

    dtype = DTYPES["bf16" if use_bf16(args.precision) else "float32"]
    model, tokenizer = checkpoints.load_model(args.model, dtype=dtype).eval(), checkpoints.load_tokenizer(args.model)
    tokenizer.padding_side = "left"
    asked = tokenizer.pad({"input_ids": [encode_prompt(tokenizer, one) for one in prompts]}, return_tensors="pt")
    how = {"do_sample": False}
    if temperature:
        how = {"do_sample": True, "temperature": temperature, "top_p": args.top_p, "top_k": 0}

    def write(new: int) -> int:
        with torch.inference_mode():
            out = model.generate(**asked, max_new_tokens=new, num_return_sequences=samples, **how)
        made = out[:, asked["input_ids"].shape[1] :]
        end = made == tokenizer.eos_token_id
        return int((end.cumsum(1) == 0).sum()) + int(end.any(1).sum())

    return write


WAYS = {"ours": _engine("transformers"), "generate": _generate, "vllm": _engine("vllm")}


if __name__ == "__main__":
    main()
