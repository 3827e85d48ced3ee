"""Jobs that are forked from a warm process do what they do alone, and die with whoever waits for them."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from calls import environment
from copies import copy_workflow
from mialign.core import code_digests
from stages import GAINING, STAGES
from warmed import Warm

# A stage that tells how it finds its process and then does what it is asked for.
PROBE = '''
"""A stage for tests."""

import ctypes, gc, json, os, signal, subprocess, sys, tempfile, time
from pathlib import Path

from mialign.core.errors import InputError


def arguments(parser):
    parser.add_argument("--then", default="pass")
    parser.add_argument("--out", type=Path)


def main(args):
    names = [os.readlink(f"/proc/self/fd/{number}") for number in range(3)]
    status = Path("/proc/self/status").read_text().splitlines()
    seen = {
        "words": sys.argv,
        "folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name != "WORKFLOW_WARM"},
        "read": sys.stdin.read(),
        "streams": names,
        "open": len(os.listdir("/proc/self/fd")),
        "handlers": [repr(signal.getsignal(number)) for number in range(1, 32)],
        "signals": [line for line in status if line[:6] in ("SigBlk", "SigIgn", "SigCgt")],
        "temporary": tempfile.gettempdir(),
        "threads": len(os.listdir("/proc/self/task")),
        "collects": [gc.isenabled(), gc.get_threshold()],
    }
    if args.out:
        args.out.write_text(json.dumps({**seen, "process": os.getpid(), "parent": os.getppid()}))
    exec(args.then)
'''
BEAT = """
import subprocess
subprocess.Popen(["sh", "-c", "while true; do date +%N > beside; sleep 0.02; done"])
while True:
    Path("beat").write_text(f"{os.getpid()} {time.monotonic()}")
    time.sleep(0.02)
"""


def probing(folder: Path, *modules: str, **files: str) -> Path:
    """A copy of the workflow with that stage, which alone is handed over, and for which only `modules` are imported."""
    copy_workflow(folder)
    for name, text in {"scripts/probe": PROBE, **files}.items():
        (folder / f"workflow/{name}.py").write_text(text)
    with (folder / "workflow/stages.py").open("a") as stages:
        stages.write(f'\nGAINING = ("probe",)\nMODULES = {modules}\n')
    return folder


@pytest.fixture(scope="module", autouse=True)
def heard():
    """Ctrl-C reaches the processes that are started here, though a shell has what runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> Path:
    early = "import tempfile\n\ntempfile.gettempdir()\n"  # which remembers what it finds in the warm process
    return probing(tmp_path_factory.mktemp("workflow"), "early", early=early)


@pytest.fixture
def warm(workflow):
    one = Warm(workflow)
    yield one
    one.end()


def begin(workflow: Path, folder: Path, *words: str, **more) -> subprocess.Popen:
    command = [sys.executable, str(workflow / "workflow/run.py"), "probe", *words]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, cwd=folder, env=environment(**more), text=True, **pipes)


def run(workflow: Path, folder: Path, *words: str, read: str = "", **more: str) -> tuple[int, str, str]:
    job = begin(workflow, folder, *words, **more)
    out, err = job.communicate(read, timeout=60)
    return job.returncode, out, err


def seen(folder: Path) -> dict:
    return json.loads((folder / "seen.json").read_text())


def alive(process: int) -> bool:
    """A process that has ended runs no program, whether or not somebody has asked for its status."""
    return os.path.exists(f"/proc/{process}/exe")


