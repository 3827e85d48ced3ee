"""The base models, trained in the run: a corpus of our small world, then a model on it."""


def model_inputs(wildcards):
    model = CONFIG["models"][wildcards.model]
    corpus = {"corpus": f"{CORPORA}/{wildcards.model}.jsonl"}
    if "parent" not in model:
        return corpus
    parent = model_folder(model["parent"])
    return {**corpus, "parent": parent, "files": files_on_disk(parent)}


def corpus_templates():
    """The prompts that the base models are trained on are those of the experiments."""
    experiments = CONFIG["experiments"]
    return {
        "multitask": experiments["multitask"]["template"],
        "maths": experiments["maths"]["template"],
        "maths_evaluation": experiments["maths"]["evaluation"]["template"],
        "openings": experiments["maths"]["openings"],
    }


rule corpus:
    input:
        principles=CONFIG["principles"],
    output:
        f"{CORPORA}/{{model}}.jsonl",
    log:
        f"{MODELS_RUN}/logs/corpus/{{model}}.log",
    benchmark:
        f"{MODELS_RUN}/times/corpus/{{model}}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("corpus"),
        settings=lambda wildcards: as_json(CONFIG["models"][wildcards.model]["corpus"]),
        templates=lambda wildcards: as_json(corpus_templates()),
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
    benchmark:
        f"{MODELS_RUN}/times/model/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(TRAINED_MODELS),
    conda:
        "../../envs/train.yaml"
    resources:
        torch_threads=THREADS,
    params:
        code=code("model"),
        settings=lambda wildcards: as_json(without(CONFIG["models"][wildcards.model], "corpus", "parent")),
        parent=lambda wildcards, input: ["--parent", input.parent] if "parent" in input.keys() else [],
        scratch=f"{MODELS_RUN}/scratch/models/{{model}}",
    shell:
        "python workflow/run.py model --log {log:q} {params.parent:q} --corpus {input.corpus:q} --settings {params.settings:q}"
        " --threads {resources.torch_threads} --scratch {params.scratch:q} --out {output:q}"
