"""How fast our decoding loop is beside transformers' generate, in one process on one model.

    python benchmarks/generation.py --model MODEL --prompts results/mini/prompts/maths/benchmark.jsonl

Prints new tokens per second of both for one greedy answer a prompt and for 32 sampled ones, and their ratio.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from mialign.core.files import read_jsonl
from mialign.models.machine import prepare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--count", type=int, default=48, help="prompts answered greedily; a quarter is sampled")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    prompts = [record["prompts"][0] for record in read_jsonl(args.prompts)[: args.count]]
    prepare(args.threads)
    from mialign.models import checkpoints

    model, tokenizer = checkpoints.load_model(args.model).eval(), checkpoints.load_tokenizer(args.model)
    print(f"{args.threads} thread(s), {len(prompts)} prompts, batch {args.batch}")
    for samples, asked in ((1, prompts), (32, prompts[: len(prompts) // 4])):
        ours = _rate(lambda s=samples, a=asked: _ours(model, tokenizer, a, s, args.batch))
        theirs = _rate(lambda s=samples, a=asked: _theirs(model, tokenizer, a, s, args.batch))
        print(f"{samples:2d} a prompt: ours {ours:6.0f}/s, generate {theirs:6.0f}/s, ratio {ours / theirs:.2f}")


def _rate(run) -> float:
    run()
    start = time.perf_counter()
    tokens = run()
    return tokens / (time.perf_counter() - start)


def _ours(model, tokenizer, prompts: list[str], samples: int, batch: int) -> int:
    from mialign.generation.engine import BatchSize, Request, Sampling
    from mialign.generation.local import generate

    sampling = Sampling(0.0 if samples == 1 else 1.0, 0.9, 192, ())
    requests = [Request(prompt, tuple(range(samples))) for prompt in prompts]
    return sum(one.tokens for many in generate(model, tokenizer, requests, sampling, BatchSize(batch)) for one in many)


def _theirs(model, tokenizer, prompts: list[str], samples: int, batch: int) -> int:
    import torch

    tokenizer.padding_side = "left"
    how = {"do_sample": True, "temperature": 1.0, "top_p": 0.9, "top_k": 0, "num_return_sequences": samples}
    tokens, size = 0, max(1, batch // samples)
    for start in range(0, len(prompts), size):
        asked = tokenizer(prompts[start : start + size], add_special_tokens=False, padding=True, return_tensors="pt")
        asked.pop("token_type_ids", None)
        with torch.inference_mode():
            out = model.generate(**asked, max_new_tokens=192, **(how if samples > 1 else {"do_sample": False}))
        new = out[:, asked["input_ids"].shape[1] :]
        tokens += int((new != tokenizer.eos_token_id).sum()) + int((new == tokenizer.eos_token_id).any(1).sum())
    return tokens


if __name__ == "__main__":
    main()
