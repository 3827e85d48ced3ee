"""From responses and attempts to scores, verdicts, metrics and the choice of learning rates.

It imports core, synthetic, models, data, generation and training (the grid). Only paper, config, preflight, scripts and
rules import it.
"""
