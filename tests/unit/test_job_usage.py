"""What a job took is noted beside its log, and summed up by stage."""

import csv
import json
import re
import subprocess
import sys
import time

import pytest

from mialign.core import job_usage
from mialign.core.errors import InputError
from scripts import times

QUESTIONS = {"synthetic": "maths", "split": "train", "size": 3, "seed": 1}


def noted(path) -> tuple[float, float]:
    (row,) = csv.DictReader(path.open(encoding="utf-8"), delimiter="\t")
    return float(row["seconds"]), float(row["memory_mib"])


def ask(root, folder, *words, ok=True):
    settings = ["--name", "q", "--data", ".", "--settings", json.dumps(QUESTIONS), "--categories", "maths"]
    command = [sys.executable, root / "workflow/run.py", "questions", *settings, *words]
    assert (subprocess.run(command, cwd=folder, timeout=60).returncode == 0) is ok


def test_a_job_notes_its_seconds_and_its_own_memory_beside_its_log(root, tmp_path):
    begun = time.monotonic()
    ballast = bytearray(400 * 2**20)  # of the process that starts it
    ask(root, tmp_path, "--log", "logs/questions/q.seed1.log", "--out", "q.jsonl")
    seconds, memory = noted(tmp_path / "logs/questions/q.seed1.tsv")
    assert 0.01 < seconds < time.monotonic() - begun
    assert 8 < memory < 100
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "q.jsonl",
        "q.seed1.json",
        "q.seed1.log",
        "q.seed1.tsv",
    ]
    del ballast


def test_a_job_that_fails_or_has_no_log_notes_nothing(root, tmp_path):
    ask(root, tmp_path, "--log", "q.log", "--out", "q.jsonl", "--colour", "red", ok=False)
    ask(root, tmp_path, "--log", "q.log", "--out", "q.jsonl", "--settings", "{}", ok=False)
    ask(root, tmp_path, "--out", "q.jsonl")
    assert list(tmp_path.glob("*.tsv")) == []


def test_memory_is_of_the_largest_process_times_how_many_are_alike():
    code = "from mialign.core import job_usage; import subprocess, sys\n"
    code += "print(job_usage.memory()); bytearray(300 * 2**20)\n"
    code += "print(job_usage.memory()); subprocess.run([sys.executable, '-c', 'bytearray(500 * 2**20)'], check=True)\n"
    code += "print(job_usage.memory(), job_usage.memory(3))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=path_to(job_usage)
    )
    small, own, largest, three = map(float, done.stdout.split())
    assert small < 100
    assert own == pytest.approx(300 + small, abs=30)
    assert largest == pytest.approx(510, abs=30)
    assert three == pytest.approx(3 * largest, abs=1)


def path_to(module) -> dict[str, str]:
    return {"PYTHONPATH": str(module.__file__).removesuffix("/mialign/core/job_usage.py")}


def test_stages_are_summed_up_the_costliest_first(run_stage, tmp_path):
    given = {"one/train/a.tsv": (30, 500), "one/train/b.c.tsv": (90.4, 700), "one/numbers.tsv": (0.5, 20)}
    given |= {
        "two/model/weak.tsv": (50, 900),
        "two/model/other.tsv": (70, 90),
        "one/model/other.tsv": (80, 90),
        "one/train/deep/er.tsv": (9, 100),
    }
    for name, (seconds, memory) in given.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"seconds\tmemory_mib\n{seconds}\t{memory}\n")
    (tmp_path / "one/train/a.log").write_text("step 1\n")
    models = [tmp_path / "two/model/weak.tsv", tmp_path / "two/corpus/weak.tsv"]  # the second has no log
    run_stage(times, folder=tmp_path / "one", models=models, out=tmp_path / "stages.csv")
    assert (tmp_path / "stages.csv").read_text().splitlines() == [
        "stage,jobs,seconds,longest,memory_mib",
        "train,3,129,90,700",
        "model,1,50,50,900",
        "numbers,1,0,0,20",
        "all,5,180,90,900",
    ]


def test_folders_without_times_are_named(run_stage, tmp_path):
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}: no times of jobs (*.tsv) there")):
        run_stage(times, folder=tmp_path, out=tmp_path / "stages.csv")
