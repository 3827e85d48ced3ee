"""A stage that is run by hand says in one line what is wrong with its arguments."""

import errno
import re
import shutil
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest
from safetensors import SafetensorError

import run as main
import run_stage
from mialign.core import disk_space
from mialign.core.disk_space import needing_space, temporary_folder
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl, writing

TUNING = ["tuning", "--curves", "x/y/1.csv", "--validation", "x/validation.jsonl", "--out", "t.csv"]
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
        ([*JUDGE, '{"kind": "openai"}'], "error: --prompt-template: a judge of kind openai needs it"),
        (TUNING, "error: x/validation.jsonl: no such file"),
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
    assert "pairs/{experiment}/{data}.filters.csv" in run(root, tmp_path, "pairs", "--help").stdout


def test_a_log_on_a_full_disk_hides_no_message(root, tmp_path):
    done = run(root, tmp_path, *TUNING, "--log", "/dev/full")
    assert (done.returncode, done.stderr) == (2, "error: x/validation.jsonl: no such file\n")


@pytest.mark.parametrize("log", ["file/x.log", "folder", "/proc/none/x.log"])
def test_a_log_that_cannot_be_written_is_told_before_anything_else(root, tmp_path, log):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    done = run(root, tmp_path, *TUNING, "--log", log)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --log: {log} cannot be written (")
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_told_with_the_file(tmp_path):
    with pytest.raises(OSError, match=r"No space left on device: '.*table\.csv'"), writing(tmp_path / "table.csv"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


# As libraries raise them on a full disk: safetensors, torch, shutil's copies, and anything beyond a quota.
FILLED = [
    SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    RuntimeError("[enforce fail at inline_container.cc:668] . unexpected pos 64 vs 0"),
    OSError(errno.ENOSPC, "No space left on device", "numbers.tex", None, "/tmp/paper/numbers.tex"),
    shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
]


@pytest.mark.parametrize("error", FILLED, ids=lambda error: type(error).__name__)
def test_whatever_a_library_makes_of_a_full_disk_is_told_with_the_place(tmp_path, monkeypatch, error):
    free = 100 if "inline_container" in str(error) else 10**12  # torch does not say what it is
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda place: SimpleNamespace(free=free))
    told = f"{tmp_path}/checkpoints: there is no free space left on its disk; free some, or raise the quota, and start"
    told += " it again"
    with pytest.raises(InputError, match=rf"^{re.escape(told)}$"), needing_space(tmp_path / "checkpoints"):
        raise error


def test_another_error_on_a_disk_with_space_stays_what_it_is(tmp_path):
    for error in (RuntimeError("CUDA out of memory"), OSError(errno.EACCES, "Permission denied"), InputError("x")):
        with pytest.raises(type(error), match=re.escape(str(error))), needing_space(tmp_path):
            raise error


def test_a_full_tmpdir_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    message = rf"^{tmp_path} \(TMPDIR\): there is no free space left on its disk"
    with pytest.raises(InputError, match=message), temporary_folder():
        raise FILLED[2]
    assert list(tmp_path.iterdir()) == []


def test_without_any_tmpdir_those_that_were_tried_are_told(monkeypatch):
    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(InputError, match=r"^No usable temporary .*'/var/tmp'\]: free space in one of them"):
        temporary_folder().__enter__()


@pytest.mark.parametrize(("error", "place"), [(FILLED[2], "/tmp/paper/numbers.tex"), (FILLED[0], "while writing")])
def test_a_stage_on_a_full_disk_ends_with_one_line(monkeypatch, capsys, error, place):
    """Of a copy the place is where to, and not the file that was copied."""

    def fail(args):
        raise error

    stage = SimpleNamespace(arguments=lambda parser: None, main=fail)
    monkeypatch.setattr(run_stage.importlib, "import_module", lambda name: stage)
    monkeypatch.setattr(main, "die_with_parent", lambda: None)
    monkeypatch.setattr(sys, "argv", ["run.py", "table"])
    assert main.main() == 2
    assert capsys.readouterr().err.startswith(f"error: {place}: there is no free space left on its disk")


@pytest.mark.parametrize(("field", "value"), [("text", None), ("prompt_id", [1]), ("temperature", "hot")])
def test_a_field_of_another_type_is_named_by_line(tmp_path, field, value):
    good = {"text": "t", "prompt_id": "p", "temperature": 0}
    write_jsonl(tmp_path / "x.jsonl", [good, {**good, field: value}])
    with pytest.raises(InputError, match=rf"x\.jsonl, line 2: the field '{field}' cannot be"):
        read_jsonl(tmp_path / "x.jsonl", required=tuple(good))
