"""Training on transformers' Trainer: base models on a corpus, methods on pairs through the grid."""

# The objectives that take the log-probabilities of a reference.
RELATIVE = ("dpo", "ipo")
