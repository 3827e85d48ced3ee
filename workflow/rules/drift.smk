"""How far each method is from the base, at the tokens of its own sampled answers."""


include: "inputs/drift.smk"


rule drift:
    input:
        unpack(drift_inputs),
    output:
        f"{RUN}/drift/{{experiment}}/{{method}}/seed{{seed}}.jsonl",
    log:
        f"{RUN}/logs/drift/{{experiment}}.{{method}}.seed{{seed}}.log",
    wildcard_constraints:
        experiment=one_of(DRIFTING),
        method=one_of(re.escape(name) for experiment in DRIFTING for name in drifting(experiment)),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **slurm_resources("reference"),
        python=python("train"),
        torch_threads=THREADS,
        token_budget=CONFIG["speed"]["token_budget"],
    params:
        code=code_digest("drift"),
        precision=CONFIG["engine"]["precision"],
        temperature=drift_temperature,
        drawn=lambda wildcards: CONFIG["experiments"][wildcards.experiment]["drift"],
    shell:
        "{resources.python} workflow/run.py drift --log {log:q} --model {input.model:q} --base {input.base:q}"
        " --prompts {input.prompts:q} --responses {input.responses:q} --temperature {params.temperature}"
        " --number {params.drawn[responses]} --seed {params.drawn[seed]} --precision {params.precision:q} --token-budget {resources.token_budget}"
        " --threads {resources.torch_threads} --out {output:q}"
