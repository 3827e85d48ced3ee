"""The grid, in value and in gradient, against each prompt with each response alone: no padding, all logits."""

import copy

import architectures
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.training.grid import Item, grid, packs, tokenise
from mialign.training.grid.layout import lay_out

TOKENS = st.integers(2, 59)


def texts(count, longest):
    return st.lists(st.lists(TOKENS, min_size=1, max_size=longest), min_size=count, max_size=count)


@st.composite
def batches(draw, most=4):
    """Questions with N prompts and M responses, which entries are wanted, and a length for the rows."""
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    items = [
        Item(draw(texts(n, 9)), [[*response, 0] for response in draw(texts(m, 7))])
        for _ in range(draw(st.integers(1, 3)))
    ]
    entry_mask = torch.tensor(draw(st.lists(st.lists(st.booleans(), min_size=m, max_size=m), min_size=n, max_size=n)))
    entry_mask[draw(st.integers(0, n - 1)), draw(st.integers(0, m - 1))] = True
    return items, entry_mask, draw(st.sampled_from([0, 30, 200]))


def plain(model, items, entry_mask):
    """[B, N, M], each entry from a row of its own."""
    rows = [
        torch.stack(
            [
                alone(model, prompt, response) if entry_mask[i, j] else torch.zeros((), dtype=model.dtype)
                for j, response in enumerate(item.responses)
            ]
        )
        for item in items
        for i, prompt in enumerate(item.prompts)
    ]
    return torch.stack(rows).reshape(len(items), *entry_mask.shape)


def alone(model, prompt, response):
    logits = model(input_ids=torch.tensor([prompt + response]), use_cache=False).logits[0].log_softmax(-1)
    return logits[range(len(prompt) - 1, len(prompt) + len(response) - 1), response].sum()


def gradients(model, values):
    """Of a sum in which every entry has another weight, by parameter."""
    model.zero_grad()
    weights = torch.linspace(0.5, 2, values.numel(), dtype=values.dtype)
    weights[::3] *= -1
    weights = weights.reshape(values.shape)
    (values * weights).sum().backward()
    return {name: w.grad.clone() for name, w in model.named_parameters() if w.grad is not None}


def check(model, items, entry_mask, row, tolerance):
    ours, expected = grid(model, items, entry_mask, row=row).sums, plain(model, items, entry_mask)
    torch.testing.assert_close(ours, expected, rtol=tolerance, atol=tolerance)
    assert (ours[:, ~entry_mask] == 0).all()
    ours, expected = gradients(model, ours), gradients(model, expected)
    assert ours.keys() == expected.keys()
    # Relative to the largest gradient of a parameter, and for parameters that have next to none, of all: small ones
    # are differences of large terms.
    largest = max(gradient.abs().max() for gradient in expected.values())
    for name, gradient in expected.items():
        scale = torch.maximum(gradient.abs().max(), largest / 100)
        assert ((ours[name] - gradient).abs().max() / scale).item() <= tolerance, name


MODELS = {name: architectures.model(name, torch.float64) for name in architectures.CONFIGS}


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=25, deadline=None)
@given(batch=batches())
def test_every_entry_and_gradient_equals_the_plain_way(name, batch):
    check(MODELS[name], *batch, tolerance=2e-6)


@pytest.mark.parametrize("name", ["llama, tied", "mistral, window", "qwen2, both kinds of layer"])
@settings(max_examples=25, deadline=None)
@given(batch=batches())
def test_and_so_in_single_precision(name, batch):
    check(architectures.model(name), *batch, tolerance=1e-5)


IN_SINGLE = {
    "inner layers": architectures.with_adapter(architectures.model("llama")),
    "output layer too": architectures.with_adapter(architectures.model("mistral, window"), ("q_proj", "lm_head")),
}


@pytest.mark.parametrize("name", IN_SINGLE)
@settings(max_examples=25, deadline=None)
@given(batch=batches())
def test_and_so_in_single_precision_with_adapters(name, batch):
    check(IN_SINGLE[name], *batch, tolerance=1e-5)


ADAPTED = {
    "inner layers": architectures.with_adapter(architectures.model("llama", torch.float64)),
    "output layer too": architectures.with_adapter(
        architectures.model("mistral, window", torch.float64), ("q_proj", "lm_head")
    ),
    "tied output layer": architectures.with_adapter(
        architectures.model("llama, tied", torch.float64), ("v_proj", "lm_head")
    ),
    "several rows of a window": architectures.with_adapter(architectures.model("gemma2, capped", torch.float64)),
}


