"""What the rules share: the validated config, where things lie, and which file needs which."""

import json
import os
import subprocess
from pathlib import Path

from mialign import config as configuration
from mialign import principles, provenance
from mialign.errors import InputError

try:
    CONFIG = configuration.load(config)
except InputError as error:
    raise WorkflowError(str(error))


# By this a job knows whether its workflow still runs (workflow/run.py).
os.environ.update(WORKFLOW_PROCESS=str(os.getpid()))


def one_of(names):
    """A pattern for a wildcard; of an empty list, one that matches nothing."""
    return "|".join(names) or "(?!)"


HAS_TEX = subprocess.run([f"{workflow.basedir}/envs/setup.sh", "has-tex"], capture_output=True).returncode == 0
RUN = f"results/{CONFIG['run']}"
MODELS_RUN = f"results/{CONFIG['models_run']}"
MODELS, CORPORA = f"{MODELS_RUN}/models", f"{MODELS_RUN}/corpora"
SCRATCH = f"{RUN}/scratch"
SEEDS = CONFIG["seeds"]
THREADS = CONFIG["speed"]["threads"]
TRAINED_MODELS = [name for name, model in CONFIG["models"].items() if "path" not in model]
JUDGED = [name for name, experiment in CONFIG["experiments"].items() if "respond" in experiment]
CATEGORIES = list(principles.load(CONFIG["principles"]).categories)
RATES = CONFIG["tuning"]["rates"] if "tuning" in CONFIG else []
CURVES = list(CONFIG["collapse"]["curves"]) if "collapse" in CONFIG else []
METHODS = {"base", "generator"} | {m for experiment in CONFIG["experiments"].values() for m in experiment["methods"]}
SOLVED = [name for name, experiment in CONFIG["experiments"].items() if "solve" in experiment]


wildcard_constraints:
    experiment=one_of(CONFIG["experiments"]),
    method=one_of(METHODS),
    test=one_of(METHODS),
    baseline=one_of(METHODS),
    seed=one_of(map(str, SEEDS)),
    source=one_of(CONFIG["sources"]),
    curve=one_of(CURVES),


TRAIN = (
    "python workflow/run.py train --log {log:q} --parent {input.parent:q} --pairs {input.pairs:q} --validation {input.validation:q}"
    " --seed {params.seed} {params.reference:q} --settings {params.settings:q} --tokens {resources.tokens}"
    " {resources.checkpointing} --attention {resources.attention} --batch {resources.generation_batch} --processes {resources.processes}"
    " --threads {resources.torch_threads}"
    " --scratch {params.scratch:q}"
    " --curve {output.curve:q} --out {output.checkpoint:q}"
)


def as_json(settings):
    """Settings as a stage takes them; what stands in a command is also what decides whether it is run again."""
    return json.dumps(settings, sort_keys=True, ensure_ascii=False)


def code(script):
    """Digest of a stage's code: a param of its rule, so that an edit reruns the stages that use what was edited."""
    return provenance.digest(script)


def only(settings, *keys):
    return {key: settings[key] for key in keys if key in settings}


def without(settings, *keys):
    return {key: value for key, value in settings.items() if key not in keys}


def model_folder(model):
    return CONFIG["models"][model].get("path", f"{MODELS}/{model}")


def files_on_disk(folder):
    """The files of a model that lies on disk: inputs beside its folder, whose date a change in place leaves as it was.

    A model that is trained in the run is one output, so it has none.
    """
    if folder not in [model.get("path") for model in CONFIG["models"].values()]:
        return []
    return sorted(str(path) for path in Path(folder).iterdir() if path.is_file())


def model_inputs(wildcards):
    model = CONFIG["models"][wildcards.model]
    corpus = {"corpus": f"{CORPORA}/{wildcards.model}.jsonl"}
    if "parent" not in model:
        return corpus
    parent = model_folder(model["parent"])
    return {**corpus, "parent": parent, "files": files_on_disk(parent)}


