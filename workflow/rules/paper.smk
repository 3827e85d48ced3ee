"""The tables, the numbers of the text, and the paper."""

PAPER = "paper"
PAPER_SOURCES = sorted(str(path) for path in Path(PAPER).rglob("*") if path.suffix in (".tex", ".bib", ".sty"))

# What tables and text say of the settings: all but what decides no result.
PRINTED = without(CONFIG, "speed", "data", "models_run")


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


FILTER_TABLES = [f"{RUN}/pairs/{experiment}.filters.csv" for experiment in CONFIG["experiments"]]
FILTER_EXAMPLES = [f"{RUN}/pairs/{experiment}.examples.csv" for experiment in CONFIG["experiments"]]
PUBLISHED_TABLES = [f"{PUBLISHED}/comparisons.csv", f"{PUBLISHED}/accuracy.csv"]

# The files that each table is made of.
TABLES = {
    "principles": [CONFIG["principles"]],
    "models": [],
    "training": metrics_of("training"),
    "filters": FILTER_TABLES,
    "dropped": FILTER_EXAMPLES,
    "published": [*(metrics_of("comparisons") if JUDGED else []), *PUBLISHED_TABLES],
    "claims": [*metrics_of("comparisons", "accuracy"), *PUBLISHED_TABLES],
}
if JUDGED:
    TABLES |= dict.fromkeys(("win_rates", "win_rates_sampled"), metrics_of("comparisons"))
    TABLES |= {"qualities": metrics_of("qualities"), "examples": example_inputs(JUDGED[0], "responses", "scores")}
if SOLVED:
    TABLES |= dict.fromkeys(("accuracy", "formats", "extractors"), metrics_of("accuracy"))
    TABLES |= {"examples_maths": example_inputs(SOLVED[0], "attempts")}


rule table:
    input:
        lambda wildcards: TABLES[wildcards.table],
    output:
        tex=f"{RUN}/tables/{{table}}.tex",
        csv=report(
            f"{RUN}/tables/{{table}}.csv",
            caption="../report/table_{table}.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
    benchmark:
        f"{RUN}/times/table/{{table}}.tsv"
    wildcard_constraints:
        table=one_of(TABLES),
    localrule: True
    params:
        code=code("tables"),
        settings=lambda wildcards: as_json(PRINTED),
    shell:
        "python workflow/run.py tables --name {wildcards.table} --inputs {input:q} --settings {params.settings:q}"
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
    benchmark:
        f"{RUN}/times/numbers.tsv"
    localrule: True
    params:
        code=code("numbers"),
        settings=lambda wildcards: as_json(PRINTED),
    shell:
        "python workflow/run.py numbers --comparisons {input.comparisons:q} --qualities {input.qualities:q}"
        " --accuracy {input.accuracy:q} --training {input.training:q} --filters {input.filters:q}"
        " --published {input.published:q} --paper {PAPER:q} --settings {params.settings:q} --out {output.tex:q}"


rule paper:
    input:
        figures=[f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        tables=[f"{RUN}/tables/{table}.tex" for table in TABLES],
        numbers=f"{RUN}/paper/numbers.tex",
        source=PAPER_SOURCES,
    output:
        report(f"{RUN}/paper.pdf", caption="../report/paper.rst", category="Paper"),
    benchmark:
        f"{RUN}/times/paper.tsv"
    localrule: True
    params:
        code=code("compile_paper"),
    shell:
        "python workflow/run.py compile_paper --source {PAPER:q} --figures {RUN}/figures --tables {RUN}/tables"
        " --numbers {input.numbers:q} --out {output:q}"
