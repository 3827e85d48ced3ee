"""The configuration of a run: validated, with every default filled in."""

import copy
from collections.abc import Iterable
from pathlib import Path

from mialign.config import schema, validation
from mialign.config.iterations import default_label, expand_iterations
from mialign.config.validation.common import pick
from mialign.core import setting
from mialign.core.arguments import TOKEN_BUDGET
from mialign.core.errors import InputError
from mialign.core.yaml_files import read_yaml
from mialign.data import builders
from mialign.data.policies import generator, is_judged
from mialign.evaluation.judge.settings import validating, with_deciding_judge, with_defaults
from mialign.training import objectives
from mialign.training.settings import steps_of

DEFAULTS = {"document": "main", "data": "data", "datasets": {}, "environments": {}}
BOOTSTRAP = {"resamples": 4000, "seed": 0}
ENGINE = {"kind": "transformers", "precision": "float32"}
RESOURCES = {"gpu": 0, "mem_mb": 4000, "runtime": 60}
# Rules whose jobs go to a cluster.
CLUSTER_RULES = ("model", "generate", "rewards", "reference", "train", "respond", "solve", "judge")
SPEED = {
    "generation_batch": 384,
    "generation_tokens": 262144,
    "generation_shard": 4096,
    "generation_gpus": 1,
    "generation_memory": 90,
    "token_budget": TOKEN_BUDGET,
    "checkpointing": False,
    "attention": "sdpa",
    "processes": 1,
    "threads": 1,
    "pretraining_threads": 1,
}
PRINCIPLE_WRITER = {"wordings": 2, "longest": 200}
MODEL_TRAINING = {"warmup": 0, "schedule": "cosine", "clip": 1.0, "prompt_weight": 0.0, "weight_decay": 0.0}
EXPERIMENT = {"seed": 0, "comparisons": []}
PREFERENCES = {"alpha": 1.0, "seed": 0}
NUMBER_OF_VECTORS = {2: 11, 3: 13}  # points of the grid by the number of rewards, as in the paper
DATA = {"builder": "constitutions"}
FILTERS = {"ended": True, "forbidden": []}
TRAINING = {
    "optimizer": "adamw",
    "precision": "float32",
    "schedule": "constant",
    "warmup": 0,
    "clip": 1.0,
    "validate_at": 0.0,
}
PATHS = ("path", "folder", "data", "table", "gguf", "file", "principles", "prompt_template", "train", "generate")
LENGTHS = {"steps", "epochs"}  # of a training
DECIDING_NOTHING = {"label", "parent", "reference", "data", "iteration_of"}  # of a training, beside its files
ADAPTER = {"dropout": 0.0, "targets": ["q_proj", "k_proj", "v_proj", "o_proj"]}


def check_files(paths: Iterable[str | Path]) -> None:
    """Refuse files of settings in which a key is there twice: read one after the other, the last would win unseen.

    And one whose `laid_over` names a file that is not among those before it. All are laid over config.yaml.
    """
    overlays = [path for path in paths if Path(path).resolve() != Path("config.yaml").resolve()]
    for place, path in enumerate(overlays):
        given = read_yaml(path, "the settings of the run are read from it")
        below = given.get("laid_over") if isinstance(given, dict) else None
        before = [Path(one).resolve() for one in ("config.yaml", *overlays[:place])]
        if isinstance(below, str) and Path(below).resolve() not in before:
            rest = [one for one in overlays[place:] if Path(one).resolve() != Path(below).resolve()]
            files = " ".join(map(str, [*overlays[:place], below, *rest]))
            raise InputError(
                f"{path}: laid_over: it changes the settings of {below}, so that file comes before it: "
                f'make paper CONFIG="{files}", or snakemake --configfile {files}'
            )


