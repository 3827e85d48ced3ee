"""What a training needs: its settings, its files and its command, the same for a method, a curve of the collapse or a rate."""

TRAIN = (
    "{resources.python} workflow/run.py train --log {log:q} --parent {input.parent:q} {params.examples:q} --validation {input.validation:q}"
    " --seed {params.seed} {params.rollouts:q} {params.reference:q} {params.judge:q} --judge-server {resources.judge_server:q} --settings {params.settings:q} --token-budget {resources.token_budget}"
    " {resources.checkpointing} --attention {resources.attention} --batch {resources.generation_batch} --batch-tokens {resources.generation_tokens}"
    " --processes {resources.processes} --threads {resources.torch_threads}"
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


def of_rolled_out(wildcards):
    experiment, method = wildcards.rolled_out.split("/")
    return experiment, CONFIG["experiments"][experiment]["methods"][method], wildcards.seed


def of_curve(wildcards):
    return CONFIG["collapse"]["experiment"], CONFIG["collapse"]["curves"][wildcards.curve], SEEDS[0]


def of_rate(wildcards):
    """Of a trial; of iterations those before it are trained at its rate, too."""
    method = CONFIG["experiments"][wildcards.experiment]["methods"][wildcards.method]
    seed = f"{SEEDS[0]}-{method['iteration_of']}-{wildcards.rate}" if "iteration_of" in method else SEEDS[0]
    validated = {"validate_every": method["validate_every"] or method["steps"]}  # a trial is for its score
    return wildcards.experiment, {**method, **validated, "learning_rate": float(wildcards.rate)}, seed


# What tells the rules of trainings apart: the first of these wildcards that one has.
OF_TRAINING = {"rolled_out": of_rolled_out, "curve": of_curve, "rate": of_rate, "method": of_method}


def training_inputs(of):
    def inputs(wildcards):
        experiment, method, seed = of(wildcards)
        parent, data = policy(experiment, method["parent"], seed), method["data"]
        found = {
            "parent": parent,
            "files": files_on_disk(parent),
            "validation": f"{RUN}/prompts/{experiment}/validation.jsonl",
            **validation_judge_inputs(experiment),
        }
        relative = method.get("reference", method["parent"])
        needs_reference = OBJECTIVES[method["objective"]].needs_reference
        if "rollout_every" in method:
            return found | rollout_inputs(
                experiment, data, policy(experiment, relative, seed) if needs_reference else []
            )
        pairs = pairs_of(experiment, data, seed)
        found["pairs"] = f"{RUN}/pairs/{pairs}.jsonl"
        if needs_reference:
            # Pairs that no trial wrote are read once for all rates.
            read = seed if Path(pairs).name == f"seed{seed}" else number_of(seed)
            found["reference"] = f"{RUN}/reference/{experiment}/{data}/{relative}/seed{read}.jsonl"
        return found

    return inputs


def validation_judge_inputs(experiment):
    """What the judge is made of that scores validation answers, if one does."""
    judge = validating(CONFIG["experiments"][experiment])
    return {f"judge_{name}": files for name, files in judge_parts(experiment, judge).items()} if judge else {}


def validation_judge_server(wildcards):
    """Where the server of this judge is and what it costs: changes no result and reruns nothing."""
    of = next(of for wildcard, of in OF_TRAINING.items() if wildcard in wildcards.keys())
    return as_json((validating(CONFIG["experiments"][of(wildcards)[0]]) or {}).get("server", {}))


def validation_judge_flags(wildcards, input):
    """What was asked of its server is kept in the file of all judges."""
    if not input.get("judge_prompt_template"):
        return []
    own = option("--judge-model", input.get("judge_model")) or ["--judge-asked", ASKED]
    return ["--judge-prompt-template", input.judge_prompt_template, *own]


def rollout_inputs(experiment, data, reference):
    """What a policy reads that writes its pairs itself: prompts, the reference's folder and the reward models'."""
    folders = list(reward_folders(experiment).values())
    return {
        "prompts": f"{RUN}/prompts/{experiment}/{data}.jsonl",
        "reference_model": reference,
        "reference_files": files_on_disk(reference) if reference else [],
        "models": folders,
        "model_files": [file for folder in folders for file in files_on_disk(folder)],
    }


def rollout_flags(of):
    def flags(wildcards, input, output):
        if not input.get("prompts"):
            return []
        reference = option("--reference-model", input.get("reference_model"))
        kept = option("--rollouts", output.get("rollouts"))
        return [*reference, *reward_options(of(wildcards)[0]), *kept]

    return flags


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
        "examples": lambda wildcards, input: option("--pairs", input.get("pairs")) or ["--prompts", input.prompts],
        "reference": lambda wildcards, input: option("--reference", input.get("reference")),
        "judge": validation_judge_flags,
        "rollouts": rollout_flags(of),
        "settings": lambda wildcards: method_settings(*of(wildcards)[:2]),
        "seed": lambda wildcards: number_of(of(wildcards)[2]),
    }


def method_settings(experiment, method):
    """All that decides a checkpoint beside its files: the method's settings, and how validation answers are scored."""
    settings = CONFIG["experiments"][experiment]
    stage = "respond" if "respond" in settings else "solve"
    validation = {**validation_score(settings, method["data"]), **only(settings[stage], "top_p", "max_tokens", "stop")}
    own = rollout_settings(experiment, method["data"]) if "rollout_every" in method else {}
    return as_json({**configuration.training_settings(method), "validation": validation, **own})


def rollout_settings(experiment, data):
    """What makes pairs of a policy's own responses: as the set says, and the rewards of the experiment."""
    own = CONFIG["experiments"][experiment].get("preferences", {})
    sampling = CONFIG["experiments"][experiment]["data"][data]["sampling"]
    return {"rollouts": {"pairs": pair_settings(f"{experiment}/{data}"), "sampling": sampling, **only(own, "scorers")}}


def validation_score(settings, data):
    """By what the checkpoints of a method with these pairs are chosen.

    Rewards that are models are not loaded beside a training, so they choose none. What is trained under one preference
    vector alone is not to follow others, so it is chosen by its rewards.
    """
    if validating(settings):
        return {"score": "win_rate"}
    if "preferences" not in settings:
        return {"score": "mean_score" if "respond" in settings else "accuracy"}
    if policies.reward_models(settings):
        return {"score": "ended"}
    rewards = list(settings["preferences"]["scorers"].values())
    return {"score": "preferred" if settings["data"][data]["vector"] else "steering", "rewards": rewards}


def rate_curves(wildcards):
    if not RATES:
        raise WorkflowError("tuning.rates: the config names no rates to try; write for instance rates: [0.0001, 0.001]")
    by_checkers = [name for name in JUDGED if not validating(CONFIG["experiments"][name])]
    if by_checkers and (unknown := unchecked(PRINCIPLES.principles)):
        raise WorkflowError(
            f"tuning: the checkers choose the rates of {by_checkers[0]}, and they cannot check {unknown[0]}; give "
            f"experiments.{by_checkers[0]}.training.validate_by"
        )
    scored = {name: block for name, block in CONFIG["experiments"].items() if not policies.reward_models(block)}
    if not scored:
        raise WorkflowError(
            "tuning: no rate can be chosen, because each experiment has a reward that is a model, and validation "
            "answers are then not scored; set learning_rate by hand, and do not ask for the target tuning"
        )
    return [
        f"{RUN}/tuning/{experiment}/{method}/{rate}.csv"
        for experiment, settings in scored.items()
        for method in policies.rated_methods(settings)
        for rate in RATES
    ]