def policy(experiment, method, seed):
    """The folder of a method's checkpoint; base is the model that the experiment starts from, generator the writer."""
    if method in ("base", "generator"):
        return model_folder(CONFIG["experiments"][experiment][method])
    return f"{RUN}/checkpoints/{experiment}/{method}/seed{seed}"


def reference_file(experiment, method, seed):
    """The reference's log-probabilities, for a method (its settings) that is relative to one."""
    if method["objective"] not in configuration.RELATIVE:
        return []
    return f"{RUN}/reference/{experiment}/{method['parent']}/seed{seed}.jsonl"


def question_paths(experiment, split):
    return [f"{RUN}/questions/{source}.jsonl" for source in CONFIG["experiments"][experiment]["questions"][split]]


def question_file(wildcards):
    source = CONFIG["sources"][wildcards.source]
    return os.path.join(CONFIG["data"], source["file"]) if "file" in source else []


def prompt_settings(wildcards):
    settings = CONFIG["experiments"][wildcards.experiment]
    parts = only(settings, "template", "constitutions", "openings", "evaluation")
    return as_json({"experiment": wildcards.experiment, "seed": settings["generate"]["seed"], **parts})


def policies(experiment):
    return ["base", *CONFIG["experiments"][experiment]["methods"]]


def answering(experiment):
    """All whose answers are scored: the generator too, where it is another model than the base."""
    given = CONFIG["experiments"][experiment]
    return policies(experiment) + (["generator"] if given["generator"] != given["base"] else [])


def prompt_uses(experiment):
    """Who reads the prompts of which split, and how many tokens are to follow them."""
    given = CONFIG["experiments"][experiment]
    measured = [stage for stage in ("respond", "solve") if stage in given]
    uses = [("train", "generator", "generate"), ("train", "base", "generate"), ("validation", "base", measured[0])]
    uses += [("benchmark", "base", stage) for stage in measured]
    if "generator" in answering(experiment) and "respond" in given:
        uses.append(("benchmark", "generator", "respond"))
    return [
        {
            "split": split,
            "model": model,
            "max_tokens": given[stage]["max_tokens"],
            "key": f"experiments.{experiment}.{stage}.max_tokens",
        }
        for split, model, stage in uses
    ]


def scores_of(experiment, methods, seeds):
    return [f"{RUN}/scores/{experiment}/{method}/seed{seed}.jsonl" for method in methods for seed in seeds]


def metric_settings(wildcards):
    more = {}
    if wildcards.kind == "accuracy":
        more = {
            "attempts": {experiment: CONFIG["experiments"][experiment]["solve"]["attempts"] for experiment in SOLVED}
        }
    return as_json({"bootstrap": CONFIG["bootstrap"], **more})


def labels_of(experiment):
    return {name: method["label"] for name, method in CONFIG["experiments"][experiment]["methods"].items()}


def of_each(experiments, own, *kinds):
    """File name -> (kind, experiment): those of the experiment that the paper's text is about have plain names."""
    return {
        kind if experiment == own else f"{kind}-{experiment}": (kind, experiment)
        for experiment in experiments
        for kind in kinds
    }


def figure_settings(wildcards):
    """Names of methods and, for a figure of one experiment, which; the rest is the figure's own."""
    kind, experiment = FIGURES[wildcards.figure]
    match kind:
        case "collapse":
            return as_json({"labels": {name: curve["label"] for name, curve in CONFIG["collapse"]["curves"].items()}})
        case "training":
            return as_json({"labels": {experiment: labels_of(experiment) for experiment in CONFIG["experiments"]}})
        case _:
            return as_json({"labels": labels_of(experiment), "experiment": experiment})


def method_of(wildcards):
    return CONFIG["experiments"][wildcards.experiment]["methods"][wildcards.method]


