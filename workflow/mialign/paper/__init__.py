"""Figures, tables, the numbers of the text, and the PDF.

Scripts import it, and config, which knows the names of all numbers before a run. It imports evaluation, data,
training (registry and curves), models and core.
"""
