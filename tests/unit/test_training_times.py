"""The table of the seconds of trainings, from what their jobs noted: means, parents, soups, and what is missing."""

import csv
import io
import re
from pathlib import Path

import made_up_run
import pytest

from mialign.core.errors import InputError
from mialign.paper.tables import training_times

EXPERIMENTS = {
    "maths": {
        "methods": {
            "first": {"parent": "base", "label": "round 1"},
            "second": {"parent": "first"},
            "lost": {"parent": "base"},
            "after_lost": {"parent": "lost"},
        },
        "soups": {"soup": {"of": ["first", "second"], "label": "Soup"}},
    },
    "other": {"methods": {"first": {"parent": "base"}}},
}
NOTED = {
    "train/maths.first.seed1.tsv": (30.4, 500),
    "train/maths.first.seed2.tsv": (31.6, 600),
    "train_on_rollouts/maths/second/seed1.tsv": (9, 100),
    "train/maths.after_lost.seed1.tsv": (2, 90),
    "train/other.first.seed1.tsv": (1.04, 80),
}


def noted(folder: Path) -> list[Path]:
    for name, (seconds, memory) in NOTED.items():
        path = folder / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"seconds\tmemory_mib\n{seconds}\t{memory}\n")
    return [folder / "logs" / name for name in (*NOTED, "train/maths.lost.seed1.tsv")]  # this one is gone


def test_a_method_has_the_mean_of_its_seeds_and_with_its_parents(tmp_path):
    latex, tidy = training_times.table(noted(tmp_path), {"experiments": EXPERIMENTS})
    assert [line.removesuffix(r" \\") for line in latex.splitlines() if " & " in line] == [
        "method & trainings & seconds & longest & from the base & memory, MiB",
        "round 1 & 2 & 31.0 & 31.6 & 31.0 & 600",
        "SECOND & 1 & 9.0 & 9.0 & 40.0 & 100",
        "LOST & -- & -- & -- & -- & --",
        "AFTER+LOST & 1 & 2.0 & 2.0 & -- & 90",
        "Soup & -- & -- & -- & 40.0 & --",
        "FIRST & 1 & 1.0 & 1.0 & 1.0 & 80",
    ]
    rows = {(row["experiment"], row["method"]): row for row in csv.DictReader(io.StringIO(tidy))}
    assert list(rows["maths", "first"].values()) == ["maths", "first", "2", "31.0", "31.6", "31.0", "600"]
    assert list(rows["maths", "soup"].values()) == ["maths", "soup", "", "", "", "40.0", ""]


def test_every_method_of_the_neighbours_has_a_row():
    experiments = made_up_run.config("config/neighbours.yaml")["experiments"]
    _, tidy = training_times.table([], {"experiments": experiments})
    named = {(row["experiment"], row["method"]) for row in csv.DictReader(io.StringIO(tidy))}
    expected = {(title, name) for title, one in experiments.items() for name in one["methods"]}
    assert named == expected | {(title, soup) for title, one in experiments.items() for soup in one.get("soups", {})}


@pytest.mark.parametrize("name", ["train/maths.first.tsv", "other/maths/first/seed1.tsv", "seed1.tsv"])
def test_a_file_that_names_no_training_is_refused(name):
    with pytest.raises(InputError, match=re.escape(f"{name}: name files train/EXPERIMENT.METHOD.seedN.tsv")):
        training_times.table([Path(name)], {"experiments": EXPERIMENTS})
