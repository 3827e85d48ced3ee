"""What of the config is fetched, and what the experiments take of the authors' files."""

from mialign.data import authors
from mialign.data.fetch.lock import without_answer

AUTHORS_FILES = authors.listing()
FETCHED_MODELS = [name for name, model in CONFIG["models"].items() if "places" in model]


def used_sources():
    """The sources whose questions are asked, by purpose, in the words of the table of datasets."""
    purposes = {"training": [], "validation": [], "benchmark": [], "information": []}
    for experiment in CONFIG["experiments"].values():
        for one in question_uses(experiment):
            if one.split != "train":
                purposes[one.split] += one.sources
            elif one.prompts in sets.used_sets(experiment):
                purposes["training"] += one.sources
    return {purpose: list(dict.fromkeys(names)) for purpose, names in purposes.items()}


def used_datasets():
    sources = [CONFIG["sources"][source] for names in used_sources().values() for source in names]
    files = [file for source in sources for file in (source, source.get("users", {}))]
    return list(dict.fromkeys(file["dataset"] for file in files if "dataset" in file))


def used_models():
    used = [model for experiment in CONFIG["experiments"] for model in loaded_models(CONFIG, experiment)]
    used += [fetched for model in used if (fetched := folders.base_to_fetch(CONFIG, model))]
    return [model for model in dict.fromkeys(used) if model in FETCHED_MODELS]


def authors_file(experiment, what):
    """The authors' constitutions, prompts or pairs for an experiment of its kind."""
    kind = "judged" if experiment in JUDGED else "solved"
    return f"{DATA}/authors/{AUTHORS_FILES[kind][what]}"


def of_authors(experiment, what):
    """Whether an experiment takes its prompts or responses from the authors."""
    return CONFIG["experiments"][experiment].get(what) == "authors"


RELEASED = [experiment for experiment in JUDGED if of_authors(experiment, "responses")]


def answers_file(method):
    return f"{DATA}/authors/{AUTHORS_FILES['answers'][method]}"


def verdicts_file(pair):
    return f"{DATA}/authors/{AUTHORS_FILES['verdicts'][pair]}"


# The authors' files whose content is counted for the reproduction report.
COUNTABLE = [
    f"{DATA}/authors/{AUTHORS_FILES['judged']['constitutions']}",
    *map(verdicts_file, AUTHORS_FILES["verdicts"]),
]


def pair_with(method):
    """Two methods on which there are verdicts, this one among them."""
    return next(pair for pair in AUTHORS_FILES["verdicts"] if method in pair.split("-vs-"))


def side_of(method):
    return ("test", "baseline")[pair_with(method).split("-vs-").index(method)]


def judge_files():
    """What the authors' judge was asked, by option of the stage authors_judge."""
    return {option: f"{DATA}/authors/{path}" for option, path in AUTHORS_FILES["judge"].items()}


def used_authors_files():
    found = []
    for experiment in CONFIG["experiments"]:
        wanted = ["constitutions", "prompts"] if of_authors(experiment, "prompts") else []
        wanted += ["prompts", "pairs"] if all_pairs(experiment, released=True) else []
        found += [authors_file(experiment, what) for what in dict.fromkeys(wanted)]
        if any(map(by_authors, judges(CONFIG["experiments"][experiment]).values())):
            found += judge_files().values()
        if of_authors(experiment, "responses"):
            found += [*map(answers_file, AUTHORS_FILES["answers"]), *map(verdicts_file, AUTHORS_FILES["verdicts"])]
    return list(dict.fromkeys(found))
