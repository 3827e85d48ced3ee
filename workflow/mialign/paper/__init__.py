"""Figures, tables, the numbers of the text, and the PDF.

It imports core, models, data, training (the registry of objectives, and curves) and evaluation. Only config, scripts
and rules import it.
"""
