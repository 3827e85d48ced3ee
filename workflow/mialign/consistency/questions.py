"""Questions: enough of them, each fit for its use, and none in two uses."""

from mialign import sources
from mialign.consistency.common import pick
from mialign.errors import InputError


def look_at(config: dict, categories: set[str]) -> dict[str, sources.Found | None]:
    """Every source that an experiment uses, looked at once."""
    found = {}
    for name, experiment in config["experiments"].items():
        for split, names in experiment["questions"].items():
            for source in names:
                entry = pick(config["sources"], source, f"experiments.{name}.questions.{split}", "source")
                if split != "train":
                    _check_unseen(f"sources.{source}", entry, f"experiments.{name}.questions.{split}")
                if source not in found:
                    _check_entry(f"sources.{source}", entry, config["datasets"])
                    found[source] = sources.check(source, entry, config["data"], categories)
    return found


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
    for split, names in experiment["questions"].items():
        for name in names:
            other = uses.setdefault(found[name].origin if found[name] else name, split)
            if other != split:
                raise InputError(
                    f"{where}.questions.{split}: {name} has questions of {other}; keep the two apart: take another "
                    "source, or, if our world makes it, give it another split"
                )
        for source in (found[name] for name in names if found[name]):
            _check_use(where, experiment, split, source, known)
            _check_apart(f"{where}.questions", split, source.texts, places)
    training = [found[name] for name in experiment["questions"]["train"]]
    if None not in training and experiment["pairs"].get("from") != "authors":
        _check_enough(f"{where}.pairs.size", experiment["pairs"]["size"], sum(source.size for source in training))


def _check_use(where: str, experiment: dict, split: str, found: sources.Found, known) -> None:
    decisive = experiment.get("openings", {}).get("principle")
    for category in sorted(found.categories):
        names = [principle.id for principle in known.for_category(category)]
        if split == "train" and experiment["constitutions"] > 2 ** len(names):
            raise InputError(
                f"{where}.constitutions: {experiment['constitutions']} cannot all differ: "
                f"the category {category!r} has {' and '.join(names)}, which allow {2 ** len(names)}"
            )
        if split == "train" and decisive is not None and decisive not in names:
            raise InputError(
                f"{where}.questions.{split}: the openings depend on the principle {decisive!r}, but the category "
                f"{category!r} has {' and '.join(names)}; take other questions, or give it that principle"
            )
    if "solve" in experiment and split != "train" and found.without_number:
        raise InputError(
            f"{where}.questions.{split}: attempts need a number as the answer; {found.without_number}, has none; "
            "take word problems"
        )


def _check_apart(where: str, split: str, texts: dict[str, str], places: dict[str, tuple[str, str]]) -> None:
    for text, place in texts.items():
        other, first = places.setdefault(text, (split, place))
        if other != split:
            raise InputError(
                f"{where}: the question of {place} ({split}) is that of {first} ({other}) too; keep them apart"
            )


def _check_enough(where: str, size: int, questions: int) -> None:
    if questions < size:
        raise InputError(f"{where}: {size} pairs need as many training questions; there are {questions}")
