"""The nodes of an experiment: which sets of pairs are used, who writes each, and which policies are models."""

from math import gcd

FROM_AUTHORS = "authors"  # the writer of pairs that are released, not written here
STORED = "stored"  # what stands in comparisons for the answers that come with the questions
ALL_QUESTIONS = {"part": 1, "of": 1}  # the slice of a set that takes all questions


def policies(experiment: dict) -> list[str]:
    """The base and the methods."""
    return ["base", *experiment["methods"]]


def policies_and_soups(experiment: dict) -> list[str]:
    """The base, the methods and the soups, in the order of tables."""
    return [*policies(experiment), *experiment.get("soups", {})]


def used_sets(experiment: dict) -> list[str]:
    """The sets that a method is trained on, in the order of the config."""
    used = {method["data"] for method in experiment["methods"].values()}
    return [name for name in experiment["data"] if name in used]


def sets_in_files(experiment: dict) -> list[str]:
    """Those whose pairs are files: a method is trained on them that does not write its pairs as it is trained."""
    in_files = {method["data"] for method in experiment["methods"].values() if "rollout_every" not in method}
    return [name for name in experiment["data"] if name in in_files]


def rated_methods(experiment: dict) -> list[str]:
    """The methods that a learning rate is chosen for: of iterations, which share one, the last."""
    last = {method.get("iteration_of", name): name for name, method in experiment["methods"].items()}
    return list(last.values())


def is_judged(experiment: dict) -> bool:
    """Whether answers are scored by checkers and judged: those under preference vectors have rewards instead."""
    return "respond" in experiment and "preferences" not in experiment


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


def compared(experiment: dict) -> list[str]:
    """What methods are compared with beside the base: models of the config, and the stored answers, in their order."""
    named = dict.fromkeys(name for pair in experiment["comparisons"] for name in pair)
    return [name for name in named if name != "base" and name not in experiment["methods"]]


def compared_models(experiment: dict) -> list[str]:
    """The models of the config that are compared with methods, in the order of the comparisons."""
    return [name for name in compared(experiment) if name != STORED]


def final_policies(experiment: dict) -> list[str]:
    """The base, the methods that nothing else is made of (no method, no set of pairs, no soup), and the soups."""
    methods, soups = experiment["methods"], experiment.get("soups", {})
    used = {method["parent"] for method in methods.values()}
    used |= {experiment["data"][data]["from"] for data in used_sets(experiment)}
    used |= {name for soup in soups.values() for name in soup["of"]}
    return ["base", *(name for name in methods if name not in used), *soups]


def reward_models(experiment: dict) -> dict[str, str]:
    """The models of the config that are rewards, by the names of the rewards; all other rewards are programs."""
    rewards = experiment.get("preferences", {}).get("scorers", {})
    return {name: reward["model"] for name, reward in rewards.items() if reward["kind"] == "classifier"}


def policy_model(experiment: dict, policy: str) -> str | None:
    """The model of the config that a policy is; None where it is a method's checkpoint."""
    if policy in ("base", "generator"):
        return experiment[policy]
    return policy if policy in compared_models(experiment) else None


def labels(experiment: dict, models: dict) -> dict[str, str]:
    """What figures and tables call the methods, and the models that these are compared with."""
    shown = {name: method["label"] for name, method in experiment["methods"].items()}
    shown |= {STORED: "stored answers"} if STORED in compared(experiment) else {}
    return shown | {name: models[name].get("label", name.replace("_", " ")) for name in compared_models(experiment)}


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


def generator(experiment: dict) -> str:
    """The model whose answers are shown beside the methods': the writer of the set that training names, or the base."""
    main = experiment["training"].get("data")
    return (writing_model(experiment, main) if main in experiment["data"] else None) or experiment["base"]
