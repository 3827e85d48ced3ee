"""The paper at its smallest, with vLLM as the engine, through the workflow."""

import os
import subprocess
import sys
from pathlib import Path

import yaml
from setting import ENVIRONMENT, PYTHONS

from copies import copy_workflow
from mialign.files import read_jsonl

RUN = "results/smoke"


def test_the_smoke_paper_is_written_by_vllm(tmp_path):
    folder = copy_workflow(tmp_path)
    overlay = {
        "engine": {"kind": "vllm"},
        "environments": {"generate": str(PYTHONS["vllm"].parents[1])},
        "speed": {"generation_shard": 64},
    }
    (folder / "vllm.yaml").write_text(yaml.safe_dump(overlay))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "config/smoke.yaml", "vllm.yaml"]
    for target in (["doctor"], ["without_tex"]):
        done = subprocess.run(
            [*command, "--", *target],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=3600,
            env={**ENVIRONMENT, "PATH": path},
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
        if target == ["doctor"]:
            assert "ok      vllm 0." in done.stdout + done.stderr
    for name in ("figure1", "figure2", "figure3", "collapse", "qualities"):
        assert (folder / RUN / f"figures/{name}.pdf").exists()
    answers = read_jsonl(folder / RUN / "responses/multitask/sami/seed1.jsonl")
    assert {record["temperature"] for record in answers} == {0.0, 1.0}
    assert {record["finish"] for record in answers} <= {"eos", "stop", "length"}
    attempts = read_jsonl(folder / RUN / "attempts/maths/sft_sami/seed1.jsonl")
    assert len(attempts) == 6 * (1 + 5)
    assert not list((folder / RUN / "scratch").rglob("*.jsonl"))
