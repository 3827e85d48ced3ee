"""Figures and tables, from the tidy tables of metrics/."""

# The table that each figure draws.
FIGURES = {
    **(dict.fromkeys(("figure1", "overall"), "comparisons") | {"qualities": "qualities"} if JUDGED else {}),
    **(dict.fromkeys(("figure2", "figure3", "formats"), "accuracy") if SOLVED else {}),
    "training": "training",
    **({"collapse": "training"} if CURVES else {}),
}


rule figure:
    input:
        lambda wildcards: f"{RUN}/metrics/{FIGURES[wildcards.figure]}.csv",
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
    benchmark:
        f"{RUN}/times/figure/{{figure}}.tsv"
    wildcard_constraints:
        figure=one_of(FIGURES),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("figure"),
        settings=figure_settings,
    shell:
        "python workflow/run.py figure --log {log:q} --name {wildcards.figure} --data {input:q} --settings {params.settings:q}"
        " --out {output.pdf:q}"
