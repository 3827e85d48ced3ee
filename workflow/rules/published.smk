"""The paper's own figures, redrawn from its published values by the code that draws ours."""

PUBLISHED = "workflow/resources/published"
PUBLISHED_FIGURES = {"figure1": "comparisons", "figure2": "accuracy", "figure3": "accuracy"}


rule published_figure:
    input:
        data=lambda wildcards: f"{PUBLISHED}/{PUBLISHED_FIGURES[wildcards.figure]}.csv",
        settings=f"{PUBLISHED}/figures.json",
    output:
        pdf="results/published/figures/{figure}.pdf",
        png=report(
            "results/published/figures/{figure}.png",
            caption="../report/published_figure.rst",
            category="Published",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/published/logs/{figure}.log",
    wildcard_constraints:
        figure=one_of(PUBLISHED_FIGURES),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("figure"),
    shell:
        "python workflow/run.py figure --log {log:q} --name {wildcards.figure} --data {input.data:q}"
        " --settings-file {input.settings:q} --out {output.pdf:q}"


rule published:
    input:
        expand("results/published/figures/{figure}.pdf", figure=PUBLISHED_FIGURES),
    localrule: True
