"""Training small but real: the steps that are taken, resumption to the same bytes, adapters, the chosen checkpoint."""

import contextlib
import csv
import functools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import architectures
import pytest
import torch
from safetensors.torch import load_file
from transformers import TrainingArguments, get_scheduler

import tiny
from mialign.core.errors import InputError
from mialign.data import principles, prompts, sources
from mialign.data.builders.constitutions import compare_all
from mialign.evaluation.checkpoint_scores import SCORES, each
from mialign.generation.engine import BatchSize, Request, Sampling
from mialign.generation.local import generate
from mialign.models import checkpoints
from mialign.training import loop, method, objectives, resume, trainer
from mialign.training.attention import choose_attention
from mialign.training.examples import entry_mask, for_objective, read_examples
from mialign.training.grid import Item, grid, packs, shortened
from mialign.training.method import Inputs, Outputs, Speed, train_method
from mialign.training.objectives import OBJECTIVES, cross_entropy
from mialign.training.reference import read_reference, write_reference
from mialign.training.settings import OptimizerSettings, TrainingSettings, steps_of
from mialign.training.validation import Validation

SETTINGS = {
    "objective": "sami",
    "learning_rate": 0.003,
    "steps": 4,
    "batch": 4,
    "optimizer": "adamw",
    "schedule": "constant",
    "clip": 1.0,
    "validate_every": 2,
    "validation": {},  # its answers are scored by what the test gives
    "seed": 5,
}
SQUARE = torch.ones(2, 2, dtype=torch.bool)
WORDS = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The"]


def test_the_gradient_is_clipped_at_a_norm_or_not_at_all(tmp_path):
    made = (OptimizerSettings(seed=1, learning_rate=0.1, batch=4, clip=clip) for clip in (0.4, 0))
    norms = [loop.arguments(settings, tmp_path).max_grad_norm for settings in made]
    assert norms == [0.4, float("inf")]


class Scores:
    """Stands for the validation questions: gives out these scores, one at each call."""

    prompts = ()

    def __init__(self, *scores):
        self.scores = list(scores)

    def __call__(self, model, tokenizer):
        score = self.scores.pop(0)
        # not in the order of a file that is read back
        return {"score": score, "ended": 1.0, "correct": 0.5, "adherence": score}


class Answers(Scores):
    """The same, of a policy that has to write an answer first."""

    def __call__(self, model, tokenizer):
        ((answer,),) = generate(model, tokenizer, [Request("The boat", (0,))], Sampling(0.0, 1.0, 4, ()), BatchSize())
        assert answer.tokens > 0
        return super().__call__(model, tokenizer)


class Later(Scores):
    """Each score is better than all before, so that the last step is chosen, also by a training that went on."""

    def __call__(self, model, tokenizer):
        return {"score": time.monotonic(), "ended": 1.0}


@pytest.fixture
def parent(tmp_path):
    return write_parent(tmp_path / "parent")


def write_parent(folder):
    tiny.tiny_model().save_pretrained(folder)
    tiny.tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def pairs(tmp_path):
    return write_pairs(tmp_path / "pairs.jsonl")


