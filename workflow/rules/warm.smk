"""Where Snakemake runs the jobs itself, they are forked from a process that has imported torch (workflow/warm.py)."""

import warm

FEW = 3  # jobs that together gain no more than that process costs
WARM = []


def start_warm():
    """In containers and conda's environments jobs have another Python, and vLLM wants processes of its own."""
    alike = not workflow.deployment_settings.deployment_method and CONFIG["engine"]["kind"] != "vllm"
    here = workflow.local_exec and not workflow.touch
    gaining = [job for job in workflow.dag.needrun_jobs() if job.resources.get("python") == "python"]
    if alike and here and len(gaining) > FEW and "WORKFLOW_WARM" not in os.environ:
        try:
            WARM.append(warm.start())
        except OSError as error:
            print(f"Each job imports for itself ({error})", file=sys.stderr)
