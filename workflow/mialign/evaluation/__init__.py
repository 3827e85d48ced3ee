"""From responses and attempts to scores, verdicts, metrics and the choice of learning rates.

It imports core, models, data, synthetic and the grid of training.
"""