def write_pairs(path):
    records = [
        {
            "id": f"p{n}",
            "prompts": [f"{WORDS[n]} and", f"{WORDS[n]} by"],
            "responses": [response(f"{WORDS[-n]} sank", 0), response(f"{WORDS[n]} walks at noon", 1)],
            "terms": compare_all(2),
            "positive": n % 2,
        }
        for n in range(8)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def response(text, prompt, finish="eos"):
    return {"text": text, "prompt": prompt, "finish": finish}


def read_items(pairs, tokenizer, context):
    """The token ids of pairs, by id."""
    return {name: one.item for name, one in read_examples(pairs, tokenizer, context).items()}


def train(folder, parent, pairs, *args, **changes):
    fit(folder, parent, pairs, *args, **changes)
    return folder / "sami/seed5", list(csv.DictReader((folder / "curve.csv").open()))


def fit(folder, parent, pairs, scores=(0.1, 0.2, 0.3), tokens=10_000, checkpointing=False, attention="sdpa", **changes):
    reference = folder / "reference.jsonl" if OBJECTIVES[changes.get("objective", "sami")].needs_reference else None
    if reference:
        write_reference(parent, pairs, "float32", tokens, reference, changes.get("max_length"))
    train_method(
        Inputs(parent, pairs, reference),
        TrainingSettings.read(SETTINGS | changes),
        Scores(*scores),
        Outputs(folder / "sami/seed5", folder / "curve.csv", folder / "scratch"),
        Speed(tokens, checkpointing, attention),
    )


def weights(folder):
    return {name: weight.clone() for name, weight in checkpoints.load_model(folder).state_dict().items()}


def weights_of(state):
    return load_file(Path(state) / "model.safetensors").values()


def losses(curve):
    return [float(row["value"]) for row in curve if row["metric"] == "loss"]


def test_of_several_gpus_a_training_takes_one(tmp_path, monkeypatch):
    """The Trainer would take all that torch sees, and give each a batch."""

    def devices(self):
        self._n_gpu = 4
        return torch.device("cpu")

    seen = functools.cached_property(devices)
    seen.__set_name__(TrainingArguments, "_setup_devices")
    monkeypatch.setattr(TrainingArguments, "_setup_devices", seen)
    made = loop.arguments(OptimizerSettings(seed=1, learning_rate=0.1, batch=4), tmp_path)
    assert (made.n_gpu, made.train_batch_size) == (1, 4)


def test_the_logged_loss_is_the_objective_of_the_parent(tmp_path, parent, pairs):
    _, curve = train(tmp_path, parent, pairs, batch=8, steps=1, validate_every=1)
    model, tokenizer = checkpoints.load_model(parent), checkpoints.load_tokenizer(parent)
    computed = grid(model, list(read_items(pairs, tokenizer, 64).values()), SQUARE)
    expected = (cross_entropy(computed.means, "rows") + cross_entropy(computed.means, "columns")) / 2
    assert losses(curve)[0] == pytest.approx(expected.mean().item(), abs=1e-4)
    logged = {row["metric"]: float(row["value"]) for row in curve if row["step"] == "1"}
    assert logged["matched_logprob"] == pytest.approx(computed.means.diagonal(dim1=1, dim2=2).mean().item(), abs=1e-4)
    assert logged["questions"] == 8
    assert logged["response_tokens"] == computed.counts.sum()


def test_the_pairs_of_each_step_are_those_that_it_was_computed_on(tmp_path, parent, pairs):
    """With weights that stand still, the log-probability that a step logs tells which pairs it saw."""
    settings = {"steps": 6, "validate_every": 6, "batch": 2, "learning_rate": 1e-12}
    _, curve = train(tmp_path / "one", parent, pairs, (0.1, 0.2), **settings)
    found = [json.loads(line) for line in (tmp_path / "one/curve.jsonl").read_text().splitlines()]
    assert [one["step"] for one in found] == [1, 2, 3, 4, 5, 6]
    logged = [float(row["value"]) for row in curve if row["metric"] == "matched_logprob"]
    model = checkpoints.load_model(parent)
    items = read_items(pairs, checkpoints.load_tokenizer(parent), 64)
    computed = {name: grid(model, [item], SQUARE).means[0].diagonal().mean().item() for name, item in items.items()}
    expected = [sum(computed[name] for name in one["pairs"]) / 2 for one in found]
    assert logged == pytest.approx(expected, abs=1e-4)
    assert len({round(value, 3) for value in computed.values()}) == 8
    epoch, rest = ([name for one in part for name in one["pairs"]] for part in (found[:4], found[4:]))
    assert sorted(epoch) == sorted(items)  # each once
    assert rest != epoch[:4]  # the next epoch is shuffled anew
    train(tmp_path / "other", parent, pairs, (0.1, 0.2), **settings, seed=6)
    other = [json.loads(line)["pairs"] for line in (tmp_path / "other/curve.jsonl").read_text().splitlines()]
    assert [name for names in other[:4] for name in names] != epoch


def test_methods_of_one_seed_take_the_pairs_in_one_order(tmp_path, parent, pairs):
    """So SFT that goes on from SFT sees its first batches again, as the paper says."""
    settings, orders = {"batch": 2, "validate_every": 4}, []
    for name, changes in {"sft": {"objective": "sft"}, "sami": {"learning_rate": 0.01}}.items():
        train(tmp_path / name, parent, pairs, (0.1, 0.2), **settings, **changes)
        orders.append((tmp_path / name / "curve.jsonl").read_text())
    more = tmp_path / "sft/sami/seed5"
    train(tmp_path / "more", more, pairs, (0.1, 0.2), **settings, objective="sft")
    assert orders[0] == orders[1] == (tmp_path / "more/curve.jsonl").read_text()


METHODS = [
    {},
    {"objective": "dpo", "beta": 0.5, "label_smoothing": 0.1},
    {"objective": "sft"},
    {"kl": 0.5, "reduction": "sum"},
]
ONE_AT_A_TIME = {"tokens": 1}
SOME_TOGETHER = 130


def test_so_many_tokens_take_some_of_the_questions_at_once(parent, pairs):
    items = [*read_items(pairs, checkpoints.load_tokenizer(parent), 64).values()]
    parts = packs(items, torch.ones(2, 2, dtype=torch.bool), SOME_TOGETHER)
    assert 1 < len(parts) < len(items)


TWENTY = {"steps": 20, "validate_every": 20, "batch": 8, "learning_rate": 0.0005}


def assert_same_trajectory(first, second):
    """Each is (checkpoint, curve): losses, gradient norms and final weights agree to rounding."""
    for metric in ("loss", "grad_norm"):
        expected, found = ([float(r["value"]) for r in c if r["metric"] == metric] for _, c in (first, second))
        assert len(expected) == 20
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)
    expected, found = weights(first[0]), weights(second[0])
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("changes", METHODS)
def test_twenty_steps_are_the_same_however_a_batch_passes_through(tmp_path, parent, pairs, changes):
    whole = train(tmp_path / "whole", parent, pairs, (0.1, 0.2), **TWENTY, **changes)
    for number, how in enumerate((ONE_AT_A_TIME, {"tokens": SOME_TOGETHER}, {"checkpointing": True})):
        parts = train(tmp_path / f"parts{number}", parent, pairs, (0.1, 0.2), **TWENTY, **changes, **how)
        assert_same_trajectory(whole, parts)


ADAPTER = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["q_proj", "v_proj"]}


@pytest.fixture(scope="module")
def adapted_and_merged(tmp_path_factory):
    """A checkpoint with an adapter, and the same with the adapter merged into the weights."""
    folder = tmp_path_factory.mktemp("adapted")
    parent, merged = write_parent(folder / "parent"), folder / "merged"
    adapted, _ = train(folder / "one", parent, write_pairs(folder / "pairs.jsonl"), adapter=ADAPTER)
    shutil.copytree(parent, merged)
    checkpoints.load_model(adapted).merge_and_unload().save_pretrained(merged)
    return adapted, merged


@pytest.mark.parametrize("changes", METHODS)
def test_twenty_steps_are_the_same_from_an_adapter_and_from_its_merged_model(
    tmp_path, adapted_and_merged, pairs, changes
):
    adapted, merged = adapted_and_merged
    apart = train(tmp_path / "apart", adapted, pairs, (0.1, 0.2), **TWENTY, **changes)
    assert_same_trajectory(apart, train(tmp_path / "whole", merged, pairs, (0.1, 0.2), **TWENTY, **changes))


def test_a_merged_adapter_trains_on_like_the_adapter_it_was(tmp_path, parent, pairs):
    """The first loss of a child is the same whether its parent's adapter is kept apart or merged into the weights."""
    out, _ = train(tmp_path / "one", parent, pairs, adapter=ADAPTER)
    _, apart = train(tmp_path / "apart", out, pairs, adapter=ADAPTER)
    _, merged = train(tmp_path / "merged", out, pairs)
    assert losses(merged)[0] == pytest.approx(losses(apart)[0], abs=1e-5)


def test_rmsprop_moves_every_weight_by_its_own_scale(tmp_path, parent, pairs):
    """Its first step is the rate times g / (0.1 |g|): ten rates, whatever the gradient's size."""
    out, _ = train(
        tmp_path, parent, pairs, (0.1, 0.2), optimizer="rmsprop", steps=1, validate_every=1, learning_rate=0.001
    )
    before, after = weights(parent), weights(out)
    moved = torch.cat([(after[name] - weight).abs().flatten() for name, weight in before.items()])
    assert moved.max().item() == pytest.approx(0.01, rel=1e-2)


def test_a_rate_warms_up_and_falls_to_a_tenth(tmp_path, parent, pairs):
    """By RMSprop's first step the weights move by ten rates, so what they moved by tells the rate."""
    one = {"optimizer": "rmsprop", "steps": 1, "validate_every": 1, "learning_rate": 0.001}

    def moved(name, **changes):
        out, _ = train(tmp_path / name, parent, pairs, (0.1, 0.2), **one | changes)
        return max((weights(out)[key] - weight).abs().max().item() for key, weight in weights(parent).items())

    assert moved("warm", warmup=2) == pytest.approx(moved("constant") / 3, rel=1e-3)
    assert moved("cosine, warm", schedule="cosine", warmup=2) == 0
    assert moved("cosine", schedule="cosine") == pytest.approx(moved("constant"), rel=1e-3)
    steps = {"steps": 12, "validate_every": 12, "optimizer": "adamw"}
    assert moved("falling", schedule="cosine", **steps) < 0.8 * moved("steady", **steps)


