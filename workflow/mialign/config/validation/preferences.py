"""Experiments with preferences: their rewards, vectors and sets, and what does not go with them."""

from mialign.config.validation.common import pick, validation_chooses
from mialign.core.errors import InputError, complaint_prefix
from mialign.data import preferences, prompts
from mialign.data.policies import reward_models
from mialign.data.sets import FROM_AUTHORS
from mialign.evaluation.checkers import unchecked
from mialign.synthetic.corpora import ANSWERS

BUILDER = "preferences"
# What other experiments have and these cannot: prompts without constitutions, answers that are scored, not judged.
OTHERS = (
    "openings",
    "evaluation",
    "generation_template",
    "template_without_context",
    "users",
    "held_out",
    "information",
    "solve",
    "judge",
    "judges",
    "prompts",
    "responses",
)


def check(where: str, experiment: dict, models: dict, known) -> None:
    """InputError for the first thing of an experiment that does not fit its preferences, or would need some."""
    if "preferences" not in experiment:
        for key in ("data", "soups"):
            for name, block in experiment.get(key, {}).items():
                if key == "soups" or block.get("builder") == BUILDER:
                    raise InputError(f"{where}.{key}.{name}: it needs preferences; give the experiment some (rewards)")
        return
    own = experiment["preferences"]
    for key in OTHERS:
        if key in experiment:
            raise InputError(f"{where}.{key}: it does not go with preferences; take one of them out")
    if experiment["comparisons"]:
        raise InputError(f"{where}.comparisons: methods with preferences are compared by rewards; take them out")
    if "respond" not in experiment:
        raise InputError(f"{where}.respond: the key is missing; it says how the answers under each vector are sampled")
    with complaint_prefix(f"{where}.preferences.grid: "):
        preferences.vectors(len(own["rewards"]), own["grid"])
    for name, reward in own["scorers"].items():
        _check_reward(f"rewards.{name}", reward, models, known)
    for name, block in experiment["data"].items():
        _check_set(f"{where}.data.{name}", block, len(own["rewards"]))
    _check_choice(where, experiment)
    for name, soup in experiment.get("soups", {}).items():
        _check_soup(f"{where}.soups.{name}", name, soup, experiment)


def check_corpora(config: dict) -> None:
    """A corpus can hold questions under preference vectors if an experiment asks so and programs know its rewards."""
    asking = {name: one for name, one in config["experiments"].items() if "preferences" in one}
    for name, model in config["models"].items():
        where = f"models.{name}.corpus"
        if not model.get("corpus", {}).get("preferences"):
            continue
        if not asking:
            raise InputError(f"{where}.preferences: no experiment has preferences; give one some, or take the key out")
        if "preferences" not in model["corpus"]["link"]:
            raise InputError(
                f"{where}.link.preferences: the key is missing; it is the probability that a text is the answer, of "
                f"{ANSWERS}, that its vector prefers; give a number from 0 to 1"
            )
        for experiment, given in asking.items():
            for reward in reward_models(given):
                raise InputError(
                    f"{where}.preferences: {reward} of experiment {experiment} is a reward model, and corpora are "
                    "written before there are models; set it to 0"
                )


def _check_reward(where: str, reward: dict, models: dict, known) -> None:
    if reward["kind"] == "checker":
        pick(known.principles, reward["principle"], f"{where}.principle", "principle")
        if unchecked([reward["principle"]]):
            raise InputError(f"{where}.principle: the checkers cannot check {reward['principle']}; take another reward")
    if reward["kind"] == "length" and not reward["per"]:
        raise InputError(f"{where}.per: 0 gives every text the same reward; take a number above or below 0")
    if reward["kind"] == "classifier":
        model = pick(models, reward["model"], f"{where}.model", "model")
        if "corpus" in model or "server" in model:
            what = "is trained here to write" if "corpus" in model else "is on a server"
            raise InputError(f"{where}.model: {reward['model']} {what}; name a sequence classifier (path or hub)")
        if "template" in reward:
            with complaint_prefix(f"{where}."):
                prompts.check_template("template", reward["template"], {"question"})


def _check_set(where: str, block: dict, objectives: int) -> None:
    if block["from"] == FROM_AUTHORS or block["builder"] != BUILDER:
        raise InputError(f"{where}: sets of an experiment with preferences have builder: {BUILDER}; set it")
    if "principles" in block:
        raise InputError(f"{where}.principles: prompts with preferences have no constitution; take the key out")
    if block["vector"]:
        with complaint_prefix(f"{where}.vector: "):
            preferences.check(block["vector"], objectives)


def _check_choice(where: str, experiment: dict) -> None:
    """Reward models are not loaded beside a training, so nothing can choose among its checkpoints."""
    if not reward_models(experiment):
        return
    for name, method in experiment["methods"].items():
        if validation_chooses(method):
            raise InputError(
                f"{where}.methods.{name}.validate_every: no checkpoint can be chosen by a reward model; set "
                "choose: last, or validate_every: 0"
            )


def _check_soup(where: str, name: str, soup: dict, experiment: dict) -> None:
    methods, objectives = experiment["methods"], len(experiment["preferences"]["rewards"])
    first = methods.get(soup["of"][0], {}).get("adapter")
    if name in ("base", "generator", *methods):
        raise InputError(f"{where}: a method has this name, or the base; take another")
    if len(soup["of"]) != objectives:
        raise InputError(f"{where}.of: it names {len(soup['of'])} methods; name one for each of {objectives} rewards")
    for place, method in enumerate(soup["of"]):
        if pick(methods, method, f"{where}.of[{place}]", "method").get("adapter") != first:
            raise InputError(
                f"{where}.of[{place}]: {method} has another adapter than {soup['of'][0]}; give all one, or none"
            )
