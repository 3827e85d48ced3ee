"""The paper's configuration: its whole plan without network, GPU or keys, and what is fetched for it."""

import csv
import json
import os
import re
import shlex
import time
from collections import Counter

import pytest
import yaml

from calls import jobs, snakemake
from copies import copy_workflow
from given_model import given_model
from mialign.config import loading
from mialign.core.errors import InputError

PAPER = ("--configfile", "config/full_size.yaml")
BARE = {"HF_HUB_OFFLINE": "1", "HF_TOKEN": "", "OPENAI_API_KEY": "", "CUDA_VISIBLE_DEVICES": ""}
DATASETS = {"math", "roleplay", "coding", "posts", "electrical", "gsm_hard", "livebench", "wildchat", "mt_bench"}
DATASETS |= {"gsm8k_train", "gsm8k_test"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Counter, float]:
    """The plan of the whole paper, and the seconds that it took."""
    folder, start = copy_workflow(tmp_path_factory.mktemp("whole")), time.monotonic()
    return jobs(snakemake(folder, "-n", *PAPER, **BARE)), time.monotonic() - start


def test_the_whole_paper_is_planned_at_once_without_network_gpu_or_keys(whole):
    found, seconds = whole
    assert seconds < 10
    assert (found["fetch_dataset"], found["fetch_model"], found["questions"]) == (11, 3, 14)
    assert found["model"] == found["corpus"] == found["collapse"] == found["fetch_authors_file"] == 0
    assert (found["generate"], found["pairs"], found["train"], found["judge"]) == (2, 2, 10, 6)
    assert found["numbers"] == 1


def test_what_nobody_knows_is_marked_as_assumed(root):
    """Of the first experiment's training only the other's settings are known, and of its evaluation no stop phrases."""
    text = (root / "config/full_size.yaml").read_text()
    training = text[text.index("    training:") : text.index("      validate_every:")]
    settings = [
        line for line in training.splitlines()[1:] if not any(mark in line for mark in ("(assumed)", "null", "# ours"))
    ]
    assert len(settings) == 6
    assert all("(code), as far as it was the same" in line for line in settings)
    (line,) = re.findall(r"^    respond: .*", text, re.M)
    assert line.endswith("# (code); stop: (assumed)")


def test_the_dose_is_that_of_the_released_checkpoints(read_config):
    """Examples seen of SFT and DPO as their names say, and SAMI's 64 grids on each GPU of the job scripts."""
    multitask, maths = (
        loading.load(read_config("config/full_size.yaml"))["experiments"][e] for e in ("multitask", "maths")
    )
    methods = {**multitask["methods"], **{f"maths {name}": one for name, one in maths["methods"].items()}}
    seen = {name: one["steps"] * one["batch"] for name, one in methods.items()}
    assert (seen["sft"], seen["dpo"], seen["maths sft"]) == (2688, 11520, 1152)
    assert seen["sami"] == seen["dpo"] == multitask["data"]["strong_pairs"]["size"]
    assert seen["sft_more"] == seen["sft_all"] == methods["sami"]["choose"] * methods["sami"]["batch"]
    assert seen["maths sami"] == seen["maths sft_more"] == seen["maths sft_all"] == 4000 // 128 * 128
    assert (methods["sami"]["batch"], methods["maths sami"]["batch"]) == (4 * 64, 2 * 64)
    dose = ("batch", "learning_rate", "optimizer", "warmup", "schedule", "clip", "max_length")
    trained_on = {name: one["train_on"] for name, one in methods.items() if one["objective"] == "sft"}
    assert trained_on == {
        f"{of}{name}": on
        for of in ("", "maths ")
        for name, on in (("sft", "positives"), ("sft_more", "positives"), ("sft_all", "all"))
    }
    for name in ("sft", "sft_more", "sft_all", "dpo", "maths sft", "maths sft_more", "maths sft_all"):
        assert tuple(methods[name][key] for key in dose) == (64, 5e-7, "rmsprop", 150, "constant", 10.0, 512)
        assert methods[name]["weights"] == "float32"
    for name in ("sami", "maths sami", "maths sft_sami"):
        assert methods[name]["warmup"] == 0
        assert methods[name]["weights"] == "bf16"
        assert "max_length" not in methods[name]


