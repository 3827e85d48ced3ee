"""What CONFIG and ARGS say holds for every call that make makes. The stages only write their files here."""

import shutil
import subprocess
import sys

import pytest
import yaml

from calls import environment
from given_model import given_model

STAGE = """
import sys
from pathlib import Path
for flag in {"--out", "--curve", "--table", "--examples"} & set(sys.argv):
    path = Path(sys.argv[sys.argv.index(flag) + 1])
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.suffix:
        path.mkdir()
        continue
    for suffix in {path.suffix, {".tex": ".csv", ".pdf": ".png"}.get(path.suffix, path.suffix)}:
        path.with_suffix(suffix).write_text("a,b\\n1,2\\n")
    if flag == "--curve":
        path.with_suffix(".jsonl").write_text("")
"""
NOT = dict.fromkeys(("parent", "corpus", "training"))
SMALL = {
    "run": "small",
    "seeds": [1],
    "models": {"trunk": None, "strong": None, "weak": {"path": "model", **NOT}},
    "experiments": {"multitask": None},
    "collapse": None,
    "tuning": None,
}


@pytest.fixture
def made(copy, root):
    """A copy in which make finds this environment and no TeX."""
    shutil.copy(root / "Makefile", copy)
    (copy / "workflow/run.py").write_text(STAGE)
    (copy / "envs/setup.sh").write_text("#!/bin/sh\nexit 1\n")
    (copy / "here/bin").mkdir(parents=True)
    for name, command in (("python", ""), ("snakemake", "-m snakemake")):
        (copy / "here/bin" / name).write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        (copy / "here/bin" / name).chmod(0o755)
    for name in ("requirements.lock", "here/complete"):
        (copy / name).write_text("")
    given_model(copy / "model")
    (copy / "small.yaml").write_text(yaml.safe_dump(SMALL))
    return copy


def make(folder, *words, ok=True):
    done = subprocess.run(
        ["make", "VENV=here", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment(),
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_run_that_is_named_by_args_is_reported_and_shown(made):
    args = 'ARGS=--config run=other "models_run=other"'
    text = make(made, "paper", "CONFIG=small.yaml", args)
    assert [path.name for path in sorted((made / "results").iterdir()) if path.is_dir()] == ["other"]
    report = made / "results/other/report.html"
    assert report.stat().st_size > 1000
    assert "results/other/report.html" in text
    assert "a           b\n1           2\n" in text  # its times
    written = report.stat().st_mtime_ns
    assert "Nothing to be done" in make(made, "paper", "CONFIG=small.yaml", args)
    assert report.stat().st_mtime_ns == written
    assert "a                   b\n" in make(made, "cost", "CONFIG=small.yaml", args)
    assert (made / "results/other/cost.csv").exists()
    assert not (made / "results/small").exists()


@pytest.mark.parametrize("args", ["-np --config run=other", "--until questions"])
def test_what_makes_no_report_ends_well(made, args):
    make(made, "paper", "CONFIG=small.yaml", f"ARGS={args}")
    assert not list(made.glob("results/*/report.html"))


def test_a_dry_run_of_the_cost_shows_none(made):
    assert "make cost" not in make(made, "cost", "CONFIG=small.yaml", "ARGS=-n")
    assert not list(made.glob("results/*/cost.csv"))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_settings_that_are_not_utf_8_are_named_with_their_file(made, root, encoding):
    shutil.copy(root / "workflow/run.py", made / "workflow")
    (made / "mine.yaml").write_bytes("run: mine\ndata: Größe\n".encode(encoding))
    for target in ("paper", "fetch", "cost"):
        text = make(made, target, "CONFIG=small.yaml mine.yaml", ok=False)
        assert "error: mine.yaml, line" in text
        assert "not UTF-8" in text
        assert "Traceback" not in text
    (made / "config.yaml").write_bytes((made / "config.yaml").read_text().encode(encoding) + "# ö".encode(encoding))
    text = make(made, "paper", ok=False)
    assert "config.yaml, line" in text
    assert "not UTF-8" in text
