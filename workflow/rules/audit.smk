"""The manifest of the results and the crate of them, made by `snakemake audit` alone."""


rule audit:
    input:
        rules.without_tex.input,
        PDF,
    output:
        f"{RUN}/audit/manifest.sha256",
        f"{RUN}/audit/crate.zip",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("audit"),
        results=RUN,
    shell:
        "python workflow/run.py audit {params.results:q}"
