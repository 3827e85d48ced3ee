"""How far a policy is from the base: against the whole distributions of a plain pass, by hand, and in the settings."""

import json
import re

import pytest
import torch
from changes import REMOVE, change, refused

import tiny
from mialign.config import loading
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.metrics import drift
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.models.encoding import encode_response
from mialign.models.prompt_ids import encode_prompt
from scripts import drift as stage

PROMPTS = {"p0": "The boat: ", "p1": "A keeper of bees: ", "p2": "Noon: "}
TEXTS = {"p0": ("sank at noon.", "eos"), "p1": ("by the harbour", "length"), "p2": ("12 more", "stop")}


# ---------------------------------------------------------------- the stage
def written(temperature: float = 1.0, texts=TEXTS, **more) -> list[dict]:
    return [
        {"prompt_id": name, "temperature": temperature, "text": text, "finish": finish, **more}
        for name, (text, finish) in texts.items()
    ]


@pytest.fixture
def measure(tmp_path, models, run_stage):
    """Run the stage on responses; the records it writes."""

    def run(responses=None, model="policy", base="base", number=3, seed=7):
        prompts = [
            {"id": name, "question_id": f"q{name}", "category": "math", "prompts": [text]}
            for name, text in PROMPTS.items()
        ]
        write_jsonl(tmp_path / "prompts.jsonl", prompts)
        write_jsonl(tmp_path / "responses.jsonl", responses or written())
        files = {name: tmp_path / f"{name}.jsonl" for name in ("prompts", "responses", "out")}
        settings = {"temperature": 1.0, "number": number, "seed": seed, "token-budget": 40}
        run_stage(stage, model=models / model, base=models / base, **files, **settings)
        return read_jsonl(tmp_path / "out.jsonl")

    return run


def plain(models, name: str) -> tuple[int, float]:
    """Tokens of a response, and the sum of KL(policy || base) at them, from all logits of a pass of its own."""
    tokenizer, (text, finish) = tiny.tiny_tokenizer(), TEXTS[name]
    first = encode_prompt(tokenizer, PROMPTS[name])
    rest = encode_response(tokenizer, text) + ([tokenizer.eos_token_id] if finish != "length" else [])
    ids = torch.tensor([first + rest])
    with torch.no_grad():
        policy, base = (
            type(tiny.tiny_model()).from_pretrained(models / one)(ids).logits[0, len(first) - 1 : -1].log_softmax(-1)
            for one in ("policy", "base")
        )
    return len(rest), float((policy.exp() * (policy - base)).sum())


def test_each_token_has_the_whole_divergence(measure, models):
    found = {record["prompt_id"]: record for record in measure()}
    assert found.keys() == PROMPTS.keys()
    for name, record in found.items():
        tokens, kl = plain(models, name)
        of = {"prompt_id": name, "question_id": f"q{name}", "category": "math"}
        assert record == {**of, "tokens": tokens, "kl": pytest.approx(kl, rel=1e-4)}
        assert kl > 0.01


def test_the_base_is_as_far_from_itself_as_nothing(measure):
    assert [record["kl"] for record in measure(model="base")] == [pytest.approx(0, abs=1e-6)] * 3


def test_so_many_of_the_sampled_first_attempts_are_taken_of_the_same_prompts_in_any_order(measure):
    others = written(0.0, {"p0": ("", "eos")}) + written(attempt=1)
    few = measure([*others, *written(attempt=0)], number=2)
    assert few == measure([*reversed(written()), *others[:1]], number=2)
    assert len(few) == 2
    assert [one["prompt_id"] for one in few] == [one["prompt_id"] for one in measure()][:2]
    assert len({measure(number=1, seed=seed)[0]["prompt_id"] for seed in range(9)}) > 1


def test_fewer_answers_than_were_asked_for_are_told(measure, capsys):
    assert len(measure(number=4)) == 3
    assert "prompts.jsonl: 3 prompts, fewer than the 4 asked for" in capsys.readouterr().err


def test_a_policy_that_answered_some_prompts_is_measured_on_those_that_were_drawn(measure):
    """As of a soup, each policy of which answers under its own vector."""
    parts = [[one for one in written() if one["prompt_id"] in names] for names in (("p0",), ("p1", "p2"))]
    found = [one for part in parts for one in measure(part, number=2)]
    assert {one["prompt_id"] for one in found} == {one["prompt_id"] for one in measure(number=2)}
    alone = [measure([one for one in written() if one["prompt_id"] == name], number=1) for name in PROMPTS]
    assert sorted(map(len, alone)) == [0, 0, 1]


