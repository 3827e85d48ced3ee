"""What each method took to train, from the base on: tokens that it has learned from, and whatever else adds up."""

from mialign.data.policies import policies_and_soups

COUNTED = "response_tokens"  # summed up over the steps


def training_tokens(rows: list[dict], experiment: dict) -> dict[str, float | None]:
    """Tokens of responses that each method or soup has learned from, from the base to what was kept; means over seeds.

    None where a training has no curve. rows: of metrics/training.csv.
    """
    return from_the_base(_tokens_until_kept(rows), experiment)


def from_the_base(own: dict[str, float], experiment: dict) -> dict[str, float | None]:
    """By policy, what its training took with its parent's, or with those of all that a soup merges; the base took 0.

    A training that several of a soup start from counts once. What only wrote its pairs is not counted. own: of each
    training alone. None where one of them is not in it.
    """

    def trainings(name: str) -> list[str]:
        """Those that a policy comes from, the first before the next."""
        if name == "base":
            return []
        if name in experiment["methods"]:
            return [*trainings(experiment["methods"][name]["parent"]), name]
        return [one for merged in experiment["soups"][name]["of"] for one in trainings(merged)]

    found = {}
    for name in policies_and_soups(experiment):
        parts = [own.get(one) for one in dict.fromkeys(trainings(name))]
        found[name] = None if None in parts else sum(parts, 0.0)
    return found


def _tokens_until_kept(rows: list[dict]) -> dict[str, float]:
    """Of each training alone, without its parent's."""
    read = {(row["method"], row["seed"], row["step"]): row["value"] for row in rows if row["metric"] == COUNTED}
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["metric"] == "selected":  # step 0 is the start, which has read nothing
            found.setdefault(row["method"], []).append(read.get((row["method"], row["seed"], row["step"]), 0.0))
    return {method: sum(values) / len(values) for method, values in found.items()}
