"""How many tokens a second the local engine writes, by the number of prompts side by side."""

from collections.abc import Iterator

import torch
from measuring import forget_peak, now, peak
from rows import missing, row
from shapes import PAPER, SHORT, llama_config, questions, random_model

from mialign.generation.engine import BatchSize, Request, Sampling
from mialign.generation.local import generate
from mialign.models.tokenizer import train_tokenizer

BATCHES = {"paper": (1, 16, 64, 256), "tiny": (1, 4)}
SHAPES = {"paper": ("8b", "1b"), "tiny": ("tiny",)}
NEW = {"paper": 64, "tiny": 4}  # tokens of an answer


def rows(device: str, shapes: str) -> Iterator[dict]:
    tokenizer = train_tokenizer(["The boat and the house by the harbour.\n"], vocabulary=300, context=4096)
    lengths = PAPER if shapes == "paper" else SHORT
    for shape in SHAPES[shapes]:
        model = random_model(llama_config(shape), torch.bfloat16, device).eval()
        _written(model, tokenizer, BATCHES[shapes][0], 2, lengths)
        for batch in BATCHES[shapes]:
            label = f"batch {batch}"
            resident = forget_peak(device)
            try:
                start = now(device)
                tokens = _written(model, tokenizer, batch, NEW[shapes], lengths)
                seconds = now(device) - start
            except torch.OutOfMemoryError as error:
                yield missing(shape, "generation", label, error)
                continue
            note = f"{NEW[shapes]} new tokens a prompt, prompts read included"
            yield row(shape, "generation", label, "tokens_per_second", tokens / seconds, note)
            yield row(shape, "generation", label, "step_memory_gib", (peak(device) - resident) / 1024, "beyond weights")
        del model
        forget_peak(device)


def _written(model, tokenizer, batch: int, new: int, lengths) -> int:
    """New tokens of one batch."""
    texts = ["a" * len(item.prompts[0]) for item in questions(batch, 1, 1, 300, 1, lengths)]
    requests = [Request(text, (number,)) for number, text in enumerate(texts)]
    answers = generate(model, tokenizer, requests, Sampling(1.0, 0.9, new, ()), BatchSize(batch))
    return sum(one.tokens for (one,) in answers)
