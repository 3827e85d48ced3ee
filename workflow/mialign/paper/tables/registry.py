"""Every table by name: a function (inputs: list[Path], settings: dict) -> (LaTeX, CSV).

Paths say what a file holds, as everywhere in the workflow: pairs/{experiment}.filters.csv,
responses/{experiment}/{method}/seed{n}.jsonl, metrics/*.csv, published/*.csv.
"""

from mialign.paper.tables import (
    accuracy,
    agreement,
    configuration,
    examples,
    filtering,
    findings,
    methods,
    principles,
    published,
    replication,
<<<<<<< HEAD
    sides,
=======
    reproduction,
    settling,
>>>>>>> 485ee96 (A reproduction report: claims with verdicts, findings, what would settle them; statistics in one package)
    tuning,
    win_rates,
    written_principles,
)

TABLES = {
    "principles": principles.table,
    "written_principles": written_principles.table,
    "models": configuration.models,
    "training": configuration.training,
    "tuning": tuning.table,
    "filters": filtering.filters,
    "dropped": filtering.dropped,
    "win_rates": win_rates.win_rates,
    "win_rates_sampled": win_rates.win_rates_sampled,
    "qualities": win_rates.qualities,
    "sides": sides.table,
    "agreement": agreement.table,
    "methods": methods.outcomes,
    "degeneration": methods.degeneration,
    "accuracy": accuracy.accuracy,
    "formats": accuracy.formats,
    "extractors": accuracy.extractors,
    "claims": replication.table,
    "reproduction": reproduction.paper,
    "reproduction_run": reproduction.run,
    "findings": findings.values,
    "findings_original": findings.original,
    "findings_neighbours": findings.neighbours,
    "settling": settling.claims,
    "settling_run": settling.run,
    "published": published.table,
    "examples": examples.multitask,
    "examples_maths": examples.maths,
}