def test_a_constant_rate_rises_by_the_same_share_with_every_step():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3.0)
    schedule, rates = trainer.warmed_constant(optimizer, warmup=2), []
    for _ in range(5):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([1.0, 2.0, 3.0, 3.0, 3.0])


@pytest.mark.parametrize(
    ("prompts", "responses", "longest", "expected"),
    [
        ([3, 4], [2, 4], 8, ([3, 4], [2, 4])),  # 4 + 4 fit
        ([3, 5], [2, 4], 8, ([3, 4], [2, 4])),  # the second prompt is cut to half, and then all fits
        ([3, 5], [2, 6], 8, ([3, 4], [2, 4])),  # 3 + 6 and 5 + 6 do not fit; then 4 + 6 do not either
        ([2, 1], [1, 7], 8, ([2, 1], [1, 4])),  # short prompts stay, and a response is cut to half all the same
        ([9], [1], 7, ([3], [1])),
    ],
)
def test_long_prompts_are_cut_first_and_then_responses(prompts, responses, longest, expected):
    made = Item([[*range(n)] for n in prompts], [[*range(n)] for n in responses], (0, 0)[: len(responses)])
    cut = shortened(made, longest)
    assert ([len(one) for one in cut.prompts], [len(one) for one in cut.responses]) == expected
    assert all(one == [*range(len(one))] for one in (*cut.prompts, *cut.responses))  # the first tokens stay
    assert cut.prompt_of == made.prompt_of


def test_only_what_sft_on_positives_reads_decides_what_is_cut(parent, pairs):
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    for response, times in zip(lines[0]["responses"], (2, 6), strict=True):  # the first one is positive
        response["text"] = " ".join(["walks at noon"] * times)
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    tokenizer = checkpoints.load_tokenizer(parent)
    whole = read_examples(pairs, tokenizer, 64)["p0"].item
    longest = len(whole.prompts[0]) + len(whole.responses[0])
    cut, alone = (read_examples(pairs, tokenizer, 64, longest, on)["p0"].item for on in ("all", "positives"))
    assert len(cut.responses[0]) < len(whole.responses[0])  # for the length of the other one
    assert (alone.prompts[0], alone.responses[0]) == (whole.prompts[0], whole.responses[0])


def test_a_training_and_its_reference_read_what_was_cut(tmp_path, parent, pairs):
    tokenizer = checkpoints.load_tokenizer(parent)
    whole, cut = (read_examples(pairs, tokenizer, 64, longest) for longest in (None, 8))
    assert [shortened(one.item, 8) for one in whole.values()] == [one.item for one in cut.values()]
    assert max(one.item.longest for one in whole.values()) > 8 >= max(one.item.longest for one in cut.values())
    write_reference(parent, pairs, "float32", 1000, tmp_path / "whole.jsonl")
    with pytest.raises(InputError, match="are of other tokens than this policy reads"):
        read_reference(tmp_path / "whole.jsonl", cut)
    _, curve = train(tmp_path / "one", parent, pairs, objective="dpo", beta=0.1, max_length=8)
    tokens = sum(len(response) for one in cut.values() for response in one.item.responses)
    (seen,) = [int(row["value"]) for row in curve if (row["step"], row["metric"]) == ("2", "response_tokens")]
    assert seen == tokens  # two steps of four pairs are all eight


def test_betas_and_the_end_of_the_cosine_are_those_that_are_set(tmp_path):
    def made(**changes):
        settings = TrainingSettings.read(SETTINGS | {"learning_rate": 0.5, "schedule": "cosine"} | changes)
        return method._arguments(settings, tmp_path, checkpointing=False)

    for changes, betas, end in (
        ({}, (0.9, 0.999), 0.1),
        ({"betas": [0.8, 0.95], "min_lr_rate": 0.0}, (0.8, 0.95), 0.0),
    ):
        arguments = made(**changes)
        assert (arguments.adam_beta1, arguments.adam_beta2) == betas
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=arguments.learning_rate)
        schedule = get_scheduler(
            arguments.lr_scheduler_type, optimizer, 0, 4, scheduler_specific_kwargs=arguments.lr_scheduler_kwargs
        )
        for _ in range(4):
            optimizer.step()
            schedule.step()
        assert schedule.get_last_lr() == [pytest.approx(0.5 * end)]


def test_whatever_a_pass_computes_is_in_half_precision(monkeypatch, tmp_path, parent, pairs):
    """The mask and the reference too, not only what Accelerate wraps, the policy's forward."""
    seen = []

    def spy(*args, **kwargs):
        seen.append(torch.is_autocast_enabled("cpu"))
        return grid(*args, **kwargs)

    monkeypatch.setattr("mialign.training.trainer.grid", spy)
    for module in ("mialign.models.machine", "mialign.training.method", "mialign.training.attention"):
        monkeypatch.setattr(f"{module}.use_bf16", lambda precision: precision == "bf16")
    train(tmp_path / "half", parent, pairs, (0.1, 0.2), steps=1, validate_every=1, precision="bf16", kl=0.1)
    assert seen
    assert all(seen)
    seen.clear()
    train(tmp_path / "whole", parent, pairs, (0.1, 0.2), steps=1, validate_every=1, kl=0.1)
    assert seen
    assert not any(seen)


def test_half_precision_trains_and_keeps_whole_weights(tmp_path, parent, pairs):
    out, curve = train(tmp_path, parent, pairs, [0.1] * 9, steps=12, batch=8, validate_every=6, precision="bf16")
    assert losses(curve)[-1] < losses(curve)[0] - 0.02
    assert {weight.dtype for weight in weights(out).values()} == {torch.float32}


IN_BF16 = {"weights": "bf16", "precision": "bf16"}


