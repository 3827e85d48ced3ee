"""Figures, from the tidy tables of metrics/."""


include: "inputs/figures.smk"


rule figure:
    input:
        figure_inputs,
    output:
        pdf=f"{RUN}/figures/{{figure}}.pdf",
        png=report(
            f"{RUN}/figures/{{figure}}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RUN}/logs/figure/{{figure}}.log",
    wildcard_constraints:
        figure=one_of(FIGURES),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("figure"),
        kind=lambda wildcards: FIGURES[wildcards.figure][0],
        experiment=lambda wildcards: FIGURES[wildcards.figure][1],
        settings=figure_settings,
    shell:
        "python workflow/run.py figure --log {log:q} --name {params.kind} --data {input:q} --settings {params.settings:q}"
        " --out {output.pdf:q}"
