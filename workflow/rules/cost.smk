"""What the run will take, before anything is spent."""


rule cost:
    input:
        assumed="config/costs.yaml",
        measured=[str(path) for path in Path("docs/benchmarks").glob("gpu.csv")],
    output:
        f"{RUN}/cost.csv",
    log:
        f"{RUN}/logs/cost.log",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        code=code_digest("cost"),
        settings=lambda wildcards: as_json(
            {**only(CONFIG, "seeds", "engine", "sources", "models", "experiments"), "counted": counted_weights()}
        ),
    shell:
        "python workflow/run.py cost --log {log:q} --assumptions {input.assumed:q} --measured {input.measured:q} --settings {params.settings:q} --out {output:q}"
