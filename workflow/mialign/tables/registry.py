"""Every table by name: a function (inputs: list[Path], settings: dict) -> (LaTeX, CSV).

Paths say what a file holds, as everywhere in the workflow: pairs/{experiment}.filters.csv,
responses/{experiment}/{method}/seed{n}.jsonl, metrics/*.csv, published/*.csv.
"""

from mialign.tables import (
    agreement,
    claims,
    comparing,
    configuration,
    examples,
    filtering,
    principles,
    published,
    solving,
    tuning,
)

TABLES = {
    "principles": principles.table,
    "models": configuration.models,
    "training": configuration.training,
    "tuning": tuning.table,
    "filters": filtering.filters,
    "dropped": filtering.dropped,
    "win_rates": comparing.win_rates,
    "win_rates_sampled": comparing.win_rates_sampled,
    "qualities": comparing.qualities,
    "agreement": agreement.table,
    "accuracy": solving.accuracy,
    "formats": solving.formats,
    "extractors": solving.extractors,
    "claims": claims.table,
    "published": published.table,
    "examples": examples.multitask,
    "examples_maths": examples.maths,
}
