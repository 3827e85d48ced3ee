"""The cluster profile: it plans without a cluster, and sbatch is asked for what the configuration says."""

import re
import shutil

import pytest
import yaml

from calls import environment, jobs, snakemake
from copies import lay_over
from mialign.config.loading import CLUSTER_RULES

SITE = {"default-resources": {"slurm_partition": "here"}}
SOON = {"slurm-init-seconds-before-status-checks": 1}
TRUNK = "results/smoke/models/trunk"
SMOKE = ("--configfile", "config/smoke.yaml", "more.yaml")
GPU = {"resources": {"default": {"gpu": 1, "mem_mb": 64000, "runtime": 90, "cpus_per_task": 8}}}


ASKED = {
    "principle_writer": {
        "templates": {"positive": "{description}\nPrinciple:", "antithesis": "{description}\nOpposite:"},
        "sampling": {"temperature": 0.7, "top_p": 1.0, "max_tokens": 24, "seed": 1},
    }
}


@pytest.fixture
def examples(root) -> list[dict]:
    """The changes for other clusters that slurm/README.md shows."""
    text = (root / "slurm/README.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.S)]


def configure(copy, config=(), *profiles: dict) -> None:
    """Lay settings over the run's configuration (as more.yaml) and over the profile, as a person would edit it."""
    (copy / "more.yaml").write_text(yaml.safe_dump(dict(config)))
    profile = yaml.safe_load((copy / "slurm/config.yaml").read_text())
    for more in (SOON, *profiles):
        lay_over(profile, more)
    (copy / "slurm/config.yaml").write_text(yaml.safe_dump(profile))


@pytest.fixture
def nowhere(tmp_path_factory) -> str:
    """A PATH with the few programs that a dry run needs, and none of Slurm's."""
    folder = tmp_path_factory.mktemp("bin")
    for program in ("bash", "dirname", "which"):
        (folder / program).symlink_to(shutil.which(program))
    return str(folder)


@pytest.fixture
def sbatch(copy, tmp_path_factory, monkeypatch):
    """Slurm's commands, of which sbatch keeps what it is asked for and refuses it; every other knows nothing."""
    folder = tmp_path_factory.mktemp("slurm")
    for command in ("squeue", "sacct", "sinfo", "scontrol", "scancel", "sacctmgr", "sshare"):
        (folder / command).write_text("#!/bin/sh\n")
    (folder / "sbatch").write_text(f"#!/bin/sh\necho \"$@\" | sed 's/--wrap.*//' >> {folder}/asked\nexit 1\n")
    for command in folder.iterdir():
        command.chmod(0o755)
    corpus = copy / "results/smoke/corpora/trunk.jsonl"  # all that the job of the test needs; it never runs
    corpus.parent.mkdir(parents=True)
    corpus.touch()

    def asked() -> list[str]:
        path = f"{folder}:{environment()['PATH']}"
        snakemake(copy, TRUNK, "--profile", "slurm", *SMOKE, ok=False, PATH=path)
        return (folder / "asked").read_text().splitlines()

    return asked


def test_a_dry_run_needs_no_slurm(copy, nowhere):
    assert shutil.which("sbatch", path=nowhere) is None
    planned = jobs(snakemake(copy, "--profile", "slurm", "-n", PATH=nowhere))
    assert planned == jobs(snakemake(copy, "-n", PATH=nowhere))


def test_the_profile_of_every_call_sets_nothing_that_replaces_ours(root):
    always = yaml.safe_load((root / "profiles/default/config.yaml").read_text())
    assert not set(always) & {*yaml.safe_load((root / "slurm/config.yaml").read_text()), "set-resources", "resources"}


OTHERS = {
    "judge_by_likelihood": "judge",
    "information_responses": "generate",
    "information": "reference",
    "drift": "reference",
    "doctor_train": "train",
    "doctor_generate": "generate",
    "written_principles": "generate",
}


def test_what_trains_or_generates_is_sent_and_all_else_stays(copy, root):
    text = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    rules = re.findall(r"^rule (\w+):\n(.*?)(?=^\w|\Z)", text + (root / "Snakefile").read_text(), re.M | re.S)
    sent = {name for name, body in rules if "localrule: True" not in body}
    assert sent == set(CLUSTER_RULES) - {"judge"} | set(OTHERS)
    assert all(f'**slurm_resources("{OTHERS.get(name, name)}")' in body for name, body in rules if name in sent)


def test_gpus_are_asked_for_where_the_configuration_says(copy):
    configure(copy, GPU, SITE)
    text = snakemake(copy, "--profile", "slurm", "-n", "--configfile", "more.yaml")
    blocks = re.findall(r"^rule (\w+):\n((?:    .*\n)+)", text, re.M)
    found = {name: re.search(r"resources: (.*)", body)[1] for name, body in blocks}
    for name in ("generate", "reference", "train", "collapse", "respond", "solve"):
        for amount in ("gpu=1", "mem_mb=64000", "runtime=90", "cpus_per_task=8", "slurm_partition=here"):
            assert amount in found[name].split(", "), (name, found[name])
    assert "gpu" not in found["figure"]


def test_each_attempt_asks_for_more_and_a_job_without_gpu_for_none(copy, sbatch):
    configure(copy, {"resources": {"model": {"mem_mb": 2000, "runtime": 15}}}, SITE)
    asked = sbatch()
    assert [re.search(r"--mem (\d+)", line)[1] for line in asked] == ["2000", "4000", "6000"]
    assert [re.search(r" -t (\d+)", line)[1] for line in asked] == ["15", "30", "45"]
    for line in asked:
        assert "--cpus-per-task=2" in line  # the trunk's threads
        assert " -p here" in line
        assert "--requeue" in line
        assert "gpu" not in line
        assert "gres" not in line


def test_no_attempt_asks_for_more_than_there_is(copy, sbatch):
    most = {"mem_mb": 2000, "runtime": 15, "most_mem_mb": 5000, "most_runtime": 20}
    configure(copy, {"resources": {"model": most}}, SITE)
    asked = sbatch()
    assert [re.search(r"--mem (\d+)", line)[1] for line in asked] == ["2000", "4000", "5000"]
    assert [re.search(r" -t (\d+)", line)[1] for line in asked] == ["15", "20", "20"]


def test_a_job_asks_for_a_core_for_each_of_its_threads(copy):
    configure(copy, {"speed": {"threads": 3, "processes": 2}}, SITE)
    # A dry run caps threads at the cores that it is given; a run on the cluster does not.
    text = snakemake(copy, "--profile", "slurm", "-n", "--cores", "8", "--configfile", "more.yaml")
    found = dict(re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: .*?cpus_per_task=(\d+)", text, re.M))
    expected = {**dict.fromkeys(("generate", "reference", "respond", "solve"), "3"), "train": "6", "collapse": "6"}
    assert {name: found[name] for name in expected} == expected


def test_a_job_with_gpus_asks_for_them(copy, sbatch):
    configure(copy, GPU, SITE)
    first = sbatch()[0]
    assert "--gpus=1" in first
    assert "--cpus-per-task=8" in first
    assert "gres" not in first


def test_the_examples_of_the_readme_ask_for_what_they_say(copy, examples, sbatch):
    """All of them together, the model in the place of the rule that is mailed about."""
    (partitions,) = (example for example in examples if "partitions" in example)
    (copy / "slurm/partitions.yaml").write_text(yaml.safe_dump(partitions))
    others = [example for example in examples if example is not partitions]
    assert len(others) == 4
    (mailed,) = (example for example in others if "default-resources" in example)
    mailed["set-resources"]["model"] = mailed["set-resources"].pop("train")
    configure(copy, GPU, *others)
    first = sbatch()[0]
    for wanted in ("-p gpu", "--gres=gpu:a100:1", "-C a100|h100", "--qos=normal", "--mail-type=END"):
        assert wanted in first, first
    assert "--gpus" not in first


def test_by_gres_all_that_take_gpus_ask_for_as_many_as_they_take_and_the_doctor_counts_them(copy, examples):
    (gres,) = (example for example in examples if "gres" in str(example))
    resources = {"default": {"gpu": 1}, "train": {"gpu": 4}}
    judges = {"local": {"kind": "likelihood", "model": "strong"}}
    sampling = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 96, "seed": 1}
    multitask = {
        "judges": judges,
        "information": {"questions": "multitask_benchmark", "sampling": sampling},
        "data": {"strong_pairs": {"principles": {"from": "strong"}}},
    }
    config = {"resources": resources, "speed": {"processes": 4}, "experiments": {"multitask": multitask}, **ASKED}
    configure(copy, config, gres)
    targets = ("without_tex", "tuning", "doctor")
    text = snakemake(copy, *targets, "--profile", "slurm", "-n", "-p", "--configfile", "more.yaml")
    asked = {}
    for name, body in re.findall(r"^rule (\w+):\n((?:    .*\n)+)", text, re.M):
        found = dict(one.split("=", 1) for one in re.search(r"resources: (.*)", body)[1].split(", ") if "=" in one)
        asked.setdefault(name, set()).add((found.get("gpu"), found.get("gres")))
    training = {"train", "collapse", "rate", "doctor_train"}
    of_neighbours = {"rewards", "drift"}
    known = (set(CLUSTER_RULES) - {"judge"} | set(OTHERS)) - of_neighbours
    rules = known | {"collapse", "rate"}
    assert {name for name, all_of in asked.items() if all_of != {(None, None)}} == rules
    for name in rules:
        assert asked[name] == {("0", f"gpu:a100:{4 if name in training else 1}")}, (name, asked[name])
    counted = re.findall(r'run\.py doctor .*--checks .*"gpus": (\d), "models"', text)
    assert sorted(counted) == ["1", "4"]


def test_a_node_names_the_process_that_starts_the_job_there(copy):
    """As it is on a node: the variable comes from the login node, where the number was that of a living process."""
    target = "results/smoke/questions/maths_validation.jsonl"
    snakemake(copy, target, "--cores", "1", "--mode", "remote", *SMOKE[:2], WORKFLOW_PROCESS="4194304")
    assert (copy / target).exists()
