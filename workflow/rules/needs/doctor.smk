"""What the doctor looks at: in each environment, and where the workflow is started."""

import yaml


def pinned(environment, *modules):
    """The versions of modules in envs/*.yaml."""
    with open(f"{workflow.basedir}/envs/{environment}.yaml") as stream:
        lines = yaml.safe_load(stream)["dependencies"][-1]["pip"]
    versions = dict(line.split("==") for line in lines)
    return {module: versions[module] for module in modules}


def generating_checks():
    """Engines and servers are looked at where text is written."""
    engine = CONFIG["engine"]["kind"]
    served = {name: model["server"] for name, model in CONFIG["models"].items() if "server" in model}
    return {
        "packages": pinned("generate", "vllm") if engine == "vllm" else pinned("train", "transformers"),
        "servers": {name: [server["base_url"], server.get("key", "")] for name, server in served.items()},
    }


def checks_here():
    """What lies on disk and keys, as Snakemake sees them, and the room."""
    on_disk = {name: model for name, model in CONFIG["models"].items() if "path" in model or "hub" in model}
    folders = {name: model_folder(name) for name in on_disk}
    keys = {
        model["server"]["key"]: f"the server of {name}"
        for name, model in on_disk.items()
        if model.get("server", {}).get("key")
    }
    keys |= {
        judge["server"]["key"]: f"the judge of {judging}"
        for judging, (_, judge) in JUDGINGS.items()
        if judge.get("server", {}).get("key")
    }
    return {
        "models": {
            name: {"path": folders[name], "weights": "server" not in model, "fetched": "hub" in model}
            for name, model in on_disk.items()
        },
        "fetched": [f"{DATA}/datasets/{dataset}.jsonl" for dataset in used_datasets()] + used_authors_files(),
        "keys": keys,
        "disk": [RUN, *doctor.room_for(CONFIG, counted_weights())],
    }
