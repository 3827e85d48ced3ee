"""What the rules that write text share: the engine, its environment and the command."""

WRITE = (
    "--log {log:q} --model {input.model:q} --prompts {input.prompts:q}"
    " --engine {params.engine:q} --settings {params.settings:q} {resources.how} --scratch {params.scratch:q} --out {output:q}"
)
ENGINE_ENVIRONMENT = "generate" if CONFIG["engine"]["kind"] == "vllm" else "train"


def engine_of(experiment, method):
    """What completes a method's prompts, as far as that decides the text: the engine of the run, or a model's server."""
    server = server_of(experiment, method)
    return as_json({"kind": "server", "name": server["name"]} if server else CONFIG["engine"])


def how(experiment, method):
    """What decides no text: the size of the work, and where a server is."""
    speed, server = CONFIG["speed"], server_of(experiment, method)
    options = {
        "batch": speed["generation_batch"],
        "shard": speed["generation_shard"],
        "threads": THREADS,
        "gpus": speed["generation_gpus"],
        "gpu-share": speed["generation_memory"],
    }
    if server:
        options |= {"url": server["base_url"], "key": server.get("key", "")}
    return shlex.join(word for name, value in options.items() for word in (f"--{name}", str(value)))


def server_of(experiment, method):
    """The server of a model that an experiment starts or generates with; checkpoints are always folders."""
    model = CONFIG["experiments"][experiment].get(method) if method in ("base", "generator") else None
    return CONFIG["models"][model].get("server") if model else None
