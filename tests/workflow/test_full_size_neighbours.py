"""Original SAMI, MIPO and MI-EPO at full size: their whole plans, their costs, and what their configurations say."""

import json
import re
import shlex

import pytest
import yaml

from calls import jobs, snakemake
from mialign.config import loading
from mialign.data import principles
from mialign.preflight import cost

BARE = {"HF_HUB_OFFLINE": "1", "HF_TOKEN": "", "OPENAI_API_KEY": "", "CUDA_VISIBLE_DEVICES": ""}
SAMI, MIXTRAL, MIPO = ["config/sami.yaml"], ["config/sami.yaml", "config/sami_mixtral.yaml"], ["config/mipo.yaml"]
MIEPO = ["config/miepo.yaml"]


def plan(copy, overlays: list[str], *more: str) -> str:
    return snakemake(copy, "-n", "-p", *more, "--configfile", *overlays, **BARE)


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_the_whole_of_sami_is_planned_without_network_gpu_or_keys(copy):
    text = plan(copy, SAMI)
    found = jobs(text)
    assert (found["fetch_dataset"], found["fetch_model"], found["questions"]) == (6, 2, 9)
    assert found["model"] == found["collapse"] == found["solve"] == 0
    # Three iterations on each task; on summaries also three as the code did and three on principles that a model wrote.
    assert found["generate"] == found["pairs"] == found["train"] == 12
    assert found["information_responses"] == found["information"] == 12 + 2  # of all iterations and of both bases
    assert (found["respond"], found["judge"]) == (12 + 4, 14)  # both tasks also by the instructed model
    (asked,) = re.findall(r"run\.py written_principles .*", text)
    assert option(shlex.split(asked), "--model") == "data/models/mistral_instruct"
    writers = {
        option(words, "--out").removeprefix("results/sami/generations/"): option(words, "--model")
        for words in (shlex.split(line) for line in re.findall(r"workflow/run\.py generate .*", text))
    }
    assert writers["summaries/sami_1.jsonl"] == writers["dialogue/sami_1.jsonl"] == "data/models/mistral"
    assert writers["summaries/sami_3/seed42.jsonl"] == "results/sami/checkpoints/summaries/sami_2/seed42"
    assert writers["summaries/sami_code_2/seed42.jsonl"] == "results/sami/checkpoints/summaries/sami_code_1/seed42"


def test_rates_cannot_be_chosen_where_no_checker_can_tell(copy):
    (copy / "more.yaml").write_text("tuning: {rates: [0.1]}")
    said = snakemake(copy, "-n", "tuning", "--configfile", *SAMI, "more.yaml", ok=False, **BARE)
    assert "tuning: the checkers choose the rates of summaries, and they cannot check concise; give" in said


def test_sami_with_mixtral_and_mipo_are_planned_too(copy):
    found = jobs(plan(copy, MIXTRAL))
    assert (found["fetch_dataset"], found["train"], found["judge"]) == (2, 9, 10)
    found = jobs(plan(copy, MIPO))
    # GSM8K, SVAMP, ARC, PRISM and its survey; the policy and the judge. Context mode has two sets and six methods.
    assert (found["fetch_dataset"], found["fetch_model"], found["generate"]) == (2 + 1 + 4 + 2, 2, 3 + 2)
    assert (found["reference"], found["train"]) == (3 + 2, 3 * 2 + 6)
    assert (found["solve"], found["respond"], found["judge_by_likelihood"]) == (3 * 3, 7, 11)
    assert (found["stored_responses"], found["score"]) == (1, 7 + 1)


def test_the_whole_of_mi_epo_is_planned_too(copy):
    text = plan(copy, MIEPO)
    found = jobs(text)
    assert (found["fetch_dataset"], found["fetch_model"], found["model"]) == (5, 5, 0)
    # In each experiment the SFT model, and the rounds of MI-EPO, of MO-ODPO and of an expert for each reward.
    trained = (1 + 4 * 5) + (1 + 4 * 4) + (1 + 5 * 6)
    assert found["generate"] == found["pairs"] == found["train"] == trained
    assert found["train_on_rollouts"] == 3
    assert found["soup"] == 11 + 11 + 13
    assert found["respond"] == trained + 3 + 3 + found["soup"]  # of rollouts, and three bases
    assert found["rewards"] == found["generate"] + found["respond"]
    (scored,) = re.findall(r"run\.py rewards .*generations/helpful_three/sft_pairs\.jsonl .*", text)
    assert "--models data/models/helpful_reward data/models/harmless_reward data/models/quality_reward" in scored
    rewards = json.loads(option(shlex.split(scored), "--settings"))["rewards"]
    assert rewards["harmless"]["template"] == "\n\nHuman: {question}\n\nAssistant:"
    assert "template" not in rewards["quality"]