def wait_until(true, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_job_finds_its_process_as_it_would_alone(workflow, warm, tmp_path):
    words = ["--out", "seen.json", "--log", "logs/a.log", "--then", "print('said'); print('told', file=sys.stderr)"]
    found = []
    changed = {"HF_HUB_OFFLINE": "0", "TMPDIR": str(tmp_path)}
    for address in ("", warm.address):
        done = run(workflow, tmp_path, *words, read="é\n", WORKFLOW_WARM=address, ODD="\udc80 \n", **changed)
        assert done == (0, "said\n", "told\n")
        assert (tmp_path / "logs/a.log").read_text() == "told\n"
        found.append(seen(tmp_path))
    alone, forked = found
    assert alone.pop("parent") == os.getpid()
    assert forked.pop("parent") == warm.process
    assert alone.pop("process") != forked.pop("process")
    assert all(name.startswith("pipe:") for one in found for name in one.pop("streams"))
    assert alone == forked
    assert alone["environment"]["ODD"] == "\udc80 \n"
    assert alone["environment"]["HF_HUB_OFFLINE"] == "1"
    assert alone["temporary"] == str(tmp_path)
    assert (alone["read"], alone["folder"]) == ("é\n", str(tmp_path))


@pytest.mark.parametrize(
    ("then", "status"),
    [
        ("pass", 0),
        ("raise InputError('no')", 2),
        ("open('nowhere')", 2),
        ("1 / 0", 1),
        ("sys.exit(7)", 7),
        ("os._exit(9)", 9),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),  # as the kernel does when memory runs out
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("ctypes.string_at(0)", -signal.SIGSEGV),
        ("bytearray(2**60)", 1),
    ],
)
def test_a_job_ends_as_it_would_alone(workflow, warm, tmp_path, then, status):
    alone = run(workflow, tmp_path, "--then", then, WORKFLOW_WARM="")
    forked = run(workflow, tmp_path, "--then", then, WORKFLOW_WARM=warm.address)
    assert alone[0] == forked[0] == status
    assert alone[1] == forked[1] == ""
    assert alone[2].splitlines()[-1:] == forked[2].splitlines()[-1:]


def test_wrong_arguments_are_told_by_the_job(workflow, warm, tmp_path):
    status, out, err = run(workflow, tmp_path, "--othen", WORKFLOW_WARM=warm.address)
    assert (status, out) == (2, "")
    assert "run.py probe: error: unrecognized arguments: --othen" in err


def test_many_at_once(workflow, warm, tmp_path):
    jobs = [begin(workflow, tmp_path, "--then", f"sys.exit({n})", WORKFLOW_WARM=warm.address) for n in range(12)]
    for job in jobs:
        job.communicate(timeout=60)
    assert [job.returncode for job in jobs] == list(range(12))
    assert alive(warm.process)


def test_nobody_else_can_reach_it(warm):
    folder = Path(warm.address).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.stat().st_uid == os.getuid()


@pytest.fixture
def beating(workflow, warm, tmp_path):
    """A job and a program it has started, both of which write all the time."""
    job = begin(workflow, tmp_path, "--out", "seen.json", "--then", BEAT, WORKFLOW_WARM=warm.address)
    job.stdin.close()
    wait_until(lambda: (tmp_path / "beat").exists() and (tmp_path / "beside").exists())
    assert seen(tmp_path)["parent"] == warm.process
    yield job
    job.kill()
    job.wait()
    job.stdout.close()
    job.stderr.close()


def stands_still(folder: Path) -> None:
    """That nobody writes, a moment after now."""
    time.sleep(0.3)
    before = [(folder / name).read_text() for name in ("beat", "beside")]
    time.sleep(0.3)
    assert [(folder / name).read_text() for name in ("beat", "beside")] == before


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_job_dies_with_the_process_that_was_started_for_it(warm, beating, tmp_path, by):
    beating.send_signal(by)
    beating.wait(10)
    wait_until(lambda: not alive(seen(tmp_path)["process"]), 5)
    stands_still(tmp_path)
    assert alive(warm.process)


def test_jobs_die_with_the_warm_process_and_are_told_as_failed(warm, beating, tmp_path):
    os.kill(warm.process, signal.SIGKILL)
    assert beating.wait(10) == 1
    os.killpg(seen(tmp_path)["process"], signal.SIGKILL)  # what it had started goes on, as it does without
    wait_until(lambda: not alive(seen(tmp_path)["process"]), 5)
    stands_still(tmp_path)
    assert "the process from which this job was forked has been killed" in beating.stderr.read()
    shutil.rmtree(Path(warm.address).parent)


