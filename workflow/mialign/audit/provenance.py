"""What each job leaves beside its log: what it read and wrote, with digests, and under which command, code and machine.

`lineage` joins these files into the way from a number back to the raw questions and models.
"""

import json
import os
import platform
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from mialign.audit import digests
from mialign.audit.opened_files import MODEL, OpenedFiles
from mialign.core import code_digests
from mialign.core.files import write_json

CODE = "WORKFLOW_CODE"  # the environment variable by which jobs are told what `code` found when the workflow began
CPUINFO = Path("/proc/cpuinfo")
BFLOAT16 = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512"}  # flags of a processor: the first that it has is used
_NO_DATA = (".py", ".pyc", ".pyi", ".so")
_NOT_FOLLOWED = {"logs", "scratch", "__pycache__"}  # folders of what is said of results, and of unfinished work


def write(stage: str, args: Namespace, opened: OpenedFiles, started: float) -> None:
    """Write the provenance of a job that has succeeded beside `args.log`; started: of time.monotonic."""
    seconds = time.monotonic() - started
    inputs, outputs = _data(opened.inputs(), args), _data(opened.outputs(), args)
    found = {
        "stage": stage,
        "log": _shown(args.log),
        "command": ["python", "workflow/run.py", *sys.argv[1:]],
        "arguments": {name: _plain(value) for name, value in vars(args).items() if name != "log"},
        "inputs": _described(inputs, args),
        "outputs": _described(outputs, args),
        "models": _models(inputs + outputs, args),
        "code": _code_of(stage),
        "python": platform.python_version(),
        "packages": _packages(),
        "machine": _machine(),
        "started": (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
    }
    write_json(args.log.with_suffix(".json"), found, indent=1)


def code(stages: list[str]) -> str:
    """JSON of the git commit, whether files differ from it, and the digest of each stage's code."""
    return json.dumps({**_commit(), "stages": {stage: code_digests.digest(stage) for stage in stages}})


def _code_of(stage: str) -> dict:
    known = json.loads(os.environ.get(CODE) or code([stage]))
    stages = known.pop("stages")
    return {"digest": stages.get(stage) or code_digests.digest(stage), **known}


def _commit() -> dict:
    folder = code_digests.WORKFLOW.parent
    try:
        commit = _git(folder, "rev-parse", "HEAD").strip()
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive, or a machine without git
        return {"commit": None, "dirty": None}


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", str(folder), *words], capture_output=True, text=True, check=True
    ).stdout


def _data(files: list[Path], args: Namespace) -> list[Path]:
    """Those that are data: below this folder or below what was named."""
    named = list(map(os.path.abspath, _words(args)))
    log = os.path.abspath(args.log)
    return [file for file in files if str(file) != log and _is_data(file, named)]


def _described(files: list[Path], args: Namespace) -> dict:
    """Of each file: where, sha256 and bytes."""
    digest = _digest(args)
    return {_shown(file): {"sha256": digest(file), "bytes": file.stat().st_size} for file in files}


def _models(files: list[Path], args: Namespace) -> dict[str, str]:
    """Of each model's folder among these files the digest that the records have which it wrote (`writer`)."""
    folders = sorted({file.parent for file in files if file.name in MODEL})
    return {_shown(folder): _model(folder, _digest(args)) for folder in folders}


def _model(folder: Path, digest: Callable[[Path], str]) -> str:
    from mialign.models import checkpoints  # here, since most jobs have no model

    return checkpoints.digest(folder, digest)


def _digest(args: Namespace) -> Callable[[Path], str]:
    return partial(digests.remembered, memory=_run_folder(args.log) / digests.MEMORY)


def _is_data(file: Path, named: list[str]) -> bool:
    above = next((top for top in (os.getcwd(), *named) if file == Path(top) or file.is_relative_to(top)), None)
    if above is None or file.suffix in _NO_DATA or file.is_relative_to(sys.prefix):
        return False
    parts = file.relative_to(above).parts
    return not any(part in _NOT_FOLLOWED or part.startswith(".") for part in parts)


def _words(args: Namespace) -> list[str]:
    """What was named on the command line and can be a path."""
    values = [one for value in vars(args).values() for one in (value if isinstance(value, list) else [value])]
    return [str(one) for one in values if isinstance(one, str | Path)]


def _shown(path: Path) -> str:
    """Relative to this folder where it is in it."""
    path = Path(os.path.abspath(path))
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.as_posix()


def _run_folder(log: Path) -> Path:
    """results/{run} for results/{run}/logs/..."""
    return next((folder.parent for folder in log.parents if folder.name == "logs"), log.parent)


def _plain(value):
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _packages() -> dict[str, str]:
    """Versions of the packages that this process had imported and that tell their version."""
    found = {
        name: getattr(module, "__dict__", {}).get("__version__")  # asked of the module, some would import more
        for name, module in sorted(sys.modules.items())
        if "." not in name and name not in sys.stdlib_module_names
    }
    return {name: version for name, version in found.items() if isinstance(version, str)}


def _machine() -> dict:
    """gpu: the name of the one that this process computed on; gpus: how many it saw."""
    torch = sys.modules.get("torch")
    used = torch is not None and torch.cuda.is_initialized()
    about = {"gpu": torch.cuda.get_device_name() if used else None, "gpus": torch.cuda.device_count() if used else 0}
    return {"system": platform.platform(), "processor": processor(), "cores": os.cpu_count(), **about}


def processor() -> str:
    """Its name, and which of its units computes bfloat16: each rounds in its own way."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    of_first = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in reversed(lines))}
    name, flags = of_first.get("model name") or platform.machine(), of_first.get("flags", "").split()
    unit = next((unit for flag, unit in BFLOAT16.items() if flag in flags), None)
    return f"{name}, bfloat16 by {unit}" if unit else name