@pytest.mark.parametrize("name", ADAPTED)
@settings(max_examples=25, deadline=None)
@given(batch=batches(3))
def test_and_so_with_adapters(name, batch):
    check(ADAPTED[name].double(), *batch, tolerance=2e-6)


@pytest.mark.parametrize("name", ADAPTED)
def test_and_so_with_adapters_in_single_precision_and_layers_computed_twice(name):
    model = copy.deepcopy(ADAPTED[name]).float().train()
    model.gradient_checkpointing_enable()
    items = [Item([[3, 4, 9], [5]], [[6, 0], [7, 8, 0]]), Item([[9, 10], [12, 13]], [[14, 2, 2, 0], [15, 0]])]
    check(model, items, torch.ones(2, 2, dtype=torch.bool), 0, 1e-5)


def test_an_output_layer_that_is_trained_beside_an_adapter():
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=2, target_modules=["v_proj"], modules_to_save=["lm_head"], task_type="CAUSAL_LM")
    model = get_peft_model(architectures.model("llama", torch.float64), config).double().eval()
    items = [Item([[3, 4], [5]], [[6, 0], [7, 8, 0]])]
    check(model, items, torch.ones(2, 2, dtype=torch.bool), 0, 2e-6)


def test_an_output_layer_that_the_grid_cannot_read_is_named():
    model = architectures.model("llama")
    model.lm_head = torch.nn.Sequential(model.lm_head)
    with pytest.raises(InputError, match="Sequential"):
        grid(model, [Item([[3]], [[4, 0]])], torch.ones(1, 1, dtype=torch.bool))


@given(batch=batches())
@settings(max_examples=20, deadline=None)
def test_a_layout_holds_each_token_once(batch):
    items, entry_mask, row = batch
    layout = lay_out(items, entry_mask, row)
    unique = sum(
        len(prompt) + sum(len(item.responses[j]) for j in entry_mask[i].nonzero()[:, 0])
        for item in items
        for i, prompt in enumerate(item.prompts)
        if entry_mask[i].any()
    )
    assert (layout.tree >= 0).sum() == unique
    assert layout.ids.shape[1] <= max(
        row, max(len(p) + sum(map(len, item.responses)) for item in items for p in item.prompts)
    )
    assert layout.entries.tolist() == [[b, i, j] for b in range(len(items)) for i, j in entry_mask.nonzero().tolist()]


