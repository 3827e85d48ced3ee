"""What the drift of a method is measured on."""


def drifting(experiment):
    """All whose drift is measured: methods, and of a soup one policy a vector of the grid."""
    return [*CONFIG["experiments"][experiment]["methods"], *SOUPS.get(experiment, [])]


def drift_inputs(wildcards):
    experiment, method, seed = wildcards.experiment, wildcards.method, wildcards.seed
    stage = "responses" if "respond" in CONFIG["experiments"][experiment] else "solutions"
    return {
        "model": policy(experiment, method, seed),
        "base": policy(experiment, "base", seed),
        "files": files_on_disk(policy(experiment, "base", seed)),
        "prompts": f"{RUN}/prompts/{experiment}/benchmark.jsonl",
        "responses": f"{RUN}/{stage}/{experiment}/{method}/seed{seed}.jsonl",
    }


def drift_temperature(wildcards):
    """The highest at which answers are sampled, which tables show too."""
    given = CONFIG["experiments"][wildcards.experiment]
    return max(given["respond"]["temperatures"]) if "respond" in given else given["solve"]["temperature"]
