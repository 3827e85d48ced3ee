"""One case of the benchmark, in a process of its own so that its memory is its own; prints a line of JSON."""

import argparse
import ctypes
import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "workflow"), str(Path(__file__).parent)]

from mialign.models.machine import prepare  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=("ours", "padded", "trl"), required=True)
    parser.add_argument("--objective", choices=("sami", "dpo"), required=True)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--n", type=int, required=True, help="prompts and responses of a question; dpo has one prompt")
    parser.add_argument("--questions", type=int, required=True, help="of a step")
    parser.add_argument("--steps", type=int, required=True, help="measured, after one that is not")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    prepare(args.threads)
    print(json.dumps(measure(args)))


def measure(args) -> dict:
    import torch
    from shapes import model, questions
    from ways import ours, padded, trl, unique

    policy = model(args.vocabulary)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-6)
    prompts = args.n if args.objective == "sami" else 1
    batches = [questions(args.questions, prompts, args.n, args.vocabulary, seed) for seed in range(1, args.steps + 1)]
    step = {
        "ours": lambda items: ours(policy, items, args.objective),
        "padded": lambda items: padded(policy, items, args.objective),
        "trl": lambda items: trl(policy, items),
    }[args.way]
    policy(torch.tensor([[2, 3]])).logits.sum().backward()  # gradients and the optimizer's state are there from now on
    optimizer.step()
    step(batches[0][:1])  # not measured: allocations, threads, compiled kernels
    seconds, places = [], []
    for items in batches:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=False)
        places.append(step(items))
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    largest = max((item for items in batches for item in items), key=lambda item: unique([item]))
    needed = []
    for _ in range(3):
        resident = _forget_peak()
        step([largest])
        needed.append(_peak() - resident)
    return {
        "questions_per_second": args.questions * args.steps / sum(seconds),
        "step_memory_mib": sorted(needed)[1],
        "resident_mib": resident,
        "places_per_unique_token": sum(places) / sum(map(unique, batches)),
        "unique_tokens": sum(map(unique, batches)) / (args.questions * args.steps),
        "parameters": sum(weight.numel() for weight in policy.parameters()),
    }


def _forget_peak() -> float:
    """Give all free memory back, now and from now on as soon as it is freed, and begin a new peak; the MiB that stay.

    Otherwise the peak of one and the same step moves by a factor of two from run to run.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(-3, 2**18)  # M_MMAP_THRESHOLD
    libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    """The most memory, in MiB, that the process has held since it was told to forget."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
