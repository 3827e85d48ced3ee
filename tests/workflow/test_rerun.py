"""What runs again, who may write where, and what is shown, with stages that only write their files."""

import fcntl
import json
import struct
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from calls import jobs, snakemake
from given_model import given_model

STUB = """
FAILING = ["corpus"]
import sys
from pathlib import Path

if sys.argv[1] in FAILING:
    sys.exit("error: no paper left to write it on")
for flag in {"--out", "--curve", "--table", "--examples"} & set(sys.argv):
    path = Path(sys.argv[sys.argv.index(flag) + 1])
    if not path.suffix:
        path.mkdir(parents=True)
        path = path / "model"
    path.write_text("written")
    if sys.argv[1] == "figure":
        path.with_suffix(".png").write_text("drawn")
    if flag == "--curve":
        path.with_suffix(".jsonl").write_text("drawn")
"""
HEADER = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
RUN = "results/mini"


def edit(folder, **keys):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for way, value in keys.items():
        *outer, last = way.split("__")
        block = config
        for key in outer:
            block = block[key]
        block[last] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


@pytest.fixture
def stubbed(copy) -> Path:
    """A workflow whose stages only write their files, and whose models lie on disk."""
    (copy / "workflow/run.py").write_text(STUB)
    with (copy / "workflow/stages.py").open("a") as stages:
        stages.write("\nGAINING = MODULES = ()\n")  # so that nothing is imported for them
    for name in ("weak", "strong"):
        folder = given_model(copy / "disk" / name)
        (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(HEADER)) + HEADER + bytes(4))
    edit(copy, models__weak={"path": "disk/weak"}, models__strong={"path": "disk/strong"})
    return copy


def made(*methods):
    """Answers of methods of the first experiment, and with them all that goes before."""
    return [f"{RUN}/responses/multitask/{method}/seed1.jsonl" for method in methods]


def test_a_model_on_disk_that_is_changed_in_place_reruns_what_reads_it(stubbed):
    targets = [*made("base", "sft", "dpo"), f"{RUN}/training/collapse/kl.csv"]
    snakemake(stubbed, "--cores", "2", *targets)
    assert "Nothing to be done" in snakemake(stubbed, "-n", *targets)
    (stubbed / "disk/weak/model.safetensors").write_bytes(struct.pack("<Q", len(HEADER)) + HEADER + b"four")
    again = jobs(snakemake(stubbed, "-n", *targets))
    assert again == Counter(lengths=1, reference=1, train=2, collapse=1, respond=3)
    snakemake(stubbed, "--cores", "2", *targets)
    given_model(stubbed / "disk/strong", weights=False, hidden_size=64)
    again = jobs(snakemake(stubbed, "-n", *targets))
    assert again == Counter(lengths=1, generate=1, pairs=1, reference=1, train=2, collapse=1, respond=3)


def test_another_benchmark_question_is_measured_and_answered_but_trains_nothing(stubbed):
    snakemake(stubbed, "--cores", "2", *made("base", "sft"))
    edit(stubbed, sources__multitask_benchmark__seed=99)
    assert jobs(snakemake(stubbed, "-n", *made("base", "sft"))) == Counter(questions=1, prompts=1, lengths=1, respond=2)
    edit(stubbed, experiments__multitask__methods__sft__learning_rate=0.5)
    assert jobs(snakemake(stubbed, "-n", *made("base", "sft")))["train"] == 1


def test_settings_longer_than_a_command_may_be_decide_what_runs_again(stubbed):
    """And a file of settings that is gone is written again before it is read."""
    phrases = [f"a phrase that nobody may use, number {number}" for number in range(4000)]
    edit(stubbed, experiments__multitask__data__strong_pairs__filters__forbidden=phrases)
    pairs = f"{RUN}/pairs/multitask/strong_pairs.jsonl"
    snakemake(stubbed, "--cores", "2", pairs)
    (file,) = (stubbed / RUN / "settings").iterdir()
    assert json.loads(file.read_text())["filters"]["forbidden"] == phrases
    file.unlink()
    assert "Nothing to be done" in snakemake(stubbed, "-n", pairs)
    edit(stubbed, experiments__multitask__data__strong_pairs__filters__forbidden=[*phrases[:-1], "another"])
    assert jobs(snakemake(stubbed, "-n", pairs)) == Counter(pairs=1)
    snakemake(stubbed, "--cores", "2", pairs)
    assert "Nothing to be done" in snakemake(stubbed, "-n", pairs)


