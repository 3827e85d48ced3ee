"""`snakemake doctor`: whether the machines have what the run needs. The last rule removes what the others found, so that each call looks anew."""

from mialign.preflight import doctor


include: "inputs/doctor.smk"


rule doctor_train:
    output:
        f"{RUN}/doctor/train.txt",
    log:
        f"{RUN}/logs/doctor/train.log",
    conda:
        "../../envs/train.yaml"
    resources:
        **slurm_resources("train"),
        python=python("train"),
    params:
        checks=lambda wildcards: as_json(training_checks()),
    shell:
        "{resources.python} workflow/run.py doctor --log {log:q} --checks {params.checks:q} --out {output:q}"


rule doctor_generate:
    output:
        f"{RUN}/doctor/generate.txt",
    log:
        f"{RUN}/logs/doctor/generate.log",
    conda:
        f"../../envs/{ENGINE_ENVIRONMENT}.yaml"
    resources:
        **slurm_resources("generate"),
        python=python(ENGINE_ENVIRONMENT),
    params:
        checks=lambda wildcards: as_json(generating_checks()),
    shell:
        "{resources.python} workflow/run.py doctor --log {log:q} --checks {params.checks:q} --out {output:q}"


rule doctor:
    input:
        f"{RUN}/doctor/train.txt",
        f"{RUN}/doctor/generate.txt",
    log:
        f"{RUN}/logs/doctor.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        checks=lambda wildcards: as_json(checks_here()),
    shell:
        "python workflow/run.py doctor --log {log:q} --checks {params.checks:q} --found {input:q}"