def in_order(settings: dict, pattern: dict) -> dict:
    """The settings in the order of those that they were laid over, what is new last: order shows in tables and figures.

    Snakemake puts the keys of an overlay first.
    """
    keys = [*(key for key in pattern if key in settings), *(key for key in settings if key not in pattern)]
    blocks = {key for key in keys if isinstance(settings[key], dict) and isinstance(pattern.get(key), dict)}
    return {key: in_order(settings[key], pattern[key]) if key in blocks else settings[key] for key in keys}


def load(config: dict) -> dict:
    """The settings of the run, checked against the schema, each other and the files they name.

    InputError, before any job, for what is wrong: it names the key (or file and line) and says what to do.
    A key set to null is as if it were absent, so that an overlay can take a key of config.yaml away.
    """
    config = _from_home(_without_nulls(copy.deepcopy(dict(config))))
    schema.check(config)
    config.pop("laid_over", None)  # check_files saw to it
    settings = _with_defaults(config)
    validation.check(settings)
    return settings


def training_settings(method: dict) -> dict:
    """What of a method's settings decides its checkpoint, beside the files that it reads."""
    found = {key: value for key, value in method.items() if key not in DECIDING_NOTHING}
    return with_deciding_judge(found)


# ---------------------------------------------------------------- defaults
def _with_defaults(config: dict) -> dict:
    config = {"models_run": config["run"], **DEFAULTS, **config}
    config["bootstrap"] = {**BOOTSTRAP, **config.get("bootstrap", {})}
    config["engine"] = {**ENGINE, **config.get("engine", {})}
    config["speed"] = {**SPEED, **config.get("speed", {})}
    given = config.get("resources", {})
    usual = RESOURCES | given.get("default", {})
    config["resources"] = {rule: usual | given.get(rule, {}) for rule in CLUSTER_RULES}
    if "principle_writer" in config:
        config["principle_writer"] = _principle_writer(config["principle_writer"])
    for model in config["models"].values():
        if "training" in model:
            model["training"] = {**MODEL_TRAINING, **model["training"]}
    config["experiments"] = {
        name: _experiment(name, given, config.get("rewards", {})) for name, given in config["experiments"].items()
    }
    if "collapse" in config:
        _fill_curves(config)
    return config


def _experiment(name: str, given: dict, rewards: dict) -> dict:
    where = f"experiments.{name}"
    only = {"data": next(iter(given["data"]))} if len(given["data"]) == 1 else {}
    experiment = {**EXPERIMENT, **given, "training": {**TRAINING, **only, **given["training"]}}
    experiment = expand_iterations(where, experiment)
    experiment["questions"] = {split: _as_list(names) for split, names in experiment["questions"].items()}
    for stage in ("respond", "solve"):
        if stage in experiment:
            experiment[stage] = {"stop": [], **experiment[stage]}
    experiment["data"] = {data: _data(block) for data, block in experiment["data"].items()}
    if "information" in experiment:
        experiment["information"] = _sampled_questions(experiment["information"])
    if "preferences" in experiment:
        experiment["preferences"] = _preferences(f"{where}.preferences", experiment["preferences"], rewards)
    if is_judged(experiment):
        experiment.setdefault("judge", {"kind": "checkers"})
    if "judge" in experiment:
        experiment["judge"] = with_defaults(experiment["judge"])
    if "judges" in experiment:
        experiment["judges"] = {judge: with_defaults(settings) for judge, settings in experiment["judges"].items()}
    if judge := validating(experiment):
        experiment["training"] = {**experiment["training"], "validate_by": with_defaults(judge)}
    experiment["methods"] = {
        method: _method(f"{where}.methods.{method}", method, experiment, row)
        for method, row in experiment["methods"].items()
    }
    if experiment["training"].get("validate_every") == 0:
        experiment["training"] = {"choose": "last", **experiment["training"]}
    experiment["generator"] = generator(experiment)
    return experiment


def _principle_writer(given: dict) -> dict:
    return {**PRINCIPLE_WRITER, **given, "sampling": {"stop": [], **given["sampling"]}}


