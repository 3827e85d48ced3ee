"""What a run will take, and whether the machines have it.

Only scripts and rules import it. It imports evaluation, generation, data, training (the registry), models and core.
"""
