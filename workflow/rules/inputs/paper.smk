"""Which tables there are, and what each is made from."""

from mialign.evaluation.text_checkers import TEXT_CHECKERS
from mialign.paper.macros.settings import printed

PAPER_SOURCES = sorted(str(path) for path in Path("paper").rglob("*") if path.suffix in (".tex", ".bib", ".sty"))

USED_PAIRS = [pairs for experiment in CONFIG["experiments"] for pairs in all_pairs(experiment)]
FILTER_TABLES = [f"{RUN}/pairs/{pairs}.filters.csv" for pairs in USED_PAIRS]
FILTER_EXAMPLES = [f"{RUN}/pairs/{pairs}.examples.csv" for pairs in USED_PAIRS]
PUBLISHED_TABLES = [f"{PUBLISHED}/{kind}.csv" for kind in ("comparisons", "qualities", "accuracy")]
PDF = [f"{RUN}/paper.pdf"] if HAS_TEX else []

# Judged experiments whose principles can be checked on any text.
CHECKED = JUDGED if TEXT_CHECKERS.keys() & PRINCIPLES.principles.keys() else []

# Judged experiments with answers at a temperature above 0.
SAMPLED = [name for name in JUDGED if any(CONFIG["experiments"][name]["respond"]["temperatures"])]

# Experiments that count the answers to questions of several sources.
OF_SOURCES = [name for name in SOLVED if len(CONFIG["experiments"][name]["questions"]["benchmark"]) > 1]

# The sources of each purpose whose questions are from a published dataset.
OF_DATASETS = {
    purpose: found
    for purpose, names in used_sources().items()
    if (found := [one for one in names if "dataset" in CONFIG["sources"][one]])
}
FROM_DATASETS = list(dict.fromkeys(one for names in OF_DATASETS.values() for one in names))

OF_CLAIMS = ("reproduction", "reproduction_run", "settling", "settling_run")
# The authors' files that this run fetches and that findings are counted from.
COUNTED = [path for path in used_authors_files() if path in COUNTABLE]
FINDINGS = ("findings", "findings_original", "findings_neighbours")

# File name -> (kind, experiment); None where a table shows every experiment.
TABLES = {
    **{
        kind: (kind, None) for kind in ("principles", "models", "training", "filters", "dropped", "published", "claims")
    },
    **of_each(JUDGED, "multitask", "win_rates", "qualities", "examples"),
    **of_each(SAMPLED, "multitask", "win_rates_sampled"),
    **of_each(CHECKED, "multitask", "sides"),
    **({"datasets": ("datasets", None)} if FROM_DATASETS else {}),
    **({"tuning": ("tuning", None)} if "table" in CONFIG.get("tuning", {}) else {}),
    **({kind: (kind, None) for kind in (*OF_CLAIMS, *FINDINGS)} if REPORTED else {}),
    **({"findings_released": ("findings_released", None)} if COUNTED else {}),
    **({"agreement": ("agreement", None)} if RELEASED or len(JUDGINGS) > len(JUDGED) else {}),
    **({"positions": ("positions", None)} if BY_MODEL else {}),
    **({"written_principles": ("written_principles", None)} if PRINCIPLE_WRITERS else {}),
    **of_each(SOLVED, "maths", "accuracy", "formats", "extractors", "examples_maths"),
    **of_each(OF_SOURCES, "maths", "sources"),
    **of_each(COMPARED, "multitask", "methods", "degeneration"),
    **of_each([name for name in COMPARED if name in PREFERRED], "multitask", "steering"),
}

# Where the document sets methods side by side. It lies in times/, since no other run has the same seconds.
TRAINING_TIMES = [f"{RUN}/times/trainings.tex"] if COMPARED else []


def made_by_models_run(pattern):
    """An input function: what the run of the models has made. Another configuration makes it, which is not read here."""
    return lambda wildcards: sorted(map(str, Path(MODELS_RUN).glob(pattern)))


def noted_of_trainings():
    """What the job of each method's training noted beside its log (workflow/run_stage.py), which is no output of a rule."""
    return [
        (
            f"{RUN}/logs/train_on_rollouts/{experiment}/{method}/seed{seed}.tsv"
            if f"{experiment}/{method}" in ROLLED_OUT
            else f"{RUN}/logs/train/{experiment}.{method}.seed{seed}.tsv"
        )
        for experiment, given in CONFIG["experiments"].items()
        for method in given["methods"]
        for seed in SEEDS
    ]


