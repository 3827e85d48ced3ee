"""Checkpoints by a judge: answers to validation questions against those of step 0, also in a training begun again."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import tiny
from judged import CLEAR, JUDGE_PROMPTS, SECRET, UNCLEAR, server_settings
from mialign.core import csv_files, retry
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.builders.constitutions import compare_all
from mialign.evaluation.judge import likelihood
from mialign.evaluation.judge.settings import deciding
from mialign.evaluation.wins_over_parent import WinsOverParent
from mialign.generation.engine import Completion
from mialign.training.trainer import GridTrainer
from scripted_server import answer, refuse, serving
from scripts import train as stage

RECORDS = [
    {
        "id": f"e/validation/{number}", "question_id": f"q{number}", "category": "stem", "reference": None,
        "question": f"The boat {number}", "prompts": [f"The boat {number}"],
        "constitutions": [{"principles": [["polite", "positive"]], "text": "1. The keeper of bees"}],
    }
    for number in range(3)
]  # fmt: skip
METHOD = {
    "objective": "sami", "reduction": "mean", "learning_rate": 0.003, "steps": 4, "batch": 4, "optimizer": "adamw",
    "schedule": "constant", "clip": 1.0, "validate_every": 2,
    "validate_by": {"kind": "likelihood", "model": "m", "prompt_template": str(JUDGE_PROMPTS)},
    "validation": {"score": "win_rate", "top_p": 1.0, "max_tokens": 6, "stop": []},
}  # fmt: skip


class Longer:
    """Prefers the longer text; of an empty one it says nothing that can be used."""

    name = "longer"

    def __init__(self):
        self.asked = []

    def verdicts(self, cases):
        self.asked.append(cases)
        return [{"verdict": self._verdict(case.test["text"], case.baseline["text"])} for case in cases]

    def _verdict(self, test, baseline):
        if not test:
            return "invalid"
        return "tie" if len(test) == len(baseline) else "test" if len(test) > len(baseline) else "baseline"


def answers(*texts):
    return [Completion(text, "eos", 3, 1) for text in texts]


def rates(scores):
    return [one["win_rate"] for one in scores]


def test_the_first_answers_are_what_later_ones_must_beat(tmp_path):
    judge = Longer()
    scores = WinsOverParent(judge, tmp_path / "answers.jsonl", 0.5)
    assert rates(scores(RECORDS, answers("aa", "bb", "cc"))) == [0.5, 0.5, 0.5]
    assert rates(scores(RECORDS, answers("aaa", "b", ""))) == [1.0, 0.0, None]
    again = WinsOverParent(judge, tmp_path / "answers.jsonl", 0.5)  # a training that goes on
    assert rates(again(RECORDS, answers("aaa", "bb", "c"))) == [1.0, 0.5, 0.0]
    assert [(case.axis, case.prompt["id"], case.baseline["text"]) for case in judge.asked[-1]] == [
        ("principle-aware", f"e/validation/{number}", text) for number, text in enumerate(("aa", "bb", "cc"))
    ]


@pytest.fixture
def train(run_stage, tmp_path):
    """Train with validation by a judge; gives the curve's win rates by step."""
    tiny.tiny_model().save_pretrained(tmp_path / "parent")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "parent")
    tiny.tiny_model(seed=1, context=2048).save_pretrained(tmp_path / "judge")
    tiny.tiny_tokenizer(context=2048).save_pretrained(tmp_path / "judge")
    write_jsonl(tmp_path / "validation.jsonl", RECORDS)
    pairs = [
        {
            "id": f"e/train/{number}", "prompts": ["The house", f"The boat {number}"], "terms": compare_all(2),
            "responses": [
                {"text": text, "prompt": place, "finish": "eos"}
                for place, text in enumerate((f" by the harbour {number}.", " sank at noon."))
            ],
        }
        for number in range(8)
    ]  # fmt: skip
    write_jsonl(tmp_path / "pairs.jsonl", pairs)

    def run(name: str, judge: dict = METHOD["validate_by"], **options) -> SimpleNamespace:
        curve, out = tmp_path / name / "curve.csv", tmp_path / name / "sami/seed5"
        run_stage(
            stage, parent=tmp_path / "parent", pairs=tmp_path / "pairs.jsonl", validation=tmp_path / "validation.jsonl",
            settings=json.dumps({**METHOD, "validate_by": deciding(judge)}), seed=5,
            scratch=tmp_path / name / "scratch", curve=curve, out=out, **options,
        )  # fmt: skip
        rows = csv_files.rows(curve, ("step", "metric", "value"))
        found = {int(row["step"]): row["value"] for row in rows if row["metric"] == "win_rate"}
        return SimpleNamespace(rates=found, curve=curve.read_bytes(), out=out)

    return run


def asked_of(tmp_path) -> dict:
    return {"judge-prompt-template": JUDGE_PROMPTS, "judge-model": tmp_path / "judge"}


def test_a_training_is_judged_against_its_parent_and_the_same_if_it_is_killed(train, tmp_path, monkeypatch):
    whole = train("whole", **asked_of(tmp_path))
    assert whole.rates.keys() == {0, 2, 4}
    assert whole.rates[0] == 0.5  # each answer met itself

    dies_at(monkeypatch, 3)
    with pytest.raises(KeyboardInterrupt):
        train("killed", **asked_of(tmp_path))
    kept = read_jsonl(tmp_path / "killed/scratch/answers-0.jsonl")
    assert [one["prompt_id"] for one in kept] == [record["id"] for record in RECORDS]
    monkeypatch.undo()
    assert train("killed", **asked_of(tmp_path)).curve == whole.curve


