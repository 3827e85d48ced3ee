"""The scores of validation answers by which a method chooses its checkpoints."""

CORRELATION = "steering"  # from -1 to 1; all others are from 0 to 1
CHOOSING = ("mean_score", "accuracy", "preferred", "win_rate", CORRELATION)
