"""What makes a run checkable: the page for reviewers, the manifest of the results, the graph of jobs and the crate.

They are made by `snakemake audit` alone.
"""

ORIGINS = [
    *(f"{DATA}/datasets/{dataset}.json" for dataset in used_datasets()),
    *(f"{DATA}/models/{model}.json" for model in used_models()),
    *(f"{path}.origin" for path in used_authors_files()),
]
FETCHED_TABLE = [f"{RUN}/fetched.csv"] if ORIGINS else []
PAGE_SOURCES = sorted(str(path) for path in Path("workflow/mialign/audit/page/assets").iterdir())


rule fetched:
    input:
        f"{RUN}/paper/numbers.csv",  # after all that reads what was fetched: to fetch anew for this would be odd
    output:
        f"{RUN}/fetched.csv",
    log:
        f"{RUN}/logs/fetched.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("fetched"),
        data=DATA,
        origins=ORIGINS,
    shell:
        "python workflow/run.py fetched --log {log:q} --data {params.data:q} --origins {params.origins:q}"
        " --out {output:q}"


rule audit_page:
    input:
        FETCHED_TABLE,
        figures=[f"{RUN}/figures/{figure}.png" for figure in FIGURES],
        tables=[f"{RUN}/tables/{table}.csv" for table in TABLES],
        numbers=f"{RUN}/paper/numbers.csv",
        times=f"{RUN}/times/stages.csv",
        page=PAGE_SOURCES,
    output:
        f"{RUN}/audit.html",
    log:
        f"{RUN}/audit/audit_page.log",  # not below logs/, of which it shows all
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("audit_page"),
        results=lambda wildcards, output: str(Path(output[0]).parent),
    shell:
        "python workflow/run.py audit_page --log {log:q} --results {params.results:q} --out {output:q}"


rule audit:
    input:
        rules.without_tex.input,
        PDF,
        rules.audit_page.output,
    output:
        f"{RUN}/audit/manifest.sha256",
        f"{RUN}/audit/graph.svg",
        f"{RUN}/audit/graph.mmd",
        f"{RUN}/audit/jobs.csv",
        f"{RUN}/audit/Snakefile",
        f"{RUN}/audit/checksums.sha256",
        f"{RUN}/audit/crate.zip",
    log:
        f"{RUN}/audit/audit.log",  # here, since the manifest has what lies under logs/
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("audit"),
        results=lambda wildcards, output: str(Path(output[0]).parents[1]),
    shell:
        "python workflow/run.py audit --log {log:q} {params.results:q}"
