"""The configuration of a run: loaded, completed and checked before any job.

It imports what it checks. Only scripts and rules import it.
"""
