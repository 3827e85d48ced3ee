"""Principles that a model writes, responses to the training questions, and the pairs of them that pass the filters.

Pairs that the authors released take the place of these where they are asked for.

The wildcard pairs is EXPERIMENT/SET, or EXPERIMENT/SET/seedN where a method writes the set. Where `snakemake tuning` tries a
rate of iterations it is EXPERIMENT/SET/seedN-METHOD-RATE.
"""


include: "inputs/generate.smk"


rule written_principles:
    input:
        model=lambda wildcards: model_folder(wildcards.writer),
        files=lambda wildcards: files_on_disk(model_folder(wildcards.writer)),
        principles=CONFIG["principles"],
    output:
        principles=f"{RUN}/written_principles/{{writer}}.yaml",
        table=f"{RUN}/written_principles/{{writer}}.csv",
    log:
        f"{RUN}/logs/written_principles/{{writer}}.log",
    wildcard_constraints:
        writer=one_of(PRINCIPLE_WRITERS),
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **slurm_resources("generate"),
        python=python(ENGINE_ENVIRONMENT),
        engine_flags=lambda wildcards: engine_flags(wildcards.writer),
    params:
        code=code_digest("written_principles"),
        engine=lambda wildcards: engine_of(wildcards.writer),
        settings=lambda wildcards: as_json(CONFIG["principle_writer"]),
        scratch=f"{SCRATCH}/written_principles/{{writer}}.jsonl",
    shell:
        "{resources.python} workflow/run.py written_principles --log {log:q} --model {input.model:q} --principles {input.principles:q}"
        " --engine {params.engine:q} --settings {params.settings:q} {resources.engine_flags} --scratch {params.scratch:q}"
        " --out {output.principles:q} --table {output.table:q}"


rule generate:
    input:
        model=lambda wildcards: writer_folder(wildcards.pairs),
        files=lambda wildcards: files_on_disk(writer_folder(wildcards.pairs)),
        prompts=lambda wildcards: prompts_of(wildcards.pairs),
    output:
        f"{RUN}/generations/{{pairs}}.jsonl",
    log:
        f"{RUN}/logs/generate/{{pairs}}.log",
    wildcard_constraints:
        pairs=one_of(WRITTEN),
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **slurm_resources("generate"),
        python=python(ENGINE_ENVIRONMENT),
        engine_flags=lambda wildcards: engine_flags(writer_of(wildcards.pairs)),
    params:
        code=code_digest("generate"),
        engine=lambda wildcards: engine_of(writer_of(wildcards.pairs)),
        settings=lambda wildcards: as_json(writing_settings(wildcards.pairs)),
        seed=lambda wildcards: option("--seed", seed_of(wildcards.pairs)),
        scratch=f"{SCRATCH}/generate/{{pairs}}.jsonl",
    shell:
        f"{{resources.python}} workflow/run.py generate {WRITE} {{params.seed:q}}"


rule pairs:
    input:
        prompts=lambda wildcards: prompts_of(wildcards.pairs),
        generations=f"{RUN}/generations/{{pairs}}.jsonl",
        rewards=lambda wildcards: rewards_of(wildcards.pairs),
    output:
        pairs=f"{RUN}/pairs/{{pairs}}.jsonl",
        table=f"{RUN}/pairs/{{pairs}}.filters.csv",
        examples=f"{RUN}/pairs/{{pairs}}.examples.csv",
    log:
        f"{RUN}/logs/pairs/{{pairs}}.log",
    wildcard_constraints:
        pairs=one_of(WRITTEN),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("pairs"),
        rewards=lambda wildcards, input: option("--rewards", input.get("rewards")),
        settings=lambda wildcards: as_json(pair_settings(wildcards.pairs)),
    shell:
        "python workflow/run.py pairs --log {log:q} --prompts {input.prompts:q} --generations {input.generations:q}"
        " {params.rewards:q} --settings {params.settings:q} --out {output.pairs:q} --table {output.table:q}"
        " --examples {output.examples:q}"


rule authors_pairs:
    input:
        released=lambda wildcards: authors_file(experiment_of(wildcards.pairs), "pairs"),
        prompts=lambda wildcards: authors_file(experiment_of(wildcards.pairs), "prompts"),
    output:
        pairs=f"{RUN}/pairs/{{pairs}}.jsonl",
        table=f"{RUN}/pairs/{{pairs}}.filters.csv",
        examples=f"{RUN}/pairs/{{pairs}}.examples.csv",
    log:
        f"{RUN}/logs/authors_pairs/{{pairs}}.log",
    wildcard_constraints:
        pairs=one_of(RELEASED_PAIRS),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("authors_pairs"),
        experiment=lambda wildcards: experiment_of(wildcards.pairs),
        settings=lambda wildcards: as_json(only(set_of(wildcards.pairs), "size", "seed")),
    shell:
        "python workflow/run.py authors_pairs --log {log:q} --released {input.released:q} --prompts {input.prompts:q}"
        " --experiment {params.experiment} --settings {params.settings:q} --out {output.pairs:q}"
        " --table {output.table:q} --examples {output.examples:q}"
