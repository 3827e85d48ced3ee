"""Names that would meet others in the folders of the workflow or in the macros of the paper."""

from mialign.core.errors import InputError
from mialign.core.macro_names import words


def check_folders(config: dict) -> None:
    """Names that would meet others of the workflow in a folder."""
    for key in ("run", "models_run"):
        if config[key] == "published":
            raise InputError(f"{key}: results/published is for the published figures; take another name")
    for name in config["experiments"]:
        if name in ("collapse", "tuning"):
            raise InputError(f"experiments.{name}: the workflow uses this name itself; take another")


def check_macros(config: dict) -> None:
    """Names that would become one in the paper's macros, which know letters and digits only."""
    experiments = config["experiments"].items()
    kinds = {
        "sources": [(name,) for name in config["sources"]],
        "models": [(name,) for name in config["models"]],
        "experiments": [(name,) for name, _ in experiments],
        "methods": [
            (name, method) for name, given in experiments for method in ("base", "generator", *given["methods"])
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
