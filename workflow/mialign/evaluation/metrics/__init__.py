"""From scores, verdicts, attempts and training curves to the tidy tables that every figure and table is made of."""

from mialign.evaluation.metrics import accuracy, agreement, comparisons, preferences, qualities, training

KINDS = {
    "comparisons": comparisons,
    "qualities": qualities,
    "accuracy": accuracy,
    "training": training,
    "agreement": agreement,
    "preferences": preferences,
}
