"""How prompts are cut into batches: every bound kept, in memory too, and no completion changed by it."""

import weakref
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import tiny
from mialign.generation import local
from mialign.generation.engine import BatchSize, Request, Sampling
from mialign.generation.local import alike, batches, generate
from mialign.generation.shared_prefix_cache import SHARED_PREFIX, CachePart, SharedPrefixCache
from mialign.models.prompt_ids import encode_prompt

MANY = 1 << 40
FIVE = [(5, 1), (5, 1), (6, 1), (9, 1), (40, 1)]


# 20 new tokens, of which 19 are read again, take twice 16 slots: three prompts of 6 with their rows hold
# 3 x 6 + 3 x 32 = 114, four of 9 hold 164, two of 9 82, two of 40 144.
@pytest.mark.parametrize(
    ("sizes", "new", "most", "expected"),
    [
        (FIVE, 20, BatchSize(MANY, 114), [[0, 1, 2], [3], [4]]),
        (FIVE, 20, BatchSize(MANY, 113), [[0, 1], [2, 3], [4]]),
        (FIVE, 20, BatchSize(2, MANY), [[0, 1], [2, 3], [4]]),
        (FIVE, 20, BatchSize(MANY, MANY), [[0, 1, 2, 3, 4]]),
        (FIVE, 20, BatchSize(MANY, 1), [[0], [1], [2], [3], [4]]),  # each is above the bound
        (FIVE, 17, BatchSize(MANY, 80), [[0, 1, 2], [3], [4]]),  # 3 x 6 + 3 x 16 = 66, 4 x 9 + 4 x 16 = 100
        ([(10, 3), (10, 3)], 1, BatchSize(MANY, 20), [[0, 1]]),  # one token is never read again
        ([(10, 3), (10, 3)], 1, BatchSize(MANY, 19), [[0], [1]]),
        ([(10, 3), (10, 3)], 2, BatchSize(MANY, 116), [[0, 1]]),  # 2 x 10 + 6 x 16: rows share their prompt
        ([(10, 3), (10, 3)], 2, BatchSize(MANY, 115), [[0], [1]]),
        ([(10, 9), (10, 3)], 2, BatchSize(8, MANY), [[0], [1]]),
        ([], 20, BatchSize(), []),
    ],
)
def test_batches_by_hand(sizes, new, most, expected):
    assert [list(one) for one in batches(sizes, new, most)] == expected


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 9)), max_size=30).map(sorted),
    st.integers(1, 60),
    st.builds(BatchSize, st.integers(1, 40), st.integers(1, 2000)),
)
def test_batches_take_every_prompt_once_in_order_and_as_many_as_the_bounds_allow(sizes, new, most):
    found = [list(one) for one in batches(sizes, new, most)]
    assert [place for one in found for place in one] == list(range(len(sizes)))

    def fits(places):
        longest, rows = max(sizes[place][0] for place in places), sum(sizes[place][1] for place in places)
        slots = len(range(1, new, 16)) * 16
        return rows <= most.completions and len(places) * longest + rows * slots <= most.tokens

    assert all(len(one) == 1 or fits(one) for one in found)
    assert not any(fits([*one, after[0]]) for one, after in pairwise(found))


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([7], [[7]]),
        ([5, 5, 5], [[5, 5, 5]]),
        ([4, 8], [[4, 8]]),  # 12 of 16 tokens are no padding, and a quarter may be
        ([4, 9], [[4], [9]]),  # 13 of 18 are not enough
        ([3, 4, 8, 9, 90, 100], [[3, 4], [8, 9], [90, 100]]),  # 15 of 24, 107 of 270
    ],
)
def test_prompts_of_alike_lengths_are_read_together(lengths, expected):
    prompts = [[0] * length for length in lengths]
    assert [lengths[part.start : part.stop] for part in alike(prompts)] == expected


@given(st.lists(st.integers(1, 90), min_size=1, max_size=30).map(sorted))
def test_a_pass_is_padded_by_a_quarter_at_most(lengths):
    found = [lengths[part.start : part.stop] for part in alike([[0] * length for length in lengths])]
    assert [length for part in found for length in part] == lengths
    assert all(sum(part) >= 0.75 * len(part) * part[-1] for part in found)


