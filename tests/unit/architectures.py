"""Tiny models, with random weights, of the families that the grid must serve."""

import torch
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)
from transformers.models.auto import AutoModelForCausalLM

SIZE = {
    "vocab_size": 60,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": 128,
    "initializer_range": 0.5,
    "bos_token_id": 1,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
CONFIGS = {
    "llama": lambda: LlamaConfig(**SIZE),
    "llama, tied": lambda: LlamaConfig(**SIZE, tie_word_embeddings=True),
    "mistral, window": lambda: MistralConfig(**SIZE, sliding_window=5),
    "qwen2, both kinds of layer": lambda: Qwen2Config(
        **SIZE, use_sliding_window=True, sliding_window=5, layer_types=["full_attention", "sliding_attention"]
    ),
    "qwen3": lambda: Qwen3Config(**SIZE),
    "gemma": lambda: GemmaConfig(**SIZE),
    "gemma2, capped": lambda: Gemma2Config(**SIZE, sliding_window=5, final_logit_softcapping=3.0),
    "gemma3": lambda: Gemma3TextConfig(
        **SIZE, sliding_window=5, layer_types=["sliding_attention", "full_attention"], query_pre_attn_scalar=4
    ),
}


def model(name: str, dtype=torch.float32, vocabulary: int = SIZE["vocab_size"], **changes):
    torch.manual_seed(0)
    config = CONFIGS[name]()
    for key, value in {"vocab_size": vocabulary, **changes}.items():
        setattr(config, key, value)
    made = AutoModelForCausalLM.from_config(config)
    for weight in made.parameters():  # norms too, which begin as constants
        torch.nn.init.normal_(weight, std=0.4)
    return made.to(dtype).eval()


def with_adapter(made, targets=("q_proj", "v_proj", "down_proj"), dropout=0.0):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    config = LoraConfig(
        r=3,
        lora_alpha=6,
        lora_dropout=dropout,
        target_modules=list(targets),
        init_lora_weights=False,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(made, config).eval()