def corpus_templates():
    """The prompts that the base models are trained on are those of the experiments."""
    experiments = CONFIG["experiments"]
    return {
        "multitask": experiments["multitask"]["template"],
        "maths": experiments["maths"]["template"],
        "maths_evaluation": experiments["maths"]["evaluation"]["template"],
        "openings": experiments["maths"]["openings"],
    }


def method_settings(experiment, method):
    """All that decides a checkpoint: the method's own settings and how validation answers are sampled and scored."""
    settings = CONFIG["experiments"][experiment]
    stage, score = ("respond", "adherence") if "respond" in settings else ("solve", "accuracy")
    validation = {"score": score, **only(settings[stage], "top_p", "max_tokens", "stop")}
    return as_json({**without(configuration.training_settings(method), "parent"), "validation": validation})


def metric_inputs(wildcards):
    match wildcards.kind:
        case "comparisons":
            return [
                path
                for experiment in JUDGED
                for test, baseline in CONFIG["experiments"][experiment]["comparisons"]
                for seed in SEEDS
                for path in (
                    f"{RUN}/verdicts/{experiment}/{test}-vs-{baseline}/seed{seed}.jsonl",
                    *scores_of(experiment, (test, baseline), [seed]),
                )
            ]
        case "qualities":
            return [path for experiment in JUDGED for path in scores_of(experiment, answering(experiment), SEEDS)]
        case "accuracy":
            return [
                f"{RUN}/attempts/{experiment}/{method}/seed{seed}.jsonl"
                for experiment in SOLVED
                for method in policies(experiment)
                for seed in SEEDS
            ]
        case "training":
            methods = [
                f"{RUN}/training/{experiment}/{method}/seed{seed}.csv"
                for experiment in CONFIG["experiments"]
                for method in CONFIG["experiments"][experiment]["methods"]
                for seed in SEEDS
            ]
            return methods + [f"{RUN}/training/collapse/{curve}.csv" for curve in CURVES]


def metrics_of(*kinds):
    return [f"{RUN}/metrics/{kind}.csv" for kind in kinds]


def example_inputs(experiment, *stages):
    """One question of the first seed, as every model answers it."""
    answers = [
        f"{RUN}/{stage}/{experiment}/{method}/seed{SEEDS[0]}.jsonl"
        for method in policies(experiment)
        for stage in stages
    ]
    return [f"{RUN}/prompts/{experiment}/benchmark.jsonl", *answers]


def table_inputs(wildcards):
    kind, experiment = TABLES[wildcards.table]
    match kind:
        case "principles":
            return [CONFIG["principles"]]
        case "models":
            return []
        case "training":
            return metrics_of("training")
        case "filters":
            return FILTER_TABLES
        case "dropped":
            return FILTER_EXAMPLES
        case "published":
            return [*(metrics_of("comparisons") if JUDGED else []), *PUBLISHED_TABLES]
        case "claims":
            return [*metrics_of("comparisons", "accuracy"), *PUBLISHED_TABLES]
        case "win_rates" | "win_rates_sampled":
            return metrics_of("comparisons")
        case "qualities":
            return metrics_of("qualities")
        case "accuracy" | "formats" | "extractors":
            return metrics_of("accuracy")
        case "examples":
            return example_inputs(experiment, "responses", "scores")
        case "examples_maths":
            return example_inputs(experiment, "attempts")


def table_settings(wildcards):
    """What a table says of models or methods, in the order of the config, and no more, so that no other key reruns it."""
    kind, experiment = TABLES[wildcards.table]
    shown = CONFIG["experiments"] if experiment is None else only(CONFIG["experiments"], experiment)
    match kind:
        case "principles" | "dropped":
            settings = {}
        case "models":
            settings = only(CONFIG, "models")
        case "training":
            settings = {"experiments": shown}
        case _:
            labels = {name: {method: {"label": label} for method, label in labels_of(name).items()} for name in shown}
            settings = {
                "experiments": {n: {"methods": labels[n], **only(given, "solve")} for n, given in shown.items()}
            }
    return json.dumps(settings, ensure_ascii=False)
