"""The settings of the run in numbers: every value of the config, and what follows from it."""

import json
from collections.abc import Iterable

from mialign.core.macro_names import name, words
from mialign.core.template import fields_of
from mialign.data.policies import is_judged
from mialign.data.sets import questions_of
from mialign.evaluation.judge.settings import by_program, deciding, judges, with_deciding_judge
from mialign.evaluation.statistics.rates import Z
from mialign.models.folders import publisher
from mialign.models.weights import parameters, root
from mialign.paper import formatting
from mialign.paper.macros.number_formats import Number

UNPRINTED = ("speed", "resources", "environments", "data", "datasets", "authors", "models_run", "tuning", "document")


def printed(config: dict) -> dict:
    """What the text can say of the settings: all that decides a result of its own. Where a server is decides none."""
    sources, models, experiments = config["sources"], config["models"], config["experiments"]
    shown = _without(config, *UNPRINTED) | {
        "sources": {name: _without(source, "homepage") for name, source in sources.items()},
        "models": {name: _without(model, "server") for name, model in models.items()},
        "experiments": {name: _without_servers(given) for name, given in experiments.items()},
    }
    if "collapse" in config:
        shown["collapse"] = config["collapse"] | {"curves": _deciding(config["collapse"]["curves"])}
    return shown


def _without_servers(experiment: dict) -> dict:
    """An experiment with what of its judges decides their verdicts."""
    found = {name: deciding(judge) for name, judge in judges(experiment).items()}
    shown = {"judge": found["judge"]} if "judge" in found else {}
    shown |= {"judges": _without(found, "judge")} if "judges" in experiment else {}
    shown |= {"training": with_deciding_judge(experiment["training"]), "methods": _deciding(experiment["methods"])}
    return experiment | shown


def _deciding(trainings: dict) -> dict:
    return {name: with_deciding_judge(training) for name, training in trainings.items()}


def _without(settings: dict, *keys: str) -> dict:
    return {key: value for key, value in settings.items() if key not in keys}


def of_settings(settings: dict) -> list[Number]:
    """Every value of the config under its path, and a few counts."""
    found = list(_flat(_without(settings, "cite"), ("config",)))
    seeds = settings["seeds"]
    found += _derived(settings)
    number = words(len(seeds)).lower() if len(seeds) < 20 else str(len(seeds))
    found.append(Number("seedCount", formatting.count(len(seeds)), "config: seeds"))
    found.append(Number("seedsInWords", f"{number} seed{'' if len(seeds) == 1 else 's'}", "config: seeds"))
    for title, experiment in settings["experiments"].items():
        uses = {split: {"questions": names} for split, names in experiment["questions"].items()}
        uses |= {data: block for data, block in experiment["data"].items() if "questions" in block}
        for use, block in uses.items():
            # The config's check of names asks before that of sources, which tells of one that is not there.
            sources = [settings["sources"].get(source, {}) for source in block["questions"]]
            origin = f"config: sources/{' '.join(block['questions'])}"
            found.append(Number(name("questions", title, use), _how_many(sources, block), f"{origin}/size"))
            if all("dataset" in source for source in sources):
                datasets = list(dict.fromkeys(source["dataset"] for source in sources))
                cited = [
                    formatting.setting(one) + formatting.citation(_cited(settings, "datasets", one)) for one in datasets
                ]
                split = "training" if use == experiment["training"].get("data") else use
                found.append(Number(name("datasets", title, split), formatting.listing(cited), f"{origin}/dataset"))
        found += _main_set(title, experiment)
    return found


def _cited(settings: dict, kind: str, name: str | None) -> str | None:
    """The key of the work that a dataset or model is cited by; None where the config names none."""
    return settings.get("cite", {}).get(kind, {}).get(name)


def _main_set(title: str, experiment: dict) -> Iterable[Number]:
    """The settings of the set that training names, under the name of its experiment alone: `setMultitaskSize`."""
    data = experiment["training"].get("data")
    if data in experiment["data"]:
        where = ("config", "experiments", title, "data", data)
        yield from _flat(experiment["data"][data], where, ("set", title))


def _how_many(sources: list[dict], block: dict) -> str:
    """The questions of some sources together, or those of a slice of them, as far as their settings say."""
    sizes = [source.get("size", source.get("at_most")) for source in sources]
    if None in sizes:
        return f"one in {block['slice']['of']}" if "slice" in block else "all"
    exact = all("size" in source for source in sources)
    return ("" if exact else "up to ") + formatting.setting(questions_of(block, sum(sizes)))


