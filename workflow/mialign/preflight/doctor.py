"""Whether a machine has what a run needs: findings in one line each, and what to do where something is missing."""

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mialign.core import disk_space
from mialign.core.errors import InputError, first_line
from mialign.models import checkpoints, weights
from mialign.preflight import training_size

GB = 10**9
FETCH = "; where there is a network: make fetch CONFIG=..."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether all is well with it, and a line that says what was found."""

    well: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok     ' if self.well else 'MISSING'} {self.text}"


def examine(wanted: dict) -> Iterator[Finding]:
    """wanted: for each of CHECKS that is wanted, what it takes."""
    for name, check in CHECKS.items():
        if name in wanted:
            yield from check(wanted[name])


def packages(versions: dict[str, str]) -> Iterator[Finding]:
    """versions: by the name of a module, the version that was tested."""
    for name, version in versions.items():
        try:
            found = getattr(importlib.import_module(name), "__version__", "of unknown version")
        except Exception as error:  # a broken installation can end in any of them
            reason = f"{type(error).__name__}: {first_line(error)}"
            yield Finding(False, f"{name} cannot be imported ({reason}); install {name}=={version}")
            continue
        other = "" if found.split("+")[0] == version else f" (tested was {version})"
        yield Finding(True, f"{name} {found} can be imported{other}")


def gpus(count: int) -> Iterator[Finding]:
    """Whether torch sees so many GPUs here."""
    import torch

    seen = torch.cuda.device_count()
    names = ", ".join(
        f"{torch.cuda.get_device_name(n)} with {torch.cuda.get_device_properties(n).total_memory / GB:.0f} GB"
        for n in range(seen)
    )
    if seen >= count:
        yield Finding(True, f"torch sees {seen or 'no'} GPU{'' if seen == 1 else 's'}{': ' if names else ''}{names}")
    else:
        yield Finding(
            False,
            f"torch sees {seen} of {count} GPUs on {os.uname().nodename}: see that the job is given them (nvidia-smi), "
            f"and that torch {torch.__version__} was built for CUDA and fits the driver",
        )


def engine(wanted: dict) -> Iterator[Finding]:
    """Whether the engine writes; wanted: its settings, and on how many GPUs it is to start.

    Its package alone says little: vLLM imports most of itself, and what it was compiled for, only when a model starts.
    """
    from mialign.generation.smoke_test import try_engine

    settings = {key: value for key, value in wanted.items() if key != "gpus"}
    name, where = settings["kind"], f"on {os.uname().nodename}"
    try:
        written = try_engine(settings, wanted["gpus"])
        yield Finding(True, f"{name} starts a tiny model in {settings['precision']} {where}: {written.tokens} tokens")
    except InputError as error:
        yield Finding(False, f"{name} starts no model {where}: {error}")
    except Exception as error:  # as above
        reason = f"{type(error).__name__}: {first_line(error)}"
        yield Finding(
            False,
            f"{name} starts no model {where} ({reason}); install it anew, with the versions in "
            "envs/generate.yaml or envs/train.yaml, and see that it was built for this machine",
        )


def servers(addresses: dict[str, list[str]]) -> Iterator[Finding]:
    """addresses: by the name of a model, its server's address and the variable of its key."""
    from mialign.core.client import Client

    for name, (url, variable) in addresses.items():
        try:
            client = Client(url, variable, attempts=1, timeout=10)
            served = client.ask(lambda openai: sorted(model.id for model in openai.models.list().data))
            yield Finding(True, f"the server of {name} at {url} answers; it has {client.clean(', '.join(served))}")
        except InputError as error:
            yield Finding(False, f"the server of {name}: {error}")


def models(folders: dict[str, dict]) -> Iterator[Finding]:
    """folders: by the name of a model, its path, whether its weights must be there, and whether it is fetched."""
    for name, needed in folders.items():
        try:
            checkpoints.check(needed["path"], needed["weights"])
            yield Finding(True, f"the model {name} is whole: {needed['path']}")
        except InputError as error:
            hint = FETCH if needed["fetched"] else ""
            yield Finding(False, f"the model {name} on {os.uname().nodename}: {error}{hint}")


def fetched(paths: list[str]) -> Iterator[Finding]:
    """The files of datasets, and those that the authors released, which are fetched before the run."""
    missing = [path for path in paths if not Path(path).exists()]
    for path in missing:
        yield Finding(False, f"{path} is not there{FETCH}")
    if len(paths) > len(missing):
        yield Finding(True, f"{len(paths) - len(missing)} fetched files are there")


def keys(variables: dict[str, str]) -> Iterator[Finding]:
    """variables: by the name of an environment variable, what needs it."""
    for variable, what in variables.items():
        if os.environ.get(variable):
            yield Finding(True, f"{variable} is set, for {what}")
        else:
            yield Finding(False, f"{variable} is not set; {what} needs it: export {variable}=... before the workflow")


def disk(wanted: list) -> Iterator[Finding]:
    """wanted: a folder, about how many bytes will be written there, and models for which that cannot be said yet."""
    folder, needed, unknown = wanted
    free = disk_space.free(Path(folder))
    text = f"space for {folder}: {free / GB:.0f} GB are free, about {needed / GB:.0f} GB are needed"
    if free < needed:
        yield Finding(False, f"{text}; free some space, or link the folder to a larger disk")
    elif unknown:
        text += f" without {' and '.join(unknown)}, whose weights are not there to be counted"
        yield Finding(False, f"{text}; fetch them, or see what make cost CONFIG=... estimates")
    else:
        yield Finding(True, text)


CHECKS: dict[str, Callable[..., Iterator[Finding]]] = {
    "packages": packages,
    "gpus": gpus,
    "engine": engine,
    "servers": servers,
    "models": models,
    "fetched": fetched,
    "keys": keys,
    "disk": disk,
}


def disk_needed(config: dict, on_disk: dict[str, int]) -> tuple[int, list[str]]:
    """About how many bytes a run writes; nearly all are of its trainings (see training_size).

    on_disk: by the name of a model that is there, its number of weights. Models of unknown size take nothing in the
    sum and are named beside it.
    """
    total, unknown = GB, {}
    for experiment in config["experiments"].values():
        number = weights.known(config, on_disk, experiment["base"])
        total += training_size.disk_bytes(experiment, len(config["seeds"]), number or 0)
        if number is None and training_size.disk_bytes(experiment, 1, 1):
            unknown[experiment["base"]] = True
    return total, list(unknown)
