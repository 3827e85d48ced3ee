"""By which attention a model is trained."""

import torch

from mialign.core.errors import InputError
from mialign.models.machine import use_bf16


def choose_attention(model, precision: str, wanted: str = "sdpa") -> None:
    """Let the model compute its attention as wanted, but in bfloat16 on a CPU by plain matrix products.

    They are up to twice as fast there as the fused attention with a mask. They also serve models that cannot take
    SDPA, such as those that cap their attention scores (Gemma 2). InputError if flex_attention is wanted of such a one.
    """
    plain = use_bf16(precision) and not torch.cuda.is_available()
    try:
        model.set_attn_implementation("eager" if plain else wanted)
    except ValueError:
        if wanted == "flex_attention":
            name = type(model).__name__
            raise InputError(f"speed.attention: {name} cannot attend by flex_attention; take sdpa") from None
        model.set_attn_implementation("eager")
