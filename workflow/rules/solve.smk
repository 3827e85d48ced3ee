"""Attempts at the benchmark problems, and the answers found in them."""


rule solve:
    input:
        model=lambda wildcards: policy(wildcards.experiment, wildcards.method, wildcards.seed),
        files=lambda wildcards: files_on_disk(policy(wildcards.experiment, wildcards.method, wildcards.seed)),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
        lengths=f"{RUN}/prompts/{{experiment}}/lengths.csv",
    output:
        f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/solve/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/solve/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(SOLVED),
    conda:
        "../../envs/train.yaml"
    resources:
        torch_threads=THREADS,
        generation_batch=CONFIG["speed"]["generation_batch"],
    params:
        code=code("solve"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["solve"]),
    shell:
        "python workflow/run.py solve --log {log:q} --model {input.model:q} --prompts {input.prompts:q} --seed {wildcards.seed}"
        " --settings {params.settings:q} --batch {resources.generation_batch}"
        " --threads {resources.torch_threads} --out {output:q}"


rule extract:
    input:
        solutions=f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
        questions=lambda wildcards: question_paths(wildcards.experiment, "benchmark"),
    output:
        f"{RUN}/attempts/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/extract/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/extract/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("extract"),
    shell:
        "python workflow/run.py extract --log {log:q} --attempts {input.solutions:q} --questions {input.questions:q} --out {output:q}"
