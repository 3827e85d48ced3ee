"""A method with `iterations: n` as the nodes that it stands for: n sets of pairs and n methods."""

from collections.abc import Iterator
from itertools import pairwise

from mialign.config.validation.common import pick
from mialign.core.errors import InputError
from mialign.data import builders
from mialign.training.objectives import OBJECTIVES


def expand_iterations(where: str, experiment: dict) -> dict:
    """The experiment with NAME_1 to NAME_n in the place of each method NAME that has `iterations: n`.

    Set NAME_k is the method's set written by NAME_(k-1), the first one by the set's own writer, on slice k of its
    questions (`alternate: m`: m slices in turn). Every method NAME_k is trained on its set for the k-th of its `steps`,
    where these are a list, and from the same parent; with `continued: true` from NAME_(k-1), and relative to the parent
    of the first. By `iteration_of` each says whose iteration it is.
    """
    methods, data = {}, dict(experiment["data"])
    for name, method in experiment["methods"].items():
        if "iterations" not in method:
            if alone := next((key for key in ("alternate", "continued") if key in method), None):
                raise InputError(f"{where}.methods.{name}.{alone}: it goes with iterations; give these or take it out")
            if isinstance(method.get("steps"), list):
                raise InputError(
                    f"{where}.methods.{name}.steps: a list has those of iterations; give these, or one number"
                )
            methods[name] = method
            continue
        more_methods, more_data = _expanded(f"{where}.methods.{name}", name, method, experiment)
        for kind, known, more in (
            ("methods", {**experiment["methods"], **methods}, more_methods),
            ("data", data, more_data),
        ):
            if taken := known.keys() & more.keys():
                raise InputError(
                    f"{where}.{kind}.{min(taken)}: the iterations of {name} take this name; give one of them another"
                )
        methods |= more_methods
        data |= more_data
    return {**experiment, "methods": methods, "data": data}


def _expanded(where: str, name: str, method: dict, experiment: dict) -> tuple[dict, dict]:
    if "rollout_every" in method:
        raise InputError(
            f"{where}.rollout_every: it does not go with iterations, whose pairs are written before each; take one out"
        )
    rounds = method["iterations"]
    slices = method.get("alternate", rounds)
    named = method.get("data", experiment["training"].get("data"))
    if named is None:
        raise InputError(f"{where}: the key 'data' is missing; name the set of pairs that the iterations repeat")
    block = pick(experiment["data"], named, f"{where}.data", "set of pairs")
    if "slice" in block or block["from"] == "authors":
        what = "slice" if "slice" in block else "from: authors"
        raise InputError(f"{where}.data: {named} has {what}, which does not go with iterations; take another set")
    repeats = method.get("continued") or block.get("builder") in builders.REPEATING
    if slices == 1 and rounds > 1 and not repeats:
        raise InputError(
            f"{where}.alternate: 1 gives every iteration the same questions; give 2 or more, so that none sees the "
            "questions of the iteration before it"
        )
    label = method.get("label", default_label(name))
    names = [f"{name}_{number}" for number in range(1, rounds + 1)]
    methods = {
        one: {**own, "data": one, "label": f"{label} {number}", "iteration_of": name}
        for number, (one, own) in enumerate(zip(names, _settings(where, method), strict=True), start=1)
    }
    if method.get("continued"):
        relative = {"reference": method["parent"]} if OBJECTIVES[method["objective"]].needs_reference else {}
        methods |= {one: {**relative, **methods[one], "parent": before} for before, one in pairwise(names)}
    writers = [block["from"], *names]
    data = {
        one: {**block, "from": writers[place], "slice": {"part": place % slices + 1, "of": slices}}
        for place, one in enumerate(names)
    }
    return methods, data


def default_label(name: str) -> str:
    """What a method is called in print if it has no label: its name in capitals, with spaces."""
    return name.upper().replace("_", " ")


def _settings(where: str, method: dict) -> Iterator[dict]:
    """What each iteration has of its method's settings."""
    own = {key: value for key, value in method.items() if key not in ("iterations", "alternate", "continued")}
    steps = own.get("steps")
    if isinstance(steps, list) and len(steps) != method["iterations"]:
        raise InputError(f"{where}.steps: {steps} are {len(steps)}, and there are {method['iterations']} iterations")
    for number in range(method["iterations"]):
        yield own | {"steps": steps[number]} if isinstance(steps, list) else own
