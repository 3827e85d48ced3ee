"""The sets of pairs of an experiment: which are used, who writes each, and which questions they have."""

from math import gcd

FROM_AUTHORS = "authors"  # the writer of pairs that are released, not written here
ALL_QUESTIONS = {"part": 1, "of": 1}  # the slice of a set that takes all questions


def used_sets(experiment: dict) -> list[str]:
    """The sets that a method is trained on, in the order of the config."""
    used = {method["data"] for method in experiment["methods"].values()}
    return [name for name in experiment["data"] if name in used]


def sets_in_files(experiment: dict) -> list[str]:
    """Those whose pairs are files: a method is trained on them that does not write its pairs as it is trained."""
    in_files = {method["data"] for method in experiment["methods"].values() if "rollout_every" not in method}
    return [name for name in experiment["data"] if name in in_files]


def writing_method(experiment: dict, data: str) -> str | None:
    """The method whose checkpoints write a set, one for each seed; None where a model does, once for all seeds."""
    writer = experiment["data"][data]["from"]
    return writer if writer in experiment["methods"] else None


def writing_model(experiment: dict, data: str) -> str | None:
    """The model of the config that writes a set; None where a method does, or nobody here."""
    writer = experiment["data"][data]["from"]
    if writer == FROM_AUTHORS or writer in experiment["methods"]:
        return None
    return experiment["base"] if writer == "base" else writer


def principle_writer(block: dict) -> str | None:
    """The model of the config that writes the principles of a set; None where the principles file has them."""
    return block.get("principles", {}).get("from")


def questions_of(block: dict, there: int) -> int:
    """How many of so many questions a set has: those of its slice, from its part on every so many."""
    taken = block.get("slice", ALL_QUESTIONS)
    return len(range(taken["part"] - 1, there, taken["of"]))


def slices_overlap(one: dict, other: dict) -> bool:
    """Whether two slices of the same questions have one in common, if there are enough questions.

    A slice has the places that leave the remainder `part` when divided by `of`. Two such remainders can go together
    if they are the same for the greatest common divisor of the two `of`.
    """
    return (one["part"] - other["part"]) % gcd(one["of"], other["of"]) == 0


def share_questions(one: dict, other: dict) -> bool:
    """Whether two sets of pairs are certain to share a question, by their sources and slices.

    The places of a source in two lists of sources are comparable if the same sources stand before it in both. If not,
    slices share a question for certain only where no divisor is common to both `of`: then places do not matter.
    """
    slices = [block.get("slice", ALL_QUESTIONS) for block in (one, other)]
    lists = [block.get("questions", []) for block in (one, other)]
    before = ([names[: names.index(source)] for names in lists] for source in set(lists[0]) & set(lists[1]))
    return any(
        slices_overlap(*slices) if first == second else gcd(*(taken["of"] for taken in slices)) == 1
        for first, second in before
    )
