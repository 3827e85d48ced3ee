"""The methods: from the parent's checkpoint and the pairs to a checkpoint chosen on validation questions."""


include: "needs/train.smk"


rule reference:
    input:
        model=lambda wildcards: policy(wildcards.experiment, wildcards.method, wildcards.seed),
        files=lambda wildcards: files_on_disk(policy(wildcards.experiment, wildcards.method, wildcards.seed)),
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
    output:
        f"{RUN}/reference/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/reference/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/reference/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **asks("reference"),
        python=python("train"),
        torch_threads=THREADS,
        tokens=CONFIG["speed"]["tokens"],
    params:
        code=code("reference"),
        precision=lambda wildcards: CONFIG["experiments"][wildcards.experiment]["training"]["precision"],
    shell:
        "{resources.python} workflow/run.py reference --log {log:q} --model {input.model:q} --pairs {input.pairs:q}"
        " --precision {params.precision:q} --tokens {resources.tokens} --threads {resources.torch_threads} --out {output:q}"


rule train:
    input:
        parent=lambda wildcards: policy(
            wildcards.experiment,
            method_of(wildcards)["parent"],
            wildcards.seed,
        ),
        files=lambda wildcards: files_on_disk(
            policy(wildcards.experiment, method_of(wildcards)["parent"], wildcards.seed)
        ),
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
        reference=lambda wildcards: reference_file(wildcards.experiment, method_of(wildcards), wildcards.seed),
        validation=f"{RUN}/prompts/{{experiment}}/validation.jsonl",
    output:
        checkpoint=directory(f"{RUN}/checkpoints/{{experiment}}/{{method}}/seed{{seed}}"),
        curve=f"{RUN}/training/{{experiment}}/{{method}}/seed{{seed}}.csv",
    log:
        f"{RUN}/logs/train/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/train/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    conda:
        "../../envs/train.yaml"
    threads: CONFIG["speed"]["processes"] * THREADS
    resources:
        **asks("train"),
        python=python("train"),
        torch_threads=THREADS,
        generation_batch=CONFIG["speed"]["generation_batch"],
        tokens=CONFIG["speed"]["tokens"],
        attention=CONFIG["speed"]["attention"],
        processes=CONFIG["speed"]["processes"],
        checkpointing="--checkpointing" if CONFIG["speed"]["checkpointing"] else "",
    params:
        code=code("train"),
        reference=lambda wildcards, input: ["--reference", input.reference] if input.get("reference") else [],
        settings=lambda wildcards: method_settings(wildcards.experiment, method_of(wildcards)),
        seed=lambda wildcards: wildcards.seed,
        scratch=f"{SCRATCH}/{{experiment}}/{{method}}/seed{{seed}}",
    shell:
        TRAIN


use rule train as collapse with:
    input:
        parent=lambda wildcards: policy(
            CONFIG["collapse"]["experiment"],
            CONFIG["collapse"]["curves"][wildcards.curve]["parent"],
            SEEDS[0],
        ),
        files=lambda wildcards: files_on_disk(
            policy(
                CONFIG["collapse"]["experiment"],
                CONFIG["collapse"]["curves"][wildcards.curve]["parent"],
                SEEDS[0],
            )
        ),
        pairs=lambda wildcards: f"{RUN}/pairs/{CONFIG['collapse']['experiment']}.jsonl",
        reference=lambda wildcards: reference_file(
            CONFIG["collapse"]["experiment"], CONFIG["collapse"]["curves"][wildcards.curve], SEEDS[0]
        ),
        validation=lambda wildcards: f"{RUN}/prompts/{CONFIG['collapse']['experiment']}/validation.jsonl",
    output:
        checkpoint=directory(f"{RUN}/checkpoints/collapse/{{curve}}"),
        curve=f"{RUN}/training/collapse/{{curve}}.csv",
    log:
        f"{RUN}/logs/collapse/{{curve}}.log",
    benchmark:
        f"{RUN}/times/collapse/{{curve}}.tsv"
    params:
        code=code("train"),
        reference=lambda wildcards, input: ["--reference", input.reference] if input.get("reference") else [],
        settings=lambda wildcards: method_settings(
            CONFIG["collapse"]["experiment"], CONFIG["collapse"]["curves"][wildcards.curve]
        ),
        seed=SEEDS[0],
        scratch=f"{SCRATCH}/collapse/{{curve}}",


use rule train as rate with:
    input:
        parent=lambda wildcards: policy(wildcards.experiment, method_of(wildcards)["parent"], SEEDS[0]),
        files=lambda wildcards: files_on_disk(policy(wildcards.experiment, method_of(wildcards)["parent"], SEEDS[0])),
        pairs=f"{RUN}/pairs/{{experiment}}.jsonl",
        reference=lambda wildcards: reference_file(wildcards.experiment, method_of(wildcards), SEEDS[0]),
        validation=f"{RUN}/prompts/{{experiment}}/validation.jsonl",
    output:
        checkpoint=temp(directory(f"{RUN}/checkpoints/tuning/{{experiment}}/{{method}}/{{rate}}")),
        curve=f"{RUN}/tuning/{{experiment}}/{{method}}/{{rate}}.csv",
    log:
        f"{RUN}/logs/rate/{{experiment}}.{{method}}.{{rate}}.log",
    benchmark:
        f"{RUN}/times/rate/{{experiment}}.{{method}}.{{rate}}.tsv"
    params:
        code=code("train"),
        reference=lambda wildcards, input: ["--reference", input.reference] if input.get("reference") else [],
        settings=lambda wildcards: method_settings(
            wildcards.experiment, {**method_of(wildcards), "learning_rate": float(wildcards.rate)}
        ),
        seed=SEEDS[0],
        scratch=f"{SCRATCH}/tuning/{{experiment}}/{{method}}/{{rate}}",


rule tuning:
    input:
        curves=rate_curves,
        validation=[f"{RUN}/prompts/{experiment}/validation.jsonl" for experiment in CONFIG["experiments"]],
    output:
        f"{RUN}/tuning.csv",
    log:
        f"{RUN}/logs/tuning.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("tuning"),
    shell:
        "python workflow/run.py tuning --log {log:q} --curves {input.curves:q} --validation {input.validation:q}"
        " --out {output:q}"
