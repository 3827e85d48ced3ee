"""Models: how each comes to be, that those in use are whole, and what training them here needs."""

from pathlib import Path

from mialign.config.validation.common import check_no_circle, check_server, pick, under
from mialign.core.errors import InputError
from mialign.data.sets import writing_model
from mialign.evaluation.judge.settings import judges
from mialign.models import checkpoints


def check(config: dict) -> None:
    """InputError for the first model that could not be made, or is not whole."""
    models = config["models"]
    for name, model in models.items():
        if "corpus" in model:
            _check_trained_here(f"models.{name}", model, models)
    parents = {name: model.get("parent") for name, model in models.items()}
    check_no_circle("models", parents, "an architecture")
    for name in used(config):
        if "path" in models[name]:
            under(f"models.{name}.path: ", checkpoints.check, models[name]["path"], "server" not in models[name])
    for name, model in models.items():
        if "server" in model:
            _check_server(f"models.{name}.server", name, model["server"], config)


def _check_server(where: str, name: str, server: dict, config: dict) -> None:
    """Nothing is trained on a server, and no key stands in a file."""
    check_server(where, server)
    trained = [f"experiments.{one}.base" for one, given in config["experiments"].items() if given["base"] == name]
    trained += [f"models.{one}.parent" for one, model in config["models"].items() if model.get("parent") == name]
    if trained:
        raise InputError(
            f"{trained[0]}: {name} is on a server (models.{name}.server), where nothing is trained; take a model whose "
            "weights are here"
        )


def check_environments(config: dict) -> None:
    """The environments that take the place of envs/*.yaml are there."""
    for name, folder in config["environments"].items():
        if not (Path(folder).expanduser() / "bin/python").exists():
            raise InputError(
                f"environments.{name}: {folder} has no bin/python; give the folder of an existing environment"
            )


def _check_trained_here(where: str, model: dict, models: dict) -> None:
    training, corpus = model["training"], model["corpus"]
    if ("parent" in model) == ("architecture" in model):
        raise InputError(
            f"{where}: a model needs exactly one of architecture (trained from nothing), parent (trained further), "
            "path (a folder) and hub (a repository)"
        )
    if "parent" in model:
        pick(models, model["parent"], f"{where}.parent", "model")
    else:
        _check_architecture(f"{where}.architecture", model["architecture"])
    if ("other_rate" in training) != (training["optimizer"] == "muon"):
        raise InputError(
            f"{where}.training.other_rate: the rate of what muon does not train; give it with muon, and only then"
        )
    texts = corpus["multitask"] + corpus["maths"] + corpus["drills"]
    if not texts:
        raise InputError(f"{where}.corpus: multitask, maths and drills are all 0; there is nothing to train on")
    if training["batch"] > texts:
        raise InputError(f"{where}.training.batch: {training['batch']} are more than all {texts} texts of the corpus")
    if training["warmup"] >= (steps := texts // training["batch"]):
        raise InputError(
            f"{where}.training.warmup: {training['warmup']} leave none of the {steps} steps at the full rate"
        )


def _check_architecture(where: str, architecture: dict) -> None:
    hidden, heads = architecture["hidden"], architecture["heads"]
    if hidden % (2 * heads):
        raise InputError(f"{where}.hidden: {heads} heads need a multiple of {2 * heads}; this is {hidden}")


def check_templates(config: dict) -> None:
    """A corpus is written in the prompts of both experiments, so a model that is trained here needs both."""
    for path in (("multitask", "template"), ("maths", "template"), ("maths", "evaluation"), ("maths", "openings")):
        if path[1] not in config["experiments"].get(path[0], {}):
            raise InputError(
                f"experiments.{'.'.join(path)}: the key is missing, and the corpora of models that are trained here "
                "need it; give it, or name models on disk (models.<name>.path)"
            )


def used(config: dict) -> list[str]:
    """Models that an experiment starts from, has pairs written by or judges with, and those they were trained from."""
    found = {}
    for name, experiment in config["experiments"].items():
        named = {"base": experiment["base"]}
        named |= {
            f"data.{data}.from": model for data in experiment["data"] if (model := writing_model(experiment, data))
        }
        for judge, settings in judges(experiment).items():
            if settings["kind"] == "likelihood":
                named[f"{'' if judge == 'judge' else 'judges.'}{judge}.model"] = settings["model"]
        for key, model in named.items():
            writes = key.endswith(".from")
            known = {**config["models"], **(experiment["methods"] if writes else {})}
            pick(known, model, f"experiments.{name}.{key}", "model or method" if writes else "model")
            while model is not None:
                found[model] = True
                model = config["models"][model].get("parent")
    return list(found)