def test_the_win_rates_of_a_training_are_those_of_the_judge(train, tmp_path, monkeypatch):
    found, verdicts = [], likelihood.PairwiseJudge.verdicts

    def heard(self, cases):
        found.append(verdicts(self, cases))
        return found[-1]

    monkeypatch.setattr(likelihood.PairwiseJudge, "verdicts", heard)
    rates = train("heard", **asked_of(tmp_path)).rates
    won = {"test": 1, "tie": 0.5, "baseline": 0}
    expected = [sum(won[one["verdict"]] for one in part) / len(RECORDS) for part in found]
    assert list(rates.values()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("missing", ["judge-prompt-template", "judge-model"])
def test_without_what_the_judge_needs_nothing_is_trained(train, tmp_path, missing):
    given = {option: value for option, value in asked_of(tmp_path).items() if option != missing}
    with pytest.raises(InputError, match=f"--{missing}: a judge of kind likelihood needs it"):
        train("none", **given)


# ---------------------------------------------------------------- a judge on a server
@pytest.fixture
def train_by_server(train, tmp_path, monkeypatch):
    """Train with validation by the server of these settings."""
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    monkeypatch.setattr(retry, "FIRST", 0.01)
    monkeypatch.setattr(retry, "LONGEST", 0.02)

    def run(name: str, judge: dict) -> SimpleNamespace:
        where = {"judge-server": json.dumps(judge["server"]), "judge-asked": tmp_path / "asked.jsonl"}
        return train(name, judge, **{"judge-prompt-template": JUDGE_PROMPTS}, **where)

    return run


def longer(body: dict, times: int):
    """Busy at first; then the longer of the two answers, the first where they are as long."""
    if times == 1:
        return refuse(429)
    text = body["messages"][1]["content"]
    first, second = (
        re.search(rf"(?s)begin response {letter}, \w+\]\n(.*)\n\[end response {letter}", text)[1] for letter in "AB"
    )
    return answer("It is longer.\nVerdict: " + ("A" if len(first) >= len(second) else "B"))


def dies_at(monkeypatch, step: int) -> None:
    train_step = GridTrainer.training_step

    def training_step(self, *args, **kwargs):
        if self.state.global_step == step:
            raise KeyboardInterrupt
        return train_step(self, *args, **kwargs)

    monkeypatch.setattr(GridTrainer, "training_step", training_step)


def test_a_server_judges_checkpoints_and_a_training_begun_again_asks_nothing_twice(
    train_by_server, tmp_path, monkeypatch
):
    with serving(longer) as server:
        judge = server_settings(server.base_url)
        with monkeypatch.context() as killed:
            dies_at(killed, 3)
            with pytest.raises(KeyboardInterrupt):
                train_by_server("killed", judge)
        before = len(server.bodies)
        found = train_by_server("killed", judge)
        requests = len(server.counts)
        assert before > 2 * len(RECORDS)  # step 0, in one order, as both texts are the same; and step 2
        assert set(server.counts.values()) == {2}  # each was refused once and answered once
        again = train_by_server("again", judge)  # from the first step on
        assert len(server.counts) == requests
        assert set(server.counts.values()) == {2}
    assert found.rates[0] == 0.5
    assert found.rates.keys() == {0, 2, 4}
    assert again.curve == found.curve
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert not kept


def test_of_two_processes_that_train_together_the_first_asks_the_server(train_by_server, tmp_path, root):
    with serving(lambda body, times: longer(body, 2)) as server:
        judge = server_settings(server.base_url)
        alone = train_by_server("alone", judge)
        asked = set(server.counts)
        given = {
            "processes": 2, "parent": tmp_path / "parent", "pairs": tmp_path / "pairs.jsonl",
            "validation": tmp_path / "validation.jsonl", "seed": 5, "scratch": tmp_path / "scratch",
            "settings": json.dumps({**METHOD, "validate_by": deciding(judge)}),
            "judge-prompt-template": JUDGE_PROMPTS, "judge-server": json.dumps(judge["server"]),
            "judge-asked": tmp_path / "asked_by_two.jsonl", "curve": tmp_path / "curve.csv",
            "out": tmp_path / "two/seed5", "log": tmp_path / "log",
        }  # fmt: skip
        command = [sys.executable, str(root / "workflow/run.py"), "train"]
        command += [str(word) for option, value in given.items() for word in (f"--{option}", value)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert set(server.counts) == asked  # the same questions
    assert set(server.counts.values()) == {2}  # once by each training
    rows = csv_files.rows(tmp_path / "curve.csv", ("step", "metric", "value"))
    assert {int(row["step"]): row["value"] for row in rows if row["metric"] == "win_rate"} == alone.rates


def test_the_win_rates_by_a_server_are_those_of_what_it_says(train_by_server):
    """What stands first wins, so each comparison is a tie, whatever the answers are."""
    with serving(lambda body, times: answer(CLEAR)) as server:
        found = train_by_server("ties", server_settings(server.base_url))
    assert found.rates == {0: 0.5, 2: 0.5, 4: 0.5}


def test_a_judge_that_cannot_be_read_ends_a_training_before_its_first_step(train_by_server, monkeypatch):
    dies_at(monkeypatch, 0)
    refused = pytest.raises(
        InputError, match=r"3 of 3 verdicts are invalid, and invalid_at_most of this judge allows a share of 0\.05"
    )
    with serving(lambda body, times: answer(UNCLEAR)) as server, refused:
        train_by_server("unclear", server_settings(server.base_url))


def test_without_a_key_a_training_ends_before_its_first_step(train_by_server, monkeypatch):
    dies_at(monkeypatch, 0)
    monkeypatch.delenv("JUDGE_KEY")
    with serving(lambda body, times: answer(CLEAR)) as server:
        with pytest.raises(InputError, match="the environment variable JUDGE_KEY is not set"):
            train_by_server("keyless", server_settings(server.base_url))
        assert not server.bodies