def test_long_settings_of_a_model_are_the_same_for_every_run_that_takes_it(stubbed):
    (stubbed / "workflow/run.py").write_text(STUB.replace("corpus", "none"))
    template = "Be brief. " * 6000 + "{constitution}\n{question}{opening}"
    edit(stubbed, experiments__maths__template=template, models_run="mini")
    corpus = f"{RUN}/corpora/trunk.jsonl"
    snakemake(stubbed, "--cores", "1", corpus)
    assert (stubbed / RUN / "settings").exists()
    assert "Nothing to be done" in snakemake(stubbed, "-n", corpus, "--config", "run=other")


def test_a_prompt_that_does_not_fit_is_known_before_anything_is_generated_or_trained(stubbed):
    (stubbed / "workflow/run.py").write_text(STUB.replace("corpus", "lengths"))
    snakemake(stubbed, "--cores", "1", *made("sft", "sft_more"), f"{RUN}/solutions/maths/sft/seed1.jsonl", ok=False)
    assert (stubbed / RUN / "prompts").exists()
    assert not (stubbed / RUN / "generations").exists()
    assert not (stubbed / RUN / "checkpoints").exists()


def test_only_the_folders_that_are_written_to_are_locked(stubbed):
    (stubbed / RUN).mkdir(parents=True)
    with (stubbed / RUN / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        snakemake(stubbed, "--cores", "2", "published")
        text = snakemake(stubbed, "--cores", "2", *made("base"), ok=False)
        assert f"Another workflow writes to {RUN}." in text
        assert "Traceback" not in text
        assert not (stubbed / RUN / "questions").exists()
    snakemake(stubbed, "--cores", "2", *made("base"))


def test_jobs_are_chosen_when_one_ends_and_not_again_each_second(stubbed):
    """Snakemake's limit of jobs a second has it choose more and more often."""
    (stubbed / "workflow/run.py").write_text(f"{STUB}\nimport time\ntime.sleep(1.6)\n")
    text = snakemake(stubbed, "--cores", "1", "--verbose", "published")
    assert jobs(text) == {"published_figure": 3, "published": 1}
    assert 4 <= text.count("Ready jobs: ") <= 6


def test_a_warm_process_is_there_for_those_that_gain_and_goes_with_the_workflow(stubbed):
    (stubbed / "workflow/run.py").write_text(
        f"{STUB}\nimport os\nprint(os.environ.get('WORKFLOW_WARM'), file=open('warm', 'a'))\n"
    )

    def addresses(*targets, **more) -> set[str]:
        """Where the jobs of a call were told that it is."""
        (stubbed / "warm").write_text("")
        snakemake(stubbed, "--cores", "2", *targets, **more)
        return set((stubbed / "warm").read_text().splitlines())

    assert addresses(f"{RUN}/questions/maths_train.jsonl") == {"None"}
    (address,) = addresses(*made("sft", "sft_more", "dpo", "sami"))
    until = time.monotonic() + 10
    while Path(address).parent.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert address.endswith("/socket")
    assert addresses("--forcerun", "respond", "--", *made("base", "sft")) == {"None"}
    assert addresses("--forcerun", "respond", "--", *made("sft", "sft_more", "dpo", "sami"), WORKFLOW_WARM="") == {""}


def test_the_workflow_can_be_called_from_any_folder(stubbed, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "more.yaml").write_text("run: other")
    target = "results/other/questions/maths_train.jsonl"
    command = [target, "-s", str(stubbed / "Snakefile"), "--cores", "1", "--configfile", "more.yaml"]
    snakemake(elsewhere, *command)
    assert (stubbed / target).exists()
    assert [path.name for path in elsewhere.iterdir() if path.name != ".snakemake"] == ["more.yaml"]


def test_the_brief_messages_are_one_line_a_job_and_errors_without_their_commands(stubbed):
    def brief(*arguments, ok=True):
        return snakemake(stubbed, "--logger", "brief", *arguments, ok=ok, PYTHONPATH="workflow/loggers")

    lines = brief("--cores", "1", *made("base")).splitlines()
    assert sum(" done: " in line for line in lines) == 8
    assert lines[-1].endswith("8 of 8 done: respond multitask base 1")
    assert len(lines) < 14
    corpus = f"{RUN}/corpora/trunk.jsonl"
    text = brief("--cores", "1", corpus, ok=False)
    assert "no paper left" in text
    assert "Error in rule corpus" in text
    assert f"log: {RUN}/logs/corpus/trunk.log" in text
    assert "The command returned non-zero exit status 1." in text
    assert "--settings" not in text
    (stubbed / "workflow/run.py").write_text(STUB.replace("sys.exit(", "sys.exit(2) or ("))
    refused = brief("--cores", "1", corpus, ok=False)
    assert "Error in rule corpus" in refused
    assert "exit status" not in refused
    assert "--settings" in brief("--cores", "1", "-p", corpus, ok=False)
    assert "Job stats:" in brief("-n", corpus)
