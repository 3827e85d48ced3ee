"""A further experiment, which is how another model is added: it has its own figures, tables and settings."""

import json
import re
import shlex

import pytest
import yaml
from test_dag import snakemake


@pytest.fixture
def commands(copy):
    """What figure, tables and metrics are called with, by what they write; with one more experiment of each kind."""
    config = yaml.safe_load((copy / "config.yaml").read_text())
    large, long = config["experiments"]["multitask"], config["experiments"]["maths"]
    large["methods"]["sami"]["label"] = "SAMI, large"
    long["solve"]["attempts"] = [1, 2]
    (copy / "more.yaml").write_text(yaml.safe_dump({"experiments": {"large": large, "long": long}}))
    text = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    found = {}
    for line in re.findall(r"python workflow/run\.py (?:figure|table|metrics) .*", text):
        words = shlex.split(line)
        options = {word: words[place + 1] for place, word in enumerate(words) if word.startswith("--")}
        found[options["--out"].removeprefix("results/mini/")] = options | {
            "settings": json.loads(options["--settings"])
        }
    return found


def test_a_further_experiment_has_its_own_figures_and_tables(commands):
    for kind in ("figures/figure1", "figures/overall", "figures/qualities"):
        assert commands[f"{kind}.pdf"]["settings"]["experiment"] == "multitask"
        assert commands[f"{kind}-large.pdf"]["settings"]["experiment"] == "large"
        assert commands[f"{kind}-large.pdf"]["settings"]["labels"]["sami"] == "SAMI, large"
    for kind in ("figures/figure2", "figures/figure3", "figures/formats"):
        assert commands[f"{kind}-long.pdf"]["settings"]["experiment"] == "long"
    for kind, other in (
        ("win_rates", "large"),
        ("examples", "large"),
        ("accuracy", "long"),
        ("examples_maths", "long"),
    ):
        assert commands[f"tables/{kind}-{other}.tex"]["--name"] == kind
        assert list(commands[f"tables/{kind}-{other}.tex"]["settings"]["experiments"]) == [other]


def test_methods_and_attempts_are_told_by_experiment(commands):
    labels = commands["figures/training.pdf"]["settings"]["labels"]
    assert labels["large"]["sami"] == "SAMI, large"
    assert labels["multitask"]["sami"] == "SAMI"
    assert commands["metrics/accuracy.csv"]["settings"]["attempts"] == {"maths": [1, 10, 32], "long": [1, 2]}


def test_rates_to_be_tried_run_no_table_again(copy, plan):
    (copy / "more.yaml").write_text(yaml.safe_dump({"tuning": {"rates": [0.5]}}))
    after = snakemake(copy, "-n", "-p", "--configfile", "more.yaml")
    stages = r"python workflow/run\.py (?:table|numbers) .*"
    # sorted, since a dry run prints jobs that do not depend on each other in any order
    assert sorted(re.findall(stages, plan)) == sorted(re.findall(stages, after)) != []
