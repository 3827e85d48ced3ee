"""The base models, trained in the run: a corpus of our small world, then a model on it."""


include: "inputs/models.smk"


rule corpus:
    input:
        principles=CONFIG["principles"],
    output:
        f"{CORPORA}/{{model}}.jsonl",
    log:
        f"{MODELS_RUN}/logs/corpus/{{model}}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("corpus"),
        settings=lambda wildcards: as_json(CONFIG["models"][wildcards.model]["corpus"], MODELS_RUN),
        templates=lambda wildcards: as_json(corpus_templates(wildcards.model), MODELS_RUN),
    shell:
        "python workflow/run.py corpus --log {log:q} --settings {params.settings:q} --templates {params.templates:q}"
        " --principles {input.principles:q} --out {output:q}"


rule model:
    input:
        unpack(model_inputs),
    output:
        directory(f"{MODELS}/{{model}}"),
    log:
        f"{MODELS_RUN}/logs/model/{{model}}.log",
    wildcard_constraints:
        model=one_of(TRAINED_MODELS),
    conda:
        "../../envs/train.yaml"
    threads: model_threads
    resources:
        **slurm_resources("model"),
        python=python("train"),
        torch_threads=model_threads,
    params:
        code=code_digest("model"),
        settings=lambda wildcards: as_json(
            without(CONFIG["models"][wildcards.model], "corpus", "parent", "label"), MODELS_RUN
        ),
        parent=lambda wildcards, input: option("--parent", input.get("parent")),
        scratch=f"{MODELS_RUN}/scratch/models/{{model}}",
    shell:
        "{resources.python} workflow/run.py model --log {log:q} {params.parent:q} --corpus {input.corpus:q} --settings {params.settings:q}"
        " --threads {resources.torch_threads} --scratch {params.scratch:q} --out {output:q}"
