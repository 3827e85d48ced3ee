"""Answers to the benchmark questions, their scores, and the verdicts between methods."""


rule respond:
    input:
        model=lambda wildcards: policy(wildcards.experiment, wildcards.method, wildcards.seed),
        files=lambda wildcards: files_on_disk(policy(wildcards.experiment, wildcards.method, wildcards.seed)),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
        lengths=f"{RUN}/prompts/{{experiment}}/lengths.csv",
    output:
        f"{RUN}/responses/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/respond/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/respond/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(JUDGED),
    conda:
        "../../envs/train.yaml"
    resources:
        torch_threads=THREADS,
        generation_batch=CONFIG["speed"]["generation_batch"],
    params:
        code=code("respond"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["respond"]),
    shell:
        "python workflow/run.py respond --log {log:q} --model {input.model:q} --prompts {input.prompts:q} --seed {wildcards.seed}"
        " --settings {params.settings:q} --batch {resources.generation_batch}"
        " --threads {resources.torch_threads} --out {output:q}"


rule score:
    input:
        responses=f"{RUN}/responses/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/scores/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/score/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/score/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("score"),
    shell:
        "python workflow/run.py score --log {log:q} --responses {input.responses:q} --prompts {input.prompts:q} --out {output:q}"


rule judge:
    input:
        test=f"{RUN}/scores/{{experiment}}/{{test}}/seed{{seed}}.jsonl",
        baseline=f"{RUN}/scores/{{experiment}}/{{baseline}}/seed{{seed}}.jsonl",
    output:
        f"{RUN}/verdicts/{{experiment}}/{{test}}-vs-{{baseline}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/judge/{{experiment}}.{{test}}-vs-{{baseline}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/judge/{{experiment}}.{{test}}-vs-{{baseline}}.seed{{seed}}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("judge"),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["judge"]),
    shell:
        "python workflow/run.py judge --log {log:q} --test {input.test:q} --baseline {input.baseline:q}"
        " --settings {params.settings:q} --out {output:q}"
