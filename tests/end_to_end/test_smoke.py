"""The whole paper at its smallest, run for real: once undisturbed, once killed on the way."""

import contextlib
import csv
import json
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import yaml

from calls import environment
from copies import ROOT, copy_workflow, lay_over, made
from mialign.audit import comparison, lookup
from mialign.audit.lineage import Lineage
from mialign.audit.origins import origins_of
from mialign.config import loading
from mialign.core.files import read_jsonl
from mialign.models import checkpoints
from mialign.paper.macros import foreseen
from recomputed import recompute

RUN = "results/smoke"
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile"]
COMMAND = [*SNAKEMAKE, "config/smoke.yaml"]
NEIGHBOURS = [*SNAKEMAKE, "config/neighbours.yaml", "config/neighbours_smoke.yaml"]
TEX = shutil.which("latexmk") is not None


def run(folder: Path, *arguments: str, command: list[str] = COMMAND) -> str:
    done = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=1500, env=environment()
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def smoke(tmp_path_factory) -> Path:
    folder = copy_workflow(tmp_path_factory.mktemp("smoke"))
    start = time.monotonic()
    run(folder)
    print(f"\nsmoke: {time.monotonic() - start:.0f} s")
    return folder


def table(folder: Path, name: str) -> list[dict]:
    with (folder / RUN / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_everything_is_there(smoke):
    found = made(smoke / RUN)
    for name in ("figure1", "figure2", "figure3", "collapse", "training", "overall", "qualities", "formats"):
        assert f"figures/{name}.pdf" in found
        assert f"figures/{name}.png" in found
    for name in ("comparisons", "qualities", "accuracy", "training"):
        assert table(smoke, f"metrics/{name}.csv")
    assert ("paper.pdf" in found) is TEX


def test_the_names_of_all_numbers_were_known_before(smoke):
    """So that two which would share one are refused before any job."""
    settings = {}
    for name in ("config.yaml", "config/smoke.yaml"):
        lay_over(settings, yaml.safe_load((smoke / name).read_text(encoding="utf-8")))
    categories = yaml.safe_load((smoke / settings["principles"]).read_text(encoding="utf-8"))["categories"]
    known = {number.name for number in foreseen.numbers(loading.load(settings), categories)}
    found = {row["name"] for row in table(smoke, "paper/numbers.csv")}
    assert {name for name in found if not name.startswith("published")} <= known


def test_what_gains_was_forked_from_a_process_that_has_torch(smoke):
    """By the memory that it shares with it: a figure takes 100 MiB alone, and a score 25."""

    def memory(job: str) -> float:
        with (smoke / RUN / f"logs/{job}.tsv").open(encoding="utf-8") as stream:
            return float(next(csv.DictReader(stream, delimiter="\t"))["memory_mib"])

    assert memory("figure/collapse") > 250
    assert memory("score/multitask.sft.seed1") < 100


def printed(text: str) -> float | None:
    """The first number of a macro's text; None of a word such as above."""
    found = re.search(r"-?[0-9.,]+", text.replace("$-$", "-"))
    return float(found[0].replace(",", "")) if found else None


def test_forty_numbers_are_counted_anew_from_the_files_that_why_names(smoke):
    lineage = Lineage(smoke / RUN)
    origins = origins_of(lineage)
    tables = ("metrics/comparisons.csv: ", "metrics/qualities.csv: ", "metrics/accuracy.csv: ")
    known = [
        row["name"]
        for row in table(smoke, "paper/numbers.csv")
        # of one row, and not of how many there are, or which is the best
        if row["origin"].startswith(tables) and "," not in row["origin"] and len(origins.find(row["origin"])[1]) == 1
    ]
    for name in Random(40).sample(known, 40):
        target = lookup.find(lineage, name)
        (row,) = target.rows
        files = [one["file"] for one in lookup.counts(lineage, target)]
        value, n = recompute(row, {file: read_jsonl(smoke / RUN / file) for file in files})
        assert n == row["n"], (name, files)
        assert row["value"] is None if math.isnan(value) else row["value"] == pytest.approx(value, abs=6e-5), name
        cells = [cell for cell in (row["value"], row["low"], row["high"], row["n"]) if cell is not None]
        shown = printed(target.text)
        assert shown is None or min(abs(shown - cell) for cell in cells) <= 0.0501, (name, target.text)


def why(folder: Path, *words: str) -> str:
    """What the command says, of a results folder alone."""
    command = [sys.executable, ROOT / "workflow/run.py", "why", *words, "--results", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_number_of_a_copied_folder_leads_back_to_questions_models_and_corpora(smoke, tmp_path):
    copy = shutil.copytree(smoke / RUN, tmp_path / "copy", ignore=shutil.ignore_patterns("scratch"))
    found = json.loads(why(copy, "winMultitaskSamiSftRate", "--json"))
    stages = Counter(job["stage"] for job in found["jobs"])
    assert stages["judge"] == 1
    assert {"metrics", "respond", "train", "pairs", "generate", "prompts", "questions", "model", "corpus"} <= {*stages}
    assert {one["file"] for one in found["given"]} == {
        "config/principles.yaml",
        "workflow/resources/architectures.yaml",
    }
    assert {state for job in found["jobs"] for state in job["states"].values()} == {"same"}
    assert not any(job["changed_since_read"] for job in found["jobs"])
    for job in found["jobs"]:
        assert len(job["code"]["digest"]) == 16
    assert "It was made by these jobs" in why(copy, "figures/figure1.pdf")


def test_why_needs_two_seconds_at_most(smoke):
    """Of work: what else runs on the machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    why(smoke / RUN, "winMultitaskSamiSftRate")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_each_answer_names_the_checkpoint_that_wrote_it(smoke):
    trained = sorted((smoke / RUN / "checkpoints").glob("*/*/seed*"))
    assert len(trained) > 8
    for folder in trained:
        name = folder.relative_to(smoke / RUN / "checkpoints")
        written = [smoke / RUN / stage / f"{name}.jsonl" for stage in ("responses", "attempts")]
        (path,) = filter(Path.is_file, written)
        assert {record["writer"] for record in read_jsonl(path)} == {checkpoints.digest(folder)}


def test_every_result_has_a_job_that_noted_it(smoke):
    lineage = Lineage(smoke / RUN)
    names = [name for name in made(smoke / RUN) if not name.endswith(".snakemake_timestamp")]
    assert len(names) > 100
    assert [name for name in names if lineage.maker(f"{RUN}/{name}") is None] == []


def test_the_audit_of_a_run_names_a_changed_byte_and_the_numbers_that_depend_on_it(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "copy")
    run(folder, "--", "audit")
    verify = [sys.executable, "workflow/run.py", "verify", RUN]
    done = subprocess.run(verify, cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "Every file is as the manifest and the jobs say.\n"), done.stderr
    path = folder / RUN / "responses/multitask/sami/seed1.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("e", "a", 1), encoding="utf-8")
    done = subprocess.run([*verify, "--json"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    (found,) = json.loads(done.stdout)["differ"]
    assert (found["file"], found["is"]) == ("responses/multitask/sami/seed1.jsonl", "changed")
    assert "figure1" in found["figures"]
    assert {"winMultitaskSamiSftRate", "winMultitaskSamiSft"} <= set(found["numbers"])
    assert not any(name.startswith(("winMultitaskDpoSft", "accuracyMaths")) for name in found["numbers"])


def test_a_second_run_has_nothing_to_do(smoke):
    assert "Nothing to be done" in run(smoke)


def test_the_control_has_had_the_steps_and_tokens_of_what_it_controls(smoke):
    for experiment, pair in (("multitask", ("sft_all", "sami")), ("maths", ("sft_all", "sft_sami"))):
        seen = [
            {row["metric"]: row["value"] for row in table(smoke, f"training/{experiment}/{method}/seed1.csv")}
            for method in pair
        ]
        assert seen[0]["response_tokens"] == seen[1]["response_tokens"]
        assert seen[0]["questions"] == seen[1]["questions"]


def label(folder: Path, experiment: str, method: str) -> str:
    """How the tables call a method."""
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    given = config["experiments"][experiment]["methods"].get(method, {})
    return given.get("label") or (method if method == "base" else method.upper())


def estimate(row: dict, sign: str = "") -> str:
    """`60.2 [58.3, 62.2]`, as it stands in a PDF."""
    value, low, high = (
        re.sub("^[+-](?=0.0$)", "", format(float(row[key]), f"{sign}.1f")) for key in ("value", "low", "high")
    )
    return f"{value} [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def rows_of_win_rates(folder: Path) -> list[str]:
    """The lines of the two tables of comparisons, as far as the win rate."""
    found: dict[tuple, dict] = {}
    for row in table(folder, "metrics/comparisons.csv"):
        if row["category"] == "all":
            about = tuple(row[key] for key in ("experiment", "method", "baseline", "axis", "temperature"))
            found.setdefault(about, {})[row["metric"]] = row
    return [
        " ".join(
            [
                f"{label(folder, experiment, method)} vs {label(folder, experiment, baseline)}",
                *(f"{float(metrics[count]['value']):,.0f}" for count in ("wins", "ties", "losses")),
                estimate(metrics["win_rate"]),
            ]
        )
        for (experiment, method, baseline, *_), metrics in found.items()
    ]


def rows_of_accuracy(folder: Path) -> list[str]:
    """The lines of the table of accuracy: greedy for one attempt, sampled for more; then the gains over the base."""
    found: dict[tuple, list] = {}
    for row in table(folder, "metrics/accuracy.csv"):
        usual = row["extractor"] == "strict" and (row["attempts"] == "1") == (row["temperature"] == "0.0")
        if usual and row["metric"] in ("accuracy", "difference_base"):
            found.setdefault((row["metric"], row["experiment"], row["method"]), []).append(row)
    return [
        " ".join([label(folder, *about), *(estimate(row, "" if metric == "accuracy" else "+") for row in rows)])
        for (metric, *about), rows in found.items()
    ]


@pytest.mark.skipif(not TEX, reason="no TeX on this machine, so the workflow makes no PDF")
def test_the_paper_holds_the_rows_of_the_tables(smoke):
    import pymupdf

    with pymupdf.open(smoke / RUN / "paper.pdf") as pdf:
        text = re.sub(r"\s+", " ", " ".join(page.get_text() for page in pdf))
    assert "??" not in text
    compared, solved = rows_of_win_rates(smoke), rows_of_accuracy(smoke)
    assert len(compared) >= 40  # ten comparisons, two judges, two temperatures
    assert len(solved) == 11  # six models, five gains
    for row, times in Counter(compared + solved).items():
        assert text.count(row) >= times, row


def test_the_report_can_be_made(smoke):
    run(smoke, "--report", "report.html")
    text = (smoke / "report.html").read_text(encoding="utf-8")
    assert "figure1" in text
    assert "win_rates" in text


@pytest.mark.skipif(not TEX, reason="no TeX on this machine, so the workflow makes no PDF")
def test_the_neighbours_take_the_base_models_and_are_a_chapter_of_the_paper(smoke, tmp_path):
    import pymupdf

    folder = shutil.copytree(smoke, tmp_path / "copy")
    run(folder, "--", "all", "everything", command=NEIGHBOURS)
    assert made(smoke / RUN / "models").items() <= made(folder / RUN / "models").items()
    for name in ("comparisons", "information", "accuracy", "degeneration", "strengths"):
        assert table(folder, f"../neighbours_smoke/metrics/{name}.csv")
    jobs = {row["stage"]: int(row["jobs"]) for row in table(folder, "../neighbours_smoke/times/stages.csv")}
    assert jobs["respond"] == len(list((folder / "results/neighbours_smoke/logs/respond").rglob("*.tsv")))
    assert jobs["model"] == len(list((folder / RUN / "logs/model").glob("*.tsv")))

    def has_chapters(name: str, *chapters: str) -> None:
        with pymupdf.open(folder / f"results/neighbours_smoke/{name}.pdf") as pdf:
            titles = [title for _, title, _ in pdf.get_toc()]
            text = " ".join(page.get_text() for page in pdf)
        assert [chapter for chapter in chapters if any(chapter in title for title in titles)] == list(chapters)
        assert "??" not in text
        assert "made no such" not in text

    has_chapters("paper", "Neighbours")
    has_chapters("everything", "Experiment 1", "Neighbours", "Limitations", "Further tables of the neighbours")
    run(folder, "--config", "document=methods", "--", "results/neighbours_smoke/paper.pdf", command=NEIGHBOURS)
    has_chapters("paper", "Experiment multitask", "Experiment preferences", "Experiment maths", "Settings")


def at_work_in(folder: Path) -> list[str]:
    """Processes whose working directory is the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += [process.name] if os.readlink(process / "cwd") == str(folder) else []
    return found


def kill_when(folder: Path, there: str, command: list[str] = COMMAND) -> None:
    """Kill -9 of the workflow alone, as the kernel or an impatient person does it: its jobs must go too."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    )
    until = time.monotonic() + 600
    while not list(folder.glob(there)):
        assert process.poll() is None, "the workflow ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_for_its_jobs(folder: Path) -> None:
    """A job that has just begun must first learn that its workflow was killed."""
    until = time.monotonic() + 10
    while jobs := at_work_in(folder):
        assert time.monotonic() < until, jobs
        time.sleep(0.2)


def test_a_run_that_is_killed_goes_on_to_the_same_bytes(smoke, tmp_path):
    folder = copy_workflow(tmp_path)
    kill_when(folder, f"{RUN}/scratch/models/trunk/checkpoint-*/sizes.json")
    kill_when(folder, f"{RUN}/checkpoints/multitask/sft")
    wait_for_its_jobs(folder)
    interrupted = subprocess.Popen(
        COMMAND,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
    )
    while not list(folder.glob(f"{RUN}/responses/multitask/*")):
        time.sleep(0.05)
    interrupted.send_signal(signal.SIGINT)
    interrupted.wait(120)
    run(folder)
    assert made(folder / RUN) == made(smoke / RUN)
    assert not any(comparison.compare(folder / RUN, smoke / RUN).values())


# The settings of config/full_size.yaml that the miniature does not have, as far as such small models allow.
AT_FULL_SIZE = """
experiments:
  multitask:
    evaluation: {template: "Question: So?\\nAnswer:\\nYes.\\n\\n{constitution}\\nQuestion: {question}\\nAnswer:\\n"}
    data: {strong_pairs: {draws: {pairs: 2, at_most: 64}, shortfall: 0}}
    training: {steps: null, epochs: 1, weights: bf16, choose: last, schedule: constant}
    methods:
      sft:      {<<: &of_dpo {steps: 2, optimizer: rmsprop, warmup: 1, clip: 10.0, max_length: 96}, reduction: sum}
      sft_more: {<<: *of_dpo, reduction: sum}
      sft_all:  {<<: *of_dpo, reduction: sum}
      dpo:      *of_dpo
      sami:     {choose: 1, kl: 0.0}
  maths:
    data: {own_pairs: {draws: {pairs: 2, at_most: 256}, filters: {ended: by_itself}, size: 8, shortfall: 0.5}}
    methods: {sft: {choose: last}}
collapse: null
tuning: null
speed: {generation_tokens: 16384}
"""


def test_the_settings_of_the_full_size_give_a_paper_too(smoke, tmp_path):
    folder = shutil.copytree(smoke, tmp_path / "copy")
    (folder / "at_full_size.yaml").write_text(AT_FULL_SIZE)
    run(folder, command=[*COMMAND, "at_full_size.yaml"])
    for name in ("comparisons", "training"):  # word problems such models solve under no settings
        assert table(folder, f"metrics/{name}.csv") != table(smoke, f"metrics/{name}.csv")
    assert len(read_jsonl(folder / RUN / "pairs/multitask/strong_pairs.jsonl")) == 16
    for method, step in (("sami", "1"), ("dpo", "2")):
        rows = table(folder, f"training/multitask/{method}/seed1.csv")
        assert {row["step"] for row in rows if row["metric"] == "selected"} == {step}
    kept = json.loads((folder / RUN / "checkpoints/multitask/sami/seed1/config.json").read_text(encoding="utf-8"))
    assert kept["dtype"] == "bfloat16"
    assert ("paper.pdf" in made(folder / RUN)) is TEX


ROUNDS = """
rewards:
  brief: {kind: length, per: -10}
  long: {kind: length, per: 10}
experiments:
  multitask:
    data:
      own: {from: base, questions: multitask_train, builder: constitutions, constitutions: 2, filters: {ended: false},
            sampling: &sampling {temperature: 1.0, top_p: 1.0, max_tokens: 24, seed: 1}, size: 16, seed: 1}
    methods:
      original: {parent: base, objective: sami, data: own, iterations: 3, alternate: 2, steps: [1, 8, 1], batch: 4,
                 validate_every: 1, learning_rate: 0.0001}
  steered:
    base: weak
    questions: {validation: multitask_validation, benchmark: multitask_benchmark}
    template: "Rules:\\n{preference}\\nQuestion: {question}\\nAnswer:\\n"
    preferences: {rewards: [brief, long], grid: 3}
    data:
      own: {from: base, questions: multitask_train, builder: preferences, filters: {ended: false}, sampling: *sampling,
            size: 16, seed: 1}
    training: {batch: 2, steps: 8, validate_every: 1, learning_rate: 0.0001}
    methods:
      rounds: {parent: base, objective: mi_epo, iterations: 3, continued: true, steps: [1, 1, 8]}
      rollouts: {parent: base, objective: mi_epo, rollout_every: 2}
    respond: {temperatures: [0.0], top_p: 1.0, max_tokens: 24}
"""
# What is trained -> the state with which it is killed: in the middle of an iteration, a round, and a second refresh.
KILLED = {"multitask/original_2/seed1": 1, "steered/rounds_3/seed1": 1, "steered/rollouts/seed1": 3}


def test_iterations_rounds_and_rollouts_that_are_killed_go_on_to_the_same_bytes(smoke, tmp_path):
    whole, killed = (shutil.copytree(smoke, tmp_path / name) for name in ("whole", "killed"))
    for folder in (whole, killed):
        (folder / "rounds.yaml").write_text(ROUNDS)
    command, wanted = [*COMMAND, "rounds.yaml", "--"], [f"{RUN}/checkpoints/{name}" for name in KILLED]
    run(whole, *wanted, command=command)
    for (name, state), target in zip(KILLED.items(), wanted, strict=True):
        kill_when(killed, f"{RUN}/scratch/{name}/checkpoint-{state}/sizes.json", [*command, target])
        wait_for_its_jobs(killed)
        assert not (killed / target).exists()
    run(killed, *wanted, command=command)
    assert (killed / RUN / "rollouts/steered/rollouts/seed1.jsonl").exists()
    assert made(killed / RUN) == made(whole / RUN)
