"""Which stages there are, and which gain by a process that has imported for them (warm.py)."""

import os

SCRIPTS = os.path.join(os.path.dirname(__file__), "scripts")
STAGES = sorted(name.removesuffix(".py") for name in os.listdir(SCRIPTS) if name.endswith(".py"))

# Those that import torch, scipy or matplotlib; but the doctor, who looks whether that can be done, does it anew.
GAINING = (
    "drift",
    "figure",
    "generate",
    "information",
    "judge",
    "lengths",
    "metrics",
    "model",
    "reference",
    "respond",
    "rewards",
    "solve",
    "soup",
    "stored_responses",
    "train",
    "written_principles",
)
# What their modules import only where they use it.
MODULES = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.figure",
    "scipy.stats",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.llama.modeling_llama",
)


def offline(stage: str) -> bool:
    """Whether it may neither wait for a download nor take anything from one: only those that fetch may."""
    return not stage.startswith("fetch")