def test_what_cannot_be_measured_is_refused(measure, models, tmp_path):
    path = re.escape(str(tmp_path / "responses.jsonl"))
    with pytest.raises(InputError, match=f"{path}: no response was sampled at temperature 1.0"):
        measure(written(0.0))
    with pytest.raises(InputError, match=f"{path}: there is no prompt 'p9'"):
        measure(written(texts={"p9": ("Noon", "eos")}))
    tiny.tiny_model().save_pretrained(models / "other")
    words = ["Another text altogether, of other words.\n"] * 4
    tiny.train_tokenizer(words, vocabulary=300, context=64).save_pretrained(models / "other")
    with pytest.raises(InputError, match="its tokenizer reads other tokens"):
        measure(base="other")
    damaged = tiny.tiny_model()
    damaged.model.norm.weight.data.fill_(float("nan"))
    damaged.save_pretrained(models / "damaged")
    tiny.tiny_tokenizer().save_pretrained(models / "damaged")
    with pytest.raises(InputError, match=r"damaged: its divergence from .*base is no number at the response to prompt"):
        measure(model="damaged")


# ---------------------------------------------------------------- the metric
def test_the_drift_is_the_sum_over_all_tokens_by_their_number(tmp_path):
    paths = []
    for seed, records in {1: [("p0", 2, 1.0), ("p1", 3, 0.5)], 2: [("p0", 5, 1.0)]}.items():
        paths.append(tmp_path / f"drift/users/mipo/seed{seed}.jsonl")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        lines = (dict(zip(("question_id", "tokens", "kl"), one, strict=True)) | {"category": "math"} for one in records)
        paths[-1].write_text("".join(json.dumps(line) + "\n" for line in lines))
    (row,) = drift.rows(list(map(str, paths)), Bootstrap(resamples=200))
    assert (row["experiment"], row["method"], row["metric"], row["n"]) == ("users", "mipo", "drift", 10)
    assert row["value"] == pytest.approx(0.25)
    assert row["low"] <= 0.25 <= row["high"]
    paths[-1].write_text("")
    with pytest.raises(InputError, match="drift/users/mipo, seed 2: no response was measured"):
        list(drift.rows([str(paths[-1])], Bootstrap(resamples=200)))


def test_the_policies_of_a_soup_count_as_one(tmp_path):
    """Two points, of one answer to the same question each: (1 + 2) nat by 2 + 10 tokens."""
    for point, tokens, kl in (("soup.0", 2, 1.0), ("soup.1", 10, 2.0)):
        path = tmp_path / f"drift/preferences/{point}/seed1.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"question_id": "q0", "category": "math", "tokens": tokens, "kl": kl}) + "\n")
    (row,) = drift.rows(sorted(map(str, tmp_path.rglob("seed1.jsonl"))), Bootstrap(resamples=200))
    assert (row["method"], row["value"], row["n"]) == ("soup", pytest.approx(0.25), 12)


def test_a_question_is_drawn_with_all_its_answers(tmp_path):
    """Two questions of two answers each: its interval is that of two records with their sums, and not of four."""

    def of(name: str, records: list[tuple]) -> dict:
        path = tmp_path / f"drift/{name}/mipo/seed1.jsonl"
        path.parent.mkdir(parents=True)
        lines = (dict(zip(("question_id", "tokens", "kl"), one, strict=True)) | {"category": "math"} for one in records)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        (row,) = drift.rows([str(path)], Bootstrap(resamples=200))
        return {key: row[key] for key in ("value", "low", "high", "n")}

    apart = [("q0", 2, 1.0), ("q0", 2, 1.0), ("q1", 3, 0.5), ("q1", 5, 0.5)]
    assert of("apart", apart) == of("summed", [("q0", 4, 2.0), ("q1", 8, 1.0)])


# ---------------------------------------------------------------- the settings
def test_it_is_of_sampled_answers_and_stands_in_the_place_of_that_of_information(miniature):
    asked = change(miniature, "experiments.multitask.drift", {"responses": 64, "seed": 1})
    assert loading.load(asked)["experiments"]["multitask"]["drift"] == {"responses": 64, "seed": 1}
    asked = change(asked, "experiments.multitask.respond.temperatures", [0.0])
    refused(asked, "experiments.multitask.drift: no answers are sampled; give respond.temperatures one above 0")
    asked = change(asked, "experiments.multitask.drift", REMOVE)
    asked = change(asked, "experiments.maths.drift", {"responses": 0, "seed": 1})
    refused(asked, "experiments.maths.drift.responses")


def test_an_experiment_has_one_measure_of_its_drift(read_config):
    both = change(read_config("config/neighbours.yaml"), "experiments.multitask.drift", {"responses": 64, "seed": 1})
    refused(both, "experiments.multitask.drift: information measures the drift too; take one of them out")
