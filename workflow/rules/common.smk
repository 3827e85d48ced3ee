"""What the rules share: the validated config, where things lie, and which file needs which."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

from mialign.audit import provenance
from mialign.config import loading as configuration
from mialign.config.validation.experiments import READ_ALIKE
from mialign.data import builders, principles
from mialign.models import folders, weights
from mialign.models.bases import FETCHED, base
from mialign.core.arguments import as_argument
from mialign.core.code_digests import digest as code_digest
from mialign.core.errors import InputError
from mialign.core.process import collect_seldom
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.settings import AUTHORS, MAIN, VALIDATING, by_authors, by_program, deciding, judge_key
from mialign.evaluation.judge.settings import judged_comparisons, judges, likelihood_judges, validating, verdicts_folder
from mialign.evaluation.loaded_models import loaded_models
from mialign.evaluation.checkers import unchecked
from mialign.core.yaml_files import read_yaml
from mialign.data import policies, sets
from mialign.data.question_uses import question_uses
from mialign.training.objectives import OBJECTIVES
from stages import STAGES


def checked(check, *arguments):
    """What a check of the library returns; what it refuses, Snakemake tells without a traceback."""
    try:
        return check(*arguments)
    except (InputError, OSError) as error:
        raise WorkflowError(str(error))


collect_seldom()  # a plan makes a million objects, too

# Before Snakemake reads it, which does not say what it cannot read.
BASE = checked(read_yaml, "config.yaml", "the workflow starts from it")


configfile: "config.yaml"


checked(configuration.check_files, workflow.configfiles)
CONFIG = checked(configuration.load, configuration.in_order(config, BASE))


# By the first a job knows whether its workflow still runs (workflow/run.py), by the second where an adapter finds its
# base. On a cluster the node reads this file again, so that the process named is the one that starts the job there: a
# number from another machine would mean nothing.
os.environ.update({"WORKFLOW_PROCESS": str(os.getpid()), FETCHED: json.dumps(folders.of_hub(CONFIG))})
os.environ[provenance.CODE] = provenance.code(STAGES)  # found out once, and noted by each job


def one_of(names):
    """A pattern for a wildcard; of an empty list, one that matches nothing."""
    return "|".join(names) or "(?!)"


HAS_TEX = subprocess.run([f"{workflow.basedir}/envs/setup.sh", "has-tex"], capture_output=True).returncode == 0
RUN = f"results/{CONFIG['run']}"
MODELS_RUN = f"results/{CONFIG['models_run']}"
MODELS, CORPORA = f"{MODELS_RUN}/models", f"{MODELS_RUN}/corpora"
SCRATCH = f"{RUN}/scratch"
ASKED = f"{RUN}/asked.jsonl"  # of all judges on servers
if (told := os.environ.pop("RUN_TOLD", None)) and not workflow.output_settings.dryrun:
    Path(told).write_text(RUN)  # for make
DATA = CONFIG["data"]
SEEDS = CONFIG["seeds"]
THREADS = CONFIG["speed"]["threads"]
TRAINED_MODELS = [name for name, model in CONFIG["models"].items() if "corpus" in model]
JUDGED = [name for name, experiment in CONFIG["experiments"].items() if policies.is_judged(experiment)]
PREFERRED = [name for name, experiment in CONFIG["experiments"].items() if "preferences" in experiment]
PRINCIPLES = principles.load(CONFIG["principles"])
CATEGORIES = list(PRINCIPLES.categories)
RATES = CONFIG["tuning"]["rates"] if "tuning" in CONFIG else []
CURVES = list(CONFIG["collapse"]["curves"]) if "collapse" in CONFIG else []
SOUPS = {
    experiment: [
        f"{soup}.{point}"
        for soup in CONFIG["experiments"][experiment].get("soups", {})
        for point in range(CONFIG["experiments"][experiment]["preferences"]["grid"])
    ]
    for experiment in PREFERRED
}
METHODS = {"base", "generator"} | {
    policy
    for experiment in CONFIG["experiments"].values()
    for policy in (*experiment["methods"], *policies.compared(experiment))
}
SETS = list(dict.fromkeys(data for given in CONFIG["experiments"].values() for data in given["data"]))
ROLLED_OUT = [
    f"{experiment}/{method}"
    for experiment, given in CONFIG["experiments"].items()
    for method, settings in given["methods"].items()
    if "rollout_every" in settings
]
# Iterations share a rate, so all of them are trained at a rate that is tried. Their files have a trial for a seed.
TRIALS = list(
    dict.fromkeys(
        f"{SEEDS[0]}-{method['iteration_of']}-{rate}"
        for experiment in CONFIG["experiments"].values()
        for method in experiment["methods"].values()
        if "iteration_of" in method
        for rate in RATES
    )
)
SOLVED = [name for name, experiment in CONFIG["experiments"].items() if "solve" in experiment]
DRIFTING = [name for name, experiment in CONFIG["experiments"].items() if "drift" in experiment]
INFORMED = [name for name, experiment in CONFIG["experiments"].items() if "information" in experiment]


wildcard_constraints:
    experiment=one_of(CONFIG["experiments"]),
    method=one_of(METHODS),
    test=one_of(METHODS),
    baseline=one_of(METHODS),
    seed=one_of(map(str, SEEDS)),
    source=one_of(CONFIG["sources"]),
    dataset=one_of(CONFIG["datasets"]),
    curve=one_of(CURVES),


def as_json(settings, folder=RUN, sort_keys=True):
    """Settings as a stage takes them; what stands in a command is also what decides whether it is run again.

    `folder` keeps long ones: that of the run, or of whatever other runs have in common with it.
    """
    return as_argument(json.dumps(settings, sort_keys=sort_keys, ensure_ascii=False), f"{folder}/settings")


def option(name, value):
    """Nothing where there is no value: Snakemake would leave an empty word out of the command."""
    return [name, value] if value else []


def python(environment):
    """The interpreter of a rule: of an existing environment, or that of the rule's conda environment or of this process."""
    folder = CONFIG["environments"].get(environment)
    return shlex.quote(f"{os.path.expanduser(folder)}/bin/python") if folder else "python"


