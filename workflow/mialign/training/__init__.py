"""From pairs to checkpoints: the objectives, the grid of log-probabilities and the trainer.

It imports core, models, data and generation. Only evaluation, paper, config, preflight, scripts and rules import it.
"""
