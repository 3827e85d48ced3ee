"""The loss of TRL's DPOTrainer on questions that are given as token ids."""

import tempfile
from functools import cache

from mialign.models.machine import use_bf16
from mialign.training.grid import Item


def dpo_loss(model, items: list[Item], precision: str = "float32"):
    """The loss of TRL and the positions that it computes; response 0 chosen, 1 rejected, the reference's logps 0.

    precision: bf16 computes by autocast, as its trainer does with bf16=True.
    """
    trainer = _trainer(model, use_bf16(precision))
    inputs = trainer._prepare_inputs(trainer.data_collator([_row(item) for item in items]))
    return trainer.compute_loss(model, inputs), inputs["input_ids"].numel()


def _row(item: Item) -> dict:
    return {
        "prompt_ids": item.prompts[0],
        "chosen_ids": item.responses[0],
        "rejected_ids": item.responses[1],
        "ref_chosen_logps": 0.0,
        "ref_rejected_logps": 0.0,
    }


def forget() -> None:
    """Let go of the trainer, which holds its model."""
    _trainer.cache_clear()


@cache
def _trainer(model, bf16: bool):
    from datasets import Dataset
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast
    from trl import DPOConfig, DPOTrainer

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"e": 0, "a": 1}, "a")), eos_token="e", pad_token="e"
    )
    settings = DPOConfig(
        output_dir=tempfile.mkdtemp(),
        use_cpu=model.device.type == "cpu",
        bf16=bf16,
        gradient_checkpointing=False,
        max_length=None,
        precompute_ref_log_probs=True,
        report_to="none",
    )
    rows = Dataset.from_list([{"prompt": "a", "chosen": "a", "rejected": "a"}])
    trainer = DPOTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)
    if bf16:  # accelerate puts autocast around the model's forward, which train() would have it do
        trainer.accelerator.prepare_model(model)
    return trainer
