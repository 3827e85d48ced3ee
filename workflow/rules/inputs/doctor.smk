"""What the doctor looks at: in each environment, and where the workflow is started."""

import yaml


def pinned(environment, *modules):
    """The versions of modules in envs/*.yaml."""
    with open(f"{workflow.basedir}/envs/{environment}.yaml") as stream:
        lines = yaml.safe_load(stream)["dependencies"][-1]["pip"]
    versions = dict(line.split("==") for line in lines)
    return {module: versions[module] for module in modules}


def models_on_disk():
    """Where the models lie that are not trained here, and what of them must be there; nodes need them as we do."""
    return {
        name: {"path": model_folder(name), "weights": "server" not in model, "fetched": "places" in model}
        for name, model in CONFIG["models"].items()
        if "path" in model or "places" in model
    }


def training_checks():
    """What trains needs; the GPUs are those of the configuration, since a profile may ask for them in another way."""
    return {
        "packages": pinned("train", "torch"),
        "gpus": CONFIG["resources"]["train"]["gpu"],
        "models": models_on_disk(),
    }


def generating_checks():
    """Engines and servers are looked at where text is written."""
    engine = CONFIG["engine"]
    served = {name: model["server"] for name, model in CONFIG["models"].items() if "server" in model}
    return {
        "packages": pinned("generate", "vllm") if engine["kind"] == "vllm" else pinned("train", "transformers"),
        "gpus": CONFIG["resources"]["generate"]["gpu"],
        "engine": {**engine, "gpus": CONFIG["speed"]["generation_gpus"]},
        "servers": {name: [server["base_url"], server.get("key", "")] for name, server in served.items()},
        "models": models_on_disk(),
    }


def checks_here():
    """What lies on disk and keys, as Snakemake sees them, and what disk is needed."""
    keys = {
        model["server"]["key"]: f"the server of {name}"
        for name, model in CONFIG["models"].items()
        if model.get("server", {}).get("key")
    }
    keys |= {
        judge["server"]["key"]: f"the judge of {folder}"
        for folder, (_, _, judge) in JUDGINGS.items()
        if judge.get("server", {}).get("key")
    }
    keys |= {
        judge["server"]["key"]: f"the judge experiments.{experiment}.{VALIDATING}"
        for experiment in JUDGED
        if (judge := validating(CONFIG["experiments"][experiment])) and judge.get("server", {}).get("key")
    }
    return {
        "models": models_on_disk(),
        "fetched": [f"{DATA}/datasets/{dataset}.jsonl" for dataset in used_datasets()] + used_authors_files(),
        "keys": keys,
        "disk": [RUN, *doctor.disk_needed(CONFIG, counted_weights())],
    }
