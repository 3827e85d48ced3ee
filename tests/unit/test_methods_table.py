"""The tables of all methods, from small CSVs: which row a cell shows, which columns there are, tokens of training."""

import csv
import io
from pathlib import Path

import made_up_run
import pytest

from mialign.paper.tables import methods
from mialign.paper.trained_tokens import training_tokens

COLUMNS = {
    "qualities": "experiment,method,temperature,category,metric,value,low,high,n",
    "degeneration": "experiment,method,temperature,metric,value,low,high,n",
    "diversity": "experiment,method,temperature,category,metric,value,low,high,n",
    "strengths": "experiment,method,axis,temperature,metric,value,low,high,n",
    "information": "experiment,method,critic,over,metric,value,low,high,n",
    "drift": "experiment,method,metric,value,low,high,n",
    "preferences": "experiment,method,temperature,preference,reward,metric,value,low,high,n",
    "accuracy": "experiment,method,temperature,attempts,extractor,metric,value,low,high,n",
    "training": "experiment,method,seed,step,metric,value",
}


@pytest.fixture
def tables(tmp_path):
    """Writes metrics/{kind}.csv of the lines given by kind, and gives their paths."""

    def write(**lines: list[str]) -> list[Path]:
        paths = []
        for kind, rows in lines.items():
            paths.append(tmp_path / f"{kind}.csv")
            paths[-1].write_text("\n".join([COLUMNS[kind], *rows]) + "\n")
        return paths

    return write


def experiment(title: str, *names: str) -> dict:
    """Settings with one experiment of config/neighbours.yaml and only these of its methods."""
    given = made_up_run.config("config/neighbours.yaml")["experiments"][title]
    return {"experiments": {title: given | {"methods": {name: given["methods"][name] for name in names}}}}


def lines_of(latex: str) -> list[str]:
    return [line.removesuffix(r" \\") for line in latex.splitlines() if " & " in line]


def test_a_judged_experiment(tables):
    files = tables(
        training=["multitask,n2,1,0,loss,2", "multitask,n2,1,8,response_tokens,12000", "multitask,n2,1,8,selected,1"],
        degeneration=["multitask,base,0.0,correct,80,78,82,9", "multitask,n2,0.0,correct,81.26,79,83,9"],
        qualities=[
            "multitask,n2,0.0,all,adherence,1,1,1,9",  # greedy
            "multitask,n2,1.0,math,adherence,2,2,2,9",  # a category
            "multitask,n2,1.0,all,adherence,75,70,80,9",
            "multitask,base,1.0,all,adherence,50,45,55,9",
            "multitask,base,0.0,all,adherence,4,4,4,9",
            "users,n2,0.0,all,adherence,3,3,3,9",  # another experiment
        ],
        strengths=[
            "multitask,base,principle-aware,0.0,strength,0,,,9",
            "multitask,n2,principle-free,0.0,strength,5,4,6,9",
            "multitask,n2,principle-aware,0.0,strength,-0.1234,-0.3,0.1,9",
        ],
        information=["multitask,n2,,,cap,0.7,,,9", "multitask,n2,,,drift,0.0123,0.01,0.02,9"],
    )
    latex, tidy = methods.outcomes(files, experiment("multitask", "n2"))
    assert lines_of(latex) == [
        r"method & given & tokens, $10^3$ & adherence, \% & correct, \% & strength & drift, nat",
        "base & nothing & 0.0 & 50.0 [45.0, 55.0] & 80.0 [78.0, 82.0] & 0.00 & --",
        "SAMI,{} N = 2 & nothing & 12.0 & 75.0 [70.0, 80.0] & 81.3 [79.0, 83.0] & $-$0.12 [$-$0.30, 0.10] & "
        "0.012 [0.010, 0.020]",
    ]
    rows = list(csv.DictReader(io.StringIO(tidy)))
    assert {(row["method"], row["metric"]) for row in rows if row["method"] == "n2"} == {
        ("n2", metric) for metric in ("adherence", "correct", "strength", "drift", "training_tokens")
    }
    assert {row["given"] for row in rows} == {""}


def test_a_solved_experiment_has_the_fewest_and_the_most_attempts(tables):
    accuracy = [
        f"maths,{method},{temperature},{attempts},{extractor},{metric},{value},,,9"
        for method, value in (("base", 10), ("star_1", 20), ("star_2", 30))
        for temperature, attempts in ((0.0, 1), (1.0, 1), (1.0, 5), (1.0, 10))
        for extractor in ("flexible", "strict")
        for metric in ("pass_at_k", "accuracy")
    ]
    files = tables(degeneration=["maths,base,0.0,correct,80,78,82,9"], accuracy=accuracy, training=[])
    latex, tidy = methods.outcomes(files, experiment("maths", "star_1", "star_2"))
    assert lines_of(latex)[0] == r"method & given & tokens, $10^3$ & correct in 1, \% & correct in 5, \%"
    assert lines_of(latex)[2] == "verified,{} round 1 & gold answers & -- & 20.0 & 20.0"
    rows = list(csv.DictReader(io.StringIO(tidy)))
    assert [row["temperature"] for row in rows[:2]] == ["0.0", "1.0"]
    assert {row["given"] for row in rows if row["method"] == "star_2"} == {"gold answers"}


