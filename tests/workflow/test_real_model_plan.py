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


def test_on_a_gpu_every_job_that_loads_the_model_asks_for_it(copy):
    planned = snakemake(copy, "-n", "-p", "--configfile", SMOLLM2, "config/smollm2_gpu.yaml", **BARE)
    loading = "generate train reference respond solve information information_responses judge_by_likelihood"
    for rule in loading.split():
        asked = re.findall(rf"^rule {rule}:$(?:\n    .*)*?\n    resources: (.*)", planned, re.MULTILINE)
        assert asked, rule
        assert all("gpu=1," in one for one in asked), rule
    assert '"attempts": [1, 10, 32]' in planned


@pytest.mark.parametrize(
    ("needed", "more", "provided"), [(1, [], "1"), (1, ["--resources", "gpu=3"], "3"), (0, [], None)]
)
def test_jobs_that_need_a_gpu_take_turns_unless_told_otherwise(copy, needed, more, provided):
    (copy / "gpu.yaml").write_text(f"resources: {{train: {{gpu: {needed}}}}}\n")
    configured = ["--cores", "1", *more, "--configfile", "config/smoke.yaml", "gpu.yaml"]
    said = snakemake(copy, *configured, "--", "results/smoke/questions/maths_train.jsonl")
    found = re.search(r"Provided resources: .*gpu.*?(\d+)", said)
    assert (found and found[1]) == provided
