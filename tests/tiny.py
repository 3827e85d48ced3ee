"""A tokenizer and a Llama small enough to be made anew in a test."""

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from mialign.models.tokenizer import train_tokenizer

WORDS = "The boat and the house by the harbour sank at noon. A keeper of bees walks 3 days, then 12 more.\n"


def tiny_tokenizer(context: int = 64):
    return train_tokenizer([WORDS] * 4, vocabulary=300, context=context)


def tiny_model(seed: int = 0, vocabulary: int = 300, context: int = 64, hidden: int = 32) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=3 * hidden // 2,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config).eval()


def save_policy_and_base(folder: Path) -> Path:
    """Two models of one tokenizer, policy and base, as folders in `folder`, which is given back."""
    for name, seed in (("policy", 1), ("base", 2)):
        tiny_model(seed).save_pretrained(folder / name)
        tiny_tokenizer().save_pretrained(folder / name)
    return folder
