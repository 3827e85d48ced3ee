"""What the trainings of each method took on the machines of the run: seconds and memory. No other run has the same."""

from collections import defaultdict
from pathlib import Path

from mialign.core import job_usage
from mialign.core.errors import InputError
from mialign.data.policies import policies_and_soups
from mialign.paper.formatting import label
from mialign.paper.tables.layout import Table, written
from mialign.paper.tex_escape import escape
from mialign.paper.trained_tokens import from_the_base

COLUMNS = ("experiment", "method", "trainings", "seconds", "longest", "from_base", "memory_mib")
HEADER = ["method", "trainings", "seconds", "longest", "from the base", "memory, MiB"]


def table(inputs: list[Path], settings: dict) -> tuple[str, str]:
    """One row a method and soup: seconds of a training (mean over seeds, and longest), with its parents', and memory.

    inputs: what jobs noted of themselves, logs/train/{experiment}.{method}.seed{n}.tsv and
    logs/train_on_rollouts/{experiment}/{method}/seed{n}.tsv. A soup is merged and not trained, so it has those of what
    it merges alone. A training that was killed and continued counts from where it continued; one whose note is gone
    (it is no output of a rule) is not counted.
    """
    taken = defaultdict(list)
    for path in inputs:
        training = _training(path)
        if path.exists():
            taken[training].append(job_usage.read(path))
    result = Table("@{}lrrrrr@{}", HEADER, size=r"\scriptsize")
    for title, experiment in settings["experiments"].items():
        result.rows.append(escape(title))
        named = {"methods": {**experiment["methods"], **experiment.get("soups", {})}}
        seconds = {method: [one for one, _ in taken[title, method]] for method in experiment["methods"]}
        total = from_the_base({name: sum(own) / len(own) for name, own in seconds.items() if own}, experiment)
        for name in policies_and_soups(experiment)[1:]:
            own = seconds.get(name, [])
            cells = {
                "trainings": len(own) or "",
                "seconds": f"{sum(own) / len(own):.1f}" if own else "",
                "longest": f"{max(own):.1f}" if own else "",
                "from_base": "" if total[name] is None else f"{total[name]:.1f}",
                "memory_mib": f"{max(most for _, most in taken[title, name]):.0f}" if own else "",
            }
            result.rows.append([escape(label(name, named)), *(str(cell) or "--" for cell in cells.values())])
            result.tidy.append(dict(zip(COLUMNS, (title, name, *cells.values()), strict=True)))
    return written(result)


def _training(path: Path) -> tuple[str, str]:
    """The experiment and the method of a training, from the file beside its log."""
    if path.parent.name == "train" and path.name.count(".") == 3:
        experiment, method, _, _ = path.name.split(".")
        return experiment, method
    if len(path.parts) > 3 and path.parts[-4] == "train_on_rollouts":
        return path.parts[-3], path.parts[-2]
    raise InputError(
        f"{path}: name files train/EXPERIMENT.METHOD.seedN.tsv or train_on_rollouts/EXPERIMENT/METHOD/seedN.tsv"
    )
