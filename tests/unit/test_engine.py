"""Our decoding loop against transformers' generate, and its promises: seeds, stops, finish reasons."""

import re
import sys

import architectures
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.generation.engine import BatchSize, Request, RuntimeOptions, Sampling
from mialign.generation.factory import make_engine
from mialign.generation.local import generate
from mialign.generation.sampling import choose
from mialign.generation.stop_phrases import StopPhrases
from mialign.models import checkpoints

PROMPTS = ["The boat", "A keeper of bees walks 3 days, then", "house", "by the harbour at noon.", "12 more", "and"]
GREEDY = Sampling(0.0, 1.0, 20, ())


def asked(prompts, seeds=(1,)):
    return [Request(prompt, tuple(seeds)) for prompt in prompts]


def generated(model, tokenizer, prompt, tokens):
    """transformers' own greedy answer to one prompt, as a completion of ours."""
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    new = model.generate(ids, max_new_tokens=tokens, do_sample=False, eos_token_id=tokenizer.eos_token_id)
    new = new[0, ids.shape[1] :].tolist()
    ended = new[-1] == tokenizer.eos_token_id
    return tokenizer.decode(new[:-1] if ended else new), "eos" if ended else "length", len(new)


@pytest.mark.parametrize("batch", [1, 4, 99])
def test_greedy_text_is_that_of_transformers(tiny_model, tiny_tokenizer, batch):
    for prompt, (ours,) in zip(
        PROMPTS, generate(tiny_model, tiny_tokenizer, asked(PROMPTS), GREEDY, BatchSize(batch)), strict=True
    ):
        assert (ours.text, ours.finish, ours.tokens) == generated(tiny_model, tiny_tokenizer, prompt, 20)


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_that_would_have_to_emulate_bf16_writes_in_float32(
    tmp_path, monkeypatch, tiny_model, tiny_tokenizer, native, dtype
):
    for part in (tiny_model, tiny_tokenizer):
        part.save_pretrained(tmp_path)
    packed = []
    monkeypatch.setattr("mialign.generation.local.use_bf16", lambda precision: native and precision == "bf16")
    monkeypatch.setattr("mialign.generation.local.device", lambda: "cpu")
    monkeypatch.setattr("mialign.generation.local.pack", packed.append)  # a processor without bf16 cannot
    engine = make_engine(tmp_path, {"kind": "transformers", "precision": "bf16"}, RuntimeOptions())
    assert engine.model.dtype == dtype
    assert packed == [engine.model] * native


@pytest.mark.parametrize("name", architectures.CONFIGS)
def test_every_architecture_decodes_as_in_transformers(name, tiny_tokenizer):
    """Windows of 5 tokens, both kinds of layer, shared heads, caps; rows that branch, leave and go beyond SLOTS."""
    model = architectures.model(name, vocabulary=len(tiny_tokenizer))
    answers = generate(model, tiny_tokenizer, asked(PROMPTS, (1, 2, 3)), Sampling(0.0, 1.0, 40, ()), BatchSize(12))
    expected = [generated(model, tiny_tokenizer, prompt, 40) for prompt in PROMPTS]
    assert [[(one.text, one.finish, one.tokens) for one in three] for three in answers] == [[e] * 3 for e in expected]


def test_a_completion_is_its_seeds_whatever_its_neighbours(tiny_model, tiny_tokenizer):
    sampling = Sampling(1.0, 0.9, 20, ())
    together = generate(tiny_model, tiny_tokenizer, asked(PROMPTS, (1, 2, 3)), sampling, BatchSize(7))
    backwards = generate(tiny_model, tiny_tokenizer, asked(PROMPTS[::-1], (3, 1)), sampling, BatchSize(2))
    for first, second in zip(together, backwards[::-1], strict=True):
        assert [first[2], first[0]] == second
        assert [completion.seed for completion in first] == [1, 2, 3]
    assert len({completion.text for completion in together[0]}) > 1


