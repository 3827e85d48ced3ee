"""What of the config is fetched, and what the experiments take of the authors' files."""

import re

from mialign import authors

AUTHORS = authors.listing()
FETCHED_MODELS = [name for name, model in CONFIG["models"].items() if "hub" in model]


def used_datasets():
    sources = [
        CONFIG["sources"][source]
        for experiment in CONFIG["experiments"].values()
        for names in experiment["questions"].values()
        for source in names
    ]
    return list(dict.fromkeys(source["dataset"] for source in sources if "dataset" in source))


def used_models():
    used = [model for experiment in CONFIG["experiments"].values() for model in run_here(experiment)]
    return [model for model in dict.fromkeys(used) if model in FETCHED_MODELS]


def authors_file(experiment, what):
    """The authors' constitutions, prompts or pairs for an experiment of its kind."""
    kind = "judged" if experiment in JUDGED else "solved"
    return f"{DATA}/authors/{AUTHORS[kind][what]}"


def of_authors(experiment, what):
    """Whether an experiment takes its prompts or its pairs from the authors."""
    given = CONFIG["experiments"][experiment]
    return (given.get("prompts") if what == "prompts" else given["pairs"].get("from")) == "authors"


def used_authors_files():
    found = []
    for experiment in CONFIG["experiments"]:
        wanted = ["constitutions", "prompts"] if of_authors(experiment, "prompts") else []
        wanted += ["prompts", "pairs"] if of_authors(experiment, "pairs") else []
        found += [authors_file(experiment, what) for what in dict.fromkeys(wanted)]
    return list(dict.fromkeys(found))
