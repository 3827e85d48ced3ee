"""Which texts have rewards, and what scores them."""

# Texts -> their experiment and the name of their prompts.
REWARDED = {
    f"generations/{pairs}": (experiment, parts_of(pairs)[1])
    for experiment in PREFERRED
    for pairs in all_pairs(experiment, released=False, seeds=[*SEEDS, *TRIALS])
} | {
    f"responses/{experiment}/{policy}/seed{seed}": (experiment, "benchmark")
    for experiment in PREFERRED
    for policy in measured_policies(experiment)
    for seed in SEEDS
}


def reward_folders(experiment):
    """The folders of the rewards that are models, by the names of the rewards."""
    models = policies.reward_models(CONFIG["experiments"][experiment])
    return {name: model_folder(model) for name, model in models.items()}


def reward_inputs(wildcards):
    experiment, prompts = REWARDED[wildcards.texts]
    folders = list(dict.fromkeys(reward_folders(experiment).values()))
    return {
        "texts": f"{RUN}/{wildcards.texts}.jsonl",
        "prompts": f"{RUN}/prompts/{experiment}/{prompts}.jsonl",
        "models": folders,
        "files": [file for folder in folders for file in files_on_disk(folder)],
    }


def reward_settings(wildcards):
    """The rewards in the order of the weights."""
    experiment, _ = REWARDED[wildcards.texts]
    return as_json({"rewards": CONFIG["experiments"][experiment]["preferences"]["scorers"]}, sort_keys=False)


def reward_options(experiment):
    folders = reward_folders(experiment)
    return ["--names", *folders, "--models", *folders.values()] if folders else []
