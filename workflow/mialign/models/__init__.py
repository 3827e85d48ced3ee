"""Model folders, text to token ids, and the machine that models run on.

It imports core. Everything else but core and synthetic imports it.
"""
