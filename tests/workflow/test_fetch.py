"""The rules that fetch, run against a hub on loopback: a gated model and a dataset, and what is made of them."""

import json

import pytest
import yaml

import fake_hub
from calls import jobs, snakemake
from tiny import tiny_model, tiny_tokenizer

ROWS = [
    {"question": f"Anna has {n} boats and buys {n + 1} more. How many?", "answer": f"So.\n#### {2 * n + 1}"}
    for n in range(90)
]
FIELDS = {
    "fields": {"question": "question", "reference": "answer"},
    "answer_after": "####",
    "category": "math",
    "dataset": "boats",
}
LENGTHS = "results/mini/prompts/maths/lengths.csv"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tiny_model(context=512).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    with fake_hub.running() as hub:
        hub.add("model", "someone/llama", {path.name: path.read_bytes() for path in folder.iterdir()}, gated=True)
        hub.add("dataset", "someone/boats", {"train.jsonl": fake_hub.as_jsonl(ROWS)})
        yield hub


@pytest.fixture
def workflow(copy, hub):
    """A copy of the workflow whose second experiment takes its model and questions from the hub."""
    overlay = {
        "datasets": {"boats": [{"hub": "someone/gone", "revision": "main", "split": "train"},
                               {"hub": "someone/boats", "revision": "main", "split": "train"}]},
        "models": {"tiny": {"places": [{"hub": "someone/llama", "revision": "main"}]}},
        "sources": {"boats_train": {**FIELDS, "size": 70}, "boats_validation": {**FIELDS, "skip": 70, "size": 10},
                    "boats_benchmark": {**FIELDS, "skip": 80, "size": 10}},
        "experiments": {"maths": {
            "base": "tiny",
            "questions": {split: f"boats_{split}" for split in ("validation", "benchmark")},
            "data": {"own_pairs": {"questions": "boats_train", "sampling": {"max_tokens": 8}, "size": 70}},
            "solve": {"max_tokens": 8},
        }},
    }  # fmt: skip
    (copy / "hub.yaml").write_text(yaml.safe_dump(overlay))

    def run(*arguments, ok=True, **environment):
        about = {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HOME": str(copy / "home"), **environment}
        return snakemake(copy, *arguments, "--cores", "2", "--configfile", "hub.yaml", ok=ok, **about)

    return run


def test_what_is_fetched_is_used_offline_and_the_token_is_kept_secret(workflow, copy, hub):
    text = workflow("data/datasets/boats.jsonl", "data/models/tiny", HF_TOKEN=hub.token)
    origin = json.loads((copy / "data/datasets/boats.json").read_text())
    assert (origin["place"]["hub"], origin["rows"]) == ("someone/boats", 90)
    assert origin["passed_over"][0].startswith("someone/gone: the hub shows no such dataset")
    assert json.loads((copy / "data/models/tiny.json").read_text())["place"]["hub"] == "someone/llama"
    seen = len(hub.seen)
    text += workflow(LENGTHS)
    assert len(hub.seen) == seen
    questions = (copy / "results/mini/questions/boats_train.jsonl").read_text().splitlines()
    assert [json.loads(questions[0])[key] for key in ("question", "reference")] == [ROWS[0]["question"], "1"]
    assert "Nothing to be done" in workflow("-n", LENGTHS)
    assert hub.token in hub.tokens
    assert hub.token not in text
    for path in copy.rglob("*"):
        assert not path.is_file() or hub.token.encode() not in path.read_bytes(), path


def test_a_licence_that_was_not_accepted_ends_the_job_in_one_line(workflow, copy):
    text = workflow("data/models/tiny", ok=False, HF_TOKEN="hf_of_somebody_else")
    assert "error: someone/llama: accept its licence at https://huggingface.co/someone/llama and set HF_TOKEN" in text
    assert "Traceback" not in text
    assert "hf_of_somebody_else" not in text
    assert not (copy / "data/models/tiny").exists()


def test_offline_the_plan_stands_and_the_download_says_what_to_do(workflow):
    assert jobs(workflow("-n", LENGTHS, HF_HUB_OFFLINE="1"))["fetch_model"] == 1
    text = workflow("data/models/tiny", ok=False, HF_HUB_OFFLINE="1")
    assert "error: someone/llama: it is not fetched yet, and HF_HUB_OFFLINE is set" in text


def test_what_information_asks_and_what_a_model_is_trained_from_is_fetched_too(copy, workflow):
    overlay = yaml.safe_load((copy / "hub.yaml").read_text())
    del overlay["experiments"]["maths"]
    sampling = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 8, "seed": 1}
    asked = {"questions": "boats_train", "constitutions": 2, "sampling": sampling}
    overlay["experiments"]["multitask"] = {"information": asked}
    overlay["models"]["weak"] = {"parent": "tiny"}
    (copy / "hub.yaml").write_text(yaml.safe_dump(overlay))
    planned = jobs(workflow("-n", "fetch"))
    assert (planned["fetch_model"], planned["fetch_dataset"]) == (1, 1)


def test_the_base_of_an_adapter_is_fetched_and_found_again(copy, workflow, hub):
    """The adapter was trained elsewhere, and names its base as the hub does."""
    from peft import LoraConfig, get_peft_model

    lora = LoraConfig(target_modules=["q_proj"], r=2, task_type="CAUSAL_LM")
    get_peft_model(tiny_model(context=512), lora).save_pretrained(copy / "adapter")
    tiny_tokenizer().save_pretrained(copy / "adapter")
    path = copy / "adapter/adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": "someone/llama"}))
    overlay = yaml.safe_load((copy / "hub.yaml").read_text())
    overlay["models"]["mine"] = {"path": "adapter"}
    overlay["experiments"]["maths"] |= {"base": "mine"}
    (copy / "hub.yaml").write_text(yaml.safe_dump(overlay))
    assert jobs(workflow("-n", "fetch"))["fetch_model"] == 1
    targets = [generations := "results/mini/generations/maths/own_pairs.jsonl", LENGTHS]
    planned = jobs(workflow("-n", *targets))
    assert (planned["fetch_model"], planned["lengths"], planned["generate"]) == (1, 1, 1)
    workflow(*targets, HF_TOKEN=hub.token)
    assert (copy / generations).read_text().count("\n") == 140
    assert "Nothing to be done" in workflow("-n", *targets)
    overlay["models"]["tiny"]["places"][0]["hub"] = "someone/else"
    (copy / "hub.yaml").write_text(yaml.safe_dump(overlay))
    told = workflow("-n", *targets, ok=False)
    assert "models.mine.path: adapter/adapter_config.json: base_model_name_or_path: 'someone/llama' is no" in told
