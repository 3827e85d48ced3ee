"""Experiments: their prompts, methods and measurements, and the curves of the collapse."""

from collections.abc import Iterator
from itertools import pairwise

from mialign.config.validation import comparisons, data
from mialign.config.validation.common import GIVEN_LABELS, alike, check_no_circle, pick
from mialign.core.errors import InputError, complaint_prefix
from mialign.core.setting import check_own
from mialign.core.template import fields_of
from mialign.data import prompts
from mialign.data.policies import compared_models, is_judged
from mialign.data.principles import ANTITHESIS, POSITIVE
from mialign.data.sets import writing_model
from mialign.models.weights import root
from mialign.training import objectives
from mialign.training.settings import is_saved, saved_every

STAGES = ("respond", "solve")
# Settings that the log-probabilities of a reference depend on, and what it is without them.
READ_ALIKE = {"max_length": "none", "weights": "float32"}
GOES_WITH = (("betas", "optimizer", "adamw"), ("min_lr_rate", "schedule", "cosine"))


def check(where: str, experiment: dict, models: dict, known) -> None:
    """InputError for the first key of an experiment that does not fit the others; its questions are checked apart."""
    _check_prompts(where, experiment, known)
    _check_methods(f"{where}.methods", experiment["methods"])
    data.check(where, experiment, models)
    comparisons.check(f"{where}.comparisons", experiment, models)
    if "respond" not in experiment and "solve" not in experiment:
        raise InputError(
            f"{where}: nothing is measured; give respond (answers are judged) or solve (answers are counted)"
        )
    if is_judged(experiment) and 0.0 not in experiment["respond"]["temperatures"]:
        raise InputError(f"{where}.respond.temperatures: 0.0 is missing; figures and tables show it")
    if "evaluation" in experiment:
        _check_evaluation(f"{where}.evaluation.template", experiment)
    if "solve" in experiment:
        _check_attempts(f"{where}.solve.attempts", experiment["solve"]["attempts"])
    if "information" in experiment and not experiment["information"]["sampling"]["temperature"]:
        raise InputError(
            f"{where}.information.sampling.temperature: 0 gives the likeliest responses alone, and information is a "
            "mean over what the policy samples; give a temperature above 0"
        )
    if "drift" in experiment:
        _check_drift(f"{where}.drift", experiment)
    for key, sampling, writer in _samplings(experiment):
        for model in (experiment["base"], writer):
            check_context(f"{where}.{key}.max_tokens", sampling["max_tokens"], model, models)


def _check_drift(where: str, experiment: dict) -> None:
    """It is of sampled answers, and a table shows it in the place of that of information."""
    if "information" in experiment:
        raise InputError(f"{where}: information measures the drift too; take one of them out")
    if "respond" in experiment and not any(experiment["respond"]["temperatures"]):
        raise InputError(f"{where}: no answers are sampled; give respond.temperatures one above 0, or take the key out")


def _samplings(experiment: dict) -> Iterator[tuple[str, dict, str]]:
    """Every key that says how text is sampled, with what it says and the model that writes (or is trained to)."""
    for name, block in experiment["data"].items():
        if "sampling" in block:
            yield f"data.{name}.sampling", block["sampling"], writing_model(experiment, name) or experiment["base"]
    for stage in STAGES:
        if stage in experiment:
            for model in (experiment["generator"], *compared_models(experiment)):
                yield stage, experiment[stage], model
    if "information" in experiment:
        yield "information.sampling", experiment["information"]["sampling"], experiment["base"]


def _check_prompts(where: str, experiment: dict, known) -> None:
    openings, evaluation = experiment.get("openings"), experiment.get("evaluation")
    if experiment.get("prompts") == "authors" and "solve" in experiment and not openings:
        raise InputError(
            f"{where}.openings: the prompts of the authors open in one of two ways; give openings, whose principle "
            "says which constitution opens in which"
        )
    if openings:
        if openings[POSITIVE] == openings[ANTITHESIS]:
            raise InputError(f"{where}.openings: positive and antithesis are the same; word them apart")
        pick(known.principles, openings["principle"], f"{where}.openings.principle", "principle")
        if evaluation and "opening" not in evaluation:
            raise InputError(
                f"{where}.evaluation.opening: the key is missing; say which is used, positive or antithesis"
            )
    if "users" in experiment:
        _check_users(f"{where}.users", experiment)
    with complaint_prefix(f"{where}."):
        prompts.check_settings(experiment)


