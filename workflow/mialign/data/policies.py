"""What an experiment is about: its policies, which of them are models, what they are compared with and how scored."""

from mialign.data.sets import used_sets, writing_model

STORED = "stored"  # what stands in comparisons for the answers that come with the questions


def policies(experiment: dict) -> list[str]:
    """The base and the methods."""
    return ["base", *experiment["methods"]]


def policies_and_soups(experiment: dict) -> list[str]:
    """The base, the methods and the soups, in the order of tables."""
    return [*policies(experiment), *experiment.get("soups", {})]


def rated_methods(experiment: dict) -> list[str]:
    """The methods that a learning rate is chosen for: of iterations, which share one, the last."""
    last = {method.get("iteration_of", name): name for name, method in experiment["methods"].items()}
    return list(last.values())


def is_judged(experiment: dict) -> bool:
    """Whether answers are scored by checkers and judged: those under preference vectors have rewards instead."""
    return "respond" in experiment and "preferences" not in experiment


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


def generator(experiment: dict) -> str:
    """The model whose answers are shown beside the methods': the writer of the set that training names, or the base."""
    main = experiment["training"].get("data")
    return (writing_model(experiment, main) if main in experiment["data"] else None) or experiment["base"]