@pytest.mark.parametrize(("rate", "below", "above"), [(1e-4, 1.0, 1.0), (3e-4, 1.0 - 2**-8, 1.0)])
def test_a_bf16_weight_moves_only_by_more_than_half_the_way_to_the_next(tmp_path, parent, pairs, rate, below, above):
    """RMSprop's first step moves every weight by ten rates, up or down.

    Next to 1 are 1 - 1/256 and 1 + 1/128. A step of 0.001 is less than half the way to either. One of 0.003 is more
    than half of 1/256, and less than half of 1/128.
    """
    one = {"optimizer": "rmsprop", "steps": 1, "validate_every": 1, "learning_rate": rate, "clip": 0}
    made = checkpoints.load_model(
        train(tmp_path / "half", parent, pairs, (0.1, 0.2), **one, **IN_BF16)[0], dtype="auto"
    )
    whole, _ = train(tmp_path / "whole", parent, pairs, (0.1, 0.2), **one, precision="bf16")
    norms = torch.cat([weight.float() for name, weight in made.state_dict().items() if "norm" in name])
    moved = torch.cat([weight for name, weight in weights(whole).items() if "norm" in name])
    assert {weight.dtype for weight in made.state_dict().values()} == {torch.bfloat16}
    assert (moved - 1).abs().mean().item() == pytest.approx(10 * rate, rel=0.05)  # in float32 all have moved
    assert set(norms.tolist()) == {below, above}
    as_whole = (norms < 1) == ((moved < 1) & (below < 1))
    assert as_whole.float().mean() > 0.95  # signs of the smallest gradients are a matter of rounding


def test_bf16_weights_keep_their_optimizer_state_in_bf16(tmp_path, parent, pairs, monkeypatch):
    kept = {}
    monkeypatch.setattr(resume, "close_scratch", lambda scratch: kept.update(state=resume.last_state(scratch)))
    for optimizer in ("adamw", "rmsprop"):
        out, curve = train(tmp_path / optimizer, parent, pairs, optimizer=optimizer, learning_rate=0.01, **IN_BF16)
        state = torch.load(Path(kept["state"]) / "optimizer.pt")["state"]
        moments = [value for one in state.values() for name, value in one.items() if name != "step"]
        assert {value.dtype for value in moments} == {torch.bfloat16}
        assert {weight.dtype for weight in weights_of(out)} == {torch.bfloat16}
        assert json.loads((out / "config.json").read_text())["dtype"] == "bfloat16"
        assert losses(curve)[-1] < losses(curve)[0]


def test_a_reference_of_bf16_weights_is_the_policy_at_its_start(tmp_path, parent, pairs):
    write_reference(parent, pairs, "bf16", 1000, tmp_path / "reference.jsonl", weights="bf16")
    examples = read_examples(pairs, checkpoints.load_tokenizer(parent), 64)
    model = checkpoints.load_model(parent, dtype="bfloat16")
    assert not all(weight.equal(weights(parent)[name]) for name, weight in model.float().state_dict().items())
    read = torch.stack(read_reference(tmp_path / "reference.jsonl", examples))
    plain = grid(model, [one.item for one in examples.values()], SQUARE).sums  # of rounded weights, in float32
    torch.testing.assert_close(read, plain, rtol=0.05, atol=0.5)


def test_the_reference_file_holds_the_plain_sums(tmp_path, parent, pairs):
    write_reference(parent, pairs, "float32", 1, tmp_path / "reference.jsonl")
    examples = read_examples(pairs, checkpoints.load_tokenizer(parent), 64)
    items = [one.item for one in examples.values()]
    sums = grid(checkpoints.load_model(parent), items, SQUARE).sums
    torch.testing.assert_close(torch.stack(read_reference(tmp_path / "reference.jsonl", examples)), sums)


def test_the_reference_has_the_entries_that_terms_name_and_no_others(tmp_path, parent, pairs):
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    lines[1]["terms"] = [{"chosen": [0, 0], "rejected": [0, 1], "weight": 2.0}]
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_reference(parent, pairs, "float32", 1000, tmp_path / "reference.jsonl")
    written = [json.loads(line)["sums"] for line in (tmp_path / "reference.jsonl").read_text().splitlines()]
    assert written[1][1] == [None, None]
    examples = read_examples(pairs, checkpoints.load_tokenizer(parent), 64)
    sums = grid(checkpoints.load_model(parent), [one.item for one in examples.values()], SQUARE).sums
    read = torch.stack(read_reference(tmp_path / "reference.jsonl", examples))
    torch.testing.assert_close(read[0], sums[0])
    torch.testing.assert_close(read[1], torch.stack([sums[1, 0], torch.zeros(2)]))


def test_an_incomplete_or_foreign_reference_is_refused(tmp_path, parent, pairs):
    path = tmp_path / "reference.jsonl"
    write_reference(parent, pairs, "float32", 1000, path)
    examples = read_examples(pairs, checkpoints.load_tokenizer(parent), 64)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(InputError, match=r"reference\.jsonl: the pair p7 is missing; delete the file"):
        read_reference(path, examples)
    item = examples["p0"].item  # as many tokens, but others
    examples["p0"] = replace(examples["p0"], item=Item(item.prompts, item.responses[::-1]))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match="log-probabilities of p0 are of other tokens than this policy reads"):
        read_reference(path, examples)


@pytest.mark.parametrize("sums", ["none", None, [[1.0]], [[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0, float("nan")]]])
def test_a_reference_without_a_table_of_numbers_is_refused(tmp_path, parent, pairs, sums):
    path = tmp_path / "reference.jsonl"
    write_reference(parent, pairs, "float32", 1000, path)
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | {"sums": sums}), *others]) + "\n")
    with pytest.raises(InputError, match=r"the sums of p0 are no table of 2 by 2 numbers; delete the file"):
        read_reference(path, read_examples(pairs, checkpoints.load_tokenizer(parent), 64))


def test_dpo_without_its_reference_is_refused(tmp_path, parent, pairs):
    settings, out = TrainingSettings.read(SETTINGS | {"objective": "dpo", "beta": 0.1}), tmp_path / "out"
    with pytest.raises(InputError, match="dpo is relative to a reference: give its file"):
        train_method(Inputs(parent, pairs), settings, Scores(), Outputs(out, tmp_path / "c", tmp_path / "s"), Speed())


