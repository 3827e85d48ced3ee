"""Pairs by preference vectors (MI-EPO, arXiv 2607.01392): two responses under one vector, ordered by every reward.

The prompts of a record are the question under w+ and under w-, two vectors drawn for the question. Both responses are
written under w+. Terms: for each objective k the better response against the worse under w+, with weight w+_k; and for
each response w+ against w-, with weight 1/2 (L_YW). With `vector` all questions are asked under that one vector and
there is no w-: so is an expert for one objective trained.
"""

from random import Random
from statistics import fmean, pstdev

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.core.setting import Setting
from mialign.data import preferences
from mialign.data.builders.record_size import RecordSize
from mialign.data.prompts import Prompts

SETTINGS = {"vector": Setting([], {"type": "array", "maxItems": 3, "items": {"type": "number"}})}
WRITTEN = 2


def record_size(settings: dict) -> RecordSize:
    """Two responses, under one prompt; w- is a second prompt where it is drawn."""
    return RecordSize(WRITTEN, prompts=1 if settings["vector"] else 2, responses=WRITTEN)


def supervision(settings: dict) -> list[str]:
    """Rewards, which order the responses."""
    return ["rewards"]


def prompts(question: dict, principles, settings: dict, rng: Random) -> Prompts:
    """The question under w+ and w- (one vector where `vector` is given), to be answered twice under the first.

    settings: also `set`, so that sets which share a question and differ in this name draw for it apart.
    """
    own = settings["preferences"]
    if settings["vector"]:
        vectors = [preferences.in_tenths(settings["vector"])]
    else:
        seed = derive(own["seed"], "preferences", settings["set"], question["id"])
        vectors = list(preferences.draw_two(len(own["rewards"]), own["alpha"], seed))
    made = [preferences.fill_in(settings["template"], question, own["rewards"], vector) for vector in vectors]
    return Prompts([], made, [made[0]] * WRITTEN, preferences=vectors)


def is_tied(prompt: dict, responses: list[dict], settings: dict) -> bool:
    """Whether no objective that counts under w+ tells the two responses apart."""
    return not _of_rewards(prompt["preferences"][0], *responses, settings["rewards"])


def records(chosen: list[dict], responses: dict[str, list[dict]], settings: dict) -> list[dict]:
    """A record for each prompt record that was chosen; rewards in it are z-normalised over all responses chosen.

    settings: rewards, the names of the objectives in the order of the weights. Responses have their `rewards` by name.
    InputError for an objective whose reward is the same for all.
    """
    scores = {
        name: [one["rewards"][name] for prompt in chosen for one in responses[prompt["id"]]]
        for name in settings["rewards"]
    }
    moments = {name: _moments(name, values) for name, values in scores.items()}
    return [_record(prompt, responses[prompt["id"]], moments) for prompt in chosen]


def _record(prompt: dict, responses: list[dict], moments: dict[str, tuple[float, float]]) -> dict:
    own, *other = prompt["preferences"]
    of_vectors = [
        {"chosen": [0, place], "rejected": [1, place], "weight": 0.5} for place in range(len(responses)) if other
    ]
    return {
        "preferences": prompt["preferences"],
        "prompts": prompt["prompts"],
        "responses": [{**one, "rewards": _normalised(one["rewards"], moments), "prompt": 0} for one in responses],
        "terms": [*_of_rewards(own, *responses, list(moments)), *of_vectors],
    }


def _of_rewards(vector: list[float], first: dict, second: dict, names: list[str]) -> list[dict]:
    """Terms of the objectives that weigh something and are not tied."""
    terms = []
    for name, weight in zip(names, vector, strict=True):
        gain = first["rewards"][name] - second["rewards"][name]
        if weight and gain:
            better = 0 if gain > 0 else 1
            terms.append({"chosen": [0, better], "rejected": [0, 1 - better], "weight": weight})
    return terms


def _moments(name: str, values: list[float]) -> tuple[float, float]:
    """Mean and standard deviation over the set."""
    if max(values) == min(values):
        raise InputError(
            f"rewards.{name}: the score is {values[0]:g} for all {len(values)} responses, so it prefers none; raise "
            "sampling.temperature, or take another reward"
        )
    return fmean(values), pstdev(values)


def _normalised(rewards: dict[str, float], moments: dict[str, tuple[float, float]]) -> dict[str, float]:
    return {name: (rewards[name] - mean) / deviation for name, (mean, deviation) in moments.items()}
