"""Raw questions, the prompts that put constitutions and questions together, and whether these fit the models.

These rules have priority, so that a prompt that is too long is refused before anything is trained. An input of the
rules that train could not see to that: a new benchmark question would train all methods anew, and behind an input
marked ancient that is made again Snakemake overlooks other reasons to run (its issue 4166).
"""


include: "inputs/sources.smk"


rule questions:
    input:
        question_files,
    output:
        f"{RUN}/questions/{{source}}.jsonl",
    log:
        f"{RUN}/logs/questions/{{source}}.log",
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("questions"),
        settings=lambda wildcards: as_json(CONFIG["sources"][wildcards.source]),
        data=DATA,
        categories=lambda wildcards: CATEGORIES,
    shell:
        "python workflow/run.py questions --log {log:q} --name {wildcards.source} --data {params.data:q}"
        " --categories {params.categories:q} --settings {params.settings:q} --out {output:q}"


rule prompts:
    input:
        questions=prompt_questions,
        principles=lambda wildcards: principles_file(wildcards.experiment, wildcards.split),
        templates=lambda wildcards: templates_file(wildcards.experiment),
    output:
        f"{RUN}/prompts/{{experiment}}/{{split}}.jsonl",
    log:
        f"{RUN}/logs/prompts/{{experiment}}.{{split}}.log",
    wildcard_constraints:
        split=one_of(("validation", "benchmark", "information", *SETS)),
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("prompts"),
        templates=lambda wildcards, input: option("--templates", input.get("templates")),
        split=lambda wildcards: "train" if wildcards.split in SETS else wildcards.split,
        settings=prompt_settings,
    shell:
        "python workflow/run.py prompts --log {log:q} --questions {input.questions:q} --principles {input.principles:q}"
        " {params.templates:q} --split {params.split} --settings {params.settings:q} --out {output:q}"


rule authors_prompts:
    input:
        constitutions=lambda wildcards: authors_file(wildcards.experiment, "constitutions"),
        prompts=lambda wildcards: authors_file(wildcards.experiment, "prompts"),
    output:
        principles=f"{RUN}/authors/{{experiment}}/principles.yaml",
        templates=f"{RUN}/authors/{{experiment}}/templates.json",
    log:
        f"{RUN}/logs/authors_prompts/{{experiment}}.log",
    priority: 1
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("authors_prompts"),
        kind=lambda wildcards: "judged" if wildcards.experiment in JUDGED else "solved",
        names=lambda wildcards: as_json(AUTHORS_FILES["principles"]),
    shell:
        "python workflow/run.py authors_prompts --log {log:q} --kind {params.kind} --constitutions {input.constitutions:q}"
        " --prompts {input.prompts:q} --names {params.names:q} --principles {output.principles:q} --templates {output.templates:q}"


rule lengths:
    input:
        prompts=lambda wildcards: [
            f"{RUN}/prompts/{wildcards.experiment}/{split}.jsonl"
            for split in (*written_sets(wildcards.experiment), *measured_splits(wildcards.experiment))
        ],
        models=lambda wildcards: [model_folder(model) for model in lengths_models(wildcards.experiment)],
        files=lambda wildcards: [
            file for model in lengths_models(wildcards.experiment) for file in files_on_disk(model_folder(model))
        ],
        prompt_templates=lambda wildcards: [
            judge["prompt_template"] for judge in validating_to_fit(wildcards.experiment)
        ],
    output:
        f"{RUN}/prompts/{{experiment}}/lengths.csv",
    log:
        f"{RUN}/logs/lengths/{{experiment}}.log",
    priority: 1
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        python=python("train"),
    params:
        code=code_digest("lengths"),
        names=lambda wildcards: lengths_models(wildcards.experiment),
        settings=lambda wildcards: as_json(what_must_fit(wildcards.experiment)),
    shell:
        "{resources.python} workflow/run.py lengths --log {log:q} --prompts {input.prompts:q} --models {input.models:q}"
        " --names {params.names:q} --settings {params.settings:q} --out {output:q}"