def _derived(settings: dict) -> list[Number]:
    """What follows from settings alone: sizes, names, signs, and how wide an interval on 80 items is."""
    found = []
    for model, block in settings["models"].items():
        if "architecture" in block:
            size = parameters(block["architecture"]) / 1e6
            text = f"{size:.2f}" if size < 10 else f"{size:,.0f}"
            found.append(
                Number(
                    name("parameters", model), f"{text} million", f"computed from config: models/{model}/architecture"
                )
            )
    found += [
        Number("syntheticQuestionsSign", _used_sources(settings), "config: questions/benchmark of the experiments"),
        Number("ownModelsSign", _used_models(settings), "config: base and generator of the experiments"),
        Number("convertedModelsSign", _converted_models(settings), "config: models"),
        Number("programJudgeSign", _deciding_judges(settings), "config: judge of the experiments"),
        Number("oneBaseSign", _trained_models(settings), "config: base of the experiments"),
    ]
    titles = ",".join(settings["experiments"])
    found.append(Number("experimentNames", titles, "config: experiments"))  # a list for TeX, of names and not of words
    for title, experiment in settings["experiments"].items():
        found += _models_in_print(title, experiment, settings)
        found += _writer(title, experiment)
        if "solve" in experiment:
            most = str(max(experiment["solve"]["attempts"]))
            found.append(Number(name("mostAttempts", title), most, f"config: experiments/{title}/solve/attempts"))
    wide = 100 * Z * (0.25 / 80) ** 0.5
    found.append(Number("halfWidthOfEighty", f"{wide:.0f}", "normal interval of a rate of one half on 80 items"))
    return found


def _used_sources(settings: dict) -> str:
    """Whether the benchmark questions are synthetic: above, from files: below, from both: unclear."""
    names = (one for experiment in settings["experiments"].values() for one in experiment["questions"]["benchmark"])
    return _side({"synthetic" in settings["sources"].get(name, {}) for name in names})  # as above


def _used_models(settings: dict) -> str:
    """Whether the models that learn and write are trained in the run, from nothing: above, or given: below."""
    models = settings["models"]
    used = (experiment[role] for experiment in settings["experiments"].values() for role in ("base", "generator"))
    return _side({"architecture" in models[root(models, model)] for model in used})


def _converted_models(settings: dict) -> str:
    """Whether a model of the run is read from a GGUF file: above, or none is: below."""
    places = [place for model in settings["models"].values() for place in model.get("places", [])]
    return _side({any("gguf" in place or "file" in place for place in places)})  # the file of a package is one


def _deciding_judges(settings: dict) -> str:
    """Whether the judge that the results are by is the checkers: above, or a language model: below."""
    judged = [one for one in settings["experiments"].values() if is_judged(one)]
    return _side({by_program(one) for one in judged})


def _trained_models(settings: dict) -> str:
    """Whether all experiments train one model: above, or several: below."""
    return _side({len({experiment["base"] for experiment in settings["experiments"].values()}) == 1})


def _writer(title: str, experiment: dict) -> Iterable[Number]:
    """Whether the base writes its own pairs, and whether the writer is made to begin as its constitution asks."""
    own = experiment["generator"] == experiment["base"]
    yield Number(name("baseWrites", title, "sign"), _side({own}), f"config: experiments/{title}/data")
    forced = "forced_opening" in fields_of(experiment.get("generation_template", ""))
    origin = f"config: experiments/{title}/generation_template"
    yield Number(name("forcedOpening", title, "sign"), _side({forced}), origin)


def _side(kinds: set[bool]) -> str:
    return {(True,): "above", (False,): "below", (False, True): "unclear"}.get(tuple(sorted(kinds)), "missing")


def _models_in_print(title: str, experiment: dict, settings: dict) -> Iterable[Number]:
    """The models of an experiment as the text calls them: by their label, or else by where they come from.

    With them the base model with the work that it is cited by; whether a judge is the base model itself: above, or
    another: below; and whether one judges by likelihood: above, or none does: below.
    """
    named = {role: experiment[role] for role in ("base", "generator")}
    if is_judged(experiment):
        named["judge"] = experiment["judge"].get("model", "checkers")
        base_judges = experiment["base"] in [one.get("model", "checkers") for one in judges(experiment).values()]
        yield Number(name("baseJudges", title, "sign"), _side({base_judges}), f"config: experiments/{title}/judges")
        by_likelihood = any(one["kind"] == "likelihood" for one in judges(experiment).values())
        yield Number(name("judgeWeighs", title, "sign"), _side({by_likelihood}), f"config: experiments/{title}/judges")
    for role, model in named.items():
        given = settings["models"].get(model, {})  # a judge may be none of them
        text = formatting.model(given.get("label") or publisher(given) or model)
        yield Number(name("model", title, role), text, f"config: experiments/{title}/{role}")
        if role == "base":
            cited = text + formatting.citation(_cited(settings, "models", model))
            yield Number(name("citedModel", title, role), cited, f"config: cite/models of {title}/{role}")


def _flat(value, path: tuple, about: tuple | None = None) -> Iterable[Number]:
    """about: the parts of a name, where it is not named after the whole path."""
    about, origin = about or path, "config: " + "/".join(map(str, path[1:]))
    if not isinstance(value, dict):
        plain = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
        yield Number(name(*about), _scalar(value), origin, plain)
        return
    for key, inner in value.items():
        yield from _flat(inner, (*path, key), (*about, key))


def _scalar(value) -> str:
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return str(len(value))
    return formatting.setting(value)
