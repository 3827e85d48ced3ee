"""The grid against each prompt with each response alone, and the seam between them."""

import pytest
import torch

from mialign import objectives
from mialign.errors import InputError
from mialign.grid import Item, grid, tokenise


def alone(model, prompt, response):
    """log p(response | prompt) of one unpadded row."""
    logits = model(input_ids=torch.tensor([prompt + response])).logits[0].log_softmax(-1)
    return sum(logits[len(prompt) + k - 1, token] for k, token in enumerate(response))


@pytest.fixture
def items():
    return [
        Item([[5, 6, 7, 8], [9, 10]], [[11, 12, 13, 0], [14, 0]]),
        Item([[20, 21], [22, 23, 24, 25, 26, 27]], [[28, 0], [29, 30, 31, 32, 33, 0]]),
    ]


def test_every_entry_equals_the_prompt_and_response_alone(tiny_model, items):
    computed = grid(tiny_model, items, objectives.wanted("sami", 2))
    for b, item in enumerate(items):
        for i, prompt in enumerate(item.prompts):
            for j, response in enumerate(item.responses):
                torch.testing.assert_close(
                    computed.sums[b, i, j], alone(tiny_model, prompt, response), rtol=1e-5, atol=1e-5
                )
    assert computed.counts.tolist() == [[4, 2], [2, 6]]
    torch.testing.assert_close(computed.means[0, 1], computed.sums[0, 1] / torch.tensor([4.0, 2.0]))


def test_gradients_equal_those_of_rows_alone(tiny_model, items):
    wanted = objectives.wanted("sami", 2)
    weights = torch.randn(2, 2, 2, generator=torch.Generator().manual_seed(1))

    def gradients(total):
        tiny_model.zero_grad()
        total.backward()
        return [weight.grad.clone() for weight in tiny_model.parameters()]

    ours = gradients((grid(tiny_model, items, wanted).sums * weights).sum())
    plain = gradients(
        sum(
            weights[b, i, j] * alone(tiny_model, prompt, response)
            for b, item in enumerate(items)
            for i, prompt in enumerate(item.prompts)
            for j, response in enumerate(item.responses)
        )
    )
    for one, other in zip(ours, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_entries_that_are_not_asked_for_are_not_computed(tiny_model, items):
    computed = grid(tiny_model, items, objectives.wanted("sft", 2))
    assert computed.entries.tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 0], [1, 1, 1]]
    assert (computed.sums[:, 0, 1] == 0).all()
    assert (computed.sums[:, 0, 0] < 0).all()


def test_a_question_does_not_depend_on_its_neighbours(tiny_model, items):
    wanted = objectives.wanted("sami", 2)
    together = grid(tiny_model, items, wanted).sums[1]
    torch.testing.assert_close(together, grid(tiny_model, items[1:], wanted).sums[0], rtol=1e-5, atol=1e-5)


def test_the_seam_is_that_of_generation(tiny_tokenizer):
    item = tokenise(tiny_tokenizer, ["The boat"], ["house sank"], context=64)
    encode = lambda text: tiny_tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    assert item.prompts == [encode("The boat")]
    assert item.responses == [[*encode("house sank"), tiny_tokenizer.eos_token_id]]


def test_empty_and_over_long_responses_are_refused_by_name(tiny_tokenizer):
    with pytest.raises(InputError, match=r"pairs\.jsonl, q7: response 1 is empty"):
        tokenise(tiny_tokenizer, ["a", "b"], ["fine", " \n"], 64, "pairs.jsonl, q7")
    with pytest.raises(InputError, match=r"q8: .* tokens, the model reads 8"):
        tokenise(tiny_tokenizer, ["a long prompt"], ["with a long response"], 8, "q8")
