"""What the rules for questions and prompts need: files and settings."""

from mialign.sources import files as source_files


def question_file(wildcards):
    source = CONFIG["sources"][wildcards.source]
    return [] if "world" in source else str(source_files.path(source, DATA))


def principles_file(experiment):
    return f"{RUN}/authors/{experiment}/principles.yaml" if of_authors(experiment, "prompts") else CONFIG["principles"]


def templates_file(experiment):
    return f"{RUN}/authors/{experiment}/templates.json" if of_authors(experiment, "prompts") else []


def prompt_settings(wildcards):
    settings = CONFIG["experiments"][wildcards.experiment]
    parts = only(settings, "template", "constitutions", "openings", "evaluation", "generation_template")
    return as_json({"experiment": wildcards.experiment, "seed": settings["generate"]["seed"], **parts})


def what_must_fit(experiment):
    """Who reads the prompts of which split, how many tokens are to follow them, and the adapters of the base."""
    given = CONFIG["experiments"][experiment]
    measured = [stage for stage in ("respond", "solve") if stage in given]
    uses = [("train", "generator", "generate"), ("train", "base", "generate"), ("validation", "base", measured[0])]
    uses += [("benchmark", "base", stage) for stage in measured]
    if "generator" in answering(experiment) and "respond" in given:
        uses.append(("benchmark", "generator", "respond"))
    return {
        "uses": [
            {
                "split": split,
                "model": model,
                "max_tokens": given[stage]["max_tokens"],
                "key": f"experiments.{experiment}.{stage}.max_tokens",
            }
            for split, model, stage in uses
        ],
        "adapters": {
            f"experiments.{experiment}.methods.{name}": method["adapter"]
            for name, method in given["methods"].items()
            if "adapter" in method
        },
    }
