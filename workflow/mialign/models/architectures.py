"""Which models our grid can follow, and which can write here, told from config.json alone and without torch."""

from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path

import yaml

KNOWN = Path(__file__).parents[2] / "resources/architectures.yaml"
FACTORS = ("logit_scale", "logits_scaling", "output_multiplier", "lm_head_multiplier")
KINDS = ("full_attention", "sliding_attention")  # of layers
LENGTHS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")  # as models call their context
ROPE = {  # what each rope_type of transformers asks for; su and mrope are names that older files have
    **dict.fromkeys(("default", "mrope", "proportional"), ()),
    **dict.fromkeys(("linear", "dynamic", "yarn"), ("factor",)),
    **dict.fromkeys(("longrope", "su"), ("short_factor", "long_factor")),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor"),
}


def not_followed(settings: dict) -> str | None:
    """What keeps the grid from following a model of this config.json; None where nothing does."""
    known = _of_type("both", "grid", "decoders")
    return _first(settings, _by_place, _dynamic, _scaled, _both_sides, known, _layers, not_loaded)


def not_writing(settings: dict) -> str | None:
    """What keeps a model of this config.json from writing with our engine; None where nothing does."""
    known = _of_type("both", "engine", "decoders")
    return _first(settings, _by_place, _shared, _both_sides, known, _layers, not_loaded)


def not_served(settings: dict) -> str | None:
    """What keeps a model of this config.json from writing with vLLM or on a server; None where nothing is known to."""
    return _first(settings, _both_sides, _endless)


def not_loaded(settings: dict) -> str | None:
    """What keeps transformers from loading a model of this config.json here; None where nothing is known to."""
    return _first(settings, _nameless, _quantised, _bad_rope)


def text_settings(settings: dict) -> dict:
    """The part that is about text, of a model that reads images too; else all."""
    text = settings.get("text_config")
    return text if isinstance(text, dict) else settings


@cache
def _types() -> dict[str, frozenset[str]]:
    groups = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    return {name: frozenset(chain.from_iterable(lines)) for name, lines in groups.items()}


def _kind(settings: dict) -> str:
    kind = settings.get("model_type")
    return kind if isinstance(kind, str) else ""


def _first(settings: dict, *reasons: Callable[[dict], str | None]) -> str | None:
    return next(filter(None, (reason(settings) for reason in reasons)), None)


PLACED = "sees where a token stands by its place in the row, and not by position_ids alone"


def _by_place(settings: dict) -> str | None:
    alibi = text_settings(settings).get("alibi")
    return PLACED if alibi or _kind(settings) in _types()["by_place"] else None


def _dynamic(settings: dict) -> str | None:
    return PLACED if "dynamic" in _rope(settings) else None


def _scaled(settings: dict) -> str | None:
    text = text_settings(settings)
    found = next((factor for factor in FACTORS if text.get(factor) not in (None, 1, 1.0)), None)
    return found and f"scales its logits ({found})"


def _shared(settings: dict) -> str | None:
    shared = text_settings(settings).get("num_kv_shared_layers")
    return "has layers that share their keys (num_kv_shared_layers)" if shared else None


def _both_sides(settings: dict) -> str | None:
    if _kind(settings) in _types()["encoders"] | _types()["decoders"] and settings.get("is_decoder") is not True:
        return "looks at the tokens after each one too, so it is no causal model (is_decoder is not true)"
    return None


def _endless(settings: dict) -> str | None:
    told = any(isinstance(text_settings(settings).get(key), int) for key in LENGTHS)
    by_default = _kind(settings) in frozenset().union(*_types().values()) - _types()["by_place"]
    return None if told or by_default else "does not say how many tokens it reads (max_position_embeddings)"


def _of_type(*groups: str) -> Callable[[dict], str | None]:
    def reason(settings: dict) -> str | None:
        kind = _kind(settings)
        if not kind or any(kind in _types()[group] for group in groups):
            return None
        return f"is of the type {kind!r}, which cannot serve here or was never tried (see {KNOWN.name})"

    return reason


def _layers(settings: dict) -> str | None:
    kinds = text_settings(settings).get("layer_types")
    strange = next((kind for kind in kinds if kind not in KINDS), None) if isinstance(kinds, list) else None
    return strange and f"has layers of kind {strange}"


def _nameless(settings: dict) -> str | None:
    return None if _kind(settings) else "does not say of which type it is (model_type)"


def _quantised(settings: dict) -> str | None:
    return "has quantised weights (quantization_config)" if settings.get("quantization_config") else None


def _bad_rope(settings: dict) -> str | None:
    for name, block in _rope(settings).items():
        if name not in ROPE:
            return f"has the rope_type {name!r}, which transformers does not know"
        if missing := [key for key in ROPE[name] if key not in block]:
            return f"has the rope_type {name!r} without its {missing[0]}"
    return None


def _rope(settings: dict) -> dict[str, dict]:
    """The blocks by their rope_type: one for all layers, or one for each kind; older files call them otherwise."""
    text = text_settings(settings)
    given = text.get("rope_scaling") or text.get("rope_parameters") or {}
    blocks = [block for block in (given, *given.values()) if isinstance(block, dict)] if isinstance(given, dict) else []
    return {str(block.get("rope_type", block.get("type", "default"))): block for block in blocks}
