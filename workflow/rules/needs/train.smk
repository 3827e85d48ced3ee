"""What a training needs: its settings, its reference and its command."""

TRAIN = (
    "{resources.python} workflow/run.py train --log {log:q} --parent {input.parent:q} --pairs {input.pairs:q} --validation {input.validation:q}"
    " --seed {params.seed} {params.reference:q} --settings {params.settings:q} --tokens {resources.tokens}"
    " {resources.checkpointing} --attention {resources.attention} --batch {resources.generation_batch} --processes {resources.processes}"
    " --threads {resources.torch_threads}"
    " --scratch {params.scratch:q}"
    " --curve {output.curve:q} --out {output.checkpoint:q}"
)


def method_of(wildcards):
    return CONFIG["experiments"][wildcards.experiment]["methods"][wildcards.method]


def method_settings(experiment, method):
    """All that decides a checkpoint: the method's own settings and how validation answers are sampled and scored."""
    settings = CONFIG["experiments"][experiment]
    stage, score = ("respond", "merit") if "respond" in settings else ("solve", "accuracy")
    validation = {"score": score, **only(settings[stage], "top_p", "max_tokens", "stop")}
    return as_json({**without(configuration.training_settings(method), "parent"), "validation": validation})


def reference_file(experiment, method, seed):
    """The reference's log-probabilities, for a method (its settings) that is relative to one."""
    if method["objective"] not in RELATIVE:
        return []
    return f"{RUN}/reference/{experiment}/{method['parent']}/seed{seed}.jsonl"


def rate_curves(wildcards):
    if not RATES:
        raise WorkflowError("tuning.rates: the config names no rates to try; write for instance rates: [0.0001, 0.001]")
    return [
        f"{RUN}/tuning/{experiment}/{method}/{rate}.csv"
        for experiment, settings in CONFIG["experiments"].items()
        for method in settings["methods"]
        for rate in RATES
    ]
