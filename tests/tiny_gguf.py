"""A Llama of two layers and a byte-level tokenizer as a GGUF file, written with llama.cpp's own package."""

from pathlib import Path

import gguf
import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tiny import WORDS, tiny_model

END, TURN = "<end>", "<turn>"
TEMPLATE = "{% for message in messages %}<turn>{{ message['content'] }}<end>{% endfor %}"
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
QUANTISED = "ffn_gate"  # these matrices are written in blocks of eight bits


def tokenizer() -> Tokenizer:
    """Digits alone, then words with the space before them: the rule that llama.cpp calls smollm."""
    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    found.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=[END, TURN], initial_alphabet=alphabet, show_progress=False
    )
    found.train_from_iterator([WORDS, "  deep   water\n\n"] * 4, trainer)
    return found


def model(taught: tuple[str, str] | None = None):
    """The model whose weights the file holds, as they are after the rounding to blocks.

    taught: a question, and what the model learns to answer it.
    """
    import torch

    found = tiny_model(hidden=32, vocabulary=tokenizer().get_vocab_size())
    if taught:
        _teach(found, *taught)
    for name, weight in found.named_parameters():
        if _told(name).endswith(f"{QUANTISED}.weight"):
            kind = gguf.GGMLQuantizationType.Q8_0
            rounded = gguf.quants.dequantize(gguf.quants.quantize(weight.detach().numpy(), kind), kind)
            weight.data = torch.from_numpy(rounded)
    return found


def _teach(whole, question: str, answer: str) -> None:
    """Train the model on this answer alone, in the chat template, until it gives it by far."""
    import torch

    known = tokenizer()
    prompt, written = known.encode(f"{TURN}{question}{END}").ids, known.encode(f"{answer}{END}").ids
    optimizer = torch.optim.Adam(whole.parameters(), 0.01)
    for _ in range(60):
        logits = whole(torch.tensor([prompt + written])).logits[0, len(prompt) - 1 : -1]
        torch.nn.functional.cross_entropy(logits, torch.tensor(written)).backward()
        optimizer.step()
        optimizer.zero_grad()


def write(
    path: Path,
    architecture: str = "llama",
    extra: dict | None = None,
    rule: str = "smollm",
    taught: tuple[str, str] | None = None,
) -> Path:
    """The file. extra: tensors that belong to no weight of the model. taught: see model."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, writer = model(taught), gguf.GGUFWriter(path, architecture)
    config = whole.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    _add_tokenizer(writer, rule)
    for name, weight in whole.named_parameters():
        _add_tensor(writer, _told(name), weight.detach().numpy(), config.num_attention_heads)
    for name, values in (extra or {}).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _told(name: str) -> str:
    """A weight's name in a GGUF."""
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name.replace("model.layers", "blk")


def _add_tensor(writer: gguf.GGUFWriter, name: str, values: np.ndarray, heads: int) -> None:
    if ".attn_q." in name or ".attn_k." in name:  # llama.cpp turns neighbours, transformers the two halves of a head
        halves = values.reshape(heads, 2, -1, values.shape[1])
        values = halves.swapaxes(1, 2).reshape(values.shape)
    if QUANTISED in name:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, np.ascontiguousarray(values))


def _add_tokenizer(writer: gguf.GGUFWriter, rule: str) -> None:
    import json

    known = json.loads(tokenizer().to_str())["model"]
    words = sorted(known["vocab"], key=known["vocab"].get)
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(rule)
    writer.add_token_list(words)
    writer.add_token_types([control if word in (END, TURN) else normal for word in words])
    writer.add_token_merges([" ".join(merge) for merge in known["merges"]])
    writer.add_eos_token_id(words.index(END))
    writer.add_pad_token_id(words.index(END))
    writer.add_eot_token_id(words.index(TURN))
    writer.add_chat_template(TEMPLATE)
