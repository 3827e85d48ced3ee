"""Rewards of texts in experiments with preferences: of the responses that become pairs, and of answers to the benchmark.

The wildcard texts is the file that is scored, without folder of the run and ending.
"""


include: "inputs/rewards.smk"


rule rewards:
    input:
        unpack(reward_inputs),
    output:
        f"{RUN}/rewards/{{texts}}.jsonl",
    log:
        f"{RUN}/logs/rewards/{{texts}}.log",
    wildcard_constraints:
        texts=one_of(map(re.escape, REWARDED)),
    conda:
        "../../envs/train.yaml"
    threads: THREADS
    resources:
        **slurm_resources("rewards"),
        python=python("train"),
        torch_threads=THREADS,
    params:
        code=code_digest("rewards"),
        settings=reward_settings,
        models=lambda wildcards: reward_options(REWARDED[wildcards.texts][0]),
    shell:
        "{resources.python} workflow/run.py rewards --log {log:q} --texts {input.texts:q} --prompts {input.prompts:q}"
        " --settings {params.settings:q} {params.models:q} --threads {resources.torch_threads} --out {output:q}"
