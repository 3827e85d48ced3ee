"""Training on transformers' Trainer: base models on a corpus, methods on pairs through the grid."""
