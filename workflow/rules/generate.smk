"""Responses to the training questions, and the pairs of them that pass the filters."""


rule generate:
    input:
        model=lambda wildcards: model_folder(CONFIG["experiments"][wildcards.experiment]["generator"]),
        prompts=f"{RUN}/prompts/{{experiment}}/train.jsonl",
    output:
        f"{RUN}/generations/{{experiment}}.jsonl",
    benchmark:
        f"{RUN}/times/generate/{{experiment}}.tsv"
    resources:
        torch_threads=THREADS,
    params:
        code=code("generate"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["generate"]),
    shell:
        "python workflow/run.py generate --model {input.model:q} --prompts {input.prompts:q}"
        " --settings {params.settings:q} --batch {config[speed][generation_batch]}"
        " --threads {resources.torch_threads} --out {output:q}"


rule pairs:
    input:
        prompts=f"{RUN}/prompts/{{experiment}}/train.jsonl",
        generations=f"{RUN}/generations/{{experiment}}.jsonl",
    output:
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
        table=f"{RUN}/pairs/{{experiment}}.filters.csv",
        examples=f"{RUN}/pairs/{{experiment}}.examples.csv",
    benchmark:
        f"{RUN}/times/pairs/{{experiment}}.tsv"
    localrule: True
    params:
        code=code("pairs"),
        settings=lambda wildcards: as_json(only(CONFIG["experiments"][wildcards.experiment], "filters", "pairs")),
    shell:
        "python workflow/run.py pairs --prompts {input.prompts:q} --generations {input.generations:q}"
        " --settings {params.settings:q} --out {output.pairs:q} --table {output.table:q}"
        " --examples {output.examples:q}"
