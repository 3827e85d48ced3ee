"""Responses to the training questions, and the pairs of them that pass the filters, or the pairs that the authors released."""


include: "needs/generate.smk"


rule generate:
    input:
        model=lambda wildcards: model_folder(CONFIG["experiments"][wildcards.experiment]["generator"]),
        files=lambda wildcards: files_on_disk(model_folder(CONFIG["experiments"][wildcards.experiment]["generator"])),
        prompts=f"{RUN}/prompts/{{experiment}}/train.jsonl",
    output:
        f"{RUN}/generations/{{experiment}}.jsonl",
    log:
        f"{RUN}/logs/generate/{{experiment}}.log",
    benchmark:
        f"{RUN}/times/generate/{{experiment}}.tsv"
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **asks("generate"),
        python=python(ENGINE_ENVIRONMENT),
        how=lambda wildcards: how(wildcards.experiment, "generator"),
    params:
        code=code("generate"),
        engine=lambda wildcards: engine_of(wildcards.experiment, "generator"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["generate"]),
        scratch=f"{SCRATCH}/generate/{{experiment}}.jsonl",
    shell:
        f"{{resources.python}} workflow/run.py generate {WRITE}"


rule pairs:
    input:
        prompts=f"{RUN}/prompts/{{experiment}}/train.jsonl",
        generations=f"{RUN}/generations/{{experiment}}.jsonl",
    output:
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
        table=f"{RUN}/pairs/{{experiment}}.filters.csv",
        examples=f"{RUN}/pairs/{{experiment}}.examples.csv",
    log:
        f"{RUN}/logs/pairs/{{experiment}}.log",
    benchmark:
        f"{RUN}/times/pairs/{{experiment}}.tsv"
    wildcard_constraints:
        experiment=one_of(name for name in CONFIG["experiments"] if not of_authors(name, "pairs")),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("pairs"),
        settings=lambda wildcards: as_json(only(CONFIG["experiments"][wildcards.experiment], "filters", "pairs")),
    shell:
        "python workflow/run.py pairs --log {log:q} --prompts {input.prompts:q} --generations {input.generations:q}"
        " --settings {params.settings:q} --out {output.pairs:q} --table {output.table:q}"
        " --examples {output.examples:q}"


rule authors_pairs:
    input:
        released=lambda wildcards: authors_file(wildcards.experiment, "pairs"),
        prompts=lambda wildcards: authors_file(wildcards.experiment, "prompts"),
    output:
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
        table=f"{RUN}/pairs/{{experiment}}.filters.csv",
        examples=f"{RUN}/pairs/{{experiment}}.examples.csv",
    log:
        f"{RUN}/logs/authors_pairs/{{experiment}}.log",
    benchmark:
        f"{RUN}/times/authors_pairs/{{experiment}}.tsv"
    wildcard_constraints:
        experiment=one_of(name for name in CONFIG["experiments"] if of_authors(name, "pairs")),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("authors_pairs"),
        settings=lambda wildcards: as_json(only(CONFIG["experiments"][wildcards.experiment]["pairs"], "size", "seed")),
    shell:
        "python workflow/run.py authors_pairs --log {log:q} --released {input.released:q} --prompts {input.prompts:q}"
        " --experiment {wildcards.experiment} --settings {params.settings:q} --out {output.pairs:q}"
        " --table {output.table:q} --examples {output.examples:q}"
