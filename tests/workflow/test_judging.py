"""The judged part of the smoke paper, on a server that is slow, busy, talks nonsense, breaks off and dies.

The answers are made up and lie where the workflow has them, so that nothing is trained.
"""

import json
import threading
from collections import Counter

import pytest
import yaml

from calls import jobs, snakemake
from copies import made
from judged import SECRET, made_up, server_settings
from mialign.core.files import read_jsonl, write_jsonl
from scripted_server import answer, cut, refuse, say, serving

RUN = "results/smoke"
TARGETS = [f"{RUN}/{path}" for path in ("figures/figure1.pdf", "tables/win_rates.csv", "metrics/comparisons.csv")]
METHODS = ("dpo", "sami")  # against sft
QUESTIONS = 8
ASKED = (len(METHODS) * QUESTIONS - 1) * 2 * 2  # both axes, both orders; one question both methods answer alike
TROUBLES = (refuse(429), refuse(429, Retry_After="0.1"), refuse(503), cut, say("<html>busy</html>"), say('{"id": 1}'))


class Moody:
    """Answers each request at its second attempt, and counts what it answered, which is what is paid for."""

    def __init__(self, dies_after: int | None = None):
        self.paid, self.dies_after, self.lock = Counter(), dies_after, threading.Lock()

    def __call__(self, body: dict, times: int):
        if times == 1:
            return TROUBLES[len(json.dumps(body)) % len(TROUBLES)]
        return lambda handler: self.answer(handler, body["messages"])

    def answer(self, handler, messages: list[dict]) -> None:
        """The other method is better than sft, in either order; the key that was sent is repeated."""
        text = messages[1]["content"]
        better = "B" if text.index("said by sft") < text.index("[begin response B") else "A"
        answer(f"{SECRET} was sent.\nVerdict: {better}", seconds=0.05)(handler)
        with self.lock:
            self.paid[text] += 1
            if self.paid.total() == self.dies_after:
                threading.Thread(target=handler.server.die).start()


@pytest.fixture
def paper(copy):
    """A copy with made-up answers, where a pause between two attempts is short."""
    failures = copy / "workflow/mialign/core/retry.py"
    text = failures.read_text()
    assert "FIRST, LONGEST = 1.0, 60.0" in text
    failures.write_text(text.replace("FIRST, LONGEST = 1.0, 60.0", "FIRST, LONGEST = 0.02, 0.05"))
    found, results = made_up(QUESTIONS), copy / RUN
    write_jsonl(results / "prompts/multitask/benchmark.jsonl", found["prompts"])
    for method in ("sft", *METHODS):
        texts = [f"To {one['prompt_id']}, as said by {method}." for one in found["test_responses"]]
        if method in METHODS:
            texts[0] = "What both say."
        responses = [one | {"text": text} for one, text in zip(found["test_responses"], texts, strict=True)]
        write_jsonl(results / f"responses/multitask/{method}/seed1.jsonl", responses)
        write_jsonl(results / f"scores/multitask/{method}/seed1.jsonl", found["test_scores"])

    def call(url: str, *arguments: str, ok: bool = True) -> str:
        judge = server_settings(url)
        del judge["prompt_template"]
        overlay = {"respond": {"temperatures": [0.0]}, "comparisons": [[one, "sft"] for one in METHODS], "judge": judge}
        (copy / "judge.yaml").write_text(yaml.safe_dump({"experiments": {"multitask": overlay}}))
        config = ("--configfile", "config/smoke.yaml", "judge.yaml")
        return snakemake(copy, "--cores", "2", *config, *arguments, "--", *TARGETS, ok=ok, JUDGE_KEY=SECRET)

    return call


def test_a_server_that_dies_costs_nothing_twice_and_the_key_is_nowhere(paper, copy):
    assert set(jobs(paper("http://127.0.0.1:9/v1", "-n"))) == {"judge", "metrics", "figure", "table"}
    first, second = Moody(dies_after=ASKED // 3), Moody()
    with serving(first) as server:
        said = paper(server.base_url, ok=False)
    kept = read_jsonl(copy / RUN / "asked.jsonl")
    assert "gives no answer" in said
    assert ASKED // 3 <= len(kept) == first.paid.total() < ASKED
    with serving(second) as server:
        said += paper(server.base_url)
    paid = first.paid + second.paid
    assert set(paid.values()) == {1}
    assert len(paid) == len(read_jsonl(copy / RUN / "asked.jsonl")) == ASKED
    for method in METHODS:
        verdicts = read_jsonl(copy / RUN / f"verdicts/multitask/{method}-vs-sft/seed1.jsonl")
        assert Counter(record["verdict"] for record in verdicts) == {"test": 2 * QUESTIONS}

    before = made(copy / RUN)
    said += paper("http://127.0.0.1:9/v1", "--forcerun", "judge")  # nobody is there, and nobody is asked
    assert made(copy / RUN) == before

    said += paper(server.base_url, "--report", "report.html")
    assert (copy / "report.html").stat().st_size > 10**5
    assert SECRET not in said
    files = [path for path in copy.rglob("*") if path.is_file()]
    assert {"report.html", "asked.jsonl", "multitask.sami-vs-sft.seed1.log"} <= {path.name for path in files}
    assert any(".snakemake" in path.parts for path in files)
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path
