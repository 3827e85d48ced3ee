"""What a config does not say of its models and sources, from config/costs.yaml."""

from mialign.core.errors import InputError
from mialign.models.folders import publisher
from mialign.models.weights import known, root


def weights(config: dict, assumed: dict, name: str) -> float:
    """How many weights a model has: by its architecture or its files, or else from the assumptions."""
    found = known(config, config["counted"], name)
    if found is not None:
        return found
    model = config["models"][root(config["models"], name)]
    hint = ", or fetch the model, and they are counted" if "places" in model else ""
    return assumption(assumed, "parameters", publisher(model) or model["path"], f"weights models.{name} has", hint)


def questions(config: dict, assumed: dict, name: str) -> int:
    """How many questions a source gives, at most."""
    entry = config["sources"][name]
    if "size" in entry:
        return entry["size"]
    origin = entry.get("dataset") or entry["file"]
    if origin not in assumed["rows"] and "at_most" in entry:
        return entry["at_most"]
    rows = assumption(assumed, "rows", origin, f"rows sources.{name} has")
    return max(min(entry.get("at_most", rows), rows - entry.get("skip", 0)), 0)


def assumption(assumed: dict, key: str, name: str, what: str, hint: str = "") -> float:
    """One of the assumptions; InputError with the line to add where there is none."""
    found = assumed[key].get(name)
    if not isinstance(found, int | float):
        raise InputError(
            f"config/costs.yaml does not say how many {what}; below its line '{key}:' put '  {name}: NUMBER', with all "
            f"digits of the number{hint}"
        )
    return found