RESPONSE = {"text": "one", "prompt": 0, "finish": "eos"}
TERM = {"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("responses", "text", "responses must be a list of"),
        ("responses", None, "responses must be a list of"),
        ("responses", ["one"], "responses must be a list of"),
        ("responses", [RESPONSE], "1 responses, and the first line has 2"),
        ("responses", [RESPONSE, RESPONSE | {"prompt": 2}], "0 to 1, or null"),
        ("responses", [RESPONSE, RESPONSE | {"prompt": True}], "0 to 1, or null"),
        ("responses", [RESPONSE, {"text": "two", "finish": "eos"}], "0 to 1, or null"),
        ("responses", [RESPONSE, RESPONSE | {"text": 3}], "responses must be a list of"),
        ("responses", [RESPONSE, RESPONSE | {"finish": "cut"}], "finish is one of eos, stop, length"),
        ("prompts", ["a", 2], "prompts must be a list of texts"),
        ("prompts", [], "prompts must be a list of texts"),
        ("terms", [], "terms must be a list of"),
        ("terms", [TERM, TERM | {"chosen": [0, 2]}], r"a term has chosen \[0, 2\], but it must be"),
        ("terms", [TERM | {"rejected": [2, 0]}], r"a term has rejected \[2, 0\], but it must be"),
        ("terms", [TERM | {"chosen": None}], "a term has chosen None"),
        ("terms", [TERM | {"chosen": [0, -1]}], "a term has chosen"),
        ("terms", [TERM | {"weight": 0}], "a term has weight 0; a number above 0"),
        ("terms", [TERM | {"weight": "1"}], "a term has weight '1'"),
        ("terms", [{"chosen": [0, 0], "rejected": None}], "a term has weight None"),
        ("positive", 2, "positive is 2, but it must be the number of a response, 0 to 1"),
        ("positive", None, "positive is None, but it must be the number of a response"),
        ("positive", "0", "positive is '0', but it must be the number of a response"),
    ],
)
def test_pairs_of_another_form_are_named_by_line(parent, pairs, field, value, said):
    lines = pairs.read_text().splitlines()
    lines[2] = json.dumps(json.loads(lines[2]) | {field: value})
    pairs.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=rf"pairs\.jsonl, line 3: .*{said}"):
        read_items(pairs, checkpoints.load_tokenizer(parent), 64)


@pytest.mark.parametrize("value", [5, None, [], "text"])
def test_so_is_the_first_one(parent, pairs, value):
    first, *others = pairs.read_text().splitlines()
    first = json.dumps(json.loads(first) | {"prompts": value, "responses": value})
    pairs.write_text("\n".join([first, *others]) + "\n")
    with pytest.raises(InputError, match=r"pairs\.jsonl, line 1: prompts must be a list of texts"):
        read_items(pairs, checkpoints.load_tokenizer(parent), 64)


def alone(pairs):
    """The pairs with one prompt and one response each."""
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    one = {"terms": compare_all(1), "positive": 0}
    cut = [line | {key: line[key][:1] for key in ("prompts", "responses")} | one for line in lines]
    pairs.write_text("".join(json.dumps(line) + "\n" for line in cut))


@pytest.mark.parametrize(
    ("objective", "said"), [("sami", "p0 has one; two at least"), ("dpo", "a term of p0 rejects none")]
)
def test_one_response_has_none_to_be_compared_with(tmp_path, parent, pairs, objective, said):
    alone(pairs)
    (tmp_path / "reference.jsonl").touch()
    with pytest.raises(InputError, match=rf"pairs\.jsonl: {objective} compares responses, and .*{said}"):
        train(tmp_path, parent, pairs, objective=objective)


def test_one_response_is_enough_for_sft(tmp_path, parent, pairs):
    alone(pairs)
    _, curve = train(tmp_path, parent, pairs, objective="sft")
    assert losses(curve)[-1] < losses(curve)[0]


def test_sft_on_positives_reads_the_positive_response_alone(tmp_path, parent, pairs):
    """Its first loss is the mean of the negative log-probabilities per token of these, from the plain sums."""
    settings = {"objective": "sft", "batch": 8, "steps": 2, "validate_every": 1}
    _, on_all = train(tmp_path / "all", parent, pairs, **settings)
    _, on_positives = train(tmp_path / "positives", parent, pairs, train_on="positives", **settings)
    examples = read_examples(pairs, checkpoints.load_tokenizer(parent), 64)
    plain = grid(checkpoints.load_model(parent), [one.item for one in examples.values()], SQUARE)
    both = torch.stack([plain.sums.diagonal(0, 1, 2), plain.counts.float()])  # [2, 8, 2]
    positives = both[:, torch.arange(8), torch.arange(8) % 2]
    assert losses(on_positives)[0] == pytest.approx(-(positives[0] / positives[1]).mean().item(), abs=1e-4)
    assert losses(on_all)[0] == pytest.approx(-(both[0].sum(1) / both[1].sum(1)).mean().item(), abs=1e-4)
    read = {name: int(row["value"]) for name, curve in (("all", on_all), ("positives", on_positives)) for row in curve
            if (row["step"], row["metric"]) == ("1", "response_tokens")}  # fmt: skip
    assert read == {"all": both[1].sum(), "positives": positives[1].sum()}
    narrowed = for_objective("pairs", examples, "sft", "positives")
    assert entry_mask(narrowed.values(), "chosen").sum((1, 2)).tolist() == [1] * 8


def test_pairs_without_a_positive_response_are_not_for_sft_on_positives(tmp_path, parent, pairs):
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    del lines[3]["positive"]
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(InputError, match=r"pairs\.jsonl: p3 names no positive response, which train_on: positives"):
        train(tmp_path, parent, pairs, objective="sft", train_on="positives")


def foreign(pairs):
    """The pairs with one prompt, its own response and one that was written under another prompt."""
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    for line in lines:
        line["prompts"] = line["prompts"][:1]
        line["responses"][1]["prompt"] = None
        line["terms"] = [TERM]
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_sami_needs_a_square(tmp_path, parent, pairs):
    foreign(pairs)
    with pytest.raises(InputError, match=r"sami reads a square of .* p0 has 1 prompts and responses to \[0, None\]"):
        train(tmp_path, parent, pairs)


def test_more_responses_than_prompts_are_trained_on(tmp_path, parent, pairs):
    """MIPO's loss is that of the margins of one prompt, by hand from the plain sums."""
    foreign(pairs)
    _, curve = train(tmp_path, parent, pairs, objective="mipo", beta=0.5, batch=8, steps=2, validate_every=1)
    assert losses(curve)[0] == pytest.approx(math.log(2), abs=1e-5)  # the parent is its own reference
    assert losses(curve)[1] < math.log(2)
    assert {row["metric"] for row in curve}.isdisjoint({"grid_accuracy_rows", "grid_accuracy_columns"})


def test_a_response_that_was_cut_off_gets_no_end_token(parent, pairs):
    tokenizer = checkpoints.load_tokenizer(parent)
    whole = read_items(pairs, tokenizer, 64)["p3"].responses
    lines = [json.loads(line) for line in pairs.read_text().splitlines()]
    lines[3]["responses"][1]["finish"] = "length"
    pairs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    cut = read_items(pairs, tokenizer, 64)["p3"].responses
    assert cut == [whole[0], whole[1][:-1]]
    assert whole[1][-1] == tokenizer.eos_token_id