def test_the_drift_of_an_experiment_without_information(tables):
    files = tables(drift=["users,sami,drift,0.0456,0.04,0.05,900", "multitask,n2,drift,1,1,1,9"], training=[])
    assert lines_of(methods.outcomes(files, experiment("users", "sami"))[0]) == [
        r"method & given & tokens, $10^3$ & drift, nat",
        "base & nothing & 0.0 & --",
        "SAMI & nothing & -- & 0.046 [0.040, 0.050]",
    ]


def test_an_experiment_with_preferences_sets_rewards_beside_what_was_not_rewarded(tables):
    settings = experiment("multitask", "n2")
    given = settings["experiments"]["multitask"]
    given["data"]["two"] |= {"builder": "preferences"}
    given["soups"] = {"soup": {"of": ["n2"], "label": "Soup of one"}}
    given["preferences"] = {"rewards": ["friendly", "brief"]}
    files = tables(
        degeneration=["multitask,n2,0.0,correct,40,30,50,9"],
        preferences=[
            "multitask,n2,0.0,0.1 0.9,friendly,reward,9,,,9",
            "multitask,n2,0.0,all,all,mip,0.5,0.4,0.6,9",
            "multitask,soup,0.0,all,all,mip,0.25,0.2,0.3,9",
            "multitask,n2,0.0,all,all,crd,0.75,0.7,0.8,9",
            "multitask,n2,0.0,all,all,crd_difference_base,8,8,8,9",
            "multitask,n2,0.0,all,friendly,slope,1.5,1.4,1.6,9",
            "multitask,n2,0.0,all,friendly,slope_below_half,8,8,8,9",
            "multitask,n2,0.0,all,friendly,overlap,0.85,0.8,0.9,9",
            "multitask,soup,0.0,all,brief,overlap,0.95,0.9,0.99,9",
        ],
        training=["multitask,n2,1,4,response_tokens,900", "multitask,n2,1,4,selected,1"],
    )
    assert lines_of(methods.outcomes(files, settings)[0]) == [
        r"method & given & tokens, $10^3$ & correct, \% & MIP & CRD",
        "base & nothing & 0.0 & -- & -- & --",
        "SAMI,{} N = 2 & rewards & 0.9 & 40.0 [30.0, 50.0] & 0.50 [0.40, 0.60] & 0.75 [0.70, 0.80]",
        "Soup of one & rewards & 0.9 & -- & 0.25 [0.20, 0.30] & --",
    ]
    assert lines_of(methods.steering(files, settings)[0]) == [
        "method & slope: friendly & overlap: friendly & overlap: brief",
        "base & -- & -- & --",
        "SAMI,{} N = 2 & 1.50 [1.40, 1.60] & 0.85 [0.80, 0.90] & --",
        "Soup of one & -- & -- & 0.95 [0.90, 0.99]",
    ]


def test_what_goes_wrong(tables):
    metrics = ("ended", "tokens", "correct", "seq_rep_4", "copied_question", "copied_instructions")
    files = tables(
        degeneration=[f"users,sami,0.0,{metric},{number},,,9" for number, metric in enumerate(metrics)],
        diversity=["users,sami,0.0,all,distinct_2,50,,,9", "users,sami,0.0,all,distinct_2_seed1,40,,,9"],
    )
    assert lines_of(methods.degeneration(files, experiment("users", "sami"))[0]) == [
        r"method & length & ended, \% & repeated, \% & copied: rules, \% & question, \% & distinct-2",
        "base & -- & -- & -- & -- & -- & --",
        "SAMI & 1 & 0 & 3.0 & 5.0 & 4.0 & 50.0",
    ]


# ---------------------------------------------------------------- tokens of training
def curve(method: str, seed: int, selected: int, *read: tuple[int, float]) -> list[dict]:
    rows = [{"metric": "response_tokens", "step": step, "value": value} for step, value in read]
    rows.append({"metric": "selected", "step": selected, "value": 1.0})
    return [{"method": method, "seed": str(seed), **row} for row in rows]


def test_tokens_are_those_up_to_what_was_kept_with_the_parents():
    parents = {"first": "base", "second": "first", "kept_at_start": "first", "lost": "base", "after_lost": "lost"}
    given = {"methods": {name: {"parent": parent} for name, parent in reversed(parents.items())}}
    given["soups"] = {"soup": {"of": ["first", "second"]}}
    rows = [
        *curve("first", 1, 2, (1, 10.0), (2, 20.0), (3, 30.0)),
        *curve("first", 2, 3, (1, 10.0), (2, 20.0), (3, 40.0)),
        *curve("second", 1, 1, (1, 5.0)),
        *curve("second", 2, 1, (1, 7.0)),
        *curve("kept_at_start", 1, 0, (1, 5.0)),
        *curve("after_lost", 1, 1, (1, 5.0)),
    ]
    assert training_tokens(rows, given) == {
        "base": 0,
        "first": 30,
        "second": 36,
        "kept_at_start": 30,
        "lost": None,
        "after_lost": None,
        "soup": 36,  # both come from the first
    }
