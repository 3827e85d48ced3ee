"""The tables, the numbers of the text, and the paper."""


include: "needs/paper.smk"


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
