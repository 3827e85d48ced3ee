"""The smoke paper through a real Slurm, with jobs cancelled, preempted, out of time and lost with their node."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from calls import environment
from cluster import TOOLS, Cluster
from copies import copy_workflow, made

MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="Slurm's daemons are started as root"),
    pytest.mark.skipif(bool(MISSING), reason=f"no {', '.join(MISSING)} here (apt-get install slurm-wlm munge)"),
]
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--configfile", "config/smoke.yaml"]
RESULTS = "results/smoke"

# What a person adds for this cluster, by slurm/README.md; one kind of job has GPUs, and another a short time.
SITE = {
    "default-resources": {"slurm_partition": "batch"},
    "slurm-status-command": "squeue",
    "slurm-init-seconds-before-status-checks": 5,
    "set-resources": {"train": {"gpu": 1}, "collapse": {"runtime": "attempt"}},
}


@pytest.fixture
def slurm():
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))  # a short name, since sockets lie in it
    folder.chmod(0o755)
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def local(tmp_path_factory) -> Path:
    """A run on this machine alone."""
    folder = copy_workflow(tmp_path_factory.mktemp("local"))
    done = subprocess.run([*SNAKEMAKE, "--cores", "2"], cwd=folder, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder


@pytest.fixture
def workflow(slurm, tmp_path):
    """A run on the cluster that has just begun."""
    folder = copy_workflow(tmp_path)
    profile = folder / "slurm/config.yaml"
    profile.write_text(yaml.safe_dump({**yaml.safe_load(profile.read_text()), **SITE}))
    with (folder / "said").open("w") as said:
        run = Workflow(
            [*SNAKEMAKE, "--profile", "slurm"],
            cwd=folder,
            stdout=said,
            stderr=said,
            env=environment(PATH=f"{Path(sys.executable).parent}{os.pathsep}{slurm.path}"),
        )
    run.folder = folder
    yield run
    run.kill()
    run.wait()


class Workflow(subprocess.Popen):
    folder: Path

    def until(self, ready, what: str, seconds: float = 300):
        """What `ready` gives as soon as it gives anything."""
        end = time.monotonic() + seconds
        while not (found := ready()):
            alive = self.poll() is None and time.monotonic() < end
            assert alive, f"{what}: not seen\n{self.said()}"
            time.sleep(0.005)
        return found

    def said(self) -> str:
        return (self.folder / "said").read_text()[-6000:]

    def held(self, training: str) -> dict[str, str]:
        """Stop a training as soon as it has saved a state; its environment, with Slurm's variables."""
        scratch = f"{RESULTS}/scratch/{training}"
        process = self.until(lambda: self._process(scratch), f"the job of {training}")
        states = self.folder / scratch
        self.until(lambda: list(states.glob("checkpoint-*/sizes.json")), f"a state of {training}")
        os.kill(int(process.name), signal.SIGSTOP)
        return dict(entry.split("=", 1) for entry in (process / "environ").read_text().split("\0") if "=" in entry)

    def _process(self, scratch: str) -> Path | None:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                program, *words = (process / "cmdline").read_text().split("\0")
                if program == "python" and scratch in words and (process / "cwd").samefile(self.folder):
                    return process
        return None


def test_the_paper_is_the_same_whatever_befalls_its_jobs(local, slurm, workflow):
    start = time.monotonic()
    cancelled = workflow.held("models/trunk")
    slurm.call("scancel", cancelled["SLURM_JOB_ID"])
    preempted = workflow.held("models/weak")
    whole_node = ("-w", preempted["SLURMD_NODENAME"], "--exclusive")
    slurm.call("sbatch", "-p", "urgent", *whole_node, "--output", "/dev/null", "--wrap", "true")
    lost = workflow.held("multitask/sft/seed1")
    assert lost["CUDA_VISIBLE_DEVICES"] in ("0", "1")
    slurm.restart(lost["SLURMD_NODENAME"])
    late = workflow.held("collapse/kl")
    assert "CUDA_VISIBLE_DEVICES" not in late
    assert workflow.wait(900) == 0, workflow.said()
    print(f"\non the cluster: {time.monotonic() - start:.0f} s")

    assert made(workflow.folder / RESULTS) == made(local / RESULTS)
    first, second = slurm.jobs("rule_model_wildcards_trunk")
    assert (first["JobState"], second["JobState"]) == ("CANCELLED", "COMPLETED")
    assert (first["MinMemoryNode"], second["MinMemoryNode"]) == ("4000M", "8000M")
    first, second = slurm.jobs("rule_collapse_wildcards_kl")
    assert (first["JobState"], second["JobState"]) == ("TIMEOUT", "COMPLETED")
    for job in ("rule_model_wildcards_weak", "rule_train_wildcards_multitask_sft_1"):
        (only,) = slurm.jobs(job)
        assert (only["JobState"], only["Restarts"]) == ("COMPLETED", "1")
    for log in ("model/trunk", "model/weak", "train/multitask.sft.seed1", "collapse/kl"):
        assert "goes on from step" in (workflow.folder / RESULTS / f"logs/{log}.log").read_text()