def test_a_stop_phrase_ends_the_text_before_it(tiny_model, tiny_tokenizer):
    (whole,) = generate(tiny_model, tiny_tokenizer, asked(["The boat"]), GREEDY, BatchSize(1))[0]
    phrase = whole.text[4:7]
    (cut,) = generate(tiny_model, tiny_tokenizer, asked(["The boat"]), Sampling(0.0, 1.0, 20, (phrase,)), BatchSize(1))[
        0
    ]
    assert cut.text == whole.text[: whole.text.index(phrase)]
    assert cut.finish == "stop"
    assert cut.tokens < whole.tokens


def test_all_end_tokens_of_a_model_end_its_text(tiny_model, tiny_tokenizer, monkeypatch):
    """As in transformers; Llama 3.1 Instruct, for one, has three of them."""
    ids = tiny_tokenizer("The boat", add_special_tokens=False, return_tensors="pt")["input_ids"]

    def written():
        return tiny_model.generate(ids, max_new_tokens=20, do_sample=False)[0, ids.shape[1] :].tolist()

    other = written()[4]
    monkeypatch.setattr(tiny_model.generation_config, "eos_token_id", [tiny_tokenizer.eos_token_id, other])
    expected = written()
    assert expected[-1] == other
    (ended,) = generate(tiny_model, tiny_tokenizer, asked(["The boat"]), GREEDY, BatchSize(1))[0]
    assert (ended.text, ended.finish) == (tiny_tokenizer.decode(expected[:-1]), "eos")
    assert ended.tokens == len(expected) < 20


def test_a_missing_vllm_is_told_with_what_to_do(tmp_path, tiny_model, tiny_tokenizer, monkeypatch):
    tiny_model.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(InputError, match=r"vLLM is not installed here; .*environments: \{generate: FOLDER\}"):
        make_engine(tmp_path, {"kind": "vllm", "precision": "float32"}, RuntimeOptions())


def test_a_prompt_that_is_too_long_is_told_before_any_is_answered(tmp_path, tiny_model, tiny_tokenizer):
    for part in (tiny_model, tiny_tokenizer):
        part.save_pretrained(tmp_path)
    engine = make_engine(tmp_path, {"kind": "transformers", "precision": "float32"}, RuntimeOptions())
    shards = engine.shards([asked(["The boat"]), asked(["and " * 60])], GREEDY, lambda count: None)
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path))}: a prompt .* exceed the context of 64 tokens"):
        next(shards)


def test_a_prompt_that_leaves_no_room_is_refused(tiny_model, tiny_tokenizer):
    with pytest.raises(InputError, match="exceed the context of 64 tokens"):
        generate(tiny_model, tiny_tokenizer, asked(["boat " * 50]), GREEDY, BatchSize(1))


@given(
    st.lists(st.floats(-6, 6), min_size=2, max_size=90), st.floats(0.05, 1.0), st.floats(0.2, 2.0), st.floats(0, 0.999)
)
def test_the_chosen_token_lies_in_the_nucleus_where_the_dice_says(logits, top_p, temperature, dice):
    logits = torch.tensor([logits], dtype=torch.float64)
    token = choose(logits, temperature, top_p, torch.tensor([dice], dtype=torch.float64)).item()
    scaled = np.exp((logits[0] - logits[0].max()).numpy() / temperature)
    probabilities = scaled / scaled.sum()
    order = np.argsort(-probabilities, kind="stable")
    nucleus = order[: int(np.searchsorted(np.cumsum(probabilities[order]), top_p - 1e-9) + 1)]
    more_likely = probabilities[probabilities > probabilities[token] + 1e-9].sum()
    assert token in nucleus or more_likely < top_p + 1e-6


