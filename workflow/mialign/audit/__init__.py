"""What makes results checkable: where each file and number comes from, whether all is as it was made, how runs differ.

It imports core and models. Only rules, scripts and run_stage.py import it: this writes the provenance of each job.
"""
