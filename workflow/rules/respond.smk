"""Answers to the benchmark questions, or those that the authors released, and the scores that checkers give them."""


include: "inputs/respond.smk"


rule respond:
    input:
        unpack(policy_inputs),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
        lengths=f"{RUN}/prompts/{{experiment}}/lengths.csv",
    output:
        f"{RUN}/responses/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/respond/{{experiment}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(JUDGED + PREFERRED),
        method=one_of(ANSWERING),
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    threads: THREADS
    resources:
        **slurm_resources("respond"),
        python=python(ENGINE_ENVIRONMENT),
        engine_flags=lambda wildcards: engine_flags(model_of(wildcards.experiment, wildcards.method)),
    params:
        code=code_digest("respond"),
        engine=lambda wildcards: engine_of(model_of(wildcards.experiment, wildcards.method)),
        settings=respond_settings,
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
    wildcard_constraints:
        experiment=one_of(RELEASED),
        method=one_of(AUTHORS_FILES["answers"]),
    priority: 1  # it sees whether the questions are theirs
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("authors_responses"),
        side=lambda wildcards: side_of(wildcards.method),
    shell:
        "python workflow/run.py authors_responses --log {log:q} --answers {input.answers:q} --verdicts {input.verdicts:q}"
        " --side {params.side} --prompts {input.prompts:q} --out {output:q}"


rule stored_responses:
    input:
        model=lambda wildcards: policy(wildcards.experiment, "base", wildcards.seed),
        files=lambda wildcards: files_on_disk(policy(wildcards.experiment, "base", wildcards.seed)),
        questions=lambda wildcards: question_paths(
            CONFIG["experiments"][wildcards.experiment]["questions"]["benchmark"]
        ),
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/responses/{{experiment}}/{policies.STORED}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/stored_responses/{{experiment}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(WITH_STORED),
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        python=python("train"),
    params:
        code=code_digest("stored_responses"),
        temperatures=lambda wildcards: CONFIG["experiments"][wildcards.experiment]["respond"]["temperatures"],
    shell:
        "{resources.python} workflow/run.py stored_responses --log {log:q} --tokenizer {input.model:q}"
        " --questions {input.questions:q} --prompts {input.prompts:q} --temperatures {params.temperatures}"
        " --out {output:q}"


rule score:
    input:
        responses=f"{RUN}/responses/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
        prompts=f"{RUN}/prompts/{{experiment}}/benchmark.jsonl",
    output:
        f"{RUN}/scores/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/score/{{experiment}}.{{method}}.seed{{seed}}.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("score"),
        held_out=held_out_option,
    shell:
        "python workflow/run.py score --log {log:q} --responses {input.responses:q} --prompts {input.prompts:q}"
        " {params.held_out:q} --out {output:q}"


rule score_writer:
    input:
        generations=f"{RUN}/generations/{{experiment}}/{{data}}.jsonl",
        prompts=f"{RUN}/prompts/{{experiment}}/{{data}}.jsonl",
    output:
        f"{RUN}/writer_scores/{{experiment}}/writer.{{data}}/seed0.jsonl",
    log:
        f"{RUN}/logs/score_writer/{{experiment}}.{{data}}.log",
    wildcard_constraints:
        data=one_of(SETS),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("score"),
        temperature=lambda wildcards: set_of(f"{wildcards.experiment}/{wildcards.data}")["sampling"]["temperature"],
    shell:
        "python workflow/run.py score --log {log:q} --responses {input.generations:q} --prompts {input.prompts:q}"
        " --written-at {params.temperature} --out {output:q}"
