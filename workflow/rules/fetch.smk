"""What is fetched into the data folder: datasets, models and the authors' files. No other rule downloads.

Besides these rules only judges and models on a server use the network.
Downloads are pinned by revision or checksum, so an edit to the code that fetches does not fetch again.
"""


include: "inputs/fetch.smk"


rule fetch:
    input:
        [f"{DATA}/datasets/{dataset}.jsonl" for dataset in used_datasets()],
        [model_folder(model) for model in used_models()],
        used_authors_files(),
    localrule: True


rule fetch_authors:
    input:
        [f"{DATA}/authors/{path}" for path, sha256 in AUTHORS_FILES["files"].items() if sha256],
    localrule: True


rule fetch_dataset:
    output:
        rows=f"{DATA}/datasets/{{dataset}}.jsonl",
        origin=f"{DATA}/datasets/{{dataset}}.json",
    log:
        f"{RUN}/logs/fetch_dataset/{{dataset}}.log",
    priority: 2
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        settings=lambda wildcards: as_json({"places": CONFIG["datasets"][wildcards.dataset]}, DATA),
    shell:
        "python workflow/run.py fetch_dataset --log {log:q} --name {wildcards.dataset} --settings {params.settings:q}"
        " --out {output.rows:q} --origin {output.origin:q}"


rule fetch_model:
    output:
        model=directory(f"{DATA}/models/{{model}}"),
        origin=f"{DATA}/models/{{model}}.json",
    log:
        f"{RUN}/logs/fetch_model/{{model}}.log",
    wildcard_constraints:
        model=one_of(FETCHED_MODELS),
    priority: 2
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    resources:
        # With the answers that are known of a model, which fetch none anew.
        settings=lambda wildcards: as_json(only(CONFIG["models"][wildcards.model], "places"), DATA),
    params:
        places=lambda wildcards: as_json(
            {"places": [without_answer(place) for place in CONFIG["models"][wildcards.model]["places"]]}, DATA
        ),
        scratch=f"{DATA}/scratch/{{model}}",
    shell:
        "python workflow/run.py fetch_model --log {log:q} --name {wildcards.model} --settings {resources.settings:q}"
        " --scratch {params.scratch:q}"
        " --out {output.model:q} --origin {output.origin:q}"


rule fetch_authors_file:
    output:
        file=f"{DATA}/authors/{{path}}",
        origin=f"{DATA}/authors/{{path}}.origin",
    log:
        f"{RUN}/logs/fetch_authors_file/{{path}}.log",
    wildcard_constraints:
        path=one_of(map(re.escape, AUTHORS_FILES["files"])),
    priority: 2
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        base=AUTHORS_FILES["base"],
        sha256=lambda wildcards: option("--sha256", AUTHORS_FILES["files"][wildcards.path]),
        folder=option("--folder", CONFIG.get("authors", {}).get("folder")),
    shell:
        "python workflow/run.py fetch_authors_file --log {log:q} --path {wildcards.path:q} --base {params.base:q}"
        " {params.folder:q} {params.sha256:q} --out {output.file:q} --origin {output.origin:q}"