def test_pairs_with_the_same_id_or_none_that_fits_are_refused(parent, pairs):
    tokenizer = checkpoints.load_tokenizer(parent)
    with pytest.raises(InputError, match="every pair is longer than the 2 tokens"):
        read_items(pairs, tokenizer, 2)
    pairs.write_text(pairs.read_text().replace('"p1"', '"p0"'))
    with pytest.raises(InputError, match=r"pairs\.jsonl, line 2: the id 'p0' stands in an earlier line too"):
        read_items(pairs, tokenizer, 64)


def test_weights_that_do_not_fit_their_config_are_refused(parent):
    path = parent / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_hidden_layers": 3}))
    with pytest.raises(InputError, match=r"do not fit its config\.json: 9 missing, such as model\.layers\.2"):
        checkpoints.load_model(parent)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"num_hidden_layers": 1}))
    with pytest.raises(InputError, match=r"do not fit its config\.json: 9 unexpected"):
        checkpoints.load_model(parent)


def test_a_folder_with_other_things_is_never_erased(tmp_path, parent, pairs):
    for name in ("scratch", "sami/seed5"):
        folder = tmp_path / name.split("/")[0] / "run"
        precious = folder / name / "letter.txt"
        precious.parent.mkdir(parents=True)
        precious.write_text("dear")
        with pytest.raises(InputError, match="there is a folder with other things than"):
            train(folder, parent, pairs)
        assert precious.read_text() == "dear"


def test_a_model_folder_with_a_folder_of_its_own_is_read(tmp_path, parent, pairs):
    (parent / ".cache/huggingface").mkdir(parents=True)
    train(tmp_path, parent, pairs)


def test_an_adapter_of_a_tied_output_layer_is_not_merged_wrongly(tmp_path, parent, pairs):
    adapter = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": ["lm_head"]}
    out, _ = train(tmp_path / "one", parent, pairs, adapter=adapter)
    with pytest.raises(InputError, match="its adapter changes the output layer, whose weights are the embedding's too"):
        train(tmp_path / "two", out, pairs)


def test_adapter_targets_that_the_model_lacks_are_named(tmp_path, parent, pairs):
    with pytest.raises(InputError, match=r"adapter\.targets: the model has no linear layer 'nonsense'"):
        train(tmp_path, parent, pairs, adapter=ADAPTER | {"targets": ["q_proj", "nonsense"]})


def test_pairs_that_are_too_long_are_left_out_and_counted(parent, pairs, capsys):
    texts = [response("sank " * 60, 0), response("walks", 1)]
    long = {"id": "long", "prompts": ["The boat"] * 2, "responses": texts, "terms": compare_all(2)}
    pairs.write_text(json.dumps(long) + "\n" + pairs.read_text())
    items = read_items(pairs, checkpoints.load_tokenizer(parent), 64)
    assert "long" not in items
    assert len(items) == 8
    said = capsys.readouterr().err
    assert "1 of 9 pairs are longer than the 64 tokens" in said
    assert "the first is long" in said


def test_the_tokenizer_of_another_model_is_refused(tmp_path, parent, pairs):
    tiny.tiny_model(vocabulary=200).save_pretrained(parent)
    with pytest.raises(InputError, match="its tokenizer has 300 tokens and its weights 200"):
        train(tmp_path, parent, pairs)


@pytest.mark.parametrize(
    ("objective", "own"),
    [("sft", {}), ("dpo", {"beta": 0.5}), ("ipo", {"beta": 0.5}), ("sami", {}), ("infonce", {"over": "rows"})],
)
def test_the_losses_fall(tmp_path, parent, pairs, objective, own):
    changes = {"objective": objective, **own, "steps": 12, "batch": 8, "validate_every": 6}
    _, curve = train(tmp_path, parent, pairs, [0.1] * 9, **changes)
    assert losses(curve)[-1] < losses(curve)[0] - 0.02


def test_kl_holds_the_policy_back(tmp_path, parent, pairs):
    def moved(folder):
        return sum((weights(folder)[name] - weight).norm().item() for name, weight in weights(parent).items())

    free, _ = train(tmp_path / "free", parent, pairs, [0.1] * 4, steps=12, validate_every=6, kl=0.0)
    held, _ = train(tmp_path / "held", parent, pairs, [0.1] * 4, steps=12, validate_every=6, kl=50.0)
    items = list(read_items(pairs, checkpoints.load_tokenizer(parent), 64).values())
    start = checkpoints.load_model(parent)

    def distance(folder):
        end = grid(checkpoints.load_model(folder), items, torch.eye(2, dtype=torch.bool), start)
        return objectives.kl(end.kl, end.matched, end.counts).mean().item()

    assert moved(free) > 0
    assert distance(held) < distance(free) / 2


def test_the_checkpoint_with_the_best_validation_score_is_kept(tmp_path, parent, pairs):
    first, curve = train(tmp_path / "first", parent, pairs, (0.9, 0.8, 0.3))
    short, _ = train(tmp_path / "short", parent, pairs, (0.0, 0.8), steps=2)
    assert [row["step"] for row in curve if row["metric"] == "selected"] == ["2"]
    for name, weight in weights(first).items():
        torch.testing.assert_close(weight, weights(short)[name], rtol=0, atol=0)
    assert not (tmp_path / "first/scratch").exists()


@pytest.mark.parametrize(("choose", "step"), [("last", "5"), (4, "4"), (2, "2"), (5, "5"), ("validation", "2")])
def test_a_checkpoint_can_be_chosen_without_its_score(tmp_path, parent, pairs, choose, step):
    _, curve = train(tmp_path, parent, pairs, (0.1, 0.9, 0.3, 0.2), steps=5, validate_every=2, choose=choose)
    assert [row["step"] for row in curve if row["metric"] == "selected"] == [step]


def test_without_validation_no_question_is_answered_and_the_last_step_is_kept(tmp_path, parent, pairs):
    unseen, curve = train(tmp_path / "unseen", parent, pairs, (), steps=5, validate_every=0)
    seen, _ = train(tmp_path / "seen", parent, pairs, (0.1, 0.2), steps=5, validate_every=5)
    assert [row["step"] for row in curve if row["metric"] == "selected"] == ["5"]
    assert {"loss", "grad_norm", "selected"} <= {row["metric"] for row in curve}
    assert not {"score", "adherence", "ended"} & {row["metric"] for row in curve}
    for name, weight in weights(unseen).items():
        torch.testing.assert_close(weight, weights(seen)[name], rtol=0, atol=0)
    assert not (tmp_path / "unseen/scratch").exists()


