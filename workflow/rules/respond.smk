"""Answers to the benchmark questions, their scores, and the verdicts between methods."""


include: "needs/respond.smk"


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
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **asks("respond"),
        python=python(ENGINE_ENVIRONMENT),
        how=lambda wildcards: how(wildcards.experiment, wildcards.method),
    params:
        code=code("respond"),
        engine=lambda wildcards: engine_of(wildcards.experiment, wildcards.method),
        settings=lambda wildcards: as_json(CONFIG["experiments"][wildcards.experiment]["respond"]),
        scratch=f"{SCRATCH}/respond/{{experiment}}.{{method}}.seed{{seed}}.jsonl",
    shell:
        f"{{resources.python}} workflow/run.py respond {WRITE} --seed {{wildcards.seed}}"


ruleorder: authors_responses > respond


rule authors_responses:
    input:
        answers=lambda wildcards: answers_file(wildcards.method),
        verdicts=lambda wildcards: verdicts_file(pair_with(wildcards.method)),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/responses/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/authors_responses/{{experiment}}.{{method}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/authors_responses/{{experiment}}.{{method}}.seed{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(RELEASED),
        method=one_of(AUTHORS["answers"]),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code("authors_answers"),
        side=lambda wildcards: ["--side", side_of(wildcards.method)],
    shell:
        "python workflow/run.py authors_answers --log {log:q} --answers {input.answers:q} --verdicts {input.verdicts:q}"
        " {params.side:q} --prompts {input.prompts:q} --out {output:q}"


use rule authors_responses as authors_verdicts with:
    input:
        answers=lambda wildcards: answers_file(wildcards.pair.rpartition("-")[2]),
        verdicts=lambda wildcards: verdicts_file(wildcards.pair),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/verdicts/{{experiment}}.authors/{{pair}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/authors_verdicts/{{experiment}}.{{pair}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/authors_verdicts/{{experiment}}.{{pair}}.seed{{seed}}.tsv"
    wildcard_constraints:
        experiment=one_of(RELEASED),
        pair=one_of(AUTHORS["verdicts"]),
    params:
        code=code("authors_answers"),
        side=[],


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
        unpack(judge_inputs),
    output:
        f"{RUN}/verdicts/{{judging}}/{{test}}-vs-{{baseline}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/judge/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/judge/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.tsv"
    wildcard_constraints:
        judging=one_of(map(re.escape, JUDGINGS.keys() - WEIGHED)),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    resources:
        server=judge_server,
    params:
        code=code("judge"),
        settings=judge_settings,
        more=judge_options,
    shell:
        f"python {JUDGE} --server {{resources.server:q}}"


rule judge_by_likelihood:
    input:
        unpack(judge_inputs),
    output:
        f"{RUN}/verdicts/{{judging}}/{{test}}-vs-{{baseline}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/judge_by_likelihood/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.log",
    benchmark:
        f"{RUN}/times/judge_by_likelihood/{{judging}}.{{test}}-vs-{{baseline}}.seed{{seed}}.tsv"
    wildcard_constraints:
        judging=one_of(map(re.escape, WEIGHED)),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **asks("judge"),
        python=python("train"),
        torch_threads=THREADS,
        tokens=CONFIG["speed"]["tokens"],
    params:
        code=code("judge"),
        settings=judge_settings,
        more=judge_options,
    shell:
        f"{{resources.python}} {JUDGE} --tokens {{resources.tokens}} --threads {{resources.torch_threads}}"
