"""Responses of every policy to questions of information under several constitutions, and their log-probabilities."""


rule information_responses:
    input:
        unpack(policy_inputs),
        prompts=f"{RUN}/prompts/{{experiment}}/information.jsonl",
        lengths=f"{RUN}/prompts/{{experiment}}/lengths.csv",
    output:
        f"{RUN}/information/{{experiment}}/{{method}}/seed{{seed}}.responses.jsonl",
    log:
        f"{RUN}/logs/information_responses/{{experiment}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(INFORMED),
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **slurm_resources("generate"),
        python=python(ENGINE_ENVIRONMENT),
        engine_flags=lambda wildcards: engine_flags(model_of(wildcards.experiment, wildcards.method)),
    params:
        code=code_digest("generate"),
        engine=lambda wildcards: engine_of(model_of(wildcards.experiment, wildcards.method)),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["information"]["sampling"]),
        scratch=f"{SCRATCH}/information_responses/{{experiment}}.{{method}}.seed{{seed}}.jsonl",
    shell:
        f"{{resources.python}} workflow/run.py generate {WRITE} --seed {{wildcards.seed}}"


rule information:
    input:
        model=lambda wildcards: policy(wildcards.experiment, wildcards.method, wildcards.seed),
        base=lambda wildcards: policy(wildcards.experiment, "base", wildcards.seed),
        files=lambda wildcards: [
            file
            for method in dict.fromkeys((wildcards.method, "base"))
            for file in files_on_disk(policy(wildcards.experiment, method, wildcards.seed))
        ],
        prompts=f"{RUN}/prompts/{{experiment}}/information.jsonl",
        responses=f"{RUN}/information/{{experiment}}/{{method}}/seed{{seed}}.responses.jsonl",
    output:
        f"{RUN}/information/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/information/{{experiment}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(INFORMED),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **slurm_resources("reference"),
        python=python("train"),
        torch_threads=THREADS,
        token_budget=CONFIG["speed"]["token_budget"],
    params:
        code=code_digest("information"),
        precision=CONFIG["engine"]["precision"],
    shell:
        "{resources.python} workflow/run.py information --log {log:q} --model {input.model:q} --base {input.base:q}"
        " --prompts {input.prompts:q} --responses {input.responses:q} --precision {params.precision:q}"
        " --token-budget {resources.token_budget} --threads {resources.torch_threads} --out {output:q}"
