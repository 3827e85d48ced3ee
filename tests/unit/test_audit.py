"""Provenance of jobs, the way back from a number, verification and comparison, on a run that is small enough to see."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from mialign.audit import (
    comparison,
    crate,
    crate_metadata,
    digests,
    drawing,
    explanation,
    lookup,
    manifest,
    provenance,
    sources,
)
from mialign.audit.lineage import SOURCES, Lineage
from mialign.audit.opened_files import OpenedFiles
from mialign.audit.origins import counted, origins_of
from mialign.audit.verification import verify
from mialign.core.errors import InputError
from mialign.models import checkpoints
from scripts import audit, compare, why
from scripts import verify as verify_stage

RUN = "results/tiny"
SEEDS = (1, 2)
VERDICTS = {1: ("test", "tie", "baseline"), 2: ("test", "test", "tie")}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(model: str) -> str:
    """Stands for the digest of a model's folder."""
    return sha(model)[:16]


class Made:
    """A results folder, written job by job as stages do it."""

    def __init__(self, root: Path):
        self.root, self.hour = root, 0

    def job(
        self,
        stage: str,
        log: str,
        inputs: list[str],
        outputs: dict[str, str],
        models: tuple[str, ...] = (),
        **arguments,
    ) -> None:
        self.hour += 1
        for name, text in outputs.items():
            path = self.root / RUN / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        read = [name if name.startswith("config/") else f"{RUN}/{name}" for name in inputs]
        noted = {
            "stage": stage,
            "log": f"{RUN}/logs/{log}.log",
            "command": ["python", "workflow/run.py", stage],
            "arguments": arguments,
            "inputs": {name: self.described(name) for name in read},
            "outputs": {f"{RUN}/{name}": self.described(f"{RUN}/{name}") for name in outputs},
            "models": {f"{RUN}/{name}": digest_of(name) for name in models},
            "code": {"digest": f"code-{stage}", "commit": "c0ffee", "dirty": False},
            "python": "3.11",
            "packages": {},
            "machine": {"system": "Linux", "processor": "P", "cores": 2, "gpu": None, "gpus": 0},
            "started": f"2026-01-01T{self.hour:02}:00:00+00:00",
            "seconds": 1.5,
        }
        path = self.root / RUN / f"logs/{log}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(noted))
        path.with_suffix(".log").write_text("done\n")

    def described(self, name: str) -> dict:
        text = (self.root / name).read_text()
        return {"sha256": sha(text), "bytes": len(text.encode())}


