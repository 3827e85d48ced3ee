"""The real small model: its plans on a CPU, on a GPU and at smoke size, without network or GPU."""

import re

import pytest

from calls import jobs, snakemake

VLLM = ".venv-vllm/bin/python"
BARE = {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
SMOLLM2 = "config/smollm2.yaml"


@pytest.mark.parametrize(
    ("more", "seeds", "datasets", "methods", "by_likelihood", "writes"),
    [
        ([], 1, 7, 5, 2, "python"),
        (["config/smollm2_gpu.yaml"], 3, 7, 5, 2, "python"),
        (["config/smollm2_smoke.yaml"], 1, 0, 3, 1, "python"),
        (["config/smollm2_vllm.yaml"], 1, 7, 5, 2, VLLM),
    ],
    ids=["cpu", "gpu", "smoke", "vllm"],
)
def test_the_whole_is_planned(copy, more, seeds, datasets, methods, by_likelihood, writes):
    (copy / VLLM).parent.mkdir(parents=True, exist_ok=True)
    (copy / VLLM).write_text("")
    planned = snakemake(copy, "-n", "-p", "--configfile", SMOLLM2, *more, **BARE)
    found = jobs(planned)
    assert (found["fetch_model"], found["fetch_dataset"]) == (1, datasets)
    assert found["model"] == found["corpus"] == found["collapse"] == 0
    assert (found["generate"], found["pairs"]) == (2, 2)
    assert found["train"] == 2 * methods * seeds
    assert (found["respond"], found["solve"]) == ((methods + 1) * seeds,) * 2  # of the base too
    assert found["judge_by_likelihood"] == by_likelihood * seeds
    assert found["score_writer"] == 1
    assert set(re.findall(r"(\S+) workflow/run\.py (?:generate|respond|solve) ", planned)) == {writes}
