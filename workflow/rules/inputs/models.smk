"""What a base model and its corpus need."""


def model_inputs(wildcards):
    model = CONFIG["models"][wildcards.model]
    corpus = {"corpus": f"{CORPORA}/{wildcards.model}.jsonl"}
    if "parent" not in model:
        return corpus
    parent = model_folder(model["parent"])
    return {**corpus, "parent": parent, "files": files_on_disk(parent)}


def model_threads(wildcards):
    """A model that begins from nothing is what all others wait for, so the cores would be idle."""
    return THREADS if "parent" in CONFIG["models"][wildcards.model] else CONFIG["speed"]["pretraining_threads"]


def corpus_templates(model):
    """The prompts that the base models are trained on are those of the experiments, and of the principle writer.

    A model that learns nothing of the writer, of preferences or of choices is not made again for them.
    """
    experiments, learned = CONFIG["experiments"], CONFIG["models"][model]["corpus"]
    return {
        "multitask": experiments["multitask"]["template"],
        "maths": experiments["maths"]["template"],
        "maths_evaluation": experiments["maths"]["evaluation"]["template"],
        "openings": experiments["maths"]["openings"],
        **({"principles": CONFIG["principle_writer"]["templates"]} if learned.get("principles") else {}),
        **({"preferences": list(map(asked_under_vectors, PREFERRED))} if learned.get("preferences") else {}),
        **({"choices": experiments["choices"]["evaluation"]["template"]} if learned.get("choices") else {}),
    }


def asked_under_vectors(experiment):
    """How an experiment with preferences asks, and what scores answers; weighed has the order of the weights."""
    given = CONFIG["experiments"][experiment]
    own = given["preferences"]
    return {
        "template": given["template"],
        "alpha": own["alpha"],
        "weighed": own["rewards"],
        "rewards": own["scorers"],
    }
