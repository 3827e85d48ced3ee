"""The loss of TRL's DPOTrainer on questions that are given as token ids."""

import tempfile
from functools import cache

from mialign.training.grid import Item


def dpo_loss(model, items: list[Item]):
    """The loss of TRL and the places that it computes; response 0 chosen, 1 rejected, the reference's logps 0."""
    trainer = _trainer(model)
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
def _trainer(model):
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
        bf16=False,
        gradient_checkpointing=False,
        max_length=None,
        precompute_ref_log_probs=True,
        report_to="none",
    )
    rows = Dataset.from_list([{"prompt": "a", "chosen": "a", "rejected": "a"}])
    return DPOTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)