def lines(records: list[dict]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.fixture
def run(tmp_path) -> Path:
    """questions -> model -> train (sami, dpo) -> respond -> judge -> metrics -> numbers and a figure; two seeds."""
    made = Made(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/principles.yaml").write_text("p: 1\n")
    questions = lines([{"id": f"writing-{n}", "question": f"Q{n}?"} for n in range(3)])
    made.job("questions", "questions/bench", ["config/principles.yaml"], {"questions/bench.jsonl": questions})
    made.job("model", "model/weak", [], {"models/weak/config.json": "{}", "models/weak/model.safetensors": "W"})
    weak = ["models/weak/config.json", "models/weak/model.safetensors"]
    for method in ("sami", "dpo"):
        for seed in SEEDS:
            there = f"{method}/seed{seed}"
            model = f"checkpoints/toy/{there}"
            checkpoint, told = f"{model}/model.safetensors", {"seed": seed, "settings": {"steps": 4}}
            made.job("train", f"train/toy.{method}.seed{seed}", weak, {checkpoint: there}, (model,), **told)
            records = [
                {
                    "prompt_id": f"toy/writing-{n}",
                    "question_id": f"writing-{n}",
                    "text": there,
                    "writer": digest_of(model),
                }
                for n in range(3)
            ]
            responses = {f"responses/toy/{there}.jsonl": lines(records)}
            read = [checkpoint, "questions/bench.jsonl"]
            made.job("respond", f"respond/toy.{method}.seed{seed}", read, responses, (model,))
    for seed in SEEDS:
        judged = [
            {
                "prompt_id": f"toy/writing-{n}",
                "axis": axis,
                "temperature": 0.0,
                "category": "writing",
                "verdict": verdict,
            }
            for axis in ("aware", "free")
            for n, verdict in enumerate(VERDICTS[seed] if axis == "aware" else ("tie",) * 3)
        ]
        for test, baseline in (("sami", "dpo"), ("dpo", "base")):
            read = [f"responses/toy/{test}/seed{seed}.jsonl"]
            read += [f"responses/toy/dpo/seed{seed}.jsonl"] if baseline == "dpo" else []
            verdicts = {f"verdicts/toy/{test}-vs-{baseline}/seed{seed}.jsonl": lines(judged)}
            made.job("judge", f"judge/{test}.{baseline}.seed{seed}", read, verdicts)
    table = "experiment,method,baseline,axis,temperature,category,metric,value,low,high,n\n"
    table += "toy,sami,dpo,aware,0.0,all,win_rate,66.6667,40,90,6\n"
    table += "toy,sami,dpo,aware,0.0,all,win_rate_seed2,83.3333,40,90,3\n"
    table += "toy,dpo,base,aware,0.0,all,win_rate,66.6667,40,90,6\n"
    pairs = [f"verdicts/toy/{pair}/seed{seed}.jsonl" for pair in ("sami-vs-dpo", "dpo-vs-base") for seed in SEEDS]
    made.job("metrics", "metrics/comparisons", pairs, {"metrics/comparisons.csv": table})
    made.job("figure", "figure/figure1", ["metrics/comparisons.csv"], {"figures/figure1.pdf": "%PDF"})
    win_rates = {"tables/win_rates.csv": table, "tables/win_rates.tex": "T"}
    made.job("table", "table/win_rates", ["metrics/comparisons.csv"], win_rates)
    numbers = "name,text,origin,used\n"
    numbers += "configRun,tiny,config: run,yes\n"
    for name, key in (
        ("winToySamiDpo", "sami dpo aware 0 all win_rate"),
        ("winSeedTwoToySamiDpo", "sami dpo aware 0 all win_rate_seed2"),
        ("winToyDpoBase", "dpo base aware 0 all win_rate"),
    ):
        numbers += f"{name},66.7,metrics/comparisons.csv: toy {key},yes\n"
    printed = {"paper/numbers.csv": numbers, "paper/numbers.tex": "N"}
    made.job("numbers", "numbers", ["metrics/comparisons.csv"], printed)
    return tmp_path / RUN


def chain(folder: Path, asked: str) -> dict:
    lineage = Lineage(folder)
    return explanation.explain(lineage, lookup.find(lineage, asked))


def stages(found: dict) -> list[str]:
    return [job["stage"] for job in found["jobs"]]


def readable(folder: Path, asked: str) -> str:
    return explanation.words(chain(folder, asked), Lineage(folder))


# ---------------------------------------------------------------- why
def test_a_number_leads_to_its_row_records_checkpoints_questions_and_model(run):
    found = chain(run, "winToySamiDpo")
    assert found["rows"][0]["value"] == 66.6667
    counts = [(one["file"], one["records"], one["of"], one["first"]) for one in found["counted"]]
    assert counts == [(f"verdicts/toy/sami-vs-dpo/seed{seed}.jsonl", 3, 6, [1]) for seed in SEEDS]
    assert sorted(stages(found)) == sorted(
        ["metrics", *["judge"] * 2, *["respond"] * 4, *["train"] * 4, "questions", "model"]
    )
    assert [one["file"] for one in found["given"]] == ["config/principles.yaml"]
    assert found["given"][0]["sha256"] == sha("p: 1\n")
    train = next(job for job in found["jobs"] if job["log"].endswith("toy.sami.seed2.log") and job["stage"] == "train")
    assert train["arguments"] == {"seed": 2, "settings": {"steps": 4}}
    assert train["outputs"][f"{RUN}/checkpoints/toy/sami/seed2/model.safetensors"]["sha256"] == sha("sami/seed2")


def test_every_job_stands_before_those_whose_files_it_read(run):
    for job in chain(run, "figures/figure1.pdf")["jobs"]:
        assert all(number > job["number"] for number in job["reads"].values() if number)


def test_a_number_of_one_seed_leads_to_that_seed_alone(run):
    found = chain(run, "\\winSeedTwoToySamiDpo")
    logs = " ".join(job["log"] for job in found["jobs"])
    assert "seed2" in logs
    assert "seed1" not in logs


def test_the_words_of_a_number(run):
    text = readable(run, "winToySamiDpo")
    assert text.startswith(
        "number winToySamiDpo = 66.7\n  origin: metrics/comparisons.csv: toy sami dpo aware 0 all win_rate\n"
    )
    verdicts = "verdicts/toy/sami-vs-dpo/seed1.jsonl"
    assert f"  counts 3 of 6 records of {verdicts}; the first is {verdicts}:1\n" in text
    assert "1. metrics, 2026-01-01T" in text
    assert "2 files more, for other rows" in text
    assert "\nCode: git commit c0ffee\n" in text
    assert f"   config/principles.yaml  sha256 {sha('p: 1' + chr(10))[:16]}\n" in text


def test_the_cell_of_a_table_is_the_row_of_metrics_that_it_repeats(run):
    by_key = chain(run, "win_rates:toy sami dpo aware 0 all win_rate:high")
    assert (by_key["text"], by_key["kind"]) == ("90.0", "cell")
    assert stages(by_key) == stages(chain(run, "winToySamiDpo"))
    assert chain(run, "win_rates:1:high")["jobs"] == by_key["jobs"]


@pytest.mark.parametrize("asked", ["writing-1", "toy/writing-1"])
def test_an_id_shows_the_question_its_prompt_the_answers_and_the_verdicts(run, asked):
    (run / "prompts/toy").mkdir(parents=True)
    (run / "prompts/toy/benchmark.jsonl").write_text(
        lines([{"id": f"toy/writing-{n}", "question_id": f"writing-{n}"} for n in range(3)])
    )
    records = chain(run, asked)["records"]
    assert [(one["file"], one["line"]) for one in records] == [
        ("questions/bench.jsonl", 2),
        ("prompts/toy/benchmark.jsonl", 2),
        *[(f"responses/toy/{method}/seed{seed}.jsonl", 2) for method in ("dpo", "sami") for seed in SEEDS],
        *[
            (f"verdicts/toy/{pair}/seed{seed}.jsonl", line)
            for pair in ("dpo-vs-base", "sami-vs-dpo")
            for seed in SEEDS
            for line in (2, 5)
        ],
    ]
    model = "checkpoints/toy/dpo/seed1"
    text = f'{{"text": "dpo/seed1", "writer": "{model} ({digest_of(model)})"}}'
    assert f"  responses/toy/dpo/seed1.jsonl:2  {text}\n" in readable(run, asked)
    assert chain(run, asked)["writers"][digest_of(model)] == f"{RUN}/{model}"


def test_the_digest_in_a_record_leads_to_the_model_that_wrote_it(run):
    digest = digest_of("checkpoints/toy/sami/seed2")
    found = chain(run, digest)
    assert (found["kind"], found["text"], stages(found)) == ("model", "checkpoints/toy/sami/seed2", ["train", "model"])
    assert found["jobs"][0]["arguments"]["seed"] == 2
    with pytest.raises(InputError, match="no such thing"):
        chain(run, digest[::-1])


def test_of_a_model_that_no_job_made_the_digest_leads_to_its_files(run):
    path = run / "logs/respond/toy.sami.seed1.json"
    noted = json.loads(path.read_text())
    noted["inputs"]["data/models/given/config.json"] = {"sha256": sha("{}"), "bytes": 2}
    noted["models"]["data/models/given"] = "0123456789abcdef"
    path.write_text(json.dumps(noted))
    found = chain(run, "0123456789abcdef")
    assert (found["text"], found["jobs"]) == ("data/models/given", [])
    assert [one["file"] for one in found["given"]] == ["data/models/given/config.json"]


def test_records_of_which_no_job_noted_the_model_show_its_digest(run):
    for path in run.glob("logs/**/*.json"):
        noted = json.loads(path.read_text())
        del noted["models"]
        path.write_text(json.dumps(noted))
    writer = digest_of("checkpoints/toy/dpo/seed1")
    assert f'{{"text": "dpo/seed1", "writer": "{writer}"}}\n' in readable(run, "writing-1")


def test_a_line_of_a_file_and_a_folder(run):
    found = chain(run, str(run / "responses/toy/sami/seed1.jsonl:3"))
    assert found["records"][0]["record"]["prompt_id"] == "toy/writing-2"
    assert stages(found)[0] == "respond"
    assert set(stages(found)[1:]) == {"train", "model", "questions"}
    assert stages(chain(run, "checkpoints/toy/sami/seed1")) == ["train", "model"]


def test_a_setting_has_no_job_behind_it(run):
    found = chain(run, "configRun")
    assert (found["text"], found["origin"], found["jobs"], found["missing"]) == ("tiny", "config: run", [], "")


def test_it_works_on_a_copy_under_another_name_without_the_rest(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "elsewhere/copy")
    shutil.rmtree(tmp_path / "results")
    shutil.rmtree(tmp_path / "config")
    shutil.rmtree(copy / "responses")
    (copy / "checkpoints/toy/dpo/seed1/model.safetensors").write_text("Dpo/seed1")
    found = chain(copy, "winToySamiDpo")
    assert len(found["jobs"]) == 13
    states = {name.removeprefix(f"{RUN}/"): state for job in found["jobs"] for name, state in job["states"].items()}
    assert states["responses/toy/sami/seed1.jsonl"] == "gone"
    assert states["checkpoints/toy/dpo/seed1/model.safetensors"] == "other"
    assert states["models/weak/model.safetensors"] == "same"
    text = readable(copy, "winToySamiDpo")
    assert "(not in this folder now)" in text
    assert "NOT as this job left it" in text
    assert "config/principles.yaml  sha256" in text


def test_a_file_that_was_made_anew_since_it_was_read_is_told(run):
    path = run / "logs/model/weak.json"
    noted = json.loads(path.read_text())
    noted["outputs"][f"{RUN}/models/weak/model.safetensors"]["sha256"] = "0" * 64
    path.write_text(json.dumps(noted))
    assert "models/weak/model.safetensors HAS BEEN MADE ANEW since this job read it" in readable(run, "winToySamiDpo")


def test_models_of_another_run_are_followed_where_it_lies_beside(run, tmp_path):
    other = Made(tmp_path)
    other.hour = 20
    folder = tmp_path / "results/other"
    name = f"{RUN}/models/weak/model.safetensors"
    noted = json.loads((run / "logs/train/toy.sami.seed1.json").read_text())
    noted |= {
        "log": "results/other/logs/train/x.log",
        "outputs": {"results/other/checkpoints/x/w": other.described(name)},
    }
    (folder / "logs/train").mkdir(parents=True)
    (folder / "checkpoints/x").mkdir(parents=True)
    (folder / "checkpoints/x/w").write_text("W")
    (folder / "logs/train/x.json").write_text(json.dumps(noted))
    assert stages(chain(folder, "checkpoints/x/w")) == ["train", "model"]
    alone = shutil.copytree(folder, tmp_path / "alone/other")
    found = chain(alone, "checkpoints/x/w")
    assert stages(found) == ["train"]
    assert [(one["file"], one["here"]) for one in found["given"]][-1] == (name, False)


def test_an_older_folder_without_provenance_says_what_it_can(run):
    shutil.rmtree(run / "logs")
    found = chain(run, "winToySamiDpo")
    assert found["rows"][0]["n"] == 6
    assert found["jobs"] == []
    assert "has no provenance of jobs" in found["missing"]
    assert "has no provenance of jobs" in readable(run, "figure1")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            "winToySamiDp",
            r"no such thing\. Numbers like it: winToySamiDpo.*figures: figure1; tables: win_rates; 4 numbers",
        ),
        ("win_rates:9:high", r"no row '9', but rows 1 to 3"),
        ("win_rates:1:hihg", r"no column 'hihg', but experiment, method"),
        ("responses/toy/sami/seed1.jsonl:4", r"the file has 3 lines"),
        ("responses/toy/sami/seed1.jsonl:²", "no such thing"),
        ("win_rates:²:high", "no row '²'"),
        ("not \udcff UTF-8", "no such thing"),
        ("../../config/principles.yaml", "no such thing"),
        ("", "no such thing"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(run, asked, message):
    with pytest.raises(InputError, match=message):
        chain(run, asked)


def test_a_name_of_a_figure_and_of_a_table_is_asked_back(run):
    (run / "figures/win_rates.pdf").write_text("%PDF")
    with pytest.raises(InputError, match=r"ask for figures/win_rates\.pdf or tables/win_rates\.csv"):
        chain(run, "win_rates")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seconds": None}, "'seconds' is missing"),
        ({"log": 1}, "'log' cannot be read"),
        ({"inputs": []}, "'inputs' cannot be read"),
        ({"outputs": {"a": 1}}, "'outputs: a' cannot be read"),
        ({"outputs": {"a": {"sha256": "0"}}}, "'outputs: a: bytes' is missing"),
        ({"code": {"digest": "0"}}, "'code: commit' is missing"),
        ({"machine": {"system": "Linux", "processor": 1}}, "'machine: processor' cannot be read"),
        ({"models": {"a": 1}}, "'models: a' cannot be read"),
        ({"command": [1]}, "'command' cannot be read"),
        ({"started": "yesterday"}, "'started' cannot be read"),
    ],
)
def test_provenance_of_another_form_is_named_with_the_key(run, change, message):
    path = run / "logs/model/weak.json"
    job = json.loads(path.read_text()) | change
    path.write_text(json.dumps({name: value for name, value in job.items() if value is not None}))
    with pytest.raises(InputError, match=rf"weak\.json: {message}; it is no provenance of a job, take it away"):
        Lineage(run)


