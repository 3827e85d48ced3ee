"""The paper at its smallest, with vLLM as the engine and behind a further judge, through the workflow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from serving import serving
from setting import ENVIRONMENT, PYTHONS

from copies import copy_workflow, made
from mialign.core.files import read_jsonl

RUN = "results/smoke"
JUDGE = "tiny-2026-01-31"


def overlay(url: str) -> dict:
    server = {"base_url": url, "key": "JUDGE_KEY", "price": {"in": 0, "out": 0}, "ceiling": 0}
    judge = {"kind": "openai", "model": JUDGE, "max_tokens": 8, "invalid_at_most": 1, "server": server}
    return {
        "engine": {"kind": "vllm"},
        "environments": {"generate": str(PYTHONS["vllm"].parents[1])},
        "speed": {"generation_shard": 64},
        "experiments": {"multitask": {"judges": {"served": judge}}},
    }


def run(folder: Path, *target: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = [sys.executable, "-m", "snakemake", "--configfile", "config/smoke.yaml", "vllm.yaml", "--cores", "2"]
    done = subprocess.run(
        [*words, *target],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=3600,
        env={**ENVIRONMENT, "PATH": path, "JUDGE_KEY": "none"},
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout + done.stderr


def test_the_smoke_paper_is_written_and_judged_by_vllm(talker, tmp_path):
    folder = copy_workflow(tmp_path / "paper")
    results = folder / RUN
    with serving(talker, JUDGE, tmp_path / "log") as url:
        (folder / "vllm.yaml").write_text(yaml.safe_dump(overlay(url)))
        assert "ok      vllm starts a tiny model in float32" in run(folder, "doctor")
        run(folder, "without_tex")
    for name in ("figure1", "figure2", "figure3", "collapse", "qualities"):
        assert (results / f"figures/{name}.pdf").exists()
    answers = read_jsonl(results / "responses/multitask/sami/seed1.jsonl")
    assert {record["temperature"] for record in answers} == {0.0, 1.0}
    assert {record["finish"] for record in answers} <= {"eos", "stop", "length"}
    attempts = read_jsonl(results / "attempts/maths/sft_sami/seed1.jsonl")
    assert len(attempts) == 6 * (1 + 5)
    assert not list((results / "scratch").rglob("*.jsonl"))
    verdicts = read_jsonl(results / "verdicts/multitask.served/sami-vs-sft/seed1.jsonl")
    assert len(verdicts) == 16 * 2 * 2
    assert {record["verdict"] for record in verdicts} == {"invalid"}

    before = made(results)
    shutil.rmtree(results / "verdicts")
    run(folder, "without_tex", "--forcerun", "judge")  # the server is gone, and what it said is kept
    assert made(results) == before
