"""Names that would meet others in the folders of the workflow or in the macros of the paper."""

from collections.abc import Iterable

from mialign.core.errors import InputError
from mialign.core.macro_names import words
from mialign.data.policies import compared
from mialign.paper.macros import foreseen, macro_file


def check_folders(config: dict) -> None:
    """Names that would meet others of the workflow in a folder."""
    for key in ("run", "models_run"):
        if config[key] == "published":
            raise InputError(f"{key}: results/published is for the published figures; take another name")
    for name in config["experiments"]:
        if name in ("collapse", "tuning", "pairs", "prompts"):
            raise InputError(f"experiments.{name}: the workflow uses this name itself; take another")


def check_categories(path: str, categories: Iterable[str]) -> None:
    """Categories that tables, macros or commands would take for something else; `path` is the principles file."""
    seen = {}
    for name in categories:
        where, macro = f"{path}: categories.{name}", words(name)
        if name == "all":
            raise InputError(f"{where}: in tables this name stands for all categories together; take another")
        if not name.isprintable() or name.startswith("-"):
            raise InputError(f"{path}: categories: the name {name!r} begins with -, or holds what cannot be printed")
        if not macro:
            raise InputError(
                f"{where}: the macros of the paper know the letters A to Z and digits only; add one of them"
            )
        other = seen.setdefault(macro, name)
        if other != name:
            raise InputError(
                f"{where}: this and {other!r} would both be {macro} in the macros of the paper; rename one so that "
                "they differ by letters or digits"
            )


def check_macros(config: dict, categories: Iterable[str]) -> None:
    """Names that would become one in the paper's macros, which know letters and digits only."""
    experiments = config["experiments"].items()
    kinds = {
        "sources": [(name,) for name in config["sources"]],
        "models": [(name,) for name in config["models"]],
        "experiments": [(name,) for name, _ in experiments],
        "methods": [
            (name, policy)
            for name, given in experiments
            for policy in ("base", "generator", *given["methods"], *compared(given))
        ],
        "data": [
            (name, data)
            for name, given in experiments
            for data in ("validation", "benchmark", "information", *given["data"])
        ],
        "judges": [(name, judge) for name, given in experiments for judge in given.get("judges", {})],
        "comparisons": [(name, *pair) for name, given in experiments for pair in given["comparisons"]],
        "collapse.curves": [(name,) for name in config.get("collapse", {}).get("curves", ())],
    }
    for kind, names in kinds.items():
        seen = {}
        for name in names:
            other = seen.setdefault(words(*name), name)
            if other != name:
                raise InputError(
                    f"{kind}: {' '.join(other)} and {' '.join(name)} would both be {words(*name)} in the macros of the "
                    "paper; rename one so that they differ by letters or digits"
                )
    macro_file.unique(foreseen.numbers(config, categories))
