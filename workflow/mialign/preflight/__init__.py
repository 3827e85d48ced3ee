"""What a run will take, and whether the machines have it.

It imports core, models, data, generation, training (the registry of objectives) and evaluation. Only scripts and rules
import it.
"""