def slurm_resources(rule):
    """What a job of this rule asks of a cluster; each attempt for more, since the one before may have lacked it.

    A run on one machine ignores it.
    """
    given = CONFIG["resources"][rule]

    def growing(key):
        most = given.get(f"most_{key}", float("inf"))
        return lambda wildcards, attempt: min(attempt * given[key], most)

    return {
        "gpu": given["gpu"],
        "cpus_per_task": lambda wildcards, threads: given.get("cpus_per_task", threads),
        "mem_mb": growing("mem_mb"),
        "runtime": growing("runtime"),
    }


def only(settings, *keys):
    return {key: settings[key] for key in keys if key in settings}


def without(settings, *keys):
    return {key: value for key, value in settings.items() if key not in keys}


def of_builder(block, *more):
    """What of a set of pairs its builder looks at, and more of its keys."""
    return only(block, "builder", *builders.own_settings().get(block.get("builder"), ()), *more)


def model_folder(model):
    return folders.model(CONFIG, model)


def counted_weights():
    """How many weights each model has that lies on disk, given or fetched; one that is not whole there is left out."""
    given = [name for name, model in CONFIG["models"].items() if "path" in model or "places" in model]
    counted = {name: weights.counted(model_folder(name)) for name in given}
    return {name: number for name, number in counted.items() if number is not None}


def files_on_disk(folder):
    """The files of a model that lies on disk: inputs beside its folder, whose date a change in place leaves as it was.

    Of an adapter, those of its base too. A model that is trained in the run or fetched is one output, so it has none.
    """
    name = next((name for name, model in CONFIG["models"].items() if model.get("path") == folder), None)
    if name is None:
        return []
    fetched = folders.base_to_fetch(CONFIG, name)
    parts = {Path(folder)} if fetched else {Path(folder), base(folder)}
    files = sorted(str(path) for one in parts for path in one.iterdir() if path.is_file())
    return [*files, model_folder(fetched)] if fetched else files


def policy(experiment, method, seed):
    """The folder of a method's checkpoint, or of a model: the base, the generator, or one that methods are compared with."""
    if model := policies.policy_model(CONFIG["experiments"][experiment], method):
        return model_folder(model)
    seed = own_seed(experiment, method, seed)
    if seed in TRIALS:
        return f"{RUN}/checkpoints/tuning/{experiment}/{method}/{seed.split('-', 2)[2]}"
    return f"{RUN}/checkpoints/{experiment}/{method}/seed{seed}"


def policy_inputs(wildcards):
    """What a job reads of a policy: its folder, and the files of one that lies on disk."""
    folder = policy(wildcards.experiment, wildcards.method, wildcards.seed)
    return {"model": folder, "files": files_on_disk(folder)}


def number_of(seed):
    """The seed itself, of a seed or a trial."""
    return str(seed).partition("-")[0]


def own_seed(experiment, method, seed):
    """Which files of a method are meant by a seed or a trial: of a trial those of its iterations alone have their own."""
    iteration_of = CONFIG["experiments"][experiment]["methods"].get(method, {}).get("iteration_of")
    tried = str(seed).split("-")[1:2]  # nothing, or whose rate is tried
    return seed if tried in ([], [iteration_of]) else number_of(seed)


def question_paths(names):
    return [f"{RUN}/questions/{source}.jsonl" for source in names]


def pairs_of(experiment, data, seed):
    """A set of pairs, without folder and ending: one for each seed where a method writes it."""
    writer = sets.writing_method(CONFIG["experiments"][experiment], data)
    return f"{experiment}/{data}/seed{own_seed(experiment, writer, seed)}" if writer else f"{experiment}/{data}"


def all_pairs(experiment, released=None, seeds=SEEDS):
    """The sets whose pairs are files, as pairs_of names them; only those that are `released`, or are not."""
    given = CONFIG["experiments"][experiment]
    used = [
        data
        for data in sets.sets_in_files(given)
        if released in (None, given["data"][data]["from"] == sets.FROM_AUTHORS)
    ]
    return list(dict.fromkeys(pairs_of(experiment, data, seed) for data in used for seed in seeds))


def policies_of(experiment):
    return policies.policies(CONFIG["experiments"][experiment])


def measured_policies(experiment):
    """All whose answers have rewards, in an experiment with preferences: of a soup, one policy a vector of the grid."""
    return policies_of(experiment) + SOUPS[experiment]


def answering(experiment):
    """All whose answers are scored: also the generator, where it is another model than the base, and what is compared."""
    given = CONFIG["experiments"][experiment]
    shown = ["generator"] if given["generator"] != given["base"] else []
    return policies_of(experiment) + shown + policies.compared(given)


def labels_of(experiment):
    return policies.labels(CONFIG["experiments"][experiment], CONFIG["models"])


def of_each(experiments, own, *kinds):
    """File name -> (kind, experiment): those of the experiment that the paper's text is about have plain names."""
    return {
        kind if experiment == own else f"{kind}-{experiment}": (kind, experiment)
        for experiment in experiments
        for kind in kinds
    }
