"""Methods of config/neighbours.yaml that are compared with another one differ from it in what they are about alone."""

import made_up_run
import pytest


@pytest.fixture
def neighbours():
    return made_up_run.config("config/neighbours.yaml")["experiments"]


def different(one: dict, other: dict) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def test_rollouts_have_the_steps_of_the_rounds_and_differ_in_how_pairs_come(neighbours):
    experiment = neighbours["preferences"]
    methods, data = experiment["methods"], experiment["data"]
    rollouts, rounds = methods["mi_epo_rollouts"], [methods[f"mi_epo_{number}"] for number in (1, 2, 3)]
    assert rollouts["steps"] == sum(one["steps"] for one in rounds)
    assert rollouts["rollout_every"] < rounds[0]["steps"]  # its pairs are fresher
    assert different(rollouts, rounds[0]) == {"data", "label", "steps", "rollout_every", "iteration_of"}
    assert rollouts["validate_every"] == 0  # so its last checkpoint is kept, as of a round
    assert different(data["rollout_pairs"], data["own_pairs"]) == {"questions", "sampling", "seed", "size"}
    assert different(data["rollout_pairs"]["sampling"], data["own_pairs"]["sampling"]) == {"seed"}


def test_sums_differ_from_sami_in_nothing_else_but_the_rate_that_suits_them(neighbours):
    methods = neighbours["users"]["methods"]
    assert different(methods["sami"], methods["sami_sums"]) - {"learning_rate"} == {"reduction", "label"}
    assert methods["sami_sums"]["reduction"] == "sum"


def test_mipo_for_users_is_compared_with_stored_answers_and_so_is_its_start(neighbours):
    comparisons = neighbours["users"]["comparisons"]
    assert [pair for pair in comparisons if "stored" in pair] == [
        ["base", "stored"],
        ["mipo", "stored"],
        ["mipo_user", "stored"],
    ]


def test_the_controls_of_the_verifier_are_as_many_solutions_and_twice_as_many_each_read_once(neighbours):
    methods, data = neighbours["maths"]["methods"], neighbours["maths"]["data"]
    assert data["subset"]["size"] == data["verified"]["size"]
    assert data["unverified"]["size"] == 2 * data["verified"]["size"]
    assert methods["unverified"]["steps"] * methods["unverified"]["batch"] == data["unverified"]["size"]
    for control in ("subset", "unverified"):
        assert different(methods[control], methods["star_1"]) <= {"data", "label", "iteration_of"}
    longer = methods["unverified_longer"]
    assert different(longer, methods["unverified"]) == {"steps", "label"}
    assert longer["validate_every"] == 0  # so its last checkpoint is kept


def test_what_is_compared_on_multiple_choice_learns_from_the_same_answers_in_as_many_steps(neighbours):
    experiment = neighbours["choices"]
    mipo, sft = experiment["methods"]["mipo"], experiment["methods"]["sft_own"]
    assert different(mipo, sft) <= {"objective", "beta", "reduction", "train_on", "learning_rate", "label"}
    assert mipo["steps"] * mipo["batch"] == experiment["data"]["other_question"]["size"]


def test_weak_to_strong_differs_in_who_wrote_the_principles(neighbours):
    experiment = neighbours["weak_to_strong"]
    assert (experiment["base"], neighbours["multitask"]["data"]["written"]["principles"]["from"]) == (
        "strong",
        "writer",
    )
    assert different(experiment["methods"]["written"], experiment["methods"]["by_hand"]) == {"data", "label"}
    assert different(experiment["data"]["written"], experiment["data"]["by_hand"]) == {"principles"}
    assert experiment["data"]["written"]["principles"] == {"from": "writer"}
    assert ["written", "by_hand"] in experiment["comparisons"]
    methods, data = experiment["methods"], experiment["data"]
    assert different(methods["written_by_strong"], methods["written"]) == {"data", "label"}
    assert different(data["written_by_strong"], data["written"]) == {"principles"}


def test_the_strong_writer_has_seen_more_principles_and_differs_in_nothing_else():
    models = made_up_run.config("config/neighbours.yaml")["models"]
    weak, strong = models["writer"], models["strong_writer"]
    assert different(weak, strong) == {"corpus"}
    assert different(weak["corpus"], strong["corpus"]) == {"principles"}
    assert strong["corpus"]["principles"] > weak["corpus"]["principles"]


def test_three_rewards_are_trained_as_two_are(neighbours):
    two, three = neighbours["preferences"], neighbours["three_rewards"]
    assert three["preferences"]["rewards"][:2] == two["preferences"]["rewards"]
    assert (len(three["preferences"]["rewards"]), three["preferences"]["grid"]) == (3, 13)
    polite = three["methods"].pop("polite_expert")
    assert different(polite, two["methods"]["friendly_expert"]) == {"data", "label"}
    assert two["methods"].keys() - three["methods"].keys() == {"mi_epo_3", "mo_odpo_3", "mi_epo_rollouts"}
    for name, method in three["methods"].items():
        assert different(method, two["methods"][name]) == set()
    for place, reward in enumerate(three["preferences"]["rewards"]):
        pairs = three["data"][f"{reward}_pairs"]
        assert pairs["vector"] == [float(place == other) for other in range(3)]
        assert different(pairs, three["data"]["own_pairs"]) == {"vector", "sampling", "seed"}
    assert three["soups"]["soup"]["of"] == [f"{reward}_expert" for reward in three["preferences"]["rewards"]]
    assert three["template"] == two["template"]
    assert different(three["data"]["own_pairs"]["sampling"], two["data"]["own_pairs"]["sampling"]) == {"seed"}
    assert different(three["respond"], two["respond"]) == set()
