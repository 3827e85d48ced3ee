"""Figures, tables, the numbers of the text, and the PDF.

Only scripts import it. It imports config, evaluation, data, training (the registry of objectives), models and core.
"""
