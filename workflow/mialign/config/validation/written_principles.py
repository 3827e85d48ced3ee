"""Principles that a model writes: each set of pairs that wants them can have them, and the writer can be asked."""

from mialign.config.validation.experiments import check_context
from mialign.core.errors import InputError, complaint_prefix
from mialign.data import builders, written_principles
from mialign.data.sets import principle_writer


def check(config: dict) -> None:
    """InputError for the first key that does not fit the others."""
    if own := config.get("principle_writer"):
        with complaint_prefix("principle_writer.templates."):
            written_principles.check_templates(own["templates"])
    for name, model in config["models"].items():
        if model.get("corpus", {}).get("principles"):
            _check_asked(config, f"models.{name}.corpus.principles")
    for name, experiment in config["experiments"].items():
        for data, block in experiment["data"].items():
            if writer := principle_writer(block):
                where = f"experiments.{name}.data.{data}.principles"
                _check_asked(config, where)
                _check_set(where, block, experiment)
                tokens = own["sampling"]["max_tokens"]
                check_context("principle_writer.sampling.max_tokens", tokens, writer, config["models"])


def _check_asked(config: dict, where: str) -> None:
    if "principle_writer" not in config:
        raise InputError(
            f"principle_writer: the key is missing, and {where} needs its templates; give it, or take that key out"
        )


def _check_set(where: str, block: dict, experiment: dict) -> None:
    """The prompts of the set hold wordings that a writer can replace; of any builder, if drawn users state them."""
    if "prompts" in experiment:
        raise InputError(f"{where}: the prompts of this experiment are the authors'; take one of the two keys out")
    if block["builder"] in builders.EVALUATING and "number" not in experiment.get("users", {}):
        raise InputError(
            f"{where}: {block['builder']} asks as evaluation does, with the short wordings, which stay hand-written; "
            "take the key out, or take another builder"
        )
