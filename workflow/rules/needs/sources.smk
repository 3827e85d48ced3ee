"""What the rules for questions and prompts need: files and settings."""


def question_file(wildcards):
    source = CONFIG["sources"][wildcards.source]
    return os.path.join(CONFIG["data"], source["file"]) if "file" in source else []


def prompt_settings(wildcards):
    settings = CONFIG["experiments"][wildcards.experiment]
    parts = only(settings, "template", "constitutions", "openings", "evaluation")
    return as_json({"experiment": wildcards.experiment, "seed": settings["generate"]["seed"], **parts})


def prompt_uses(experiment):
    """Who reads the prompts of which split, and how many tokens are to follow them."""
    given = CONFIG["experiments"][experiment]
    measured = [stage for stage in ("respond", "solve") if stage in given]
    uses = [("train", "generator", "generate"), ("train", "base", "generate"), ("validation", "base", measured[0])]
    uses += [("benchmark", "base", stage) for stage in measured]
    if "generator" in answering(experiment) and "respond" in given:
        uses.append(("benchmark", "generator", "respond"))
    return [
        {
            "split": split,
            "model": model,
            "max_tokens": given[stage]["max_tokens"],
            "key": f"experiments.{experiment}.{stage}.max_tokens",
        }
        for split, model, stage in uses
    ]