@pytest.mark.parametrize(
    ("epochs", "pairs", "batch", "steps"),
    [(1, 4000, 128, 31), (1, 11520, 256, 45), (3, 2048, 64, 96), (2, 7, 4, 2), (0.36, 400, 4, 36), (0.29, 100, 1, 29)],
)
def test_an_epoch_is_the_whole_batches_that_there_are(epochs, pairs, batch, steps):
    assert steps_of(epochs, pairs, batch) == steps


def test_a_training_in_epochs_takes_the_steps_of_the_pairs_that_there_are(tmp_path, parent, pairs):
    lines = pairs.read_text().splitlines(keepends=True)
    pairs.write_text("".join(lines[:5]))  # of eight, for which the config reckoned four steps
    in_epochs, curve = train(tmp_path / "epochs", parent, pairs, epochs=1, steps=4, batch=2, validate_every=4)
    in_steps, _ = train(tmp_path / "steps", parent, pairs, steps=2, batch=2, validate_every=2)
    assert [row["step"] for row in curve if row["metric"] == "loss"] == ["1", "2"]
    for name, weight in weights(in_epochs).items():
        torch.testing.assert_close(weight, weights(in_steps)[name], rtol=0, atol=0)


def test_steps_that_the_pairs_do_not_give_are_refused(tmp_path, parent, pairs):
    with pytest.raises(InputError, match=r"choose: 5 is no checkpoint: 8 pairs make 4 steps \(epochs: 1\)"):
        train(tmp_path, parent, pairs, epochs=1, steps=6, batch=2, validate_every=1, choose=5)
    with pytest.raises(InputError, match=r"8 pairs in batches of 8 make no step \(epochs: 0.5\)"):
        train(tmp_path, parent, pairs, epochs=0.5, steps=1, batch=8, validate_every=1)


def test_the_last_step_can_be_chosen_where_no_validation_falls_on_it(tmp_path, parent, pairs):
    _, curve = train(tmp_path, parent, pairs, (0.1, 0.2, 0.3, 0.9), steps=5, validate_every=2)
    assert [row["step"] for row in curve if row["metric"] == "selected"] == ["5"]


def test_an_adapter_is_trained_alone_and_its_child_goes_on_with_it(tmp_path, parent, pairs):
    out, _ = train(tmp_path / "one", parent, pairs, adapter=ADAPTER)
    assert (out / "adapter_model.safetensors").exists()
    assert not (out / "model.safetensors").exists()
    child, _ = train(tmp_path / "two", out, pairs, adapter=ADAPTER)
    assert (child / "adapter_model.safetensors").exists()
    model = checkpoints.load_model(out)
    items = list(read_items(pairs, checkpoints.load_tokenizer(out), 64).values())
    computed = grid(model, items, SQUARE)
    assert computed.sums.isfinite().all()
    merged, _ = train(tmp_path / "three", out, pairs)
    assert (merged / "model.safetensors").exists()


KILLED = """
import sys, json
sys.path[:0] = {folders!r}
from mialign.models.machine import prepare
prepare(1)
from pathlib import Path
import test_training as t
from mialign.core.process import leave
t.Scores = t.Later
changes = json.loads({changes!r})
t.fit(Path({folder!r}), Path({parent!r}), Path({pairs!r}), steps=60, validate_every=3, batch=4, **changes)
leave(0)  # as a stage does: Python's own end waits for threads, or is aborted by them, that outlive a shared training
"""
LORA = {"optimizer": "rmsprop", "adapter": ADAPTER | {"dropout": 0.2}, "precision": "bf16", "kl": 0.1}


