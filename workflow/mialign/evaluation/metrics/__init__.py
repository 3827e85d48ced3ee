"""From scores, verdicts, answers and training curves to the tidy tables that every figure and table is made of."""

from mialign.evaluation.metrics import (
    accuracy,
    agreement,
    comparisons,
    diversity,
    information,
    preferences,
    qualities,
    strengths,
    training,
)

KINDS = {
    "comparisons": comparisons,
    "qualities": qualities,
    "accuracy": accuracy,
    "training": training,
    "agreement": agreement,
    "information": information,
    "diversity": diversity,
    "strengths": strengths,
    "preferences": preferences,
}
