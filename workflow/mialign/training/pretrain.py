"""The base models of the miniature: a small Llama trained on a corpus, from nothing or on from its parent."""

import random
import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM, Trainer

from mialign import checkpoints, seeds
from mialign.files import read_jsonl
from mialign.training import loop
from mialign.training.optimizers import muon_with_adamw
from mialign.training.tokenizer import train_tokenizer

# Texts are sorted by length within windows of this many batches, so that batches need little padding.
WINDOW = 50


def pretrain(parent: Path | None, corpus: Path, settings: dict, out: Path, scratch: Path) -> None:
    """Train settings["architecture"], or the model of `parent`, for one epoch on `corpus` ({"prompt", "response"})."""
    texts = read_jsonl(corpus, required=("prompt", "response"))
    training = settings["training"]
    torch.manual_seed(training["seed"])
    if parent is None:
        shape = settings["architecture"]
        tokenizer = train_tokenizer(
            (text["prompt"] + text["response"] for text in texts), shape["vocabulary"], shape["context"]
        )
        model = LlamaForCausalLM(_config(shape, tokenizer))
    else:
        tokenizer, model = checkpoints.load_tokenizer(parent), checkpoints.load_model(parent)
    rows = _rows(tokenizer, texts, model.config.max_position_embeddings, training["prompt_weight"])
    trainer = _trainer(model, tokenizer, _ordered(rows, training), training, scratch)
    loop.run(trainer, scratch, out.name)
    with checkpoints.writing_folder(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    shutil.rmtree(scratch, ignore_errors=True)


def _config(shape: dict, tokenizer) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["mlp"],
        max_position_embeddings=shape["context"],
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _rows(tokenizer, texts: list[dict], context: int, prompt_weight: float) -> list[dict]:
    """Token ids of prompt, response and EOS, and the weight of each in the loss; cut at the context."""
    prompts = tokenizer([text["prompt"] for text in texts], add_special_tokens=False)["input_ids"]
    responses = tokenizer([text["response"] for text in texts], add_special_tokens=False)["input_ids"]
    return [
        {
            "ids": [*prompt, *response, tokenizer.eos_token_id][:context],
            "weights": ([prompt_weight] * len(prompt) + [1.0] * (len(response) + 1))[:context],
        }
        for prompt, response in zip(prompts, responses, strict=True)
    ]


def _ordered(rows: list[dict], training: dict) -> list[dict]:
    """Shuffled; within each window sorted by length and its batches shuffled again."""
    rng = random.Random(seeds.derive(training["seed"], "order"))
    rows = rng.sample(rows, len(rows))
    size, ordered = training["batch"], []
    for start in range(0, len(rows), WINDOW * size):
        window = sorted(rows[start : start + WINDOW * size], key=lambda row: len(row["ids"]))
        batches = [window[index : index + size] for index in range(0, len(window), size)]
        rng.shuffle(batches)
        ordered += [row for batch in sorted(batches, key=len, reverse=True) for row in batch]
    return ordered


def _trainer(model, tokenizer, rows: list[dict], training: dict, scratch: Path) -> Trainer:
    steps = len(rows) // training["batch"]
    arguments = loop.arguments(
        {"clip": 1.0, **training},
        scratch,
        training["batch"],
        training["seed"],
        max_steps=steps,
        save_steps=max(1, steps // 4),
        bf16=training.get("bf16", False),
        adam_beta2=0.98,
        weight_decay=0.01,
    )
    optimizer = muon_with_adamw(model, training) if training["optimizer"] == "muon" else None
    collate = _Collate(tokenizer.pad_token_id)
    return _CorpusTrainer(
        model=model, args=arguments, train_dataset=rows, data_collator=collate, optimizers=(optimizer, None)
    )


class _Collate:
    def __init__(self, pad: int):
        self.pad = pad

    def __call__(self, rows: list[dict]) -> dict:
        def padded(key, value, dtype):
            return torch.nn.utils.rnn.pad_sequence(
                [torch.tensor(row[key], dtype=dtype) for row in rows], batch_first=True, padding_value=value
            )

        return {"ids": padded("ids", self.pad, torch.long), "weights": padded("weights", 0.0, torch.float)}


class _CorpusTrainer(Trainer):
    """Next-token cross-entropy, weighted by token; texts in the order of the data set."""

    loss_is_scaled_for_ga = False

    def _get_train_sampler(self, train_dataset=None):
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        ids, weights = inputs["ids"], inputs["weights"][:, 1:]
        # Rows are padded on the right, where causal attention never looks back to: no mask is needed.
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1].float()
        each = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        return (each * weights.flatten()).sum() / weights.sum()
