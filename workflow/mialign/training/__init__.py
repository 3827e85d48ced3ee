"""From pairs to checkpoints: the objectives, the grid of log-probabilities and the trainer.

It imports core, models, data and generation.
"""
