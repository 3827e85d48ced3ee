"""An engine by its kind."""

from pathlib import Path

from mialign.engines.base import Engine, How
from mialign.errors import InputError
from mialign.machine import prepare

# What each kind must be told beside.
KINDS = {"transformers": "precision", "vllm": "precision", "server": "name"}


def start(model: Path, settings: dict, how: How) -> Engine:
    """settings, which decide the text: kind, and precision (float32 or bf16) or the name of the server's model."""
    wanted = KINDS.get(settings["kind"])
    if wanted not in settings:
        raise InputError(f"--engine: needed are kind ({', '.join(KINDS)}) and {wanted or 'what it takes'}")
    if settings["kind"] == "vllm":
        from mialign.engines.vllm import Vllm

        return Vllm(model, settings["precision"], how)
    prepare(how.threads)
    if settings["kind"] == "server":
        from mialign.engines.server import Server

        return Server(model, settings["name"], how)
    from mialign.engines.local import Local

    return Local(model, settings["precision"], how)