def lines_of_descent():
    """Of each experiment what its methods and soups start from, and their labels."""
    return {
        experiment: {
            kind: {name: only(one, "parent", "of", "label") for name, one in given.get(kind, {}).items()}
            for kind in ("methods", "soups")
        }
        for experiment, given in CONFIG["experiments"].items()
    }


def metrics_of(*kinds):
    return [f"{RUN}/metrics/{kind}.csv" for kind in kinds]


def measured_in(experiment):
    """The metrics of what an experiment is about."""
    where = {
        "qualities": JUDGED,
        "strengths": JUDGED,
        "accuracy": SOLVED,
        "information": INFORMED,
        "drift": DRIFTING,
        "preferences": PREFERRED,
    }
    return [kind for kind, experiments in where.items() if experiment in experiments]


def example_inputs(experiment, *stages):
    """Questions of the first seed, as every model answers them."""
    answers = [
        f"{RUN}/{stage}/{experiment}/{method}/seed{SEEDS[0]}.jsonl"
        for method in policies_of(experiment)
        for stage in stages
    ]
    return [f"{RUN}/prompts/{experiment}/benchmark.jsonl", *answers]


def table_inputs(wildcards):
    kind, experiment = TABLES[wildcards.table]
    match kind:
        case "principles":
            return list(dict.fromkeys(principles_file(name, "benchmark") for name in CONFIG["experiments"]))
        case "written_principles":
            return [CONFIG["principles"], *(f"{RUN}/written_principles/{writer}.csv" for writer in PRINCIPLE_WRITERS)]
        case "datasets":
            return question_paths(FROM_DATASETS)
        case "models":
            return []
        case "training":
            return metrics_of("training")
        case "tuning":
            return [CONFIG["tuning"]["table"]]
        case "filters":
            return FILTER_TABLES
        case "dropped":
            return FILTER_EXAMPLES
        case "published":
            return [*(metrics_of("comparisons") if JUDGED else []), *PUBLISHED_TABLES]
        case "claims":
            return [*metrics_of("comparisons", "accuracy"), *PUBLISHED_TABLES]
        case _ if kind in OF_CLAIMS:
            return [*metrics_of("effects"), *PUBLISHED_TABLES]
        case "findings_released":
            return [*PUBLISHED_TABLES, f"{PUBLISHED}/findings.yaml", *COUNTED]
        case _ if kind in FINDINGS:
            return [*PUBLISHED_TABLES, f"{PUBLISHED}/findings.yaml"]
        case "win_rates" | "win_rates_sampled":
            return metrics_of("comparisons")
        case "qualities" | "sides" | "agreement" | "positions":
            return metrics_of(kind)
        case "accuracy" | "formats" | "extractors" | "sources":
            return metrics_of("accuracy")
        case "steering":
            return metrics_of("preferences")
        case "degeneration":
            return metrics_of("degeneration", "diversity")
        case "methods":
            return metrics_of("training", "degeneration", *measured_in(experiment))
        case "examples":
            return example_inputs(
                experiment, "responses", *(["scores"] if by_program(CONFIG["experiments"][experiment]) else [])
            )
        case "examples_maths":
            return example_inputs(experiment, "attempts")


def table_settings(wildcards):
    """What a table says of models or methods, in the order of the config, and no more, so that no other key reruns it."""
    kind, experiment = TABLES[wildcards.table]
    settings = printed(CONFIG)
    shown = settings["experiments"] if experiment is None else only(settings["experiments"], experiment)
    match kind:
        case "principles" | "written_principles" | "dropped":
            settings = {}
        case _ if kind in (*FINDINGS, "findings_released"):
            settings = {}
        case "datasets":
            settings = {
                "datasets": {source: CONFIG["sources"][source]["dataset"] for source in FROM_DATASETS},
                "uses": OF_DATASETS,
                "cite": CONFIG.get("cite", {}).get("datasets", {}),
            }
        case "models":
            settings = only(settings, "models", "cite")
        case "training" | "methods" | "degeneration" | "steering":
            settings = {"experiments": shown}
        case _:
            labels = {name: {method: {"label": label} for method, label in labels_of(name).items()} for name in shown}
            settings = {
                "experiments": {n: {"methods": labels[n], **only(given, "solve")} for n, given in shown.items()}
            }
            if kind in ("win_rates", "win_rates_sampled"):
                settings["experiments"][experiment] |= {"judge": only(shown[experiment]["judge"], "kind")}
            if kind in ("reproduction", "reproduction_run"):
                settings["experiments"]["multitask"] |= {"judge": only(shown["multitask"]["judge"], "kind")}
                settings["run"] = CONFIG["run"]
    return as_json(settings, sort_keys=False)
