"""What a schema cannot say of a configuration: that its parts fit each other and that the files it names are there."""

from collections.abc import Mapping
from itertools import pairwise

from mialign import checkpoints, principles, prompts, sources
from mialign.errors import InputError
from mialign.schema import suggestion

OF_OBJECTIVE = {"beta": "dpo", "kl": "sami", "reduction": "sami"}


def check(config: dict) -> None:
    """InputError, with the key's path, for the first thing that does not fit; `config` has its defaults filled in."""
    known = principles.load(config["principles"])
    _check_models(config)
    _check_names(config)
    if any("path" not in config["models"][name] for name in _models_used(config)):
        _check_templates(config)
    for name, experiment in config["experiments"].items():
        _check_experiment(f"experiments.{name}", experiment, config["models"], known)
    found = _look_at_sources(config, set(known.categories))
    for name, experiment in config["experiments"].items():
        _check_questions(f"experiments.{name}", experiment, found, known)
    if "collapse" in config:
        _check_collapse(config)


def pick(items: Mapping, name: str, where: str, what: str):
    """The item of that name, or InputError with the closest name there is."""
    if name not in items:
        raise InputError(f"{where}: there is no {what} {name!r}; {suggestion(name, list(items))}")
    return items[name]


def _under(where: str, check_part, *arguments) -> None:
    """Call a check of another module, and put the key before its complaint."""
    try:
        check_part(*arguments)
    except InputError as error:
        raise InputError(f"{where}{error}") from None


def _check_no_circle(where: str, parents: dict[str, str | None], start: str) -> None:
    for name in parents:
        way = [name]
        while (parent := parents.get(way[-1])) is not None:
            way.append(parent)
            if parent in way[:-1]:
                circle = " -> ".join(reversed(way[way.index(parent) :]))
                raise InputError(
                    f"{where}.{way[-2]}.parent: the parents form a circle, {circle}; start one from {start}"
                )


# ---------------------------------------------------------------- models
def _check_models(config: dict) -> None:
    models = config["models"]
    for name, model in models.items():
        if "path" not in model:
            _check_trained_here(f"models.{name}", model, models)
    parents = {name: model.get("parent") for name, model in models.items()}
    _check_no_circle("models", parents, "an architecture")
    for name in _models_used(config):
        if "path" in models[name]:
            _under(f"models.{name}.path: ", checkpoints.check, models[name]["path"])


def _check_trained_here(where: str, model: dict, models: dict) -> None:
    training, corpus = model["training"], model["corpus"]
    if ("parent" in model) == ("architecture" in model):
        raise InputError(
            f"{where}: a model needs exactly one of architecture (trained from nothing), parent (trained further) "
            "and path (a folder)"
        )
    if "parent" in model:
        pick(models, model["parent"], f"{where}.parent", "model")
    else:
        _check_architecture(f"{where}.architecture", model["architecture"])
    if ("other_rate" in training) != (training["optimizer"] == "muon"):
        raise InputError(
            f"{where}.training.other_rate: the rate of what muon does not train; give it with muon, and only then"
        )
    if not corpus["multitask"] + corpus["maths"] + corpus["drills"]:
        raise InputError(f"{where}.corpus: multitask, maths and drills are all 0; there is nothing to train on")


def _check_architecture(where: str, architecture: dict) -> None:
    hidden, heads = architecture["hidden"], architecture["heads"]
    if hidden % (2 * heads):
        raise InputError(f"{where}.hidden: {heads} heads need a multiple of {2 * heads}; this is {hidden}")


def _check_names(config: dict) -> None:
    """Names that would meet others of the workflow in a folder."""
    for key in ("run", "models_run"):
        if config[key] == "published":
            raise InputError(f"{key}: results/published is for the published figures; take another name")
    for name in config["experiments"]:
        if name in ("collapse", "tuning"):
            raise InputError(f"experiments.{name}: the workflow uses this name itself; take another")


