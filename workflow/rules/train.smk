"""The methods: from the parent's checkpoint and the pairs to a checkpoint chosen on validation questions.

The wildcard rolled_out is EXPERIMENT/METHOD of a method with rollout_every, which writes its pairs as it is trained.
"""


include: "inputs/train.smk"


rule reference:
    input:
        unpack(policy_inputs),
        pairs=lambda wildcards: (f"{RUN}/pairs/{pairs_of(wildcards.experiment, wildcards.data, wildcards.seed)}.jsonl"),
    output:
        f"{RUN}/reference/{{experiment}}/{{data}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/reference/{{experiment}}.{{data}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        data=one_of(SETS),
        seed=one_of([*map(str, SEEDS), *map(re.escape, TRIALS)]),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **slurm_resources("reference"),
        python=python("train"),
        torch_threads=THREADS,
        token_budget=CONFIG["speed"]["token_budget"],
    params:
        code=code_digest("reference"),
        precision=lambda wildcards: CONFIG["experiments"][wildcards.experiment]["training"]["precision"],
        read_as=reference_flags,
    shell:
        "{resources.python} workflow/run.py reference --log {log:q} --model {input.model:q} --pairs {input.pairs:q}"
        " --precision {params.precision:q} {params.read_as:q} --token-budget {resources.token_budget} --threads {resources.torch_threads}"
        " --out {output:q}"


rule train:
    input:
        unpack(training_inputs(of_method)),
    output:
        checkpoint=directory(f"{RUN}/checkpoints/{{experiment}}/{{method}}/seed{{seed}}"),
        curve=f"{RUN}/training/{{experiment}}/{{method}}/seed{{seed}}.csv",
        steps=f"{RUN}/training/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/train/{{experiment}}.{{method}}.seed{{seed}}.log",
    conda:
        "../../envs/train.yaml"
    threads: CONFIG["speed"]["processes"] * THREADS
    resources:
        **slurm_resources("train"),
        python=python("train"),
        torch_threads=THREADS,
        generation_batch=CONFIG["speed"]["generation_batch"],
        generation_tokens=CONFIG["speed"]["generation_tokens"],
        token_budget=CONFIG["speed"]["token_budget"],
        attention=CONFIG["speed"]["attention"],
        processes=CONFIG["speed"]["processes"],
        checkpointing="--checkpointing" if CONFIG["speed"]["checkpointing"] else "",
        judge_server=validation_judge_server,
    params:
        **training_params(of_method),
        scratch=f"{SCRATCH}/{{experiment}}/{{method}}/seed{{seed}}",
    shell:
        TRAIN


ruleorder: train_on_rollouts > train


use rule train as train_on_rollouts with:
    input:
        unpack(training_inputs(of_rolled_out)),
    output:
        checkpoint=directory(f"{RUN}/checkpoints/{{rolled_out}}/seed{{seed}}"),
        curve=f"{RUN}/training/{{rolled_out}}/seed{{seed}}.csv",
        steps=f"{RUN}/training/{{rolled_out}}/seed{{seed}}.jsonl",
        rollouts=f"{RUN}/rollouts/{{rolled_out}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/train_on_rollouts/{{rolled_out}}/seed{{seed}}.log",
    wildcard_constraints:
        rolled_out=one_of(ROLLED_OUT),
    params:
        **training_params(of_rolled_out),
        scratch=f"{SCRATCH}/{{rolled_out}}/seed{{seed}}",


use rule train as collapse with:
    input:
        unpack(training_inputs(of_curve)),
    output:
        checkpoint=directory(f"{RUN}/checkpoints/collapse/{{curve}}"),
        curve=f"{RUN}/training/collapse/{{curve}}.csv",
        steps=f"{RUN}/training/collapse/{{curve}}.jsonl",
    log:
        f"{RUN}/logs/collapse/{{curve}}.log",
    params:
        **training_params(of_curve),
        scratch=f"{SCRATCH}/collapse/{{curve}}",


use rule train as rate with:
    input:
        unpack(training_inputs(of_rate)),
    output:
        checkpoint=temp(directory(f"{RUN}/checkpoints/tuning/{{experiment}}/{{method}}/{{rate}}")),
        curve=f"{RUN}/tuning/{{experiment}}/{{method}}/{{rate}}.csv",
        steps=temp(f"{RUN}/tuning/{{experiment}}/{{method}}/{{rate}}.jsonl"),
    log:
        f"{RUN}/logs/rate/{{experiment}}.{{method}}.{{rate}}.log",
    params:
        **training_params(of_rate),
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
        code=code_digest("tuning"),
    shell:
        "python workflow/run.py tuning --log {log:q} --curves {input.curves:q} --validation {input.validation:q}"
        " --out {output:q}"
