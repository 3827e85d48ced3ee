"""The base models of the miniature: a small Llama trained on a corpus, from nothing or on from its parent."""

from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM, Trainer

from mialign.core.files import read_jsonl
from mialign.models import checkpoints
from mialign.models.machine import use_bf16
from mialign.models.tokenizer import train_tokenizer
from mialign.training import loop, resume
from mialign.training.attention import choose_attention
from mialign.training.optimizers import muon_with_adamw
from mialign.training.settings import PretrainingSettings

# Tokens of a row that texts are packed into (a longer text has a row to itself).
ROW = 192


def pretrain(
    parent: Path | None, shape: dict | None, corpus: Path, training: PretrainingSettings, out: Path, scratch: Path
) -> None:
    """Train the model of `parent`, or a new one, for one epoch on `corpus` ({"prompt", "response"}).

    shape: of a new model, with vocabulary, context, hidden, layers, heads and mlp.
    """
    texts = read_jsonl(corpus, required=("prompt", "response"))
    made_with = {"architecture": shape, "training": asdict(training)}
    resume.open_scratch(scratch, made_with, corpus, *([parent] if parent else []))
    torch.manual_seed(training.seed)
    if parent is None:
        tokenizer = train_tokenizer(
            (text["prompt"] + text["response"] for text in texts), shape["vocabulary"], shape["context"]
        )
        model = LlamaForCausalLM(_config(shape, tokenizer))
    else:
        tokenizer, model = checkpoints.load_tokenizer(parent), checkpoints.load_model(parent)
    choose_attention(model, "bf16")
    rows = _rows(tokenizer, texts, model.config.max_position_embeddings, training.prompt_weight)
    trainer = _trainer(model, tokenizer, rows, training, scratch)
    loop.run(trainer, scratch, out.name)
    with checkpoints.writing_folder(out) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    resume.close_scratch(scratch)


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


def _trainer(model, tokenizer, rows: list[dict], training: PretrainingSettings, scratch: Path) -> Trainer:
    steps = len(rows) // training.batch
    arguments = loop.arguments(
        training,
        scratch,
        max_steps=steps,
        save_steps=max(1, steps // 4),
        bf16=use_bf16("bf16"),
        adam_beta2=0.98,
        weight_decay=training.weight_decay,
    )
    optimizer = muon_with_adamw(model, training) if training.optimizer == "muon" else None
    collate = _Pack(tokenizer.pad_token_id)
    return _CorpusTrainer(
        model=model, args=arguments, train_dataset=rows, data_collator=collate, optimizers=(optimizer, None)
    )


class _Pack:
    """Puts the texts of a batch end to end into as few rows as it can: little padding, whatever their lengths.

    Positions begin anew with each text, by which transformers keeps the texts of a row apart in attention.
    """

    def __init__(self, pad: int):
        self.pad = pad

    def __call__(self, texts: list[dict]) -> dict:
        rows: list[list[dict]] = []
        for text in sorted(texts, key=lambda text: -len(text["ids"])):
            row = next((row for row in rows if _length(row) + len(text["ids"]) <= ROW), None)
            if row is None:
                rows.append(row := [])
            row.append(text)
        return {
            "ids": self._padded([[token for text in row for token in text["ids"]] for row in rows], self.pad),
            "positions": self._padded(
                [[position for text in row for position in range(len(text["ids"]))] for row in rows], 0
            ),
            "weights": self._padded([[weight for text in row for weight in text["weights"]] for row in rows], 0.0),
        }

    def _padded(self, rows: list[list], value: float) -> torch.Tensor:
        return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], True, value)


def _length(row: list[dict]) -> int:
    return sum(len(text["ids"]) for text in row)


class _CorpusTrainer(Trainer):
    """Next-token cross-entropy, weighted by token; the first token of a text is nobody's next."""

    loss_is_scaled_for_ga = False

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        ids, positions = inputs["ids"], inputs["positions"]
        logits = model(input_ids=ids, position_ids=positions, use_cache=False).logits[:, :-1].float()
        weights = inputs["weights"][:, 1:] * (positions[:, 1:] > 0)
        each = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        return (each * weights.flatten()).sum() / weights.sum()