def _check_templates(config: dict) -> None:
    """A corpus is written in the prompts of both experiments, so a model that is trained here needs both."""
    for path in (("multitask", "template"), ("maths", "template"), ("maths", "evaluation"), ("maths", "openings")):
        if path[1] not in config["experiments"].get(path[0], {}):
            raise InputError(
                f"experiments.{'.'.join(path)}: the key is missing, and the corpora of models that are trained here "
                "need it; give it, or name models on disk (models.<name>.path)"
            )


def _models_used(config: dict) -> list[str]:
    """Models that an experiment starts or generates with, and those they were trained from."""
    used = {}
    for name, experiment in config["experiments"].items():
        for role in ("base", "generator"):
            pick(config["models"], experiment[role], f"experiments.{name}.{role}", "model")
            model = experiment[role]
            while model is not None:
                used[model] = True
                model = config["models"][model].get("parent")
    return list(used)


# ---------------------------------------------------------------- experiments
def _check_experiment(where: str, experiment: dict, models: dict, known) -> None:
    _check_prompts(where, experiment, known)
    _check_methods(f"{where}.methods", experiment["methods"])
    _check_comparisons(f"{where}.comparisons", experiment)
    if "respond" not in experiment and "solve" not in experiment:
        raise InputError(
            f"{where}: nothing is measured; give respond (answers are judged) or solve (answers are counted)"
        )
    if "respond" in experiment and 0.0 not in experiment["respond"]["temperatures"]:
        raise InputError(f"{where}.respond.temperatures: 0.0 is missing; figures and tables show it")
    if "respond" in experiment and "evaluation" in experiment:
        raise InputError(f"{where}.evaluation: answers that are judged need a constitution; it serves with solve only")
    if "judge" in experiment and "respond" not in experiment:
        raise InputError(f"{where}.judge: there are no responses to judge; give respond too")
    if "solve" in experiment:
        _check_attempts(f"{where}.solve.attempts", experiment["solve"]["attempts"])
    for stage in ("generate", "respond", "solve"):
        if stage in experiment:
            _check_room(f"{where}.{stage}.max_tokens", experiment[stage]["max_tokens"], experiment, models)


def _check_prompts(where: str, experiment: dict, known) -> None:
    openings, evaluation = experiment.get("openings"), experiment.get("evaluation")
    if openings:
        pick(known.principles, openings["principle"], f"{where}.openings.principle", "principle")
        if evaluation and "opening" not in evaluation:
            raise InputError(
                f"{where}.evaluation.opening: the key is missing; say which is used, positive or antithesis"
            )
    _under(f"{where}.", prompts.check_settings, experiment)


def _check_methods(where: str, methods: dict) -> None:
    for name, what in (("base", "the model before training"), ("generator", "the model that writes the responses")):
        if name in methods:
            raise InputError(f"{where}.{name}: {name!r} is {what}; give the method another name")
    for name, method in methods.items():
        _check_method(f"{where}.{name}", method, {"base": None, **methods})
    parents = {name: method["parent"] for name, method in methods.items()}
    _check_no_circle(where, parents, "base")
    for name, method in methods.items():
        adapters = [one.get("adapter") for one in (method, methods.get(method["parent"], {}))]
        if None not in adapters and adapters[0] != adapters[1]:
            raise InputError(
                f"{where}.{name}.adapter: it goes on with the adapter of {method['parent']}, so it must be the same; "
                "give both one, or take it away to train all weights"
            )


def _check_method(where: str, method: dict, parents: dict) -> None:
    pick(parents, method["parent"], f"{where}.parent", "method")
    for key, objective in OF_OBJECTIVE.items():
        if key in method and method["objective"] != objective:
            raise InputError(
                f"{where}.{key}: it belongs to objective {objective}, not to {method['objective']}; take it out"
            )
    every, steps = method["validate_every"], method["steps"]
    if every > steps:
        raise InputError(
            f"{where}.validate_every: {every} is above the {steps} steps, so no checkpoint could be chosen"
        )


