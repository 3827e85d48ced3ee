"""From scores, verdicts, attempts and curves to tidy tables."""


include: "inputs/metrics.smk"


rule metrics:
    input:
        lambda wildcards: list(dict.fromkeys(metric_inputs(wildcards))),
    output:
        f"{RUN}/metrics/{{kind}}.csv",
    log:
        f"{RUN}/logs/metrics/{{kind}}.log",
    priority: 1  # that of diversity takes long on one core, so it should not be the last to begin
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("metrics"),
        settings=metric_settings,
    shell:
        "python workflow/run.py metrics --log {log:q} --kind {wildcards.kind} --inputs {input:q}"
        " --settings {params.settings:q} --out {output:q}"
