"""How Snakemake chooses its next jobs where it runs them itself."""


def choose_only_when_a_job_ends():
    """Without Snakemake's limit of jobs a second, which nothing here needs.

    For that limit Snakemake chooses again a second after each choice, and each such choice brings another one a second
    later. One more begins with every job that ends, so that after some hundred jobs it takes half a core
    (snakemake/snakemake, pull request 3744, has seen the choices that are too many).
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


# Jobs on one machine see the same GPUs and take the first, so they take turns. --resources gpu=2 lets two jobs that ask for
# a GPU run at a time, on the same one.
if (
    workflow.is_main_process
    and workflow.resource_settings.nodes is None  # jobs are not sent elsewhere; which executor it is, is not known yet
    and "gpu" not in workflow.global_resources
    and any(given["gpu"] for given in CONFIG["resources"].values())
):
    workflow.register_resource("gpu", 1)