def test_fetch_does_the_downloads_and_nothing_else(copy):
    text = snakemake(copy, "-n", "-p", "fetch", *PAPER, **BARE)
    assert jobs(text) == Counter(fetch=1, fetch_dataset=11, fetch_model=3)
    outputs = set(re.findall(r"data/(?:datasets/\w+\.jsonl|models/\w+)(?= )", text))
    assert outputs >= {f"data/datasets/{name}.jsonl" for name in DATASETS}
    assert outputs >= {f"data/models/{name}" for name in ("llama", "llama_instruct", "mistral")}


def test_the_model_of_a_judge_by_likelihood_is_fetched_too(copy):
    judges = {"local": {"kind": "likelihood", "model": "weigher"}}
    overlay = {"models": {"weigher": {"places": [{"hub": "some/model", "revision": "0" * 40}]}}}
    overlay["experiments"] = {"multitask": {"judges": judges}}
    (copy / "more.yaml").write_text(yaml.safe_dump(overlay))
    assert jobs(snakemake(copy, "-n", "fetch", *PAPER, "more.yaml", **BARE))["fetch_model"] == 4
    refused = snakemake(copy, "cost", "--cores", "1", *PAPER, "more.yaml", ok=False, **BARE)
    assert "below its line 'parameters:' put '  some/model: NUMBER'" in refused


def test_the_weights_of_a_model_on_disk_are_counted_for_its_cost(copy):
    given_model(copy / "mine")
    overlay = {"models": {"mine": {"path": "mine"}}, "experiments": {"multitask": {"base": "mine"}}}
    (copy / "more.yaml").write_text(yaml.safe_dump(overlay))
    assert '"counted": {"mine": 6}' in snakemake(copy, "-n", "-p", "cost", *PAPER, "more.yaml", **BARE)


def test_what_it_will_cost_is_known_before(copy):
    snakemake(copy, "cost", "--cores", "1", *PAPER, **BARE)
    rows = list(csv.DictReader((copy / "results/full_size/cost.csv").open()))
    assert [row["stage"] for row in rows][0 :: len(rows) - 1] == ["fetch_model", "total"]
    assert float(rows[-1]["gpu_hours"]) > 10
    # six comparisons x 80 questions x two axes x two orders, at the assumed lengths and the stated price
    assert [float(row["judge_dollars"]) for row in rows if row["stage"] == "judge"] == [6.82]
    assert sorted(path.name for path in (copy / "results/full_size").iterdir()) == [".lock", "cost.csv", "logs"]


def test_the_authors_materials_replace_ours_by_a_switch(copy, whole):
    multitask = {"prompts": "authors"}
    maths = {"prompts": "authors", "data": {"own_pairs": {"from": "authors"}}}
    (copy / "authors.yaml").write_text(
        yaml.safe_dump({"experiments": {"multitask": multitask, "maths": maths}, "authors": {"folder": "their/copy"}})
    )
    plain, _ = whole
    text = snakemake(copy, "-n", "-p", *PAPER, "authors.yaml", **BARE)
    found = jobs(text)
    assert found - plain == Counter(
        authors_pairs=1, authors_prompts=2, fetch_authors_file=5, table=1
    )  # findings in their principles
    assert plain - found == Counter(generate=1, pairs=1, questions=1, prompts=1)
    options = [shlex.split(line) for line in re.findall(r"python workflow/run\.py prompts .*", text)]
    (reference,) = re.findall(r"python workflow/run\.py reference .*", text)
    assert " --max-length=512 " in reference  # as DPO reads the pairs
    assert len(options) == 5  # of pairs that are released there are no prompts to answer
    for words in options:
        experiment = json.loads(words[words.index("--settings") + 1])["experiment"]
        assert words[words.index("--templates") + 1] == f"results/full_size/authors/{experiment}/templates.json"
    fetching = re.findall(r"python workflow/run\.py fetch_authors_file .*", text)
    assert all("--folder their/copy" in line for line in fetching)