def _check_evaluation(where: str, experiment: dict) -> None:
    """Answers are judged by a constitution, so their prompts must have one; attempts that are counted have none."""
    has_constitution = "constitution" in fields_of(experiment["evaluation"]["template"])
    if "respond" in experiment and not has_constitution:
        raise InputError(f"{where}: the field {{constitution}} is missing; answers are judged by it")
    if "respond" not in experiment and has_constitution:
        raise InputError(f"{where}: there is nothing to fill the field {{constitution}} with; remove it")


def _check_users(where: str, experiment: dict) -> None:
    """Users are heard: the prompts of evaluation have what they state."""
    if "evaluation" in experiment:
        raise InputError(
            f"{where}: the prompts of evaluation.template have no place for what users state; take users or evaluation "
            "out"
        )
    if ("number" in experiment["users"]) == ("of" in experiment["users"]):
        raise InputError(
            f"{where}: give number, to draw users, or of: questions, to have those who asked; one of the two"
        )
    for key in ("openings", "held_out") if "of" in experiment["users"] else ():
        if key in experiment:
            raise InputError(
                f"{where}.of: what users state in their own words has no principles, which {key} needs; take either out"
            )
    if "responses" in experiment:
        raise InputError(f"{where}: the answers that the authors released are to no users; take responses or users out")


def _check_methods(where: str, methods: dict) -> None:
    reserved = {
        "base": "the model before training",
        "generator": "the model that writes the responses",
        "authors": "who wrote the pairs that are released",
    }
    for name, what in reserved.items():
        if name in methods:
            raise InputError(f"{where}.{name}: {name!r} is {what}; give the method another name")
    for name, method in methods.items():
        check_method(f"{where}.{name}", method, {"base": None, **methods})
    _check_labels(where, methods)
    parents = {name: method["parent"] for name, method in methods.items()}
    check_no_circle(where, parents, "base")
    _check_references(where, methods)
    for name, method in methods.items():
        adapters = [one.get("adapter") for one in (method, methods.get(method["parent"], {}))]
        if None not in adapters and adapters[0] != adapters[1]:
            raise InputError(
                f"{where}.{name}.adapter: it goes on with the adapter of {method['parent']}, so it must be the same; "
                "give both one, or take it away to train all weights"
            )


def _check_labels(where: str, named: dict) -> None:
    """Figures and tables tell methods and curves apart by their labels."""
    first = dict(GIVEN_LABELS)
    for name, settings in named.items():
        other = first.setdefault(alike(settings["label"]), name)
        if other != name:
            raise InputError(f"{where}.{name}.label: {settings['label']!r} is what {other} is called; give it its own")


def check_method(where: str, method: dict, parents: dict) -> None:
    """InputError for a parent that is not there, a setting of other objectives, or steps that do not fit each other."""
    pick(parents, method["parent"], f"{where}.parent", "method")
    if "reference" in method:
        pick(parents, method["reference"], f"{where}.reference", "method")
        if not objectives.OBJECTIVES[method["objective"]].needs_reference:
            raise InputError(f"{where}.reference: {method['objective']} is relative to no reference; take it out")
    with complaint_prefix(f"{where}."):
        check_own("objective", method["objective"], method, objectives.own_settings())
    if method.get("weights") == "bf16":
        _check_bf16(where, method)
    every, steps = saved_every(method["validate_every"], method["steps"]), method["steps"]
    if every > steps:
        raise InputError(
            f"{where}.validate_every: {every} is above the {steps} steps, so no checkpoint could be chosen"
        )
    if not method["validate_every"] and method.get("choose") == "validation":
        raise InputError(f"{where}.choose: with validate_every: 0 nothing is validated; take one of the two out")
    step = method.get("choose", "validation")
    if isinstance(step, int) and not is_saved(step, every, steps):
        others = f" every {every} steps (validate_every), and" if every < steps else " only"
        raise InputError(f"{where}.choose: {step} is no checkpoint; there is one{others} of step {steps}")
    if method["schedule"] == "cosine" and method["warmup"] >= steps:  # a constant rate may still be rising at the end
        raise InputError(f"{where}.warmup: {method['warmup']} leave none of the {steps} steps to the cosine schedule")
    for key, needed, fits in GOES_WITH:
        if key in method and method[needed] != fits:
            raise InputError(
                f"{where}.{key}: it goes with {needed}: {fits}, and {needed} is {method[needed]}; take it out"
            )


