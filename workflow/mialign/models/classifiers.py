"""Sequence classifiers of transformers, which serve as reward models: looked over and loaded as causal models are."""

import math
from pathlib import Path

from mialign.core.errors import InputError
from mialign.models import checkpoints
from mialign.models.bases import ADAPTER

CLASSIFIER = "ForSequenceClassification"


def not_classifying(settings: dict) -> str | None:
    """What keeps a model of this config.json from scoring texts; None where nothing does."""
    named = settings.get("architectures")
    known = isinstance(named, list) and any(isinstance(one, str) and one.endswith(CLASSIFIER) for one in named)
    return None if known else f"is no sequence classifier (architectures names none that ends in {CLASSIFIER})"


def load_classifier(folder: str | Path):
    """The sequence classifier of a folder, in the precision of its weights, ready to score."""
    from transformers import AutoModelForSequenceClassification

    folder = Path(folder)
    checkpoints.check_files(folder)
    if (folder / ADAPTER).exists():
        raise InputError(f"{folder}: the reward model is an adapter; merge it into its base first")
    if reason := not_classifying(checkpoints.settings(folder)):
        raise InputError(f"{folder}: the model {reason}; take another reward model")
    model = checkpoints.whole_model(AutoModelForSequenceClassification, folder, "auto")
    return model.eval()


def without_weights(folder: str | Path):
    """The sequence classifier of a folder as its config describes it, without its weights."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    with torch.device("meta"):
        return AutoModelForSequenceClassification.from_config(AutoConfig.from_pretrained(folder))


def most_tokens(model) -> float:
    """How many tokens a classifier reads at most; infinite if its config does not say."""
    most = getattr(model.config.get_text_config(), "max_position_embeddings", math.inf)
    positions = (module for name, module in model.named_modules() if name.endswith("position_embeddings"))
    padding = getattr(next(positions, None), "padding_idx", None)
    return most if padding is None else most - padding - 1  # RoBERTa counts positions from its padding's id on
