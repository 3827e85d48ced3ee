"""What the rules that write text share: who writes, the engine, its environment and the command."""

WRITE = (
    "--log {log:q} --model {input.model:q} --prompts {input.prompts:q}"
    " --engine {params.engine:q} --settings {params.settings:q} {resources.engine_flags} --scratch {params.scratch:q} --out {output:q}"
)
ENGINE_ENVIRONMENT = "generate" if CONFIG["engine"]["kind"] == "vllm" else "train"


WRITTEN = [
    pairs
    for experiment in CONFIG["experiments"]
    for pairs in all_pairs(experiment, released=False, seeds=[*SEEDS, *TRIALS])
]
RELEASED_PAIRS = [pairs for experiment in CONFIG["experiments"] for pairs in all_pairs(experiment, released=True)]


def parts_of(pairs):
    """Experiment, set and seed (or trial) of EXPERIMENT/SET or EXPERIMENT/SET/seedN; no seed where a model writes it."""
    experiment, data, *seed = pairs.split("/")
    return experiment, data, "".join(seed).removeprefix("seed")


def experiment_of(pairs):
    return parts_of(pairs)[0]


def set_of(pairs):
    """The settings of a set of pairs."""
    experiment, data, _ = parts_of(pairs)
    return CONFIG["experiments"][experiment]["data"][data]


def seed_of(pairs):
    """The seed of the method that writes the set; nothing where a model does."""
    return number_of(parts_of(pairs)[2])


def writer_of(pairs):
    """The model of the config that writes a set; None where a method's checkpoint does."""
    experiment, data, _ = parts_of(pairs)
    return sets.writing_model(CONFIG["experiments"][experiment], data)


def writer_folder(pairs):
    experiment, _, seed = parts_of(pairs)
    model = writer_of(pairs)
    return model_folder(model) if model else policy(experiment, set_of(pairs)["from"], seed)


def prompts_of(pairs):
    """The prompts of a set are the same for all seeds."""
    experiment, data, _ = parts_of(pairs)
    return f"{RUN}/prompts/{experiment}/{data}.jsonl"


def rewards_of(pairs):
    return f"{RUN}/rewards/generations/{pairs}.jsonl" if experiment_of(pairs) in PREFERRED else []


def writing_settings(pairs):
    """How a set is sampled; where it draws until it is full, also what says when that is."""
    block = set_of(pairs)
    return block["sampling"] | (only(block, "filters", "size") if "draws" in block else {})


def pair_settings(pairs):
    """What decides the pairs of a set beside its texts.

    With them the order of rewards in an experiment with preferences, and the principle that decides how prompts open.
    """
    experiment = CONFIG["experiments"][experiment_of(pairs)]
    own = only(experiment.get("preferences", {}), "rewards")
    if "openings" in experiment:
        own["decisive"] = experiment["openings"]["principle"]
    return of_builder(set_of(pairs), "filters", "size", "seed", "shortfall") | own


def engine_of(model):
    """What completes prompts, as far as that decides the text: the engine of the run, or the server of a model.

    model: one of the config, or None for a checkpoint, which is always a folder.
    """
    server = server_of(model)
    return as_json({"kind": "server", "name": server["name"]} if server else CONFIG["engine"])


def engine_flags(model):
    """What decides no text: the size of the work, and where a server is."""
    speed, server = CONFIG["speed"], server_of(model)
    options = {
        "batch": speed["generation_batch"],
        "batch-tokens": speed["generation_tokens"],
        "shard": speed["generation_shard"],
        "threads": THREADS,
        "gpus": speed["generation_gpus"],
        "gpu-share": speed["generation_memory"],
    }
    if server:
        options |= {"url": server["base_url"], "key": server.get("key", "")}
    return shlex.join(word for name, value in options.items() for word in (f"--{name}", str(value)))


def server_of(model):
    return CONFIG["models"][model].get("server") if model else None


def model_of(experiment, method):
    """The model of the config that a policy is; None for a checkpoint."""
    return policies.policy_model(CONFIG["experiments"][experiment], method)
