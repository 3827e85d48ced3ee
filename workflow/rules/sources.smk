"""Raw questions, the prompts that put constitutions and questions together, and whether these fit the models.

These rules have priority, so that a prompt that is too long is refused before anything is trained. An input of the
rules that train could not see to that: a new benchmark question would train all methods anew, and behind an input
marked ancient that is made again Snakemake overlooks other reasons to run (its issue 4166).
"""


include: "needs/sources.smk"


rule questions:
    input:
        question_file,
    output:
        f"{RUN}/questions/{{source}}.jsonl",
    log:
        f"{RUN}/logs/questions/{{source}}.log",
    benchmark:
        f"{RUN}/times/questions/{{source}}.tsv"
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("questions"),
        settings=lambda wildcards: as_json(CONFIG["sources"][wildcards.source]),
        data=DATA,
        categories=CATEGORIES,
    shell:
        "python workflow/run.py questions --log {log:q} --name {wildcards.source} --data {params.data:q}"
        " --categories {params.categories:q} --settings {params.settings:q} --out {output:q}"


rule prompts:
    input:
        questions=lambda wildcards: question_paths(wildcards.experiment, wildcards.split),
        principles=lambda wildcards: principles_file(wildcards.experiment),
        templates=lambda wildcards: templates_file(wildcards.experiment),
    output:
        f"{RUN}/prompts/{{experiment}}/{{split}}.jsonl",
    log:
        f"{RUN}/logs/prompts/{{experiment}}.{{split}}.log",
    benchmark:
        f"{RUN}/times/prompts/{{experiment}}.{{split}}.tsv"
    wildcard_constraints:
        split="train|validation|benchmark",
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("prompts"),
        templates=lambda wildcards, input: ["--templates", input.templates] if input.get("templates") else [],
        settings=prompt_settings,
    shell:
        "python workflow/run.py prompts --log {log:q} --questions {input.questions:q} --principles {input.principles:q}"
        " {params.templates:q} --split {wildcards.split} --settings {params.settings:q} --out {output:q}"


rule authors_prompts:
    input:
        constitutions=lambda wildcards: authors_file(wildcards.experiment, "constitutions"),
        prompts=lambda wildcards: authors_file(wildcards.experiment, "prompts"),
    output:
        principles=f"{RUN}/authors/{{experiment}}/principles.yaml",
        templates=f"{RUN}/authors/{{experiment}}/templates.json",
    log:
        f"{RUN}/logs/authors_prompts/{{experiment}}.log",
    benchmark:
        f"{RUN}/times/authors_prompts/{{experiment}}.tsv"
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("authors_prompts"),
        kind=lambda wildcards: "judged" if wildcards.experiment in JUDGED else "solved",
        names=lambda wildcards: as_json(AUTHORS["principles"]),
    shell:
        "python workflow/run.py authors_prompts --log {log:q} --kind {params.kind} --constitutions {input.constitutions:q}"
        " --prompts {input.prompts:q} --names {params.names:q} --principles {output.principles:q} --templates {output.templates:q}"


rule lengths:
    input:
        prompts=expand(f"{RUN}/prompts/{{{{experiment}}}}/{{split}}.jsonl", split=("train", "validation", "benchmark")),
        base=lambda wildcards: policy(wildcards.experiment, "base", SEEDS[0]),
        generator=lambda wildcards: policy(wildcards.experiment, "generator", SEEDS[0]),
        files=lambda wildcards: [
            file
            for role in ("base", "generator")
            for file in files_on_disk(policy(wildcards.experiment, role, SEEDS[0]))
        ],
    output:
        f"{RUN}/prompts/{{experiment}}/lengths.csv",
    log:
        f"{RUN}/logs/lengths/{{experiment}}.log",
    benchmark:
        f"{RUN}/times/lengths/{{experiment}}.tsv"
    priority: 1
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        python=python("train"),
    params:
        code=code("lengths"),
        settings=lambda wildcards: as_json(what_must_fit(wildcards.experiment)),
    shell:
        "{resources.python} workflow/run.py lengths --log {log:q} --prompts {input.prompts:q} --base {input.base:q}"
        " --generator {input.generator:q} --settings {params.settings:q} --out {output:q}"
