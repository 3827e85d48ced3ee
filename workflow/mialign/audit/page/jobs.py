"""The jobs of a run: what each took, as run.py noted it beside its log, and the jobs whose files it read.

A results folder does not keep Snakemake's graph. Which job reads the files of which follows here from the names of the
jobs and from two settings (a method's parent and set of pairs); the page says so.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mialign.audit.page import tables
from mialign.core.errors import InputError

LOG = 4000  # characters of a log that are shown, from its end
# The stages whose files a job of a stage reads, where the names need not agree.
ALL_OF = {
    "metrics/comparisons": ("judge", "score"),
    "metrics/qualities": ("score",),
    "metrics/accuracy": ("extract",),
    "metrics/training": ("train", "collapse"),
    "metrics/information": ("information",),
    "metrics/preferences": ("rewards",),
    "metrics/diversity": ("respond",),
    "metrics/degeneration": ("score", "respond", "extract"),
    "metrics/strengths": ("judge", "score"),
    "metrics/agreement": ("judge",),
    "metrics/positions": ("judge",),
    "figure": ("metrics",),
    "table": ("metrics",),
    "numbers": ("metrics", "pairs"),
    "paper": ("figure", "table", "numbers"),
    "times": ("paper",),
}


def jobs(folder: Path, settings: dict[str, str]) -> list[dict]:
    """Each job: name, stage, seconds, memory_mib, the end of its log, and `reads`, the names of others.

    settings: the run's, by path (experiments/E/methods/M/parent).
    """
    found = {}
    for path in sorted((folder / "logs").rglob("*.tsv")):
        name = path.relative_to(folder / "logs").with_suffix("").as_posix()
        if name.startswith("audit"):
            continue  # what was said of the run is no part of it
        log = path.with_suffix(".log")
        text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        found[name] = {"name": name, "stage": name.partition("/")[0], **_took(path), "log": text[-LOG:]}
    for name, job in found.items():
        job["reads"] = [read for read in dict.fromkeys(_reads(name, settings, found)) if read in found and read != name]
    return list(found.values())


def _took(path: Path) -> dict[str, float]:
    table = tables.read(path, delimiter="\t")
    try:
        return dict(zip(table["columns"], map(float, table["rows"][0]), strict=True))
    except (IndexError, ValueError):
        raise InputError(f"{path}: a row of numbers is needed; delete the file, and the page will do without") from None


def _reads(name: str, settings: dict[str, str], found: dict) -> Iterator[str]:
    """Names of the jobs whose files this one reads, and of some that may not be there."""
    stage, _, rest = name.partition("/")
    for other in ALL_OF.get(name, ALL_OF.get(stage, ())):
        yield from (one for one in found if one.partition("/")[0] == other)
    match stage, re.split(r"[./]", rest):
        case "model", [model]:
            yield f"corpus/{model}"
            yield f"model/{settings.get(f'models/{model}/parent', '')}"
        case "prompts", [experiment, *_, data]:
            of_data = settings.get(f"experiments/{experiment}/data/{data}/questions")
            yield f"questions/{of_data or settings.get(f'experiments/{experiment}/{data}', '')}"
        case "lengths", [experiment]:
            yield from (one for one in found if one.startswith(f"prompts/{experiment}."))
        case "generate", [experiment, data, *seed]:
            writer = settings.get(f"experiments/{experiment}/data/{data}/from", "")
            yield f"prompts/{experiment}.{data}"
            yield from _maker(experiment, writer, *seed, settings=settings)
        case "soup", [experiment, soup, _, seed]:
            merged = re.findall(r"\w+", settings.get(f"experiments/{experiment}/soups/{soup}/of", ""))
            yield from (f"train/{experiment}.{method}.{seed}" for method in merged)
        case "rewards", ["responses", experiment, *policy, seed]:
            yield f"respond/{experiment}.{'.'.join(policy)}.{seed}"
        case "rewards", ["generations", *_]:
            yield f"generate/{rest.removeprefix('generations/')}"
        case "pairs", [experiment, data, *_]:
            yield from (f"generate/{rest}", f"rewards/generations/{rest}", f"prompts/{experiment}.{data}")
        case "reference", [experiment, data, parent, seed]:
            yield from (f"pairs/{experiment}/{data}", f"pairs/{experiment}/{data}/{seed}")
            yield from _maker(experiment, parent, seed, settings=settings)
        case "train", [experiment, method, seed]:
            yield from _of_training(experiment, f"experiments/{experiment}/methods/{method}", seed, settings)
        case "collapse", [curve]:
            experiment, method = (settings.get(f"collapse/{key}", "") for key in ("experiment", "method"))
            own = {f"collapse/curves/{curve}/data": settings.get(f"experiments/{experiment}/methods/{method}/data", "")}
            yield from _of_training(experiment, f"collapse/curves/{curve}", "seed1", own | settings)
        case "respond" | "solve" | "held_out_responses", [experiment, *policy, seed]:
            yield f"prompts/{experiment}.{'information' if stage == 'held_out_responses' else 'benchmark'}"
            yield from (f"lengths/{experiment}", f"soup/{rest}")
            yield from _maker(experiment, policy[0], seed, settings=settings)
        case "information", [experiment, policy, seed]:
            yield f"held_out_responses/{rest}"
            yield from _maker(experiment, policy, seed, settings=settings)
        case "score" | "extract", _:
            yield f"{'respond' if stage == 'score' else 'solve'}/{rest}"
        case "judge", [experiment, pair, seed]:
            for policy in pair.split("-vs-"):
                yield from (f"respond/{experiment}.{policy}.{seed}", f"score/{experiment}.{policy}.{seed}")


def _of_training(experiment: str, given: str, seed: str, settings: dict[str, str]) -> Iterator[str]:
    data, parent = settings.get(f"{given}/data", ""), settings.get(f"{given}/parent", "base")
    yield from (f"pairs/{experiment}/{data}", f"pairs/{experiment}/{data}/{seed}")
    yield f"reference/{experiment}.{data}.{parent}.{seed}"
    yield from _maker(experiment, parent, seed, settings=settings)


def _maker(experiment: str, policy: str, seed: str = "seed1", *, settings: dict[str, str]) -> Iterator[str]:
    """The job that made the model which answers under this name."""
    yield f"train/{experiment}.{policy}.{seed}"
    yield f"model/{settings.get(f'experiments/{experiment}/{policy}', policy)}"
