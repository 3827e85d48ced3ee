"""What several tests of the graph of jobs ask of the workflow as it is."""

import pytest

from calls import snakemake
from copies import copy_workflow


@pytest.fixture(scope="session")
def plan(tmp_path_factory) -> str:
    """What a dry run of the whole miniature prints, with the commands."""
    return snakemake(copy_workflow(tmp_path_factory.mktemp("plan")), "-n", "-p")
