"""Sets of pairs: who writes each, that no set needs itself, and that each fits the methods trained on it."""

from fractions import Fraction
from math import ceil

from mialign.config.validation.common import circle, pick
from mialign.core.errors import InputError, complaint_prefix
from mialign.core.setting import check_own
from mialign.data import builders
from mialign.data.sets import FROM_AUTHORS, share_questions
from mialign.training import objectives
from mialign.training.settings import is_saved, saved_every, steps_of


def check(where: str, experiment: dict, models: dict) -> None:
    """InputError for the first set of an experiment that could not be made, or does not fit a method."""
    sets, methods = experiment["data"], experiment["methods"]
    for name, block in sets.items():
        _check_set(f"{where}.data.{name}", name, block, experiment, models)
    if "data" in experiment["training"]:
        pick(sets, experiment["training"]["data"], f"{where}.training.data", "set of pairs")
    for name, method in methods.items():
        check_method(f"{where}.methods.{name}", method, sets)
    _check_no_circle(where, experiment)
    for name, method in methods.items():
        _check_fresh(where, name, method, experiment)


def _check_set(where: str, name: str, block: dict, experiment: dict, models: dict) -> None:
    if name in ("validation", "benchmark", "information"):
        raise InputError(f"{where}: the prompts of {name} questions have this name; take another")
    meant = {FROM_AUTHORS: "who released pairs", **dict.fromkeys(experiment["methods"], "a method")}
    if experiment["base"] != "base":
        meant["base"] = "the base of the experiment"
    if block["from"] in meant and block["from"] in models:
        what = meant[block["from"]]
        raise InputError(f"{where}.from: {block['from']!r} is a model and {what}; give the model another name")
    if block["from"] == FROM_AUTHORS:
        if "respond" in experiment:
            raise InputError(
                f"{where}.from: the authors released pairs only for attempts that are counted (solve), not for "
                "answers that are judged; name a model or a method"
            )
        return
    with complaint_prefix(f"{where}."):
        check_own("builder", block["builder"], block, builders.own_settings())
    if check_fit := getattr(builders.builder(block["builder"]), "check", None):
        with complaint_prefix(f"{where}."):
            check_fit({**experiment, **block})
    if "slice" in block and block["slice"]["part"] > block["slice"]["of"]:
        raise InputError(
            f"{where}.slice.part: {block['slice']['part']} is above the {block['slice']['of']} slices that there are; "
            "lower part, or raise of"
        )


def check_method(where: str, method: dict, sets: dict) -> None:
    """InputError unless the method's set of pairs is there, fills a batch, and has what its objective compares."""
    block = pick(sets, method["data"], f"{where}.data", "set of pairs")
    if method["batch"] > block["size"]:
        raise InputError(
            f"{where}: its batch of {method['batch']} (its own, or training.batch of the experiment) is more than all "
            f"{block['size']} pairs of {method['data']} (data.{method['data']}.size)"
        )
    if "rollout_every" in method:
        _check_rollouts(where, method, block)
    if "epochs" in method:
        _check_epochs(where, method, block)
    builder = block.get("builder", builders.RELEASED)
    with complaint_prefix(f"{where}.objective: "):
        objectives.check_builder(method["objective"], builder)
    if method.get("train_on") == "positives" and builder not in builders.BY_CONSTITUTION:
        raise InputError(
            f"{where}.train_on: the positive response is that under the more positive constitution, and the pairs of "
            f"{method['data']} are of {builder}; take train_on: all"
        )
    compares = objectives.OBJECTIVES[method["objective"]].reads != "chosen"
    if compares and builders.record_size(block).responses < 2:
        more = f"raise data.{method['data']}.constitutions" if "constitutions" in block else "take another set"
        raise InputError(
            f"{where}.data: {method['objective']} compares responses, and {method['data']} has one a question; {more}"
        )


def _check_rollouts(where: str, method: dict, block: dict) -> None:
    """A method that writes its pairs as it is trained needs a set that it can write, and refreshes of equal size."""
    every, steps, data = method["rollout_every"], method["steps"], method["data"]
    if "draws" in block:
        raise InputError(
            f"{where}.rollout_every: it takes a share of the questions each time, and {data} draws them "
            f"anew (data.{data}.draws); take either out"
        )
    if "epochs" in method:
        raise InputError(f"{where}.epochs: rollouts write as many pairs as the steps take; give steps")
    if steps % every:
        raise InputError(f"{where}.rollout_every: {every} does not divide the {steps} steps; change either")
    if block["from"] != method["parent"]:
        raise InputError(
            f"{where}.rollout_every: the policy begins as {method['parent']} and writes its own pairs, but "
            f"data.{data}.from is {block['from']}; make them the same, or take rollout_every out"
        )
    taken, size = steps * method["batch"], block["size"]
    if taken % size:
        raise InputError(
            f"{where}.rollout_every: {steps} steps of {method['batch']} take {taken} pairs, and data.{data}.size is "
            f"{size}; make it {taken}, or a half, a third and so on, to ask all questions once, twice and so on"
        )
    if (steps // every) % (taken // size):
        raise InputError(
            f"{where}.rollout_every: the policy answers all questions {taken // size} times (the steps take {taken} "
            f"pairs, and data.{data}.size is {size}), in {steps // every} refreshes; change rollout_every or size, so "
            "that each time takes as many refreshes"
        )


def _check_epochs(where: str, method: dict, block: dict) -> None:
    """A step that is to be kept is reached also with as few pairs as the set may have."""
    step, size, allowed = method.get("choose"), block["size"], Fraction(str(block.get("shortfall", 1)))
    fewest = ceil(size * (1 - allowed))
    steps = steps_of(method["epochs"], fewest, method["batch"])
    every = saved_every(method["validate_every"], steps)
    if isinstance(step, int) and not is_saved(step, every, steps):
        raise InputError(
            f"{where}.choose: step {step} may not be reached: data.{method['data']} may have as few as {fewest} of "
            f"{size} pairs (shortfall: {float(allowed):g}), which make {steps} steps (epochs: {method['epochs']:g}); "
            "lower choose or shortfall, or give steps"
        )


def _check_fresh(where: str, name: str, method: dict, experiment: dict) -> None:
    """A method sees no question that the writer of its set was trained on, as with iterations.

    It may if it is trained from that writer (continued), or if its builder may repeat questions.
    """
    block = experiment["data"][method["data"]]
    writer = experiment["methods"].get(block["from"])
    if writer is None or method["parent"] == block["from"] or block["builder"] in builders.REPEATING:
        return
    if share_questions(block, experiment["data"][writer["data"]]):
        raise InputError(
            f"{where}.data.{method['data']}.slice: {method['data']} gives {name} questions of {writer['data']}, on "
            f"which its writer {block['from']} was trained; give the two sets slices that share none, so that {name} "
            f"does not see the questions of the iteration before it, or train {name} from {block['from']} "
            f"(methods.{name}.parent)"
        )


def _check_no_circle(where: str, experiment: dict) -> None:
    """No method may need, by its parent and its pairs, a set that it writes itself."""
    needs = {
        f"methods.{name}": [
            *(f"methods.{method[key]}" for key in ("parent", "reference") if key in method),
            f"data.{method['data']}",
        ]
        for name, method in experiment["methods"].items()
    }
    needs |= {f"data.{name}": [f"methods.{block['from']}"] for name, block in experiment["data"].items()}
    if way := circle(needs):
        shown = " -> ".join(way)
        raise InputError(f"{where}: {shown} is a circle, where each needs the next; let another model write the set")