def test_the_authors_answers_are_judged_without_any_training(copy):
    """And their verdicts stand beside those of our judge."""
    comparisons = [["dpo", "sft"], ["sami", "sft"], ["sami", "dpo"]]
    multitask = {"responses": "authors", "comparisons": comparisons}
    (copy / "answers.yaml").write_text(yaml.safe_dump({"experiments": {"multitask": multitask}}))
    targets = ["results/full_size/figures/figure1.pdf", "results/full_size/tables/agreement.csv"]
    text = snakemake(copy, "-n", "-p", *PAPER, "answers.yaml", "--", *targets, **BARE)
    assert jobs(text) == Counter(
        fetch_authors_file=5, fetch_dataset=1, questions=1, prompts=1, authors_responses=3, authors_verdicts=2,
        score=3, judge=3, metrics=2, figure=1, table=1,
    )  # fmt: skip
    commands = [
        shlex.split(line) for line in re.findall(r"python workflow/run\.py authors_(?:responses|verdicts) .*", text)
    ]
    found = {
        words[words.index("--out") + 1].removeprefix("results/full_size/"): (
            words[words.index("--answers") + 1].rpartition("/")[2].partition("-")[0].partition("_")[0],
            words[words.index("--verdicts") + 1].rpartition("/")[2].partition("_")[0].partition("-")[0],
            words[words.index("--side") + 1] if "--side" in words else None,
        )
        for words in commands
    }
    assert found == {
        "responses/multitask/sft/seed42.jsonl": ("SFT", "DPO", "baseline"),
        "responses/multitask/dpo/seed42.jsonl": ("DPO", "DPO", "test"),
        "responses/multitask/sami/seed42.jsonl": ("SAMI", "SAMI", "test"),
        "verdicts/multitask.authors/dpo-vs-sft/seed42.jsonl": ("SFT", "DPO", None),
        "verdicts/multitask.authors/sami-vs-sft/seed42.jsonl": ("SFT", "SAMI", None),
    }
    assert jobs(snakemake(copy, "-n", "fetch", *PAPER, "answers.yaml", **BARE))["fetch_authors_file"] == 5


def test_the_authors_judge_is_replayed_on_their_answers(copy):
    """Without any training, by the overlay that is there for it; a judge asks once on either axis."""
    overlays = [*PAPER, "config/replay.yaml"]
    targets = [f"results/replay/tables/{table}.csv" for table in ("win_rates", "agreement", "findings_released")]
    text = snakemake(copy, "-n", "-p", *overlays, "--", *targets, **BARE)
    assert jobs(text) == Counter(
        fetch_authors_file=9, fetch_dataset=1, questions=1, prompts=1, authors_prompts=1, authors_judge=1,
        authors_responses=3, authors_verdicts=2, score=3, judge=3, metrics=2, table=3,
    )  # fmt: skip
    commands = [shlex.split(line) for line in re.findall(r"python workflow/run\.py judge .*", text)]
    settings = {"kind": "openai", "compat": "authors", "model": "gpt-4o-2024-08-06"}
    settings |= {"temperature": 0.0, "top_p": 0.9, "max_tokens": 200}
    for words in commands:
        assert words[words.index("--prompt-template") + 1] == "results/replay/authors/multitask/judge.json"
        assert json.loads(words[words.index("--settings") + 1]) == settings
    (made,) = re.findall(r"python workflow/run\.py authors_judge .*", text)
    words = shlex.split(made)
    for option, path in (("grading", "prompts.py"), ("free", "mt_bench/prompts.py"), ("evaluation", "evaluate.py")):
        assert words[words.index(f"--{option}") + 1] == f"data/authors/experiments/mt_bench/{path}"


