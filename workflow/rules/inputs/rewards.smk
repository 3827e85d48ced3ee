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


def scorers_of(experiment):
    return CONFIG["experiments"][experiment].get("preferences", {"scorers": {}})["scorers"]


def reward_folders(experiment):
    """The folders of the rewards that are models, by the names of the rewards."""
    found = {name: one["model"] for name, one in scorers_of(experiment).items() if one["kind"] == "classifier"}
    return {name: model_folder(model) for name, model in found.items()}


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
    return as_json({"rewards": scorers_of(REWARDED[wildcards.texts][0])}, sort_keys=False)


def reward_models(experiment):
    folders = reward_folders(experiment)
    return ["--names", *folders, "--models", *folders.values()] if folders else []
