"""Questions, prompts and pairs of responses, with what is fetched for them.

It imports core, models and synthetic. Only training, evaluation, paper, config, preflight, scripts and rules import it.
"""
