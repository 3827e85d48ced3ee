"""Which causal models of the installed transformers the grid and our engine serve: each is tried at a small size.

    python benchmarks/architectures.py [TYPE ...]

Prints a line each, by which workflow/resources/architectures.yaml is written. What is tried has random weights; sums of
the grid are held against passes of one response each, sampled answers against passes without a cache.
"""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from mialign.generation import local
from mialign.generation.engine import Request, Sampling
from mialign.generation.sampling import choose
from mialign.models.tokenizer import train_tokenizer
from mialign.training.attention import choose_attention
from mialign.training.grid import Item, compute, grid

TEXT = "The boat and the house by the harbour sank at noon. A keeper of bees walks 3 days, then 12 more.\n"
ITEMS = [
    Item([[*range(5, 15)], [20, 21, 22]], [[30, 31, 0], [*range(40, 52), 0]]),
    Item([[60, 61], [62]], [[63, 0], [64, 65, 66, 0]]),
]
SAMPLING = Sampling(1.0, 1.0, 12, ())
LARGEST = 6e8  # weights

# By all the names under which models call these.
SMALL = {
    **dict.fromkeys(("hidden_size", "n_embd", "d_model", "embedding_size", "word_embed_proj_dim"), 32),
    **dict.fromkeys(("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "decoder_ffn_dim"), 48),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "num_heads", "n_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"), 256),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "num_key_value_heads"), 4),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size"), 24),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "head_dim"), 8),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), 16),
    **dict.fromkeys(("hidden_size_per_layer_input", "rotary_dim"), 8),
    **dict.fromkeys(("vocab_size", "vocab_size_per_layer_input"), 300),
    **dict.fromkeys(("n_group", "topk_group", "first_k_dense_replace", "n_shared_experts"), 1),
    **{"num_experts_per_tok": 2, "sliding_window": 5, "layer_types": None, "is_decoder": True},
    **{"bos_token_id": 1, "eos_token_id": 0, "pad_token_id": 0},
}


def main() -> None:
    logging.disable()
    torch.set_num_threads(1)
    compute.not_followed = local.not_writing = lambda settings: None  # all are to be tried
    tokenizer = train_tokenizer([TEXT] * 4, vocabulary=300, context=256)
    for kind in sys.argv[1:] or MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        print(f"{kind}: {_tried(lambda kind=kind: _try(_made(kind), tokenizer))}", flush=True)


def _made(kind: str):
    config = AutoConfig.for_model(kind)
    text = config.get_text_config()
    names = {*text.to_dict(), *text.attribute_map} - set(text.attribute_map.values())
    small = {name: value for name, value in SMALL.items() if name in names}
    config = AutoConfig.for_model(kind, **(small if text is config else {"text_config": small}))
    with torch.device("meta"):
        size = sum(weight.numel() for weight in AutoModelForCausalLM.from_config(config).parameters())
    if size > LARGEST:
        raise ValueError(f"{size} weights are too many to try; give its sizes")
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return model.eval()


def _try(model, tokenizer) -> str:
    choose_attention(model, "float32")
    return f"grid {_tried(lambda: _followed(model))}, engine {_tried(lambda: _continued(model, tokenizer))}"


def _tried(attempt) -> object:
    try:
        return attempt()
    except Exception as error:
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:90]}"


@torch.no_grad()
def _followed(model) -> bool:
    mask = torch.ones(2, 2, dtype=torch.bool)
    alone = [[[_alone(model, p, r) for r in item.responses] for p in item.prompts] for item in ITEMS]
    return torch.allclose(grid(model, ITEMS, mask, row=64).sums, torch.tensor(alone), atol=1e-3, rtol=1e-3)


def _alone(model, prompt: list[int], response: list[int]) -> float:
    logits = model(input_ids=torch.tensor([prompt + response]), use_cache=False).logits[0].log_softmax(-1)
    return logits[range(len(prompt) - 1, len(prompt) + len(response) - 1), response].sum().item()


@torch.no_grad()
def _continued(model, tokenizer) -> bool:
    prompts = [TEXT[:12], TEXT[:60]]
    ours = local.generate(model, tokenizer, [Request(prompt, (0, 1)) for prompt in prompts], SAMPLING, 8)
    theirs = [[_plainly(model, tokenizer, prompt, seed) for seed in (0, 1)] for prompt in prompts]
    return [[one.text for one in two] for two in ours] == theirs


def _plainly(model, tokenizer, prompt: str, seed: int) -> str:
    start = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    ids, dice = list(start), local._dice([seed], SAMPLING)
    for step in range(SAMPLING.max_tokens):
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[:, -1]
        token = choose(logits.float(), 1.0, 1.0, dice[:, step]).item()
        if token == tokenizer.eos_token_id:
            break
        ids.append(token)
    return tokenizer.decode(ids[len(start) :], clean_up_tokenization_spaces=False)


if __name__ == "__main__":
    main()
