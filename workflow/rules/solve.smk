"""Attempts at the benchmark problems, and the answers found in them."""


rule solve:
    input:
        unpack(policy_inputs),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
        lengths=f"{RUN}/prompts/{{experiment}}/lengths.csv",
    output:
        f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/solve/{{experiment}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(SOLVED),
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **slurm_resources("solve"),
        python=python(ENGINE_ENVIRONMENT),
        engine_flags=lambda wildcards: engine_flags(model_of(wildcards.experiment, wildcards.method)),
    params:
        code=code_digest("solve"),
        engine=lambda wildcards: engine_of(model_of(wildcards.experiment, wildcards.method)),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["solve"]),
        scratch=f"{SCRATCH}/solve/{{experiment}}.{{method}}.seed{{seed}}.jsonl",
    shell:
        f"{{resources.python}} workflow/run.py solve {WRITE} --seed {{wildcards.seed}}"


rule extract:
    input:
        solutions=f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
        questions=lambda wildcards: question_paths(
            CONFIG["experiments"][wildcards.experiment]["questions"]["benchmark"]
        ),
    output:
        f"{RUN}/attempts/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/extract/{{experiment}}.{{method}}.seed{{seed}}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("extract"),
    shell:
        "python workflow/run.py extract --log {log:q} --solutions {input.solutions:q} --questions {input.questions:q} --out {output:q}"
