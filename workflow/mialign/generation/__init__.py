"""Prompts to completions: the engines behind one interface, sampling and stop phrases.

It imports core and models. Only training, evaluation, preflight and scripts import it.
"""