def running(script: Path) -> list[int]:
    """Processes that run a script."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found += [int(process.name)] if str(script).encode() in (process / "cmdline").read_bytes() else []
    return found


@pytest.mark.parametrize(("changes", "processes"), [({}, 1), (LORA, 1), (IN_BF16, 1), ({}, 2)])
def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path, parent, pairs, root, changes, processes):
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"] if processes == 2 else []

    def run(folder, kill_after_states=None):
        script = tmp_path / f"{folder.name}.py"
        script.write_text(
            KILLED.format(
                folders=[str(root / name) for name in ("tests/unit", "tests", "workflow")],
                folder=str(folder),
                parent=str(parent),
                pairs=str(pairs),
                changes=json.dumps(changes),
            )
        )
        command = [sys.executable, *launcher, str(script)]
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, stderr=said, start_new_session=True)
        if kill_after_states is None:
            assert process.wait(180) == 0, (tmp_path / "said").read_text()
            return
        until = time.monotonic() + 180
        while not (folder / f"scratch/checkpoint-{kill_after_states}").exists():
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        while workers := running(script):  # the launcher gives them a session of their own
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            time.sleep(0.05)

    run(tmp_path / "whole")
    run(tmp_path / "killed", kill_after_states=30)
    assert not (tmp_path / "killed/sami").exists()
    assert resume.last_state(tmp_path / "killed/scratch") is not None
    run(tmp_path / "killed")
    assert "60,selected,1" in (tmp_path / "killed/curve.csv").read_text()
    weights_file = "adapter_model.safetensors" if "adapter" in changes else "model.safetensors"
    for name in (f"sami/seed5/{weights_file}", "curve.csv", "curve.jsonl"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_training_that_ended_before_its_checkpoint_was_written_takes_no_step_more(
    tmp_path, parent, pairs, steps, monkeypatch
):
    """Of two steps an epoch, so that the last state lies in the middle of one, or at its end."""
    settings = {"steps": steps, "validate_every": 1, "batch": 4}
    _, expected = train(tmp_path / "whole", parent, pairs, (0.1, 0.2, 0.3, 0.4), **settings)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "writing_folder", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "cut", parent, pairs, (0.1, 0.2, 0.3, 0.4), **settings)
    out, found = train(tmp_path / "cut", parent, pairs, (), **settings)
    assert found == expected
    for name, weight in weights(tmp_path / "whole/sami/seed5").items():
        assert weights(out)[name].equal(weight)


def test_a_state_made_with_other_settings_is_thrown_away(tmp_path, parent, pairs):
    scratch = tmp_path / "scratch"
    resume.open_scratch(scratch, SETTINGS, parent, pairs)
    save_state(scratch / "checkpoint-2")
    resume.open_scratch(scratch, SETTINGS, parent, pairs)
    assert resume.last_state(scratch) is not None
    resume.open_scratch(scratch, SETTINGS | {"learning_rate": 0.5}, parent, pairs)
    assert resume.last_state(scratch) is None
    save_state(scratch / "checkpoint-2")
    pairs.write_text(pairs.read_text().replace("sank", "swam"))
    resume.open_scratch(scratch, SETTINGS | {"learning_rate": 0.5}, parent, pairs)
    assert resume.last_state(scratch) is None


def test_a_state_is_thrown_away_when_the_base_of_the_parent_is_another_model(tmp_path, parent, pairs):
    """The parent is an adapter: its own files stay, and so does the path of its base."""
    adapter, scratch = tmp_path / "adapter", tmp_path / "scratch"
    architectures.with_adapter(checkpoints.load_model(parent)).save_pretrained(adapter)
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == str(parent)
    resume.open_scratch(scratch, SETTINGS, adapter, pairs)
    save_state(scratch / "checkpoint-2")
    resume.open_scratch(scratch, SETTINGS, adapter, pairs)
    assert resume.last_state(scratch) is not None
    tiny.tiny_model(seed=1).save_pretrained(parent)
    resume.open_scratch(scratch, SETTINGS, adapter, pairs)
    assert resume.last_state(scratch) is None


def test_every_step_has_a_whole_batch_whatever_goes_through_at_once(tmp_path, parent, pairs):
    for tokens in (100, 30, 1):
        _, curve = train(tmp_path / str(tokens), parent, pairs, batch=3, steps=4, tokens=tokens)
        assert [row["value"] for row in curve if row["metric"] == "questions"] == ["3", "6", "9", "12"]


@pytest.mark.parametrize("damaged", ["model.safetensors", "trainer_state.json", "sizes.json"])
def test_a_state_that_was_cut_short_is_passed_over(tmp_path, damaged):
    for step in (2, 4):
        save_state(tmp_path / f"checkpoint-{step}")
    assert resume.last_state(tmp_path) == str(tmp_path / "checkpoint-4")
    path = tmp_path / "checkpoint-4" / damaged
    if damaged == "sizes.json":
        path.unlink()
    else:
        path.write_text(path.read_text()[:-1])
    assert resume.last_state(tmp_path) == str(tmp_path / "checkpoint-2")


def save_state(folder):
    folder.mkdir()
    (folder / "model.safetensors").write_text("weights")
    (folder / "trainer_state.json").write_text("{}")
    (folder / "sizes.json").write_text(json.dumps({"model.safetensors": 7, "trainer_state.json": 2}))


def test_a_loss_that_is_no_number_stops_with_the_step(tmp_path, parent, pairs):
    with pytest.raises(
        InputError,
        match=r"sami/seed5: the .* is \w+ at step \d+; lower the learning rate, with which it begins anew. States",
    ):
        train(tmp_path, parent, pairs, [0.1] * 40, learning_rate=1.0e30, clip=1.0e30, steps=20)


def test_the_last_good_state_is_kept_when_the_loss_is_no_number(tmp_path, parent, pairs, monkeypatch):
    sami, calls = OBJECTIVES["sami"].loss, []

    def breaks_at_the_fifth(*args):
        calls.append(args)
        return sami(*args) * (float("nan") if len(calls) == 5 else 1.0)

    monkeypatch.setitem(OBJECTIVES, "sami", replace(OBJECTIVES["sami"], loss=breaks_at_the_fifth))
    with pytest.raises(InputError, match="the loss is nan at step 5"):
        train(tmp_path, parent, pairs, [0.1] * 9, steps=8, batch=1)
    state = resume.last_state(tmp_path / "scratch")
    assert state.endswith("checkpoint-4")
    assert all(weight.isfinite().all() for weight in weights_of(state))


def test_a_model_that_caps_its_attention_is_trained(tmp_path, pairs):
    made = architectures.model("gemma2, capped", vocabulary=300)
    made.save_pretrained(tmp_path / "gemma")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "gemma")
    _, curve = train(tmp_path, tmp_path / "gemma", pairs)
    assert len(losses(curve)) == 4


def test_a_model_without_flex_attention_is_named(monkeypatch):
    made = tiny.tiny_model()
    monkeypatch.setattr(type(made), "_supports_flex_attn", False)
    with pytest.raises(InputError, match=r"speed\.attention: LlamaForCausalLM cannot attend by flex_attention"):
        choose_attention(made, "float32", "flex_attention")


def test_flex_attention_without_a_gpu_is_refused(tmp_path, parent, pairs):
    with pytest.raises(InputError, match=r"speed\.attention: flex_attention trains on a GPU only"):
        train(tmp_path, parent, pairs, attention="flex_attention")


def test_too_few_pairs_for_a_batch_are_refused(tmp_path, parent, pairs):
    with pytest.raises(InputError, match=r"pairs\.jsonl: 8 pairs do not fill one batch of 16"):
        train(tmp_path, parent, pairs, batch=16)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json is missing"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json is missing"),
        (lambda folder: (folder / "model.safetensors").unlink(), "the weights are missing"),
        (lambda folder: os.truncate(folder / "model.safetensors", 1000), "cut short"),
        (lambda folder: os.truncate(folder / "model.safetensors", 4), "cut short"),
        (lambda folder: os.truncate(folder / "tokenizer.json", 100), r"tokenizer\.json: not JSON"),
        (lambda folder: os.truncate(folder / "config.json", 10), r"config\.json: not JSON"),
        (lambda folder: (folder / "model.safetensors.index.json").write_text("{"), r"index\.json: not JSON"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b"nonsense"), "damaged"),
    ],
)
def test_an_incomplete_model_folder_is_named(parent: Path, harm, message):
    checkpoints.check(parent)
    harm(parent)
    with pytest.raises(InputError, match=message):
        checkpoints.check(parent)


def test_validation_weighs_both_axes_and_answers_at_the_temperature_asked_for(root):
    """Each question has a seed of its own, so that sampled answers do not share their luck."""
    tokenizer, model = tiny.tiny_tokenizer(context=512), tiny.tiny_model(context=512)
    questions = sources.questions("v", {"synthetic": "multitask", "split": "validation", "size": 6, "seed": 1}, "data")
    asked = {"experiment": "multitask", "template": "{constitution} {question}", "seed": 1}
    known = principles.load(str(root / "config/principles.yaml"))
    records = prompts.prompt_records(questions, known, "validation", asked, prompts.evaluation)
    records = [{**record, "prompts": ["The boat"]} for record in records]  # one prompt for all

    def answers(temperature):
        said = []

        def score(record, completion):
            said.append(completion.text)
            return SCORES["mean_score"](record, completion)

        validation = Validation(records, Sampling(temperature, 1.0, 6, ()), each(score), BatchSize(8))
        measured = validation(model, tokenizer)
        assert measured["score"] == measured["mean_score"]
        assert measured["mean_score"] == pytest.approx((measured["adherence"] + measured["correct"]) / 2)
        return said

    assert len(set(answers(0.0))) == 1
    assert len(set(answers(1.0))) > 3