def _check_references(where: str, methods: dict) -> None:
    """Methods that are relative to one policy on one set share a file of its log-probabilities."""
    first: dict[tuple, str] = {}
    for name, method in methods.items():
        if not objectives.OBJECTIVES[method["objective"]].needs_reference:
            continue
        other = first.setdefault((method["data"], method.get("reference", method["parent"])), name)
        for key, default in READ_ALIKE.items():
            own, others = method.get(key, default), methods[other].get(key, default)
            if own != others:
                raise InputError(
                    f"{where}.{name}.{key}: {own}, but {other} has {others}, and both are relative to one policy on "
                    f"{method['data']}; make them equal"
                )


def _check_bf16(where: str, method: dict) -> None:
    if method["precision"] != "bf16":
        raise InputError(
            f"{where}.weights: bf16 weights are multiplied in bf16; give precision: bf16 under training, or take it out"
        )
    if "adapter" in method:
        raise InputError(f"{where}.weights: the weights of an adapter are float32; take weights or adapter out")


def check_resources(config: dict) -> None:
    """No first attempt asks for more than any may; a rule that is not told so has what default says."""
    for rule, given in config["resources"].items():
        for key in ("mem_mb", "runtime"):
            most = given.get(f"most_{key}", given[key])
            if given[key] > most:
                raise InputError(f"resources.{rule}.{key}: {given[key]} is above its most_{key}, {most}; change either")


def check_processes(config: dict) -> None:
    """Processes that train together have equal shares of a batch, and a GPU each where a cluster is asked for any."""
    processes, gpus = config["speed"]["processes"], config["resources"]["train"]["gpu"]
    if gpus and gpus != processes:
        raise InputError(
            f"resources.train.gpu: {gpus}, but speed.processes is {processes}, and each process takes one GPU; make "
            "them equal"
        )
    for rule in ("generate", "respond", "solve"):
        gpus, wanted = config["resources"][rule]["gpu"], config["speed"]["generation_gpus"]
        if gpus and config["engine"]["kind"] == "vllm" and gpus != wanted:
            raise InputError(f"resources.{rule}.gpu: {gpus}, but speed.generation_gpus is {wanted}; make them equal")
    trained = {
        f"experiments.{name}.methods.{method}": settings
        for name, experiment in config["experiments"].items()
        for method, settings in experiment["methods"].items()
    }
    curves = config["collapse"]["curves"] if "collapse" in config else {}
    trained |= {f"collapse.curves.{name}": curve for name, curve in curves.items()}
    for where, settings in trained.items():
        if settings["batch"] % processes:
            raise InputError(
                f"speed.processes: {processes} cannot share the batch of {settings['batch']} of {where} equally; "
                "change either"
            )


def _check_attempts(where: str, attempts: list[int]) -> None:
    if attempts[0] != 1 or any(later <= earlier for earlier, later in pairwise(attempts)):
        raise InputError(f"{where}: {attempts} must start with 1 (the greedy attempt) and rise")


def check_context(where: str, tokens: int, model: str, models: dict) -> None:
    """InputError if so many tokens to be written leave no room for a prompt, as far as the model's context is known."""
    context = models[root(models, model)].get("architecture", {}).get("context")
    if context is not None and tokens >= context:
        raise InputError(f"{where}: {tokens} leave no room for a prompt in the context of {model} ({context})")


def check_collapse(config: dict) -> None:
    """InputError for a curve of the collapse that could not be trained, or could not be measured."""
    collapse = config["collapse"]
    if not is_judged(config["experiments"][collapse["experiment"]]):
        raise InputError(
            "collapse.experiment: the curves are measured on judged responses; name an experiment with respond"
        )
    experiment = config["experiments"][collapse["experiment"]]
    _check_labels("collapse.curves", collapse["curves"])
    for name, curve in collapse["curves"].items():
        check_method(f"collapse.curves.{name}", curve, {"base": None, **experiment["methods"]})
        data.check_method(f"collapse.curves.{name}", curve, experiment["data"])
