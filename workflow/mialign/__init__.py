"""Mutual-information alignment: the library behind the workflow. It knows nothing of Snakemake."""
