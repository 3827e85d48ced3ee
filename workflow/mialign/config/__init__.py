"""The configuration of a run: loaded, completed and checked before any job.

It imports core, synthetic (the kinds of a corpus), models, data, training (the registry of objectives), evaluation and
paper (the names of all numbers).
Only rules import it.
"""
