"""A stage that is run by hand says in one line what is wrong with its arguments."""

import subprocess
import sys

import pytest

QUESTIONS = ["questions", "--name", "q", "--data", ".", "--out", "q.jsonl", "--settings"]
FILES = ["--scores", "a.jsonl", "b.jsonl", "--responses", "c.jsonl", "d.jsonl", "--prompts", "e.jsonl"]
JUDGE = ["judge", *FILES, "--out", "f.jsonl", "--settings"]


def run(root, folder, *words):
    command = [sys.executable, root / "workflow/run.py", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*JUDGE, "{}"], "argument --settings: the key 'kind' is missing (needed are kind)"),
        ([*JUDGE, "{kind"], "argument --settings: not JSON (Expecting property name"),
        ([*JUDGE, "[1]"], "argument --settings: a JSON object is needed, this is [1]"),
        ([*JUDGE, '{"kind": "checkers"}'], "error: a.jsonl: no such file"),
        ([*QUESTIONS, "{}"], "error: --settings: the key 'file' is missing (there are none)"),
        (["qeustions"], "there is no stage 'qeustions'; usage: python workflow/run.py STAGE"),
        ([*JUDGE, '{"kind": "openai"}'], "error: --wording: a judge of kind openai needs it"),
        (["tuning", "--curves", "x/y/1.csv", "--out", "t.csv"], "error: x/y/1.csv: No such file or directory"),
    ],
)
def test_wrong_arguments_are_named_without_a_traceback(root, tmp_path, words, message):
    done = run(root, tmp_path, *words)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_stage_all_are_listed_and_help_is_of_one(root, tmp_path):
    assert "lengths, " in run(root, tmp_path).stderr
    assert "pairs/{experiment}.filters.csv" in run(root, tmp_path, "pairs", "--help").stdout
