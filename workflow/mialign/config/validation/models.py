"""Models: how each comes to be, that those in use are whole, and what training them here needs."""

from collections.abc import Iterator
from pathlib import Path

from mialign.config.validation.common import check_no_circle, check_server, pick
from mialign.core.errors import InputError, complaint_prefix
from mialign.core.files import read_json
from mialign.core.template import Prompt
from mialign.data import builders
from mialign.data.fetch.lock import without_answer
from mialign.data.sets import FROM_AUTHORS, writing_model
from mialign.evaluation.loaded_models import model_uses
from mialign.models import architectures, checkpoints, folders
from mialign.models.bases import MODEL
from mialign.models.classifiers import not_classifying
from mialign.models.weights import root, with_parents
from mialign.synthetic.corpora import KINDS


def check(config: dict) -> None:
    """InputError for the first model that could not be made, or is not whole."""
    models = config["models"]
    for name, model in models.items():
        if "corpus" in model:
            _check_trained_here(f"models.{name}", model, models)
    parents = {name: model.get("parent") for name, model in models.items()}
    check_no_circle("models", parents, "an architecture")
    fetched = folders.of_hub(config)
    named = [use for name in config["experiments"] for use in model_uses(config, name)]
    loaded = {use.model for use in named if use.purpose in ("judge", "reward")}
    for name in used(config):
        if "path" in models[name]:
            weights = "server" not in models[name] or name in loaded  # a server writes, and gives no likelihood
            with complaint_prefix(f"models.{name}.path: "):
                checkpoints.check(models[name]["path"], weights, fetched, may_lack_base=True)
        if "places" in models[name]:
            _check_places(config, name)
    for name, model in models.items():
        if "server" in model:
            _check_server(f"models.{name}.server", name, model["server"], config)
    for use in _uses(config):
        _check_use(config, fetched, *use)
    for read in _reading(config):
        _check_conversation(config, *read)


# What a use needs: what keeps a model from it, and what then cannot be.
FOLLOWED = (architectures.not_followed, "so it cannot be trained")
VALIDATED = (architectures.not_writing, "so it cannot answer validation questions when it is trained")
BY_LIKELIHOOD = (architectures.not_followed, "so it cannot judge by likelihood")
WRITING = (architectures.not_writing, "so it cannot write with engine.kind transformers (vllm may)")
REWARDING = (not_classifying, "so it cannot be a reward")
SERVED = (architectures.not_served, "so it cannot write")
NEEDS = {"base": (FOLLOWED, VALIDATED), "judge": (BY_LIKELIHOOD,), "reward": (REWARDING,)}  # all others write


def _uses(config: dict) -> Iterator[tuple[str, str, tuple]]:
    """A model, the key that names it, and what that needs."""
    vllm = config["engine"]["kind"] == "vllm"
    for name in config["experiments"]:
        for use in model_uses(config, name):
            writing = SERVED if vllm or "server" in config["models"][use.model] else WRITING
            for need in NEEDS.get(use.purpose, (writing,)):
                yield use.model, use.key, need


def _check_use(config: dict, fetched: dict[str, str], name: str, use: str, need: tuple) -> None:
    """A model that is trained here has the architecture that its training began with; of one that is yet to be fetched
    nothing is known.
    """
    first = root(config["models"], name)
    given, folder = config["models"][first], Path(folders.model(config, first))
    if "architecture" in given or ("places" in given and not _is_fetched(folder, given)):
        return
    whole = checkpoints.base(folder, fetched)
    if not (whole / MODEL).exists():
        return
    keeps, hence = need
    if reason := keeps(read_json(whole / MODEL)):
        key = "path" if "path" in given else "places"
        raise InputError(f"models.{first}.{key}: {whole}: the model {reason}, {hence} ({use}); take another model")


