"""Raw questions, and the prompts that put constitutions and questions together."""


rule questions:
    input:
        question_file,
    output:
        f"{RUN}/questions/{{source}}.jsonl",
    log:
        f"{RUN}/logs/questions/{{source}}.log",
    benchmark:
        f"{RUN}/times/questions/{{source}}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("questions"),
        settings=lambda wildcards: as_json(CONFIG["sources"][wildcards.source]),
        data=CONFIG["data"],
        categories=CATEGORIES,
    shell:
        "python workflow/run.py questions --log {log:q} --name {wildcards.source} --data {params.data:q}"
        " --categories {params.categories:q} --settings {params.settings:q} --out {output:q}"


rule prompts:
    input:
        questions=lambda wildcards: question_paths(wildcards.experiment, wildcards.split),
        principles=CONFIG["principles"],
    output:
        f"{RUN}/prompts/{{experiment}}/{{split}}.jsonl",
    log:
        f"{RUN}/logs/prompts/{{experiment}}.{{split}}.log",
    benchmark:
        f"{RUN}/times/prompts/{{experiment}}.{{split}}.tsv"
    wildcard_constraints:
        split="train|validation|benchmark",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("prompts"),
        settings=prompt_settings,
    shell:
        "python workflow/run.py prompts --log {log:q} --questions {input.questions:q} --principles {input.principles:q}"
        " --split {wildcards.split} --settings {params.settings:q} --out {output:q}"