def released(**changes) -> dict:
    return {"experiments": {"multitask": {"responses": "authors", **changes}}}


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"sources": {"math_train": {"dataset": "maths"}}},
         "sources.math_train.dataset: there is no dataset 'maths'; did you mean 'math'?"),
        ({"sources": {"math_train": {"file": "x.jsonl"}}}, "sources.math_train: file and dataset do not go together"),
        ({"sources": {"math_train": {"size": 3}}}, "sources.math_train: size and at_most do not go together"),
        ({"datasets": {"math": [{"hub": "a/b", "split": "train"}]}}, "datasets.math[0].revision: the key is missing"),
        ({"datasets": {"mt_bench": [{"url": "https://a.org/b"}]}}, "datasets.mt_bench[0].sha256: the key is missing"),
        ({"datasets": {"mt_bench": [{"url": "file:///etc/passwd", "sha256": "0" * 64}]}},
         "datasets.mt_bench[0].url: 'file:///etc/passwd' is not an address that begins with https://"),
        ({"datasets": {"mt_bench": [{"url": "https://a.org/b", "sha256": "12"}]}},
         "'12' is not a sha256, 64 of the digits"),
        ({"models": {"llama": {"places": [{"hub": "a/b"}]}}}, "models.llama.places[0].revision: the key is missing"),
        ({"models": {"llama": {"places": [{"hub": "llama", "revision": "main"}]}}},
         "models.llama.places[0].hub: 'llama' is not a repository of the hub, owner/name"),
        ({"experiments": {"multitask": {"data": {"strong_pairs": {"from": "authors"}}}}},
         "experiments.multitask.data.strong_pairs.from: the authors released"),
        ({"seeds": [1, 2], **released()}, "multitask.responses: of the authors' answers there is one each"),
        (released(respond={"temperatures": [0.0, 1.0]}),
         "multitask.responses: the authors' answers are of temperature 0"),
        (released(judges={"exact": {"kind": "checkers"}}), "multitask.responses: checkers cannot judge"),
        (released(judges={"authors": {"kind": "likelihood", "model": "llama"}}), "their verdicts stand under"),
        ({"sources": {"tiny": {"synthetic": "multitask", "split": "benchmark", "size": 80, "seed": 1}},
          **released(questions={"benchmark": "tiny"})}, "multitask.responses: the authors' answers are to MT-Bench"),
        ({"experiments": {"maths": {"responses": "authors"}}},
         "maths.responses: the authors' answers are to MT-Bench"),
        ({"experiments": {"multitask": {"generation_template": "{question}"}}},
         "experiments.multitask.generation_template: the field {constitution} is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_before_any_job(read_config, overlay, message):
    settings = read_config("config/full_size.yaml", overlay)
    with pytest.raises(InputError, match=re.escape(message)):
        loading.load(settings)


def test_a_changed_revision_is_fetched_again_and_what_hangs_on_it_made_anew(copy):
    """With stages that only write their files."""
    (copy / "workflow/run.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        "for flag in {'--out', '--origin'} & set(sys.argv):\n"
        "    path = Path(sys.argv[sys.argv.index(flag) + 1])\n"
        "    path.parent.mkdir(parents=True, exist_ok=True)\n"
        "    path.write_text('written') if path.suffix else (path.mkdir(), (path / 'config.json').write_text('{}'))\n"
    )
    targets = ["results/full_size/prompts/maths/lengths.csv", "results/full_size/generations/maths/own_pairs.jsonl"]
    snakemake(copy, "--cores", "2", *PAPER, "--", *targets, **BARE)
    assert "Nothing to be done" in snakemake(copy, "-n", *PAPER, "--", *targets, **BARE)
    overlay = {"models": {"mistral": {"places": [{"hub": "mistralai/Mistral-7B-v0.1", "revision": "main"}]}}}
    (copy / "other.yaml").write_text(yaml.safe_dump(overlay))
    again = jobs(snakemake(copy, "-n", *PAPER, "other.yaml", "--", *targets, **BARE))
    assert again == Counter(fetch_model=1, lengths=1, generate=1)
    (copy / "other.yaml").write_text(yaml.safe_dump({"datasets": {"gsm8k_test": [{"folder": "x", "split": "test"}]}}))
    again = jobs(snakemake(copy, "-n", *PAPER, "other.yaml", "--", *targets, **BARE))
    assert again == Counter(fetch_dataset=1, questions=1, prompts=1, lengths=1)


def test_stages_that_do_not_fetch_are_offline(root, monkeypatch):
    import run

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    for stage, expected in (("score", "1"), ("fetch_model", None)):
        monkeypatch.setattr(run, "die_with_parent", lambda: None)
        monkeypatch.setattr(run.sys, "argv", ["run.py", stage, "--help"])
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        with pytest.raises(SystemExit):
            run.main()
        assert os.environ.get("HF_HUB_OFFLINE") == expected


def test_on_a_cluster_a_training_asks_for_all_its_gpus(copy):
    planned = snakemake(copy, "-n", "-p", "--executor", "slurm", "--jobs", "5", *PAPER, **BARE)
    asked = re.findall(r"^rule train:$(?:\n    .*)*?\n    resources: (.*)", planned, re.MULTILINE)
    assert asked
    assert all("gpu=4," in one for one in asked)
