"""Adapters (LoRA): added to a model that has the layers which they name."""

from pathlib import Path

from mialign.core.errors import InputError, first_line
from mialign.models import checkpoints


def add_adapter(model, adapter: dict):
    """The model with a new adapter {rank, alpha, dropout, targets}; InputError if it lacks one of the targets."""
    from peft import LoraConfig, get_peft_model

    check_targets(model, adapter["targets"])
    config = LoraConfig(
        r=adapter["rank"],
        lora_alpha=adapter["alpha"],
        lora_dropout=adapter["dropout"],
        target_modules=adapter["targets"],
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise InputError(f"adapter.targets {adapter['targets']}: {first_line(error)}") from None


def check_targets(model, targets: list[str]) -> None:
    """InputError for a target that no layer has; peft passes over it silently where another one fits."""
    import torch

    layers = [name for name, layer in model.named_modules() if isinstance(layer, torch.nn.Linear)]
    for target in targets:
        if not any(name == target or name.endswith(f".{target}") for name in layers):
            there = ", ".join(dict.fromkeys(name.rsplit(".", 1)[-1] for name in layers))
            raise InputError(f"adapter.targets: the model has no linear layer {target!r}; it has {there}")


def check_fit(folder: Path, adapters: dict[str, dict]) -> None:
    """InputError, with the adapter's key, for the first that does not fit the model of a folder; no weight is read."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with checkpoints.in_words(f"{folder}: transformers cannot make a model of its config.json"), torch.device("meta"):
        config = AutoConfig.from_pretrained(checkpoints.base(folder), trust_remote_code=False)
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    for where, adapter in adapters.items():
        try:
            check_targets(model, adapter["targets"])
        except InputError as error:
            raise InputError(f"{where}.{error} ({folder})") from None