def _check_comparisons(where: str, experiment: dict) -> None:
    names = {"base": None, **experiment["methods"]}
    given = experiment["comparisons"]
    for number, pair in enumerate(given):
        for name in pair:
            pick(names, name, f"{where}[{number}]", "method")
        if pair[0] == pair[1]:
            raise InputError(f"{where}[{number}]: {pair[0]!r} is compared with itself")
        if pair in given[:number]:
            raise InputError(f"{where}[{number}]: {pair} stands there twice; keep one")
    if "respond" in experiment and not given:
        raise InputError(f"{where}: there is no comparison to judge; name one at least, for instance [sami, sft]")
    if given and "respond" not in experiment:
        raise InputError(f"{where}: comparisons are of judged responses; give respond too, or take them out")


def _check_attempts(where: str, attempts: list[int]) -> None:
    if attempts[0] != 1 or any(later <= earlier for earlier, later in pairwise(attempts)):
        raise InputError(f"{where}: {attempts} must start with 1 (the greedy attempt) and rise")


def _check_room(where: str, tokens: int, experiment: dict, models: dict) -> None:
    for role in ("base", "generator"):
        model = models[experiment[role]]
        while "parent" in model:
            model = models[model["parent"]]
        context = model.get("architecture", {}).get("context")
        if context is not None and tokens >= context:
            raise InputError(
                f"{where}: {tokens} leave no room for a prompt in the context of {experiment[role]} ({context})"
            )


def _check_collapse(config: dict) -> None:
    collapse = config["collapse"]
    if "respond" not in config["experiments"][collapse["experiment"]]:
        raise InputError(
            "collapse.experiment: the curves are measured on judged responses; name an experiment with respond"
        )
    methods = config["experiments"][collapse["experiment"]]["methods"]
    for name, curve in collapse["curves"].items():
        _check_method(f"collapse.curves.{name}", curve, {"base": None, **methods})


# ---------------------------------------------------------------- questions
def _look_at_sources(config: dict, categories: set[str]) -> dict[str, sources.Found | None]:
    """Every source that an experiment uses, looked at once."""
    found = {}
    for name, experiment in config["experiments"].items():
        for split, names in experiment["questions"].items():
            for source in names:
                entry = pick(config["sources"], source, f"experiments.{name}.questions.{split}", "source")
                if source not in found:
                    found[source] = sources.check(source, entry, config["data"], categories)
    return found


def _check_questions(where: str, experiment: dict, found: dict[str, sources.Found | None], known) -> None:
    """There are enough questions, each with the principles and answers that its use needs, and none serves two uses."""
    places, uses = {}, {}
    for split, names in experiment["questions"].items():
        for name in names:
            other = uses.setdefault(found[name].origin if found[name] else name, split)
            if other != split:
                raise InputError(f"{where}.questions.{split}: {name} has questions of {other}; keep the two apart")
        for source in (found[name] for name in names if found[name]):
            _check_use(f"{where}.questions.{split}", experiment, split, source, known)
            _check_apart(f"{where}.questions", split, source.texts, places)
    training = [found[name] for name in experiment["questions"]["train"]]
    if None not in training:
        _check_enough(f"{where}.pairs.size", experiment["pairs"]["size"], sum(source.size for source in training))


def _check_use(where: str, experiment: dict, split: str, found: sources.Found, known) -> None:
    decisive = experiment.get("openings", {}).get("principle")
    for category in sorted(found.categories):
        names = [principle.id for principle in known.for_category(category)]
        if split == "train" and decisive is not None and decisive not in names:
            raise InputError(
                f"{where}: the openings depend on the principle {decisive!r}, but the category {category!r} has "
                f"{' and '.join(names)}; take other questions, or give it that principle"
            )
    if "solve" in experiment and split != "train" and found.without_number:
        raise InputError(f"{where}: attempts need a number as the answer; {found.without_number}, has none")


def _check_apart(where: str, split: str, texts: dict[str, str], places: dict[str, tuple[str, str]]) -> None:
    for text, place in texts.items():
        other, first = places.setdefault(text, (split, place))
        if other != split:
            raise InputError(
                f"{where}: the question of {place} ({split}) is that of {first} ({other}) too; keep them apart"
            )


def _check_enough(where: str, size: int, questions: int) -> None:
    if questions < size:
        raise InputError(f"{where}: {size} pairs need as many training questions; there are {questions}")