def test_broken_provenance_is_named(run):
    (run / "logs/model/weak.json").write_text("{")
    with pytest.raises(InputError, match=r"weak\.json: not JSON"):
        Lineage(run)


# ---------------------------------------------------------------- origins
ROWS = [
    {"experiment": "toy", "method": "sami", "baseline": "dpo", "metric": "win_rate"},
    {"experiment": "toy", "method": "sami", "metric": "accuracy_given_steps_difference_sft_more"},
    {"experiment": "toy", "method": "dpo", "metric": "difference_base"},
    {"experiment": "other", "method": "sami", "metric": "accuracy"},
    {"experiment": "judged", "method": "sami", "baseline": "dpo", "metric": "adherence_difference"},
    {"experiment": "nowhere", "method": "sami", "metric": "accuracy"},
    {"experiment": "seeded", "method": "sami", "metric": "loss", "seed": 0},
    {"experiment": "seeded", "method": "sami", "metric": "loss", "seed": None},
]
COUNTED = [
    {"verdicts/toy/sami-vs-dpo/seed1.jsonl"},
    {"attempts/toy/sami/seed1.jsonl", "attempts/toy/sft_more/seed1.jsonl"},
    {"attempts/toy/dpo/seed1.jsonl", "attempts/toy/base/seed1.jsonl"},
    {"attempts/other/sami/seed1.jsonl"},
    {"scores/judged/sami/seed1.jsonl", "scores/judged/dpo/seed1.jsonl"},
    None,  # all
    {"training/seeded/sami/seed0.csv"},
    {"training/seeded/sami/seed0.csv", "training/seeded/sami/seed1.csv"},
]