@pytest.mark.parametrize(
    ("overlays", "judged"), [(SAMI, [348.00, 278.40]), (MIXTRAL, [348.00]), (MIPO, [0.0]), (MIEPO, [])]
)
def test_what_each_costs_is_known_before(read_config, root, overlays, judged):
    """judged: comparisons x questions x two axes x two orders, at the assumed lengths and the stated price."""
    assumed = yaml.safe_load((root / "config/costs.yaml").read_text())
    rows = cost.table({**loading.load(read_config(*overlays)), "counted": {}}, assumed)
    assert [row["judge_dollars"] for row in rows if row["stage"] == "judge"] == judged
    assert rows[-1]["stage"] == "total"
    assert rows[-1]["gpu_hours"] > (1 if overlays == SAMI else 0.5)


def methods(settings: dict, experiment: str) -> dict[str, dict]:
    return settings["experiments"][experiment]["methods"]


def test_sami_is_as_the_paper_has_it(read_config):
    settings = loading.load(read_config(*SAMI))
    own, code = (
        [methods(settings, "summaries")[f"{name}_{number}"] for number in (1, 2, 3)] for name in ("sami", "sami_code")
    )
    assert [one["steps"] for one in own] == [one["steps"] for one in code] == [2, 4, 6]
    assert {
        (one["parent"], one["optimizer"], one["clip"], one["schedule"], one["warmup"]) for one in (*own, *code)
    } == {("base", "adamw", 0, "constant", 0)}
    assert {one["learning_rate"] for one in (*own, *code)} == {5e-7}
    assert ({one["batch"] for one in own}, {one["batch"] for one in code}) == ({128}, {128 // 16})
    assert {(one["reduction"], one["kl"]) for one in own} == {("mean", 0.0)}
    data = settings["experiments"]["summaries"]["data"]
    assert [data[f"sami_{number}"]["slice"] for number in (1, 2, 3)] == [
        {"part": 1, "of": 2}, {"part": 2, "of": 2}, {"part": 1, "of": 2},
    ]  # fmt: skip
    assert {data[f"sami_{number}"]["flip"] == [1, 2] for number in (1, 2, 3)} == {True}
    for experiment in settings["experiments"].values():  # answers are written as pairs are, and training has no form
        assert experiment["evaluation"]["template"] == experiment["generation_template"] != experiment["template"]
    mixtral = loading.load(read_config(*MIXTRAL))
    assert {one["optimizer"] for one in methods(mixtral, "summaries").values()} == {"rmsprop"}


@pytest.mark.parametrize(
    ("title", "builder", "temperature"),
    [
        ("gsm8k", "other_question", 0.1),
        ("svamp", "other_question", 0.1),
        ("arc", "other_question", 1.0),
        ("users", "context", 0.1),
    ],
)
def test_mipo_is_as_the_paper_has_it(read_config, title, builder, temperature):
    settings = loading.load(read_config(*MIPO))
    mipo, data = methods(settings, title)["mipo"], settings["experiments"][title]["data"]
    data = data[mipo["data"]]
    assert (mipo["beta"], mipo["learning_rate"], mipo["batch"], mipo["schedule"]) == (0.1, 5e-7, 4, "cosine")
    assert (mipo["betas"], mipo["min_lr_rate"]) == ([0.9, 0.95], 0.1)
    assert mipo["steps"] == data["size"] // mipo["batch"]  # one epoch
    assert mipo["warmup"] == round(0.03 * mipo["steps"])
    assert (data["builder"], data["sampling"]["temperature"], data["sampling"]["top_p"]) == (builder, temperature, 0.9)


def test_context_mode_leaves_the_context_out_and_has_its_baselines_on_the_same_pairs(read_config):
    experiment = loading.load(read_config(*MIPO))["experiments"]["users"]
    assert (experiment["data"]["without"]["other"], experiment["data"]["other_user"]["other"]) == ("none", "user")
    found = {name: (one["objective"], one["data"]) for name, one in experiment["methods"].items()}
    assert found.pop("mipo_user") == ("mipo", "other_user")
    assert found.pop("sami_sums") == ("sami", "without")
    assert found == {name: (name, "without") for name in ("mipo", "sft", "infonce", "sami")}
    assert experiment["methods"]["infonce"]["over"] == "columns"
    assert {experiment["methods"][name]["reduction"] for name in ("infonce", "sami")} == {"mean"}
    assert experiment["methods"]["sami_sums"]["reduction"] == "sum"  # as MIPO's code has it
    assert experiment["users"] == {"of": "questions", "seed": 42}


def test_models_that_were_instructed_are_asked_by_their_chat_templates(read_config):
    """Mistral-7B and Alpaca-7B have none."""
    for config, plain in ((MIPO, set()), (MIEPO, {"safety"}), (SAMI, {"summaries", "dialogue"})):
        experiments = read_config(*config)["experiments"]
        asked = {title for title, one in experiments.items() if one and isinstance(one["template"], str)}
        assert asked == plain


def test_mi_epo_is_as_the_paper_has_it(read_config):
    settings = loading.load(read_config(*MIEPO))
    expected = {  # alpha, vectors, rates of SFT and of the rounds, epochs, examples of an epoch
        "safety": (0.5, 11, 1e-6, 1e-4, 2, 8000),
        "helpful": (1.0, 11, 2e-5, 4e-5, 2, 8192),
        "helpful_three": (1.0, 13, 2e-5, 4e-5, 3, 8192),
    }
    assert list(settings["experiments"]) == list(expected)
    for name, (alpha, grid, sft_rate, rate, epochs, examples) in expected.items():
        experiment, known = settings["experiments"][name], methods(settings, name)
        asked = experiment["preferences"]
        assert (asked["alpha"], asked["grid"]) == (alpha, grid)
        sft, rolled, data = known.pop("sft"), known.pop("mi_epo_rollouts"), experiment["data"]
        assert (sft["learning_rate"], sft["steps"]) == (sft_rate, 3 * data["sft_pairs"]["size"] // 64)
        rounds = [one for one in known if one.startswith("mi_epo_")]
        steps = [known[one]["steps"] for one in rounds]
        assert sum(steps) == pytest.approx(epochs * examples / 64, rel=0.01)
        assert rolled["steps"] == pytest.approx(epochs * examples / 64, rel=0.03)
        assert (rolled["beta_c"], rolled["beta_w"]) == (0.1, 0.01)
        assert rolled["rollout_every"] < steps[0]  # its pairs are fresher
        for method in (sft, rolled, *known.values()):
            assert method["warmup"] == round(0.1 * method["steps"])
            assert (method["batch"], method["schedule"], method["min_lr_rate"]) == (64, "cosine", 0.0)
            adapter = {"rank": 64, "alpha": 128, "dropout": 0.05}
            assert {key: method["adapter"][key] for key in adapter} == adapter
        for method in (rolled, *known.values()):
            assert method["learning_rate"] == rate
            assert method.get("reference", method["parent"]) == "sft"
        betas = {one: (known[one]["beta_c"], known[one]["beta_w"]) for one in known if "beta_w" in known[one]}
        assert betas == {one: (0.1, 0.01 if one.startswith("mi_epo_") else 0.0) for one in betas}
        assert len(betas) == 2 * len(rounds)
        assert (
            {one["sampling"]["max_tokens"] for one in data.values()} == {experiment["respond"]["max_tokens"]} == {128}
        )
        (soup,) = experiment["soups"].values()
        assert soup["of"] == [f"{reward}_expert_{len(rounds)}" for reward in asked["rewards"]]
        for place, expert in enumerate(soup["of"]):
            assert data[expert]["vector"] == [float(place == other) for other in range(len(soup["of"]))]


def test_the_worked_examples_of_mipo_are_right(read_config):
    """Every line that computes something, and the answer behind ####."""
    (message,) = read_config(*MIPO)["experiments"]["gsm8k"]["evaluation"]["template"]
    template = message["content"]
    sums = re.findall(r"((?:\d+ [-+*/] )+\d+) = (\d+)", template)
    assert len(sums) >= 16
    assert all(eval(left) == int(right) for left, right in sums)  # digits and signs alone
    answers = re.findall(r"Answer: (.*)\n#### (\d+)\n", template)
    assert len(answers) == 8
    assert all(re.findall(r"\d+", worked)[-1] == answer for worked, answer in answers)


def test_the_principles_of_sami_have_no_checkers_and_need_none(root):
    known = principles.load(root / "config/principles_sami.yaml")
    assert list(known.categories) == ["summary", "helpful_dialogue", "harmless_dialogue"]
    for principle in known.principles.values():
        assert principle.short == principle.positive
        assert not set(principle.positive) & set(principle.antithesis)
