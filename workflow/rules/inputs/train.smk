"""What a training needs: its settings, its files and its command, the same for a method, a curve of the collapse or a rate."""

TRAIN = (
    "{resources.python} workflow/run.py train --log {log:q} --parent {input.parent:q} --pairs {input.pairs:q} --validation {input.validation:q}"
    " --seed {params.seed} {params.reference:q} --settings {params.settings:q} --token-budget {resources.token_budget}"
    " {resources.checkpointing} --attention {resources.attention} --batch {resources.generation_batch} --processes {resources.processes}"
    " --threads {resources.torch_threads}"
    " --scratch {params.scratch:q}"
    " --curve {output.curve:q} --out {output.checkpoint:q}"
)


def of_method(wildcards):
    """Of a training: its experiment, its method's settings, and its seed."""
    return (
        wildcards.experiment,
        CONFIG["experiments"][wildcards.experiment]["methods"][wildcards.method],
        wildcards.seed,
    )


def of_curve(wildcards):
    return CONFIG["collapse"]["experiment"], CONFIG["collapse"]["curves"][wildcards.curve], SEEDS[0]


def of_rate(wildcards):
    method = CONFIG["experiments"][wildcards.experiment]["methods"][wildcards.method]
    return wildcards.experiment, {**method, "learning_rate": float(wildcards.rate)}, SEEDS[0]


def training_inputs(of):
    def inputs(wildcards):
        experiment, method, seed = of(wildcards)
        parent, data = policy(experiment, method["parent"], seed), method["data"]
        found = {
            "parent": parent,
            "files": files_on_disk(parent),
            "pairs": f"{RUN}/pairs/{pairs_of(experiment, data, seed)}.jsonl",
            "validation": f"{RUN}/prompts/{experiment}/validation.jsonl",
        }
        if OBJECTIVES[method["objective"]].needs_reference:
            relative = method.get("reference", method["parent"])
            found["reference"] = f"{RUN}/reference/{experiment}/{data}/{relative}/seed{seed}.jsonl"
        return found

    return inputs


def reference_flags(wildcards):
    """How the methods that are relative to a policy read the pairs; they agree on it, so the first is asked."""
    method = next(
        method
        for method in CONFIG["experiments"][wildcards.experiment]["methods"].values()
        if (method["data"], method.get("reference", method["parent"])) == (wildcards.data, wildcards.method)
        and OBJECTIVES[method["objective"]].needs_reference
    )
    return [f"--{key.replace('_', '-')}={method[key]}" for key in READ_ALIKE if key in method]


def training_params(of):
    return {
        "code": code_digest("train"),
        "reference": lambda wildcards, input: ["--reference", input.reference] if input.get("reference") else [],
        "settings": lambda wildcards: method_settings(*of(wildcards)[:2]),
        "seed": lambda wildcards: of(wildcards)[2],
    }


def method_settings(experiment, method):
    """All that decides a checkpoint beside its files: the method's settings, and how validation answers are scored."""
    settings = CONFIG["experiments"][experiment]
    stage = "respond" if "respond" in settings else "solve"
    validation = {**validation_score(settings), **only(settings[stage], "top_p", "max_tokens", "stop")}
    return as_json({**configuration.training_settings(method), "validation": validation})


def validation_score(settings):
    """By what checkpoints are chosen; rewards that are models are not loaded beside a training, so they choose none."""
    if "preferences" not in settings:
        return {"score": "mean_score" if "respond" in settings else "accuracy"}
    rewards = list(settings["preferences"]["scorers"].values())
    by_program = all(reward["kind"] != "classifier" for reward in rewards)
    return {"score": "preferred", "rewards": rewards} if by_program else {"score": "ended"}


def rate_curves(wildcards):
    if not RATES:
        raise WorkflowError("tuning.rates: the config names no rates to try; write for instance rates: [0.0001, 0.001]")
    if JUDGED and (unknown := unchecked(PRINCIPLES.principles)):
        raise WorkflowError(f"tuning: checkers choose the rates of {JUDGED[0]}, and none can tell {unknown[0]}")
    return [
        f"{RUN}/tuning/{experiment}/{method}/{rate}.csv"
        for experiment, settings in CONFIG["experiments"].items()
        for method in settings["methods"]
        for rate in RATES
    ]