@pytest.mark.parametrize(("row", "files"), list(zip(ROWS, COUNTED, strict=True)))
def test_which_inputs_a_row_counts(row, files):
    names = [f"attempts/toy/{method}/seed1.jsonl" for method in ("sami", "dpo", "sft", "sft_more", "base")]
    names += [f"scores/judged/{method}/seed1.jsonl" for method in ("sami", "dpo", "sft")]
    names += [f"verdicts/{pair}/seed1.jsonl" for pair in ("toy/sami-vs-dpo", "toy/dpo-vs-sft", "judged/sami-vs-dpo")]
    names += ["attempts/other/sami/seed1.jsonl", *(f"training/seeded/sami/seed{seed}.csv" for seed in (0, 1))]
    assert set(counted({"inputs": dict.fromkeys(names)}, [row])) == (files or set(names))


def test_an_origin_in_words_finds_its_rows(run):
    (run / "metrics/training.csv").write_text(
        "experiment,method,seed,step,metric,value\ncollapse,kl,1,8,ended,1\ncollapse,kl,1,16,ended,0.5\ntoy,kl,1,8,ended,2\n"
    )
    origins = origins_of(Lineage(run))
    assert [row["value"] for row in origins.find("metrics/training.csv: collapse kl ended")[1]] == [1, 0.5]
    assert [row["value"] for row in origins.find("metrics/training.csv: collapse kl ended, step 16")[1]] == [0.5]
    assert origins.find("normal interval of a rate of one half on 80 items") == ([], [])