def test_all_die_with_the_workflow(warm, beating, tmp_path):
    warm.parent.kill()
    warm.parent.wait()
    wait_until(lambda: not alive(warm.process) and not alive(seen(tmp_path)["process"]), 5)
    assert beating.wait(10) != 0
    stands_still(tmp_path)
    assert not Path(warm.address).parent.exists()


def test_its_folder_goes_when_the_workflow_ends(workflow, tmp_path):
    one = Warm(workflow)
    assert run(workflow, tmp_path, WORKFLOW_WARM=one.address)[0] == 0
    assert one.end() == ""
    wait_until(lambda: not alive(one.process) and not Path(one.address).parent.exists(), 5)


def runs_alone(workflow: Path, folder: Path, address: str, python: str | Path = sys.executable, **more: str) -> None:
    command = [python, str(workflow / "workflow/run.py"), "probe", "--out", "seen.json"]
    variables = environment(WORKFLOW_WARM=address, **more)
    subprocess.run(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, check=True, timeout=60)
    assert seen(folder)["parent"] == os.getpid()


def test_a_job_of_another_kind_runs_alone(workflow, warm, tmp_path):
    (tmp_path / "python").symlink_to(sys.executable)
    runs_alone(workflow, tmp_path, warm.address, tmp_path / "python")
    runs_alone(workflow, tmp_path, warm.address, RANK="0")
    runs_alone(probing(tmp_path / "copy"), tmp_path, warm.address)
    assert alive(warm.process)


def test_jobs_run_alone_where_it_has_gone(workflow, tmp_path):
    one = Warm(workflow)
    os.kill(one.process, signal.SIGKILL)
    wait_until(lambda: not alive(one.process))
    assert Path(one.address).exists()
    runs_alone(workflow, tmp_path, one.address)
    one.end()
    shutil.rmtree(Path(one.address).parent)
    runs_alone(workflow, tmp_path, str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import time; time.sleep(1); import no_such_module", "No module named 'no_such_module'"),
        (
            "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
            "has started a thread",
        ),
    ],
)
def test_jobs_that_wait_run_alone_where_it_cannot_start_and_it_says_why(tmp_path, module, reason):
    folder = probing(tmp_path / "copy", "trouble", trouble=module)
    one = Warm(folder)
    runs_alone(folder, tmp_path, one.address)
    said = one.end()
    assert reason in said
    assert "warm.py has ended, and each job imports for itself" in said
    assert not Path(one.address).parent.exists()


def test_a_job_runs_alone_where_an_import_has_begun_cuda(tmp_path):
    torch = "class cuda:\n    _is_in_bad_fork = staticmethod(lambda: True)\n"
    folder = probing(tmp_path / "copy", "torch", torch=torch)
    one = Warm(folder)
    runs_alone(folder, tmp_path, one.address)
    one.end()


def test_there_is_none_where_the_name_of_its_socket_would_be_too_long(tmp_path, monkeypatch):
    import warm

    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(warm.tempfile, "tempdir", str(long))
    monkeypatch.delenv("WORKFLOW_WARM", raising=False)
    with pytest.raises(OSError, match="path too long"):
        warm.start()
    assert list(long.iterdir()) == []
    assert "WORKFLOW_WARM" not in os.environ


@cache
def imports(module: str) -> set[str]:
    """The packages that one of our modules imports, wherever in it that stands."""
    stem = code_digests.WORKFLOW.joinpath(*module.split("."))
    path = next((one for one in (stem.with_suffix(".py"), stem / "__init__.py") if one.is_file()), None)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())) if path else ():
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_those_that_gain_are_those_that_import_what_takes_long():
    """Some have modules in which others do that, and the doctor looks whether it can be done."""
    slow = {"torch", "transformers", "scipy", "matplotlib"}
    could = {stage for stage in STAGES if any(imports(module) & slow for module in code_digests.modules(stage))}
    assert could - set(GAINING) == {"cost", "doctor", "fetch_model", "numbers", "table"}
    assert set(GAINING) <= could
