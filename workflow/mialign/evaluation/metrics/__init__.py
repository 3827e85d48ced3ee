"""From scores, verdicts, answers and training curves to the tidy tables that every figure and table is made of.

Each kind has its COLUMNS and `rows(paths, bootstrap)`, whose further arguments, by keyword alone, are its settings.
"""

from mialign.evaluation.metrics import (
    accuracy,
    agreement,
    comparisons,
    degeneration,
    diversity,
    drift,
    effects,
    information,
    positions,
    preferences,
    qualities,
    sides,
    strengths,
    training,
)

KINDS = {
    "comparisons": comparisons,
    "qualities": qualities,
    "accuracy": accuracy,
    "training": training,
    "agreement": agreement,
    "positions": positions,
    "information": information,
    "drift": drift,
    "diversity": diversity,
    "degeneration": degeneration,
    "strengths": strengths,
    "effects": effects,
    "preferences": preferences,
    "sides": sides,
}
