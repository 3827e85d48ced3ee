"""What a schema cannot say of a configuration: that its parts fit each other and that the files it names are there."""

from pathlib import Path

from mialign.config.validation import (
    citations,
    comparisons,
    experiments,
    held_out,
    judges,
    models,
    names,
    preferences,
    questions,
    written_principles,
)
from mialign.core.errors import InputError, complaint_prefix
from mialign.data import principles
from mialign.evaluation import learning_rates


def check(config: dict) -> None:
    """InputError, with the key's path, for the first thing that does not fit; `config` has its defaults filled in."""
    known = principles.load(config["principles"])
    models.check(config)
    models.check_environments(config)
    citations.check(config)
    names.check_folders(config)
    names.check_categories(config["principles"], known.categories)
    names.check_macros(config, known.categories)
    if any("corpus" in config["models"][name] for name in models.used(config)):
        models.check_templates(config)
        principles.check_followable(known)
    for name, experiment in config["experiments"].items():
        preferences.check(f"experiments.{name}", experiment, config["models"], known)
        held_out.check(f"experiments.{name}", experiment, known)
        experiments.check(f"experiments.{name}", experiment, config["models"], known)
        judges.check(f"experiments.{name}", experiment, config, known)
        if "responses" in experiment:
            judges.check_released(f"experiments.{name}", experiment, config)
    judges.check_ceilings(config)
    preferences.check_corpora(config)
    if config["document"] != "main":
        comparisons.check_scales(config)
    written_principles.check(config)
    found = questions.look_at(config, set(known.categories))
    for name, experiment in config["experiments"].items():
        questions.check(f"experiments.{name}", experiment, found, known)
    experiments.check_resources(config)
    experiments.check_processes(config)
    if "collapse" in config:
        experiments.check_collapse(config)
    if "table" in config.get("tuning", {}):
        _check_tuned(config["tuning"]["table"])


def _check_tuned(table: str) -> None:
    if not Path(table).is_file():
        raise InputError(
            f"tuning.table: {table}: no such file; put the tuning.csv there that `snakemake tuning` writes, or take "
            "the key out"
        )
    with complaint_prefix("tuning.table: "):
        learning_rates.read(table)