def requests(count, length, samples=1):
    """Prompts of one token to `length` tokens."""
    return [Request("boat " * (1 + place * length // count), tuple(range(samples))) for place in range(count)]


def test_a_completion_does_not_depend_on_the_bounds(tiny_model, tiny_tokenizer):
    asked, sampling = requests(9, 30, samples=2), Sampling(1.0, 0.9, 20, ())
    sizes = [BatchSize(), BatchSize(3), BatchSize(tokens=200), BatchSize(tokens=1)]
    first, *others = [generate(tiny_model, tiny_tokenizer, asked, sampling, size) for size in sizes]
    assert others == [first] * 3
    assert len({one.text for many in first for one in many}) > 9


@pytest.fixture
def endless(monkeypatch):
    """A model that never ends a text, so that batches become as large as they can."""
    monkeypatch.setattr(local, "ends", lambda *_: frozenset())
    return tiny.tiny_model(context=512)


def test_a_batch_holds_the_tokens_that_it_was_counted_by(endless, monkeypatch):
    held, update, tokenizer = [], SharedPrefixCache.update, tiny.tiny_tokenizer(context=512)

    def counting(cache, key, value, layer_idx):
        found = update(cache, key, value, layer_idx)
        layers = [part.layers[layer_idx] for part in cache.parts]
        held.append(sum(one.shape[0] * one.shape[2] for layer in layers for one in (layer.keys, layer.new[0])))
        return found

    def most_held(asked, most):
        held.clear()
        for answers in generate(endless, tokenizer, asked, Sampling(0.0, 1.0, 36, ()), most):
            assert {one.finish for one in answers} == {"length"}
        return max(held)

    monkeypatch.setattr(SharedPrefixCache, "update", counting)
    equal, mixed = [requests(30, 30, samples=2)[-1]] * 12, requests(12, 30, samples=2)
    longest = len(encode_prompt(tokenizer, equal[0].prompt))
    assert most_held(equal, BatchSize(MANY, MANY)) == 12 * longest + 24 * 48
    assert most_held(equal, BatchSize(MANY, 500)) == 3 * longest + 6 * 48
    # Prompts that are much shorter than the longest are not padded to it.
    assert 24 * 48 < most_held(mixed, BatchSize(MANY, MANY)) < 8 * longest + 24 * 48
    assert 300 < most_held(mixed, BatchSize(MANY, 500)) <= 500


class _Memory(TorchDispatchMode):
    """The most bytes that tensors made in it have at a time, and the bytes of the largest."""

    def __init__(self):
        super().__init__()
        self.now, self.most, self.largest, self.seen = 0, 0, 0, set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        given = {one.untyped_storage()._cdata for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)}
        for one in tree_leaves(found):
            if isinstance(one, torch.Tensor) and one.untyped_storage()._cdata not in self.seen | given:
                self._add(one.untyped_storage())
        return found

    def _add(self, storage):
        key, size = storage._cdata, storage.nbytes()
        self.seen.add(key)
        self.now += size
        self.most, self.largest = max(self.most, self.now), max(self.largest, size)
        weakref.finalize(storage, self._free, key, size)

    def _free(self, key, size):
        self.seen.discard(key)
        self.now -= size


def peak(model, count, most):
    with _Memory() as measured:
        generate(model, tiny.tiny_tokenizer(context=512), requests(count, 200), Sampling(0.0, 1.0, 18, ()), most)
    return measured.most


def test_memory_does_not_grow_with_the_number_of_prompts(endless):
    few, many = (peak(endless, count, BatchSize(MANY, 1000)) for count in (10, 80))
    unbounded = peak(endless, 80, BatchSize(MANY, MANY))
    assert few == pytest.approx(many, rel=0.1)
    assert many < unbounded / 5


@pytest.mark.parametrize(("autocast", "bytes_per_number"), [(False, 4), (True, 2)])
def test_prompts_are_kept_in_the_precision_of_products_and_no_step_copies_them(autocast, bytes_per_number):
    model, mask = tiny.tiny_model(context=512), torch.ones(3, 400, dtype=torch.bool)
    part = CachePart(2, mask, [2, 2, 2])
    cache = SharedPrefixCache([part])
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        model(input_ids=mask.long(), attention_mask=mask, past_key_values=part, use_cache=True)
        model.set_attn_implementation(SHARED_PREFIX)
        for rows in (range(6), [0, 3, 4]):
            if len(rows) < 6:
                cache.select(torch.tensor(rows))
            ids, places = torch.ones(len(rows), 1).long(), torch.full((len(rows), 1), 400)
            with _Memory() as measured:
                model(input_ids=ids, position_ids=places, past_key_values=cache, use_cache=True, branches=cache)
            kept = [one.untyped_storage().nbytes() for layer in part.layers for one in (layer.keys, layer.values)]
            assert kept == [3 * 400 * 32 * bytes_per_number] * 4
            assert measured.largest < kept[0] / 2


def test_a_part_whose_rows_have_all_left_changes_nothing_for_the_others():
    model = tiny.tiny_model(context=512)

    def read(length):
        mask = torch.ones(2, length, dtype=torch.bool)
        part = CachePart(2, mask, [1, 2])
        model.set_attn_implementation("sdpa")
        model(input_ids=mask.long() * length, attention_mask=mask, past_key_values=part, use_cache=True)
        return part

    def next_logits(cache):
        model.set_attn_implementation(SHARED_PREFIX)
        ids, places = torch.tensor([[7], [8]]), torch.full((2, 1), 30)
        return model(input_ids=ids, position_ids=places, past_key_values=cache, use_cache=True, branches=cache).logits

    with torch.no_grad():
        both, alone = SharedPrefixCache([read(4), read(30)]), SharedPrefixCache([read(30)])
        assert both.rows() == [3, 3]
        both.select(torch.tensor([3, 5]))
        alone.select(torch.tensor([0, 2]))
        assert both.rows() == alone.rows() == [2]
        torch.testing.assert_close(next_logits(both), next_logits(alone), rtol=0, atol=0)
