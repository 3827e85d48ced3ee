"""The tables, the numbers of the text, and the paper."""

PAPER_SOURCES = sorted(str(path) for path in Path("paper").rglob("*") if path.suffix in (".tex", ".bib", ".sty"))

# What the text can say of the settings: all that decides a result of its own.
PRINTED = without(CONFIG, "speed", "data", "models_run", "tuning") | {
    "sources": {name: without(source, "homepage") for name, source in CONFIG["sources"].items()}
}

FILTER_TABLES = [f"{RUN}/pairs/{experiment}.filters.csv" for experiment in CONFIG["experiments"]]
FILTER_EXAMPLES = [f"{RUN}/pairs/{experiment}.examples.csv" for experiment in CONFIG["experiments"]]
PUBLISHED_TABLES = [f"{PUBLISHED}/comparisons.csv", f"{PUBLISHED}/accuracy.csv"]
PDF = [f"{RUN}/paper.pdf"] if HAS_TEX else []

# File name -> (kind, experiment); None where a table shows every experiment.
TABLES = {
    **{
        kind: (kind, None) for kind in ("principles", "models", "training", "filters", "dropped", "published", "claims")
    },
    **of_each(JUDGED, "multitask", "win_rates", "win_rates_sampled", "qualities", "examples"),
    **of_each(SOLVED, "maths", "accuracy", "formats", "extractors", "examples_maths"),
}


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


rule table:
    input:
        table_inputs,
    output:
        tex=f"{RUN}/tables/{{table}}.tex",
        csv=report(
            f"{RUN}/tables/{{table}}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    log:
        f"{RUN}/logs/table/{{table}}.log",
    benchmark:
        f"{RUN}/times/table/{{table}}.tsv"
    wildcard_constraints:
        table=one_of(TABLES),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tables"),
        kind=lambda wildcards: TABLES[wildcards.table][0],
        experiment=lambda wildcards: TABLES[wildcards.table][1],
        settings=table_settings,
    shell:
        "python workflow/run.py tables --log {log:q} --name {params.kind} --inputs {input:q} --settings {params.settings:q}"
        " --out {output.tex:q}"


rule numbers:
    input:
        comparisons=metrics_of("comparisons"),
        qualities=metrics_of("qualities"),
        accuracy=metrics_of("accuracy"),
        training=metrics_of("training"),
        filters=FILTER_TABLES,
        published=PUBLISHED_TABLES,
        paper=PAPER_SOURCES,
    output:
        tex=f"{RUN}/paper/numbers.tex",
        csv=report(
            f"{RUN}/paper/numbers.csv", caption="../report/numbers.rst", category="Tables", labels={"table": "numbers"}
        ),
    log:
        f"{RUN}/logs/numbers.log",
    benchmark:
        f"{RUN}/times/numbers.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("numbers"),
        paper=lambda wildcards, input: os.path.commonpath(input.paper),
        settings=lambda wildcards: json.dumps(PRINTED, ensure_ascii=False),
    shell:
        "python workflow/run.py numbers --log {log:q} --comparisons {input.comparisons:q} --qualities {input.qualities:q}"
        " --accuracy {input.accuracy:q} --training {input.training:q} --filters {input.filters:q}"
        " --published {input.published:q} --paper {params.paper:q} --settings {params.settings:q} --out {output.tex:q}"


rule times:
    input:
        [f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        [f"{RUN}/tables/{table}.tex" for table in TABLES],
        PDF,
    output:
        report(f"{RUN}/times/stages.csv", caption="../report/times.rst", category="Times", labels={"table": "stages"}),
    log:
        f"{RUN}/logs/times.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("times"),
        folders=list(dict.fromkeys((f"{RUN}/times", f"{MODELS_RUN}/times"))),
    shell:
        "python workflow/run.py times --log {log:q} --folders {params.folders:q} --out {output:q}"


rule paper:
    input:
        figures=[f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        tables=[f"{RUN}/tables/{table}.tex" for table in TABLES],
        numbers=f"{RUN}/paper/numbers.tex",
        source=PAPER_SOURCES,
    output:
        report(f"{RUN}/paper.pdf", caption="../report/paper.rst", category="Paper"),
    log:
        f"{RUN}/logs/paper.log",
    benchmark:
        f"{RUN}/times/paper.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("compile_paper"),
        source=lambda wildcards, input: os.path.commonpath(input.source),
    shell:
        "python workflow/run.py compile_paper --log {log:q} --source {params.source:q} --figures {input.figures:q} --tables {input.tables:q}"
        " --numbers {input.numbers:q} --out {output:q}"