def _preferences(where: str, given: dict, rewards: dict) -> dict:
    """With the rewards themselves by name (scorers), in the order of the weights."""
    names = given["rewards"]
    scorers = {name: pick(rewards, name, f"{where}.rewards", "reward") for name in names}
    return {**PREFERENCES, "grid": NUMBER_OF_VECTORS[len(names)], **given, "scorers": scorers}


def _as_list(names: str | list[str]) -> list[str]:
    return names if isinstance(names, list) else [names]


def _data(given: dict) -> dict:
    """One set of pairs in full; of pairs that the authors released only size and seed count."""
    if given["from"] == "authors":
        return {key: given[key] for key in ("from", "size", "seed")}
    data = _sampled_questions(given)
    data["filters"] = {**FILTERS, **data.get("filters", {})}
    return data


def _sampled_questions(given: dict) -> dict:
    """Which questions are asked under which prompts, and how the responses are sampled."""
    block = {**DATA, **given, "questions": _as_list(given["questions"])}
    block = {**setting.defaults(builders.own_settings()[block["builder"]]), **block}
    block["sampling"] = {"stop": [], **block["sampling"]}
    return block


def _method(where: str, name: str, experiment: dict, row: dict) -> dict:
    """One method in full: the experiment's training settings, overlaid with the method's own."""
    method = {"label": default_label(name), **setting.defaults(objectives.own_settings()[row["objective"]])}
    length = LENGTHS & row.keys()
    other = LENGTHS - length if length else set()  # a method's own steps or epochs stand for both
    shared = {key: value for key, value in experiment["training"].items() if key not in other}
    method |= {**shared, **row}
    for key in ("data", "learning_rate", "batch"):
        if key not in method:
            raise InputError(f"{where}: the key {key!r} is missing; give it here or under the experiment's training")
    if len(LENGTHS & method.keys()) != 1:
        at = where if length else f"{where.rsplit('.methods.', 1)[0]}.training"
        raise InputError(
            f"{at}: steps and epochs both say how long a training is; take one out (in an overlay: steps: null)"
            if "steps" in method
            else f"{where}: the key 'steps' is missing; give it, or epochs, here or under the experiment's training"
        )
    if "epochs" in method:
        method["steps"] = _steps(where, method, experiment["data"])
    method.setdefault("validate_every", method["steps"])
    if "adapter" in method:
        method["adapter"] = {**ADAPTER, **method["adapter"]}
    return method


def _steps(where: str, method: dict, data: dict) -> int:
    """The steps of a method that is given in epochs, if its set has its size."""
    size = pick(data, method["data"], f"{where}.data", "set of pairs")["size"]
    steps = steps_of(method["epochs"], size, method["batch"])
    if not steps:
        raise InputError(
            f"{where}.epochs: {method['epochs']:g} of {size} pairs (data.{method['data']}.size) is less than one batch "
            f"of {method['batch']}; raise epochs or size, or lower batch"
        )
    return steps


def _fill_curves(config: dict) -> None:
    collapse = config["collapse"]
    experiment = pick(config["experiments"], collapse["experiment"], "collapse.experiment", "experiment")
    method = pick(experiment["methods"], collapse["method"], "collapse.method", "method")
    shared = {key: collapse[key] for key in ("steps", "validate_every")}
    own = {key: value for key, value in method.items() if key not in ("epochs", "choose")}
    collapse["curves"] = {
        name: {**own, **shared, "label": name.replace("_", " "), **curve} for name, curve in collapse["curves"].items()
    }


def _from_home(value, key: str = ""):
    """Paths that are named from the home folder (~/models) in full: nothing that reads them later is a shell."""
    if isinstance(value, dict):
        return {name: _from_home(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_from_home(item) for item in value]
    return str(Path(value).expanduser()) if key in PATHS and str(value).startswith("~") else value


def _without_nulls(value):
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
