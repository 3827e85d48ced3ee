"""Which methods differ in the number of constitutions of a question and in nothing else."""

NAMING = ("data", "label", "iteration_of")


def by_number(experiment: dict) -> list[dict[int, str]]:
    """Groups of two methods or more that are alike but for N: N -> method, from few to many constitutions.

    Methods are alike if their settings and those of their sets are the same, but for labels, the number of
    constitutions, and learning rates, which are chosen for each. So their pairs are drawn from the same questions; the
    filters ask all N responses of a question, so they need not keep the same ones.
    """
    groups: dict[str, dict[int, str]] = {}
    for name, method in experiment["methods"].items():
        block = experiment["data"][method["data"]]
        if "constitutions" in block:
            groups.setdefault(_but_for_number(method, block), {}).setdefault(block["constitutions"], name)
    return [dict(sorted(found.items())) for found in groups.values() if len(found) > 1]


def _but_for_number(method: dict, block: dict) -> str:
    alike = {key: value for key, value in method.items() if key not in NAMING and key != "learning_rate"}
    return repr((sorted(alike.items()), sorted((key, one) for key, one in block.items() if key != "constitutions")))
