"""The tables, the numbers of the text, and the paper."""


include: "inputs/paper.smk"


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
    wildcard_constraints:
        table=one_of(TABLES),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("table"),
        kind=lambda wildcards: TABLES[wildcards.table][0],
        experiment=lambda wildcards: TABLES[wildcards.table][1],
        settings=table_settings,
    shell:
        "python workflow/run.py table --log {log:q} --name {params.kind} --inputs {input:q} --settings {params.settings:q}"
        " --out {output.tex:q}"


rule numbers:
    input:
        comparisons=metrics_of("comparisons"),
        qualities=metrics_of("qualities"),
        accuracy=metrics_of("accuracy"),
        training=metrics_of("training"),
        information=metrics_of("information") if INFORMED else [],
        preferences=metrics_of("preferences") if PREFERRED else [],
        filters=FILTER_TABLES,
        prompts=[f"{RUN}/prompts/{experiment}/benchmark.jsonl" for experiment in JUDGED],
        published=PUBLISHED_TABLES,
        paper=PAPER_SOURCES,
    output:
        tex=f"{RUN}/paper/numbers.tex",
        csv=report(
            f"{RUN}/paper/numbers.csv", caption="../report/numbers.rst", category="Tables", labels={"table": "numbers"}
        ),
    log:
        f"{RUN}/logs/numbers.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("numbers"),
        paper=lambda wildcards, input: os.path.commonpath(input.paper),
        optional=lambda wildcards, input: [
            *option("--information", input.get("information")),
            *option("--preferences", input.get("preferences")),
        ],
        settings=lambda wildcards: as_json(printed(CONFIG), sort_keys=False),
    shell:
        "python workflow/run.py numbers --log {log:q} --comparisons {input.comparisons:q} --qualities {input.qualities:q}"
        " --accuracy {input.accuracy:q} --training {input.training:q} {params.optional:q} --filters {input.filters:q}"
        " --prompts {input.prompts:q} --published {input.published:q} --paper {params.paper:q} --settings {params.settings:q} --out {output.tex:q}"


rule training_times:
    input:
        training_curves(),
    output:
        tex=f"{RUN}/times/trainings.tex",
        csv=report(
            f"{RUN}/times/trainings.csv",
            caption="../report/trainings.rst",
            category="Times",
            labels={"table": "trainings"},
        ),
    log:
        f"{RUN}/logs/training_times.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("table"),
        noted=noted_of_trainings(),
        settings=lambda wildcards: as_json({"experiments": lines_of_descent()}, sort_keys=False),
    shell:
        "python workflow/run.py table --log {log:q} --name training_times --inputs {params.noted:q}"
        " --settings {params.settings:q} --out {output.tex:q}"


rule times:
    input:
        [f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        [f"{RUN}/tables/{table}.tex" for table in TABLES],
        TRAINING_TIMES,
        PDF,
    output:
        report(f"{RUN}/times/stages.csv", caption="../report/times.rst", category="Times", labels={"table": "stages"}),
    log:
        f"{RUN}/logs/times.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("times"),
        folder=f"{RUN}/logs",
        models=[f"{MODELS_RUN}/logs/{stage}/{model}.tsv" for stage in ("corpus", "model") for model in TRAINED_MODELS],
    shell:
        "python workflow/run.py times --log {log:q} --folder {params.folder:q} --models {params.models:q} --out {output:q}"


rule paper:
    input:
        figures=[f"{RUN}/figures/{figure}.pdf" for figure in FIGURES],
        tables=[f"{RUN}/tables/{table}.tex" for table in TABLES] + TRAINING_TIMES,
        numbers=f"{RUN}/paper/numbers.tex",
        source=PAPER_SOURCES,
    output:
        report(f"{RUN}/paper.pdf", caption="../report/paper.rst", category="Paper"),
    log:
        f"{RUN}/logs/paper.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("paper"),
        document=lambda wildcards: f"paper/{CONFIG['document']}.tex",
    shell:
        "python workflow/run.py paper --log {log:q} --document {params.document:q} --figures {input.figures:q} --tables {input.tables:q}"
        " --numbers {input.numbers:q} --out {output:q}"


rule everything:
    input:
        chapter=f"{RUN}/paper.pdf",
        figures=made_by_models_run("figures/*.pdf"),
        tables=made_by_models_run("tables/*.tex"),
        numbers=f"{MODELS_RUN}/paper/numbers.tex",
        source=PAPER_SOURCES,
    output:
        f"{RUN}/everything.pdf",
    log:
        f"{RUN}/logs/everything.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("paper"),
        chapter=lambda wildcards: RUN,
    shell:
        "python workflow/run.py paper --log {log:q} --figures {input.figures:q} --tables {input.tables:q}"
        " --numbers {input.numbers:q} --chapter {params.chapter:q} --out {output:q}"