@given(
    sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 12)), min_size=1, max_size=20),
    n=st.integers(1, 4),
    tokens=st.integers(1, 400),
    at_least=st.integers(1, 5),
    row=st.sampled_from([0, 50, 200]),
)
def test_packs_hold_every_question_once_within_their_budget(sizes, n, tokens, at_least, row):
    items = [
        Item([[3] * (p // k + 1) for k in range(1, n + 1)], [[5] * (r // k + 1) for k in range(1, n + 1)])
        for p, r in sizes
    ]
    entry_mask = torch.ones(n, n, dtype=torch.bool)
    parts = packs(items, entry_mask, tokens, at_least, row)
    assert sorted(index for part in parts for index in part) == list(range(len(items)))
    assert len(parts) >= min(at_least, len(items))
    for part in parts:
        layout = lay_out([items[index] for index in part], entry_mask, row)
        assert len(part) == 1 or layout.ids.numel() <= tokens


def test_questions_that_fit_together_are_packed_together():
    items = [Item([[3] * 10], [[4] * 5, [5] * 5])] * 6
    assert len(packs(items, torch.ones(1, 2, dtype=torch.bool), 120)) == 1
    assert len(packs(items, torch.ones(1, 2, dtype=torch.bool), 119)) == 2


def test_kl_to_a_reference_is_that_of_the_whole_distributions():
    policy, start = architectures.model("llama", torch.float64), architectures.model("llama, tied", torch.float64)
    items = [Item([[3, 4, 5], [6]], [[7, 8, 0], [9, 0]]), Item([[10], [11, 12]], [[13, 0], [14, 15, 16, 0]])]
    computed = grid(policy, items, torch.ones(2, 2, dtype=torch.bool), start)
    for b, item in enumerate(items):
        for i, (prompt, response) in enumerate(zip(item.prompts, item.responses, strict=True)):
            p, q = (m(torch.tensor([prompt + response])).logits[0].log_softmax(-1) for m in (policy, start))
            each = (p.exp() * (p - q)).sum(-1)[len(prompt) - 1 : -1]
            torch.testing.assert_close(computed.kl[b, i, i], each.sum())
            assert computed.kl[b, i, 1 - i] == 0
    ours = gradients(policy, computed.kl)
    assert max(gradient.abs().max() for gradient in ours.values()) > 1e-3


def test_a_policy_with_its_adapter_off_is_its_own_reference():
    policy = architectures.with_adapter(architectures.model("llama", torch.float64)).double()
    base = architectures.model("llama", torch.float64)
    items = [Item([[3, 4, 5], [6]], [[7, 8, 0], [9, 0]])]
    entry_mask = torch.ones(2, 2, dtype=torch.bool)
    torch.testing.assert_close(grid(policy, items, entry_mask, policy).kl, grid(policy, items, entry_mask, base).kl)


def test_the_reference_without_the_adapter_drops_nothing_while_the_policy_does():
    """The dropout of the whole model, as of GPT-2, is noise in a policy that is trained, and none in the reference."""
    base = architectures.model("llama", attention_dropout=0.5)
    items = [Item([[3, 4, 5], [6]], [[7, 8, 0], [9, 0]])]
    entry_mask = torch.ones(2, 2, dtype=torch.bool)
    policy = architectures.with_adapter(copy.deepcopy(base)).train()
    found = []
    for reference in (policy, base.eval()):
        torch.manual_seed(0)
        found.append(grid(policy, items, entry_mask, reference).kl)
    torch.testing.assert_close(*found)
    assert all(module.training for module in policy.modules())
    torch.manual_seed(1)
    assert not torch.allclose(grid(policy, items, entry_mask, policy).kl, found[0])


def test_gradient_checkpointing_changes_nothing():
    model = architectures.model("mistral, window", torch.float64).train()
    items = [Item([[3, 4, 5], [6]], [[7, 8, 0], [9, 0]])]
    expected = gradients(model, grid(model, items, torch.ones(2, 2, dtype=torch.bool)).sums)
    model.activation_checkpointing_enable({"use_reentrant": False})
    found = gradients(model, grid(model, items, torch.ones(2, 2, dtype=torch.bool)).sums)
    torch.testing.assert_close(found, expected)


def test_half_precision_is_close():
    items = [Item([[3, 4, 5], [6]], [[7, 8, 0], [9, 0]])]
    entry_mask = torch.ones(2, 2, dtype=torch.bool)
    whole = architectures.model("llama")
    exact = grid(whole, items, entry_mask).sums
    exact.sum().backward()
    expected = torch.cat([weight.grad.flatten() for weight in whole.parameters()])
    exact = exact.detach()
    for model in (architectures.model("llama", torch.bfloat16), architectures.model("llama")):
        with torch.autocast("cpu", torch.bfloat16):
            found = grid(model, items, entry_mask).sums
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, exact, rtol=0.05, atol=0.3)
        model.zero_grad()
        found.sum().backward()
        slopes = torch.cat([weight.grad.float().flatten() for weight in model.parameters()])
        assert torch.cosine_similarity(slopes, expected, dim=0) > 0.99


def test_counts_and_means():
    computed = grid(MODELS["llama"], [Item([[3], [4]], [[5, 6, 7, 0], [8, 0]])], torch.ones(2, 2, dtype=torch.bool))
    assert computed.counts.tolist() == [[4, 2]]
    torch.testing.assert_close(computed.means[0], computed.sums[0] / torch.tensor([4.0, 2.0]))


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_padding_side_of_a_tokenizer_does_not_matter(tiny_tokenizer, side):
    tiny_tokenizer.padding_side = side
    item = tokenise(tiny_tokenizer, ["The boat", "A keeper of bees"], ["house sank", "walks"])
    assert [len(prompt) for prompt in item.prompts] == [
        len(tiny_tokenizer(text)["input_ids"]) for text in ("The boat", "A keeper of bees")
    ]


@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=20), st.text("aeTh .\n", min_size=1))
@settings(max_examples=30, deadline=None)
def test_the_seam_is_that_of_generation(session_tokenizer, prompt, response):
    """No merge across the seam is lost or gained: the ids are those of the parts, whatever the whole would give."""
    if not response.strip():
        return
    item = tokenise(session_tokenizer, [prompt], [response])
    encode = lambda text: session_tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    assert item.prompts == [encode(prompt)]
    assert item.responses == [[*encode(response), session_tokenizer.eos_token_id]]
    assert session_tokenizer.decode(item.prompts[0] + item.responses[0][:-1]) == prompt + response


