"""An engine by its kind."""

from pathlib import Path

from mialign.core.errors import InputError
from mialign.generation.engine import Engine, RuntimeOptions
from mialign.models.machine import prepare

# What each kind must be told beside.
KINDS = {"transformers": "precision", "vllm": "precision", "server": "name"}


def make_engine(model: Path, settings: dict, runtime: RuntimeOptions) -> Engine:
    """settings, which decide the text: kind, and precision (float32 or bf16) or the name of the server's model."""
    wanted = KINDS.get(settings["kind"])
    if wanted not in settings:
        raise InputError(f"--engine: needed are kind ({', '.join(KINDS)}) and {wanted or 'what it takes'}")
    if settings["kind"] == "vllm":
        from mialign.generation.vllm import VllmEngine

        return VllmEngine(model, settings["precision"], runtime)
    prepare(runtime.threads)
    if settings["kind"] == "server":
        from mialign.generation.server import ServerEngine

        return ServerEngine(model, settings["name"], runtime)
    from mialign.generation.local import LocalEngine

    return LocalEngine(model, settings["precision"], runtime)
