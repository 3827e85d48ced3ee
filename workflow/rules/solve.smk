"""Attempts at the benchmark problems, and the answers found in them."""


rule solve:
    input:
        model=lambda wildcards: policy(wildcards.experiment, wildcards.method, wildcards.seed),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    benchmark:
        f"{RUN}/times/solve/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(SOLVED),
    resources:
        torch_threads=THREADS,
    params:
        code=code("solve"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["solve"]),
    shell:
        "python workflow/run.py solve --model {input.model:q} --prompts {input.prompts:q} --seed {wildcards.seed}"
        " --settings {params.settings:q} --batch {config[speed][generation_batch]}"
        " --threads {resources.torch_threads} --out {output:q}"


rule extract:
    input:
        solutions=f"{RUN}/solutions/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
        questions=lambda wildcards: question_paths(wildcards.experiment, "benchmark"),
    output:
        f"{RUN}/attempts/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    benchmark:
        f"{RUN}/times/extract/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    localrule: True
    params:
        code=code("extract"),
    shell:
        "python workflow/run.py extract --attempts {input.solutions:q} --questions {input.questions:q} --out {output:q}"