def test_a_special_token_written_in_a_text_is_only_text(tiny_tokenizer):
    end = tiny_tokenizer.eos_token
    item = tokenise(tiny_tokenizer, [f"The {end} boat"], [f"sank {end} by"])
    assert tiny_tokenizer.eos_token_id not in item.prompts[0]
    assert item.responses[0].index(tiny_tokenizer.eos_token_id) == len(item.responses[0]) - 1
    assert tiny_tokenizer.decode(item.responses[0][:-1]) == f"sank {end} by"


def test_a_response_that_did_not_end_has_no_end_token(tiny_tokenizer):
    whole = tokenise(tiny_tokenizer, ["The", "A"], ["boat", "house sank"]).responses
    cut = tokenise(tiny_tokenizer, ["The", "A"], ["boat", "house sank"], ended=[True, False]).responses
    assert cut == [whole[0], whole[1][:-1]]
    assert [response[-1] == tiny_tokenizer.eos_token_id for response in cut] == [True, False]


def test_a_response_of_one_token_has_the_log_probability_of_that_token():
    computed = grid(MODELS["llama"], [Item([[3, 4]], [[5]])], torch.ones(1, 1, dtype=torch.bool))
    logits = MODELS["llama"](torch.tensor([[3, 4]])).logits[0, -1]
    torch.testing.assert_close(computed.sums, logits.log_softmax(-1)[5][None, None, None])


def test_an_empty_response_is_refused_by_name(tiny_tokenizer):
    with pytest.raises(InputError, match=r"pairs\.jsonl, q7: response 1 is empty"):
        tokenise(tiny_tokenizer, ["a", "b"], ["fine", " \n"], "pairs.jsonl, q7")


def test_an_attention_without_masks_of_its_own_is_named():
    model = architectures.model("llama")
    model.config._attn_implementation = "flash_attention_2"
    with pytest.raises(InputError, match=r"flash_attention_2.*sdpa"):
        grid(model, [Item([[3]], [[4, 0]])], torch.ones(1, 1, dtype=torch.bool))


@pytest.mark.parametrize(
    ("name", "changes"),
    [("mpt", {"d_model": 16, "n_heads": 2, "n_layers": 1}), ("gpt_neo", {}), ("llama", {"rope": "dynamic"})],
)
def test_a_model_that_needs_more_than_position_ids_is_refused(name, changes):
    from transformers import AutoConfig, AutoModelForCausalLM

    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_layers": 1, "num_heads": 2, "intermediate_size": 16}
    if "rope" in changes:
        changes = {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}}
        small |= {"num_attention_heads": 2, "num_key_value_heads": 2}
    if name == "gpt_neo":
        changes = {"attention_types": [[["local"], 1]], "window_size": 4}
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model(name, vocab_size=60, **(small | changes)))
    with pytest.raises(InputError, match=r"its place in the row.*take another model"):
        grid(made, [Item([[3]], [[4, 0]])], torch.ones(1, 1, dtype=torch.bool))


def test_a_model_whose_text_has_a_config_of_its_own_keeps_to_its_window():
    from transformers import Gemma3Config
    from transformers.models.gemma3 import Gemma3ForConditionalGeneration

    torch.manual_seed(0)
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    text = architectures.CONFIGS["gemma3"]().to_dict()
    made = Gemma3ForConditionalGeneration(Gemma3Config(text_config=text, vision_config=vision)).double().eval()
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.4)
    item = Item([[*range(3, 13)], [14, 15]], [[16, 17, 0], [*range(18, 30), 0]])
    both = torch.ones(2, 2, dtype=torch.bool)
    torch.testing.assert_close(grid(made, [item], both).sums, plain(made, [item], both), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["logit_scale", "logits_scaling", "output_multiplier", "lm_head_multiplier"])
def test_a_model_that_scales_its_logits_is_refused(name):
    made = architectures.model("llama")
    setattr(made.config, name, 8.0)
    with pytest.raises(InputError, match="scales its logits"):
        grid(made, [Item([[5, 6]], [[7, 0]])], torch.ones(1, 1, dtype=torch.bool))
