"""Rewarded Soups: the weights of methods merged by each vector of the grid, for answers under that vector."""


include: "inputs/soup.smk"


rule soup:
    input:
        soup_inputs,
    output:
        temp(directory(f"{RUN}/checkpoints/{{experiment}}/{{soup}}.{{point}}/seed{{seed}}")),
    log:
        f"{RUN}/logs/soup/{{experiment}}.{{soup}}.{{point}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(PREFERRED),
        soup=one_of(dict.fromkeys(name.partition(".")[0] for names in SOUPS.values() for name in names)),
        point=r"\d+",
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        python=python("train"),
    params:
        code=code_digest("soup"),
        weights=lambda wildcards: soup_vector(wildcards.experiment, wildcards.point),
    shell:
        "{resources.python} workflow/run.py soup --log {log:q} --checkpoints {input:q} --weights {params.weights}"
        " --out {output:q}"