def _reading(config: dict) -> Iterator[tuple[str, str, str, Prompt]]:
    """A model, the key that names it, and the key and the template of prompts that it reads."""
    for name, experiment in config["experiments"].items():
        if "prompts" in experiment:  # the authors', which are texts
            continue
        plain = {"template": experiment["template"]}
        evaluated = (
            {"evaluation.template": experiment["evaluation"]["template"]} if "evaluation" in experiment else plain
        )
        own = {key: experiment[key] for key in ("generation_template",) if key in experiment} or plain
        where = f"experiments.{name}"
        reads = [(f"{where}.base", experiment["base"], plain | evaluated)]
        reads += [(use.key, use.model, evaluated) for use in model_uses(config, name) if use.purpose == "comparison"]
        for data, block in experiment["data"].items():
            if block["from"] != FROM_AUTHORS:
                # A method writes with the tokenizer of the base.
                writer = writing_model(experiment, data) or experiment["base"]
                hint = {f"data.{data}.hint": block["hint"]} if "hint" in block else {}
                written = evaluated if block["builder"] in builders.EVALUATING else own
                reads.append((f"{where}.data.{data}.from", writer, hint | written))
        for use, model, templates in reads:
            for key, template in templates.items():
                yield model, use, f"{where}.{key}", template


def _check_conversation(config: dict, name: str, use: str, key: str, template: Prompt) -> None:
    """A model that reads messages has a chat template; of one that is yet to be fetched nothing is known."""
    first = root(config["models"], name)
    given, folder = config["models"][first], folders.model(config, first)
    if isinstance(template, str) or ("places" in given and not _is_fetched(Path(folder), given)):
        return
    if "architecture" in given or not checkpoints.has_chat_template(folder):
        where = f"models.{first}" + ("" if "architecture" in given else f" ({folder})")
        raise InputError(
            f"{key}: these messages need a chat template, and the tokenizer of {where} has none; write {key} as one "
            f"text, or name another model in {use}"
        )


def _check_places(config: dict, name: str) -> None:
    """A model that is yet to be converted needs its file; all other places are asked when it is fetched."""
    given = config["models"][name]
    files = [place["gguf"] for place in given["places"] if "gguf" in place]
    there = any(Path(file).is_file() for file in files) or _is_fetched(Path(folders.model(config, name)), given)
    if len(files) == len(given["places"]) and not there:
        raise InputError(f"models.{name}.places[0].gguf: {files[0]}: no such file; name one that is there")


def _is_fetched(folder: Path, given: dict) -> bool:
    """Whether what lies there is what is now asked for."""
    try:
        place = read_json(folder.with_name(f"{folder.name}.json")).get("place") or {}
    except (InputError, FileNotFoundError):
        return False
    return without_answer(place) in map(without_answer, given["places"])


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
            "path (a folder) and places (where it is fetched)"
        )
    if "parent" in model:
        pick(models, model["parent"], f"{where}.parent", "model")
    else:
        _check_architecture(f"{where}.architecture", model["architecture"])
    if ("other_rate" in training) != (training["optimizer"] == "muon"):
        raise InputError(
            f"{where}.training.other_rate: the rate of what muon does not train; give it with muon, and only then"
        )
    texts = sum(corpus.get(kind, 0) for kind in KINDS)
    if not texts:
        raise InputError(f"{where}.corpus: it has 0 texts of every kind ({', '.join(KINDS)}); give it some")
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
    """A corpus is written in the prompts of both experiments, so a model that is trained here needs both.

    One with multiple choice is written in the prompts of the experiment choices, too.
    """
    needed = [("multitask", "template"), ("maths", "template"), ("maths", "evaluation"), ("maths", "openings")]
    if any(config["models"][name].get("corpus", {}).get("choices") for name in used(config)):
        needed.append(("choices", "evaluation"))
    for path in needed:
        if path[1] not in config["experiments"].get(path[0], {}):
            raise InputError(
                f"experiments.{'.'.join(path)}: the key is missing, and the corpora of models that are trained here "
                "need it; give it, or name models on disk (models.<name>.path)"
            )


def used(config: dict) -> list[str]:
    """Models that experiments start from, compare with, judge or reward with, or have pairs or principles written by;
    and their parents.
    """
    found = {}
    for name, experiment in config["experiments"].items():
        for use in model_uses(config, name):
            writes = use.purpose == "pairs"
            known = {**config["models"], **(experiment["methods"] if writes else {})}
            pick(known, use.model, use.key, "model or method" if writes else "model")
            found |= dict.fromkeys(with_parents(config["models"], use.model))
    return list(found)
