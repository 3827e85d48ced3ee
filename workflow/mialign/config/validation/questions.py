"""Questions: enough of them, each fit for its use, and none in two uses."""

from mialign.config.validation.common import pick, under
from mialign.core.errors import InputError
from mialign.data import sources
from mialign.data.builders import constitutions
from mialign.data.sets import questions_of


def look_at(config: dict, categories: set[str]) -> dict[str, sources.Found | None]:
    """Every source that an experiment uses, looked at once."""
    found = {}
    for name, experiment in config["experiments"].items():
        for use, names in uses_of_questions(experiment).items():
            for source in names:
                entry = pick(config["sources"], source, f"experiments.{name}.{use}", "source")
                if use.startswith("questions"):
                    _check_unseen(f"sources.{source}", entry, f"experiments.{name}.{use}")
                if source not in found:
                    _check_entry(f"sources.{source}", entry, config["datasets"])
                    found[source] = sources.check(source, entry, config["data"], categories)
    return found


def uses_of_questions(experiment: dict) -> dict[str, list[str]]:
    """The sources that an experiment names, by the key that names them."""
    sets = {
        f"data.{name}.questions": block["questions"]
        for name, block in experiment["data"].items()
        if "questions" in block
    }
    return sets | {f"questions.{split}": names for split, names in experiment["questions"].items()}


def _check_entry(where: str, entry: dict, datasets: dict) -> None:
    for one, other in (("file", "dataset"), ("size", "at_most")):
        if one in entry and other in entry:
            raise InputError(f"{where}: {one} and {other} do not go together; take one of them out")
    if "dataset" in entry:
        pick(datasets, entry["dataset"], f"{where}.dataset", "dataset")


def _check_unseen(where: str, entry: dict, use: str) -> None:
    """Nothing is measured on questions of the split that the base models learn."""
    if entry.get("split") == "corpus":
        raise InputError(
            f"{where}.split: the base models are trained on the split 'corpus', so {use} cannot use it; "
            "take validation or benchmark"
        )


def check(where: str, experiment: dict, found: dict[str, sources.Found | None], known) -> None:
    """There are enough questions, each with the principles and answers that its use needs, and none serves two uses."""
    places, uses = {}, {}
    for use, names in uses_of_questions(experiment).items():
        split = "train" if use.startswith("data") else use.removeprefix("questions.")
        for name in names:
            other = uses.setdefault(found[name].origin if found[name] else name, split)
            if other != split:
                raise InputError(
                    f"{where}.{use}: {name} has questions of {other}; keep the two apart: take another source, or, if "
                    "our world makes it, give it another split"
                )
        for source in (found[name] for name in names if found[name]):
            _check_use(where, experiment, use, source, known)
            _check_apart(where, split, source.texts, places)
    for name, block in experiment["data"].items():
        named = [found[source] for source in block.get("questions", ())]
        if named and None not in named:
            _check_enough(f"{where}.data.{name}", block, sum(source.size for source in named))


def _check_use(where: str, experiment: dict, use: str, found: sources.Found, known) -> None:
    block = experiment["data"].get(use.split(".")[1], {}) if use.startswith("data") else {}
    decisive = experiment.get("openings", {}).get("principle")
    for category in sorted(found.categories) if block.get("builder") == "constitutions" else ():
        names = [principle.id for principle in known.for_category(category)]
        under(f"{where}.{use.removesuffix('questions')}", constitutions.check_sides, names, category, block)
        if decisive is not None and decisive not in names:
            raise InputError(
                f"{where}.{use}: the openings depend on the principle {decisive!r}, but the category {category!r} has "
                f"{' and '.join(names)}; take other questions, or give it that principle"
            )
    if "solve" in experiment and use.startswith("questions") and found.without_number:
        raise InputError(
            f"{where}.{use}: attempts need a number as the answer; {found.without_number}, has none; take word problems"
        )


def _check_apart(where: str, split: str, texts: dict[str, str], places: dict[str, tuple[str, str]]) -> None:
    for text, place in texts.items():
        other, first = places.setdefault(text, (split, place))
        if other != split:
            raise InputError(
                f"{where}: the question of {place} ({split}) is that of {first} ({other}) too; keep them apart"
            )


def _check_enough(where: str, block: dict, questions: int) -> None:
    there = questions_of(block, questions)
    if there < block["size"]:
        raise InputError(f"{where}.size: {block['size']} pairs need as many training questions; there are {there}")
