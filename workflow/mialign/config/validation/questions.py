"""Questions: enough of them, each fit for its use, and none in two uses."""

from mialign.config.validation.common import pick
from mialign.core.errors import InputError, complaint_prefix
from mialign.data import builders, held_out_principles, sources, users
from mialign.data.policies import STORED, compared
from mialign.data.question_uses import QuestionUse, question_uses
from mialign.data.sets import questions_of


def look_at(config: dict, categories: set[str]) -> dict[str, sources.Found | None]:
    """Every source that an experiment uses, looked at once."""
    found = {}
    for name, experiment in config["experiments"].items():
        for use in question_uses(experiment):
            where = f"experiments.{name}.{use.key}"
            for source in use.sources:
                entry = pick(config["sources"], source, where, "source")
                if "of" in experiment.get("users", {}) and use.split != "information" and "users" not in entry:
                    raise InputError(
                        f"{where}: users.of takes what the users of questions state, and {source} has no users; give "
                        f"sources.{source} users and fields.user, or draw users (users.number)"
                    )
                if use.split != "train":
                    _check_unseen(f"sources.{source}", entry, where)
                if use.split == "benchmark" and STORED in compared(experiment):
                    _check_stored(f"sources.{source}", entry, f"experiments.{name}.comparisons")
                if source not in found:
                    _check_entry(f"sources.{source}", entry, config["datasets"])
                    found[source] = sources.check(source, entry, config["data"], categories)
    return found


def _clash(one: str, other: str) -> bool:
    """Whether no question may serve both; those on which finished policies are measured may be the same."""
    return one != other and {one, other} != {"benchmark", "information"}


def _check_entry(where: str, entry: dict, datasets: dict) -> None:
    for one, other in (("file", "dataset"), ("size", "at_most")):
        if one in entry and other in entry:
            raise InputError(f"{where}: {one} and {other} do not go together; take one of them out")
    if "choices" in entry.get("fields", {}) and "answer_after" in entry:
        raise InputError(f"{where}.answer_after: of choices the answer is the label alone; take the key out")
    if "dataset" in entry:
        pick(datasets, entry["dataset"], f"{where}.dataset", "dataset")
    if ("users" in entry) != ("user" in entry.get("fields", {})):
        raise InputError(f"{where}: users (their file) and fields.user (who asks) go together; give both or neither")
    if "users" in entry:
        if not {"file", "dataset"} & entry["users"].keys():
            raise InputError(f"{where}.users: nothing says where the users are; give file or dataset")
        _check_entry(f"{where}.users", entry["users"], datasets)


def _check_unseen(where: str, entry: dict, use: str) -> None:
    """Nothing is measured on questions of the split that the base models learn."""
    if entry.get("split") == "corpus":
        raise InputError(
            f"{where}.split: the base models are trained on the split 'corpus', so {use} cannot use it; "
            "take validation or benchmark"
        )


def _check_stored(where: str, entry: dict, comparing: str) -> None:
    """The questions come with answers that methods can be compared with."""
    if not entry.get("stored") and "stored" not in entry.get("fields", {}):
        key = "stored" if "synthetic" in entry else "fields.stored"
        hint = "set it to true" if "synthetic" in entry else "name the field of the answers"
        raise InputError(f"{where}.{key}: {comparing} names stored answers, and this source has none; {hint}")


def check(where: str, experiment: dict, found: dict[str, sources.Found | None], known) -> None:
    """There are enough questions, each with the principles and answers that its use needs, and none serves two uses."""
    places, splits, uses = {}, {}, question_uses(experiment)
    for use in uses:
        for name in use.sources:
            other = splits.setdefault(found[name].origin if found[name] else name, use.split)
            if _clash(other, use.split):
                raise InputError(
                    f"{where}.{use.key}: {name} has questions of {other}; keep the two apart: take another source, or, "
                    "if our world makes it, give it another split"
                )
        known_sources = [found[name] for name in use.sources if found[name]]
        for source in known_sources:
            _check_use(where, experiment, use, source, _asked_for(where, experiment, use, source, known))
            _check_apart(where, use.split, source.texts, places)
        if "solve" in experiment and use.split == "benchmark":
            _check_one_kind(f"{where}.{use.key}", known_sources)
    for use in uses:
        named = [found[source] for source in use.sources]
        if use.split == "train" and None not in named:
            _check_enough(f"{where}.data.{use.prompts}", use.block, sum(source.size for source in named))


def _asked_for(where: str, experiment: dict, use: QuestionUse, found: sources.Found, known):
    """The principles that are asked for with these questions: of training and validation, none that is held out."""
    if "held_out" not in experiment or use.split not in ("train", "validation"):
        return known
    with complaint_prefix(f"{where}.{use.key}: "):
        return held_out_principles.without(known, experiment["held_out"], found.categories)


def _check_use(where: str, experiment: dict, use: QuestionUse, found: sources.Found, known) -> None:
    block = use.block
    decisive = experiment.get("openings", {}).get("principle")
    builder = builders.BUILDERS.get(block.get("builder"))  # none where the prompts are those of evaluation
    check_sides = getattr(builder, "check_sides", None)
    for category in sorted(found.categories) if check_sides or "users" in experiment else ():
        principles = known.for_category(category)
        names = [principle.id for principle in principles]
        if check_sides:
            with complaint_prefix(f"{where}.{use.key.removesuffix('questions')}"):
                check_sides(names, category, block)
        if decisive is not None and decisive not in names:
            raise InputError(
                f"{where}.{use.key}: the openings depend on the principle {decisive!r}, but the category {category!r} "
                f"has {' and '.join(names)}; take other questions, or give it that principle"
            )
        drawn = "number" in experiment.get("users", {})
        if drawn and block.get("other") == "user" and users.all_agree("train", principles, experiment["users"]):
            raise InputError(
                f"{where}.{use.key.removesuffix('questions')}other: all {experiment['users']['number']} users of "
                f"training want the same in the category {category!r}; raise users.number or change users.seed"
            )
    counted = "solve" in experiment and use.split in ("validation", "benchmark")
    checked = hasattr(builder, "reads_answers") and builder.reads_answers(block)
    if (counted or checked) and None in found.answers:
        what = "attempts need" if counted else "solutions that are checked or hinted need"
        raise InputError(
            f"{where}.{use.key}: {what} a number or the letter of a choice as the answer; {found.answers[None]}, has "
            "none; take other questions"
        )


def _check_one_kind(where: str, found: list[sources.Found]) -> None:
    """Attempts at problems with numbers and at choices are extracted, and so counted, in different ways."""
    places = {kind: place for source in found for kind, place in source.answers.items()}
    if len(places) > 1:
        raise InputError(
            f"{where}: the answer of {places['number']}, is a number and that of {places['letter']}, a letter; give "
            "each kind an experiment of its own"
        )


def _check_apart(where: str, split: str, texts: dict[str, str], places: dict[str, tuple[str, str]]) -> None:
    for text, place in texts.items():
        other, first = places.setdefault(text, (split, place))
        if _clash(other, split):
            raise InputError(
                f"{where}: the question of {place} ({split}) is that of {first} ({other}) too; keep them apart"
            )


def _check_enough(where: str, block: dict, questions: int) -> None:
    if "draws" in block:  # with replacement
        return
    there = questions_of(block, questions)
    if there < block["size"]:
        raise InputError(f"{where}.size: {block['size']} pairs need as many training questions; there are {there}")
