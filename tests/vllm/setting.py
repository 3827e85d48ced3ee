"""What the tests with vLLM share: where its environment is, and a model small enough to be made anew."""

import os
import sys
from pathlib import Path

import torch

import tiny

PYTHONS = {
    "transformers": Path(sys.executable),
    "server": Path(sys.executable),
    "vllm": Path(os.environ.get("VLLM_VENV", ".venv-vllm")).absolute() / "bin/python",
}
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "VLLM_NO_USAGE_STATS": "1"}
# Two processes in place of two GPUs must be told which core each has.
ENVIRONMENT_OF_TWO = {**ENVIRONMENT, "VLLM_CPU_OMP_THREADS_BIND": "0|1"}
WORDS = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The", "walks", "sank"]
SETTINGS = {"temperature": 0.0, "top_p": 0.9, "max_tokens": 40, "stop": [], "seed": 3}


def make_model(context: int = 256):
    """Random weights; where one wrote ";" it rather ends its text, so that answers end in every way."""
    model = tiny.tiny_model(context=context, hidden=64)
    with torch.no_grad():
        embedding = model.model.embed_tokens.weight
        embedding[0] = 1.1 * embedding[make_tokenizer().encode(";", add_special_tokens=False)[0]]
    return model


def make_tokenizer():
    return tiny.tiny_tokenizer(context=256)