def test_sampled_frequencies_follow_the_cut_distribution():
    logits = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]])).repeat(20000, 1)
    dice = torch.from_numpy(np.random.default_rng(0).random(20000, np.float32))
    counts = torch.bincount(choose(logits, 1.0, 0.9, dice), minlength=4) / 20000
    torch.testing.assert_close(counts, torch.tensor([0.5, 0.3, 0.15, 0.0]) / 0.95, atol=0.012, rtol=0)
    whole = torch.bincount(choose(logits, 1.0, 1.0, dice), minlength=4) / 20000
    torch.testing.assert_close(whole, torch.tensor([0.5, 0.3, 0.15, 0.05]), atol=0.012, rtol=0)


def test_a_wide_nucleus_is_sampled_beyond_the_shortlist():
    logits = torch.zeros(4000, 500)
    dice = torch.from_numpy(np.random.default_rng(0).random(4000, np.float32))
    assert len(set(choose(logits, 1.0, 0.9, dice).tolist())) > 400


def test_beside_a_row_that_is_sorted_whole_equal_tokens_stand_by_their_ids():
    logits = torch.randint(0, 40, (64, 3000), generator=torch.Generator().manual_seed(0)) / 2.0
    logits[0] = 0.0  # the wide one
    dice = torch.from_numpy(np.random.default_rng(0).random(64, np.float32))
    weights, tokens = logits.softmax(-1).sort(dim=-1, descending=True, stable=True)
    weights = weights * (weights.cumsum(-1) - weights < 0.5)
    place = torch.searchsorted(weights.cumsum(-1), (dice * weights.sum(-1))[:, None], right=True)
    assert choose(logits, 1.0, 0.5, dice).tolist() == tokens.gather(-1, place)[:, 0].tolist()


def test_a_row_with_a_wide_nucleus_changes_no_other():
    rng = torch.Generator().manual_seed(3)
    flat, peaked = torch.rand(20, 500, generator=rng), 9 * torch.rand(20, 500, generator=rng)
    logits, dice = torch.stack([flat, peaked], 1).flatten(0, 1), torch.rand(40, generator=rng)
    alone = [choose(row[None], 1.0, 0.9, one[None]).item() for row, one in zip(logits, dice, strict=True)]
    assert choose(logits, 1.0, 0.9, dice).tolist() == alone


def test_a_model_that_gives_no_numbers_is_refused_by_name(tmp_path, tiny_model, tiny_tokenizer):
    for part in (tiny_model, tiny_tokenizer):
        part.save_pretrained(tmp_path)
    tiny_tokenizer = checkpoints.load_tokenizer(tmp_path)
    torch.nn.init.constant_(tiny_model.model.norm.weight, float("nan"))
    with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path))}: the model gives no numbers"):
        generate(tiny_model, tiny_tokenizer, [Request("The boat", (0,))], Sampling(0.0, 1.0, 4, ()), BatchSize())


def test_a_stop_phrase_of_rare_characters_ends_the_text_too(tiny_tokenizer):
    """Characters that take several tokens each complete a phrase with their last one."""
    stops = StopPhrases(tiny_tokenizer, ("\u2026", "\u3002"))
    ids = tiny_tokenizer("boat \u2026", add_special_tokens=False)["input_ids"]
    assert stops.reached(ids)
    assert not stops.reached(ids[:-1])


@pytest.mark.parametrize("vocabulary", [1, 7, 64, 49_152])
def test_of_equally_likely_tokens_the_first_is_taken(vocabulary):
    logits = torch.randint(0, 3, (32, vocabulary), generator=torch.Generator().manual_seed(0)).float()
    first = [row.index(max(row)) for row in logits.tolist()]
    assert choose(logits, 0.0, 1.0, torch.zeros(32)).tolist() == first


def test_a_temperature_near_nothing_takes_the_most_likely_token():
    logits = torch.tensor([[1.0, 3.0, 2.0]])
    assert [choose(logits, 1e-38, top_p, torch.tensor([0.7])).item() for top_p in (0.9, 1.0)] == [1, 1]