# ---------------------------------------------------------------- verify
def test_a_run_is_as_its_manifest_says_also_by_sha256sum_and_as_a_copy(run, tmp_path):
    manifest.write(run)
    assert verify(run) == []
    done = subprocess.run(["sha256sum", "--check", "--quiet", manifest.NAME], cwd=run, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert verify(shutil.copytree(run, tmp_path / "copy")) == []


@pytest.mark.parametrize(
    ("file", "numbers", "figures"),
    [
        ("verdicts/toy/dpo-vs-base/seed1.jsonl", {"winToyDpoBase"}, ["figure1"]),
        ("responses/toy/sami/seed1.jsonl", {"winToySamiDpo"}, ["figure1"]),
        ("checkpoints/toy/sami/seed2/model.safetensors", {"winToySamiDpo", "winSeedTwoToySamiDpo"}, ["figure1"]),
        ("models/weak/config.json", {"winToyDpoBase", "winToySamiDpo", "winSeedTwoToySamiDpo"}, ["figure1"]),
        ("metrics/comparisons.csv", {"winToyDpoBase", "winToySamiDpo", "winSeedTwoToySamiDpo"}, ["figure1"]),
        ("paper/numbers.csv", {"configRun", "winToyDpoBase", "winToySamiDpo", "winSeedTwoToySamiDpo"}, []),
        ("paper/numbers.tex", {"configRun", "winToyDpoBase", "winToySamiDpo", "winSeedTwoToySamiDpo"}, []),
        ("figures/figure1.pdf", set(), ["figure1"]),
        ("logs/judge/sami.dpo.seed1.log", set(), []),
    ],
)
def test_one_byte_is_named_with_what_depends_on_it(run, file, numbers, figures):
    manifest.write(run)
    change_one_byte(run / file)
    (found,) = verify(run)
    assert (found["file"], found["is"]) == (file, "changed")
    assert (set(found["numbers"]), found["figures"]) == (numbers, figures)


def change_one_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_one_byte_is_named_in_whatever_file_of_a_folder_or_of_its_crate(run, tmp_path):
    (run / ".hidden").write_text("h")
    (run / "tables/.hidden").write_text("h")
    said(audit, run)
    files = [path for path in sorted(run.rglob("*")) if path.is_file()]
    assert {path.relative_to(run).parts[0] for path in files} > {"audit", "logs", "paper", "tables", ".hidden"}
    with crate.unpacked(run / crate.NAME) as folder:
        unpacked = Path(shutil.copytree(folder, tmp_path / "unpacked"))
    assert (verify(run), verify(unpacked)) == ([], [])
    for folder in (run, unpacked):
        for path in (path for path in sorted(folder.rglob("*")) if path.is_file()):
            before, name = path.read_bytes(), path.relative_to(folder).as_posix()
            change_one_byte(path)
            assert name in named(folder), name
            path.write_bytes(before)


def named(folder: Path) -> set[str]:
    """The files that verify names, also by refusing them."""
    try:
        found = verify(folder)
    except InputError as error:
        return {str(error).partition(":")[0].partition(",")[0].removeprefix(f"{folder}/")}
    words = "\n".join(f"{one['file']}: {verify_stage.TITLES[one['is']]}" for one in found)
    return {word.strip(":,") for word in words.split()}


def test_a_seal_that_was_taken_away_is_named_and_so_is_what_stands_beside_it(run):
    said(audit, run)
    (run / manifest.SEAL).unlink()
    assert [(one["is"], one["file"]) for one in verify(run)] == [("missing", manifest.SEAL), ("new", crate.NAME)]


def test_snakemakes_mark_in_a_folder_is_no_result(run):
    said(audit, run)
    (run / "checkpoints/toy/sami/seed1/.snakemake_timestamp").write_text("")
    assert verify(run) == []


def test_missing_new_and_altered_files_are_told_apart(run):
    (run / "models/weak/model.safetensors").write_text("w")
    manifest.write(run)
    (run / "figures/figure1.pdf").unlink()
    (run / "notes.txt").write_text("mine")
    assert [(one["is"], one["file"]) for one in verify(run)] == [
        ("missing", "figures/figure1.pdf"),
        ("new", "notes.txt"),
        ("altered", "models/weak/model.safetensors"),
    ]


def test_a_manifest_that_is_missing_broken_or_of_nothing_is_told(run, tmp_path):
    with pytest.raises(InputError, match="no manifest to verify by"):
        verify(run)
    manifest.write(run)
    for line in ("abc  file", f"{'0' * 64}  ../file", f"{'0' * 64}  /etc/hostname"):
        (run / manifest.NAME).write_text(f"{line}\n")
        with pytest.raises(InputError, match="line 1: no sha256 and name of a file in this folder"):
            verify(run)
    with pytest.raises(InputError, match="no such folder"):
        manifest.write(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no results"):
        manifest.write(tmp_path / "empty")


# ---------------------------------------------------------------- compare
def test_two_runs_of_one_config_are_the_same(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / "logs/numbers.log").write_text("another time\n")
    (copy / "audit.html").write_text("of that time")
    assert not any(comparison.compare(run, copy).values())


def test_what_differs_is_told_by_whether_intervals_meet(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    table = (run / "metrics/comparisons.csv").read_text()
    table = table.replace("sami,dpo,aware,0.0,all,win_rate,66.6667,40,90", "sami,dpo,aware,0.0,all,win_rate,60,41,80")
    table = table.replace("dpo,base,aware,0.0,all,win_rate,66.6667,40,90", "dpo,base,aware,0.0,all,win_rate,95,90.5,99")
    table += "toy,sami,dpo,aware,0.0,all,wins,3,,,6\n"
    (copy / "metrics/comparisons.csv").write_text(table)
    numbers = (run / "paper/numbers.csv").read_text()
    (copy / "paper/numbers.csv").write_text(numbers.replace("configRun,tiny", "configRun,other"))
    found = comparison.compare(run, copy)
    assert found["settings"] == {"config: run": ("tiny", "other")}
    assert list(found["within"]) == ["comparisons: toy sami dpo aware 0 all win_rate"]
    assert found["beyond"] == {
        "comparisons: toy dpo base aware 0 all win_rate": ((66.6667, 40, 90, 6), (95, 90.5, 99, 6))
    }
    assert list(found["only"]) == ["comparisons: toy sami dpo aware 0 all wins"]
    assert list(found["files"]) == ["metrics/comparisons.csv", "paper/numbers.csv"]


def test_settings_of_jobs_that_differ_are_told_without_paths(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    for folder, steps, more in (
        (run, 4, {"template": "a / b"}),
        (copy, 8, {"template": "a/b", "clip": 1.0}),
    ):
        path = folder / "logs/train/toy.sami.seed1.json"
        noted = json.loads(path.read_text())
        noted["arguments"] |= {"settings": {"steps": steps, "inner": more}, "parent": f"{folder}/models/weak"}
        noted["arguments"] |= {"models": [f"{folder}/a", "b"], "names": ["kl"] if folder == run else []}
        path.write_text(json.dumps(noted))
    (copy / "logs/train/toy.dpo.seed1.json").unlink()
    title = "train/toy.sami.seed1"
    assert comparison.compare(run, copy)["settings"] == {
        f"{title}: settings steps": ("4", "8"),
        f"{title}: settings inner template": ("a / b", "a/b"),
        f"{title}: settings inner clip": (None, "1.0"),
        f"{title}: names": ('["kl"]', "[]"),
    }


def test_what_was_fetched_from_elsewhere_is_a_setting_that_differs(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    head = "kind,name,place,pinned,commit,sha256\ndatasets,gsm8k,hub/gsm8k,"
    (run / "fetched.csv").write_text(f"{head}config,c1,\n")
    (copy / "fetched.csv").write_text(f"{head}lock,c2,\n")
    assert comparison.compare(run, copy)["settings"] == {
        "datasets/gsm8k: pinned": ("config", "lock"),
        "datasets/gsm8k: commit": ("c1", "c2"),
    }


def test_a_folder_without_numbers_cannot_be_compared(run, tmp_path):
    (tmp_path / "empty").mkdir()
    for folders in ((tmp_path / "empty", run), (run, tmp_path / "empty")):
        with pytest.raises(InputError, match=r"empty: no metrics/\*\.csv there to compare"):
            comparison.compare(*folders)


# ---------------------------------------------------------------- crate
@pytest.fixture
def packed(run) -> Path:
    said(audit, run)
    return run / crate.NAME


def entities(path: Path) -> dict[str, dict]:
    with zipfile.ZipFile(path) as archive:
        graph = json.loads(archive.read(crate_metadata.NAME))["@graph"]
    found = {one["@id"]: one for one in graph}
    assert len(found) == len(graph)
    return found


def referred(value) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(referred, value))
    return {value["@id"]} if isinstance(value, dict) else set()


def test_a_crate_has_the_files_but_for_weights_and_says_so(packed, run):
    with zipfile.ZipFile(packed) as archive:
        names = set(archive.namelist())
    found = entities(packed)
    files = {one for one, entity in found.items() if "File" in entity["@type"]}
    assert files == names - {crate_metadata.NAME, manifest.NAME, manifest.SEAL} == referred(found["./"]["hasPart"])
    assert "models/weak/config.json" in files
    assert f"#{RUN}/models/weak/model.safetensors" in found
    for name in ("questions/bench.jsonl", "audit/graph.svg", "audit/Snakefile"):
        assert found[name]["sha256"] == sha((run / name).read_text())


def test_all_that_a_crate_refers_to_is_described_in_it(packed):
    found = entities(packed)
    outside = {reference for one in found.values() for value in one.values() for reference in referred(value)} - {
        *found
    }
    assert all(one.startswith("https://") for one in outside)


def test_a_job_in_a_crate_is_an_action_of_its_stage_with_what_it_used_and_made(packed):
    found = entities(packed)
    job = found[f"#job/{RUN}/logs/respond/toy.sami.seed2.log"]
    assert referred(job["object"]) == {f"#{RUN}/checkpoints/toy/sami/seed2/model.safetensors", "questions/bench.jsonl"}
    assert referred(job["result"]) == {"responses/toy/sami/seed2.jsonl"}
    assert referred(job["instrument"]) == {"#stage/respond"}
    assert (job["endTime"] > job["startTime"], job["description"].count("c0ffee")) == (True, 1)
    whole = found["#run"]
    assert referred(whole["object"]) == {"audit/sources/config/principles.yaml"}
    assert {"figures/figure1.pdf", "paper/numbers.csv"} <= referred(whole["result"])
    assert "metrics/comparisons.csv" not in referred(whole["result"])


def test_a_crate_verifies_elsewhere_and_a_changed_one_does_not(root, packed, tmp_path):
    moved = shutil.move(packed, tmp_path / "crate.zip")
    verify_crate = [sys.executable, root / "workflow/run.py", "verify", moved]
    assert subprocess.run(verify_crate, capture_output=True, timeout=60).returncode == 0
    with zipfile.ZipFile(moved) as old, zipfile.ZipFile(tmp_path / "other.zip", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b"x" if name == "verdicts/toy/dpo-vs-base/seed1.jsonl" else b""))
    done = subprocess.run([*verify_crate[:-1], tmp_path / "other.zip"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "verdicts/toy/dpo-vs-base/seed1.jsonl: changed" in done.stdout
    assert "numbers that depend on it: winToyDpoBase\n" in done.stdout


def zipped(folder: Path, path: Path, change: dict[str, str | None]) -> Path:
    """The crate with files changed (to a text), added, or taken away (None)."""
    with zipfile.ZipFile(folder) as old, zipfile.ZipFile(path, "w") as new:
        for name in dict.fromkeys((*old.namelist(), *change)):
            text = change[name] if name in change else old.read(name)
            if text is not None:
                new.writestr(name, text)
    return path


def said(stage, *words) -> None:
    """Run a stage on these words of the command line."""
    parser = ArgumentParser()
    stage.arguments(parser)
    stage.main(parser.parse_args([str(word) for word in words]))


def verified(path: Path) -> list[tuple[str, str]]:
    with crate.unpacked(path) as folder:
        return [(one["is"], one["file"]) for one in verify(folder)]


def test_the_same_results_give_the_same_crate(packed, run, tmp_path):
    for path in run.rglob("*"):
        os.utime(path, (1e9, 1e9))
    crate.write(run, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_more_can_be_left_out_and_is_told_with_the_weights(run, tmp_path, capsys):
    out = tmp_path / "small.zip"
    said(audit, run, "--crate", out, "--without", "figures/*", "*.tex")
    left_out = ["figures/figure1.pdf", "tables/win_rates.tex", "paper/numbers.tex", "models/weak/model.safetensors"]
    left_out += [
        f"checkpoints/toy/{method}/seed{seed}/model.safetensors" for method in ("dpo", "sami") for seed in SEEDS
    ]
    with crate.unpacked(out) as folder:
        assert set(crate.left_out(folder)) == set(left_out)
        assert not any((folder / name).exists() for name in left_out)
    capsys.readouterr()
    said(verify_stage, out)
    assert capsys.readouterr().out == (
        "Every file in it is as the manifest and the jobs say.\n"
        "The crate was made without 8 files (5 .safetensors, 1 .pdf, 2 .tex): of them the sha256 alone is known. "
        "--json names them.\n"
    )
    said(verify_stage, out, "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["differ"], set(found["left_out"])) == ([], set(left_out))


def test_what_was_left_out_is_checked_where_it_was_put_back(packed, run, tmp_path):
    weights = "models/weak/model.safetensors"
    assert verified(zipped(packed, tmp_path / "whole.zip", {weights: (run / weights).read_text()})) == []
    assert verified(zipped(packed, tmp_path / "other.zip", {weights: "w"})) == [("changed", weights)]


def test_what_was_taken_out_of_a_crate_or_put_into_it_is_named(packed, tmp_path):
    assert verified(zipped(packed, tmp_path / "less.zip", {"questions/bench.jsonl": None})) == [
        ("missing", "questions/bench.jsonl")
    ]
    assert verified(zipped(packed, tmp_path / "more.zip", {"questions/more.jsonl": "{}"})) == [
        ("new", "questions/more.jsonl")
    ]


@pytest.mark.parametrize("text", ["{}", '{"@graph": [{"@id": "x"}]}', '{"@graph": 1}'])
def test_a_crate_with_a_broken_description_is_told(packed, tmp_path, text):
    path = zipped(packed, tmp_path / "broken.zip", {crate_metadata.NAME: text})
    with pytest.raises(InputError, match=r"broken\.zip/ro-crate-metadata\.json: no description of a crate"):
        verified(path)


def test_a_crate_is_asked_and_compared_in_place_of_a_folder(packed, run, capsys):
    said(why, "winToySamiDpo", "--results", packed, "--json")
    of_crate = json.loads(capsys.readouterr().out)
    said(why, "winToySamiDpo", "--results", run, "--json")
    of_folder = json.loads(capsys.readouterr().out)
    assert of_crate["rows"] == of_folder["rows"]
    assert [job["log"] for job in of_crate["jobs"]] == [job["log"] for job in of_folder["jobs"]]
    gone = {name for job in of_crate["jobs"] for name, state in job["states"].items() if state == "gone"}
    assert {Path(name).suffix for name in gone} == {".safetensors"}
    with pytest.raises(InputError, match=rf"^winToySam: {packed} has no such thing"):
        said(why, "winToySam", "--results", packed)
    said(compare, packed, run)
    assert capsys.readouterr().out == "The same settings, numbers and files.\n"
    (run / "models/weak/model.safetensors").write_text("w")
    said(compare, packed, run)
    assert "1 files differ\n  models/weak/model.safetensors: " in capsys.readouterr().out


def test_the_manifest_of_a_crate_is_not_written_anew(packed):
    with crate.unpacked(packed) as folder, pytest.raises(InputError, match="an unpacked crate keeps the manifest"):
        manifest.write(folder)


def test_of_a_folder_of_an_older_version_the_audit_says_what_is_missing(run):
    shutil.rmtree(run / "logs")
    with pytest.raises(InputError, match="its jobs left no provenance"):
        said(audit, run)
    assert verify(run) == []  # the manifest is there
    assert not any(comparison.compare(run, run).values())


@pytest.mark.parametrize("name", ["../../out.txt", "/out.txt", "a/../../../out.txt"])
def test_what_leads_out_of_a_crate_stays_in_it_and_is_named(packed, tmp_path, name):
    with crate.unpacked(zipped(packed, tmp_path / "out.zip", {name: "x"})) as folder:
        assert [(one["is"], Path(one["file"]).name) for one in verify(folder)] == [("new", "out.txt")]
        assert [path.name for path in folder.parent.glob("*out.txt")] == []


def test_a_link_in_a_crate_is_none(packed, tmp_path):
    path = zipped(packed, tmp_path / "link.zip", {})
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(tmp_path))
    with crate.unpacked(path) as folder:
        assert not (folder / "link").is_symlink()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("link/inside.txt", "x")
    told = rf"{re.escape(str(path))}: link/inside\.txt in it cannot be written"
    with pytest.raises(InputError, match=told), crate.unpacked(path):
        pass
    assert not (tmp_path / "inside.txt").exists()


@pytest.mark.parametrize(("at", "bits"), [(6, 1), (8, 99)])
def test_a_crate_that_is_encrypted_or_packed_in_another_way_is_told(packed, tmp_path, at, bits):
    data = bytearray(packed.read_bytes())
    data[data.index(b"PK\x03\x04") + at] = data[data.index(b"PK\x01\x02") + at + 2] = bits
    (tmp_path / "odd.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"odd\.zip: no whole zip file"), crate.unpacked(tmp_path / "odd.zip"):
        pass


def test_a_damaged_crate_is_told_wherever_the_damage_is(packed, tmp_path):
    data = packed.read_bytes()
    with zipfile.ZipFile(packed) as archive:
        starts = [info.header_offset + 30 + len(info.filename) for info in archive.infolist()][::8]
    for start in starts:
        (tmp_path / "odd.zip").write_bytes(data[:start] + bytes([data[start] ^ 255]) + data[start + 1 :])
        with pytest.raises(InputError, match=r"odd\.zip"), crate.unpacked(tmp_path / "odd.zip"):
            pass
    (tmp_path / "half.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"half\.zip: no whole zip file"), crate.unpacked(tmp_path / "half.zip"):
        pass


def test_what_is_no_crate_is_told(run, tmp_path):
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(InputError, match=r"a\.zip: no whole zip file"), crate.unpacked(tmp_path / "a.zip"):
        pass
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(InputError, match=r"no audit/manifest\.sha256 in it"), crate.unpacked(tmp_path / "b.zip"):
        pass
    with pytest.raises(InputError, match="no such file"), crate.unpacked(tmp_path / "c.zip"):
        pass
    shutil.rmtree(run / "logs")
    with pytest.raises(InputError, match="left no provenance"):
        drawing.write(run)


# ---------------------------------------------------------------- sources
@pytest.fixture
def published(run) -> Path:
    """The run, whose numbers also have a published value."""
    (run.parents[1] / "workflow/resources/published").mkdir(parents=True)
    (run.parents[1] / "workflow/resources/published/win_rates.csv").write_text("method,metric,value\nsami,win,55\n")
    path = run / "logs/numbers.json"
    noted = json.loads(path.read_text())
    text = (run / "paper/numbers.csv").read_text() + "published,55,published/win_rates.csv: sami win,yes\n"
    (run / "paper/numbers.csv").write_text(text)
    values = "method,metric,value\nsami,win,55\n"
    noted["inputs"]["workflow/resources/published/win_rates.csv"] = {"sha256": sha(values), "bytes": len(values)}
    noted["outputs"][f"{RUN}/paper/numbers.csv"] = {"sha256": sha(text), "bytes": len(text)}
    path.write_text(json.dumps(noted))
    return run


def test_a_published_number_of_a_crate_leads_to_the_published_value(published):
    said(audit, published)
    with crate.unpacked(published / crate.NAME) as folder:
        found = chain(folder, "published")
        assert [row["value"] for row in found["rows"]] == [55]
        name = "workflow/resources/published/win_rates.csv"
        assert [(one["file"], one["here"]) for one in found["given"]] == [(name, True)]
        (given,) = chain(folder, "winToySamiDpo")["given"]
        assert (given["file"], given["here"]) == ("config/principles.yaml", True)


def test_only_what_jobs_read_of_the_workflow_is_kept_and_only_as_they_read_it(published, tmp_path):
    path = published / "logs/numbers.json"
    noted = json.loads(path.read_text())
    for name in ("data/given.csv", "config/../secret", "config/gone.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
        noted["inputs"][name] = {"sha256": sha("x"), "bytes": 1}
    path.write_text(json.dumps(noted))
    (tmp_path / "config/gone.yaml").unlink()
    (tmp_path / "config/principles.yaml").write_text("p: 2\n")
    sources.write(published)
    kept = [one for one in (published / SOURCES).rglob("*") if one.is_file()]
    assert [one.relative_to(published / SOURCES).as_posix() for one in kept] == [
        "workflow/resources/published/win_rates.csv"
    ]


def test_a_copy_elsewhere_keeps_what_was_kept_when_it_is_audited_again(published, tmp_path):
    sources.write(published)
    copy = shutil.copytree(published, tmp_path / "far/away/copy")
    sources.write(copy)
    assert (copy / SOURCES / "config/principles.yaml").read_text() == "p: 1\n"
    (published / SOURCES / "config/old.yaml").write_text("of a job that is no more")
    sources.write(published)
    assert not (published / SOURCES / "config/old.yaml").exists()


# ---------------------------------------------------------------- provenance


@pytest.mark.parametrize(
    ("flags", "unit"),
    [
        ("fma avx2", ""),
        ("avx512f avx512_bf16", ", bfloat16 by AVX-512"),
        ("avx512_bf16 amx_bf16", ", bfloat16 by AMX"),
        ("avx512_bf16x", ""),
    ],
)
def test_a_processor_is_named_with_the_unit_that_computes_bfloat16(tmp_path, monkeypatch, flags, unit):
    about = tmp_path / "cpuinfo"
    monkeypatch.setattr(provenance, "CPUINFO", about)
    assert provenance.processor()  # there is no such file
    about.write_text(
        "".join(f"processor\t: {n}\nmodel name\t: Some CPU {n}\nflags\t\t: fpu {flags}\n\n" for n in (0, 1))
    )
    assert provenance.processor() == f"Some CPU 0{unit}"


def stage(root, folder: Path, *words: str) -> None:
    command = [sys.executable, root / "workflow/run.py", *map(str, words)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)


def test_a_stage_notes_what_it_read_and_wrote_without_being_asked(root, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine.jsonl").write_text('{"task": "How many?", "kind": "maths"}\n')
    (tmp_path / "data/unread.jsonl").write_text("{}\n")
    settings = {"file": "mine.jsonl", "fields": {"question": "task", "category": "kind"}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    words = ["questions", "--name", "q", "--data", tmp_path / "data", "--settings", "@settings.json"]
    stage(
        root,
        tmp_path,
        *words,
        "--categories",
        "maths",
        "--log",
        f"{RUN}/logs/questions/q.log",
        "--out",
        f"{RUN}/q.jsonl",
    )
    noted = json.loads((tmp_path / RUN / "logs/questions/q.json").read_text())
    assert noted["stage"] == "questions"
    assert noted["arguments"]["settings"] == settings
    assert noted["command"][:3] == ["python", "workflow/run.py", "questions"]
    assert {name: one["sha256"] for name, one in noted["inputs"].items()} == {
        "data/mine.jsonl": sha((tmp_path / "data/mine.jsonl").read_text()),
        "settings.json": sha(json.dumps(settings)),
    }
    made = (tmp_path / RUN / "q.jsonl").read_text()
    assert noted["outputs"] == {f"{RUN}/q.jsonl": {"sha256": sha(made), "bytes": len(made.encode())}}
    assert len(noted["code"]["digest"]) == 16


def test_the_digest_of_a_large_file_is_computed_once_until_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "LARGE", 4)
    large, memory = tmp_path / "model.safetensors", tmp_path / "digests"
    large.write_text("weights")
    assert digests.remembered(large, memory) == sha("weights")
    monkeypatch.setattr(digests, "sha256", lambda path: pytest.fail("computed again"))
    assert digests.remembered(large, memory) == sha("weights")
    monkeypatch.undo()
    monkeypatch.setattr(digests, "LARGE", 4)
    large.write_text("other weights")
    assert digests.remembered(large, memory) == sha("other weights")


def test_a_model_that_a_job_read_or_wrote_is_noted_by_the_digest_of_its_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "base/config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "base/model.safetensors").write_text("W")
    (tmp_path / "out/adapter").mkdir(parents=True)
    (tmp_path / "out/adapter/adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "base"}))
    args = Namespace(log=tmp_path / RUN / "logs/x.log", model=Path("base"), out=Path("out/adapter"), settings={})
    opened = OpenedFiles()
    opened.read, opened.written = {str(tmp_path / "base/config.json")}, {str(tmp_path / "out/adapter")}
    provenance.write("train", args, opened, 0.0)
    noted = json.loads((tmp_path / RUN / "logs/x.json").read_text())
    (tmp_path / "out/adapter/.snakemake_timestamp").write_text("")  # as Snakemake does after the job
    assert noted["models"] == {name: checkpoints.digest(name) for name in ("base", "out/adapter")}
    by_hand = "".join(hashlib.sha256(text.encode()).hexdigest() for text in ('{"model_type": "llama"}', "W"))
    parts = b"config.json" + bytes.fromhex(by_hand[:64]) + b"model.safetensors" + bytes.fromhex(by_hand[64:])
    assert noted["models"]["base"] == hashlib.sha256(parts).hexdigest()[:16]


def test_the_number_of_gpus_stands_beside_their_name(run, tmp_path, monkeypatch):
    cuda = Namespace(is_initialized=lambda: True, get_device_name=lambda: "A GPU", device_count=lambda: 4)
    monkeypatch.setitem(sys.modules, "torch", Namespace(cuda=cuda))
    args = Namespace(log=tmp_path / "x.log")
    provenance.write("train", args, OpenedFiles(), 0.0)
    machine = json.loads((tmp_path / "x.json").read_text())["machine"]
    assert (machine["gpu"], machine["gpus"]) == ("A GPU", 4)
    monkeypatch.undo()
    path = run / "logs/train/toy.sami.seed1.json"
    noted = json.loads(path.read_text())
    for gpus, words in (({"gpus": 4}, "4 x A GPU"), ({"gpus": 1}, "2 cores, A GPU"), ({}, "2 cores, A GPU")):
        about = {"system": "Linux", "processor": "P", "cores": 2, "gpu": "A GPU", **gpus}
        path.write_text(json.dumps(noted | {"machine": about}))
        assert f"{words}, Python 3.11" in readable(run, "checkpoints/toy/sami/seed1")
