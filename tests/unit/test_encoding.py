"""The seam of prompt and response, for tokenizers that put nothing before a text and for those that put a space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizer_forms import SPACE, spaced
from tokenizers import Tokenizer, models, normalizers
from transformers import PreTrainedTokenizerFast

import tiny
from mialign.core.errors import InputError
from mialign.generation.stop_phrases import completion
from mialign.models.encoding import decode_response, encode, encode_response
from mialign.training.grid import tokenise

TOKENIZERS = {"spaced": spaced(), "bytes": tiny.tiny_tokenizer()}
TEXTS = st.text("the answ5:\n .(x)é", min_size=1, max_size=20)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(prompt=TEXTS, response=TEXTS)
def test_the_ids_of_prompt_and_response_are_those_of_one_text(name, prompt, response):
    """What stands behind a prompt reads as it was written: no space is gained or lost at the seam."""
    tokenizer = TOKENIZERS[name]
    ids = encode(tokenizer, prompt) + encode_response(tokenizer, response)
    whole = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    assert whole == prompt + response
    assert decode_response(tokenizer, encode_response(tokenizer, response)) == response


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("response", ["\n5", " 5", "5", " is five.", "er"])
def test_a_policy_is_trained_on_the_ids_that_it_wrote(name, response):
    """Generated ids, as one text after the prompt has them, become a text and the same ids again, then EOS."""
    tokenizer, prompt = TOKENIZERS[name], "the answer:"
    written = [*encode_response(tokenizer, response), tokenizer.eos_token_id]
    text = completion(tokenizer, (), written, "eos", 0).text
    assert text == response
    assert tokenise(tokenizer, [prompt], [text]).responses == [written]


@pytest.mark.parametrize("name", TOKENIZERS)
def test_special_tokens_in_a_response_are_text(name):
    tokenizer, text = TOKENIZERS[name], f" (x){TOKENIZERS[name].eos_token}\nthe answer:"
    start = encode(tokenizer, "5")
    ids = encode_response(tokenizer, text)
    assert tokenizer.eos_token_id not in ids
    assert tokenizer.decode(start + ids, clean_up_tokenization_spaces=False).startswith("5 (x)")


def test_a_space_that_was_written_is_told_from_one_that_was_not():
    tokenizer = TOKENIZERS["spaced"]
    ids = [encode_response(tokenizer, text) for text in ("is", " is")]
    assert [tokenizer.convert_ids_to_tokens(one)[0][0] for one in ids] == ["i", SPACE]


def joining(*pairs):
    """A tokenizer with a space before every text that makes one token of each of these pairs of characters."""
    single = [SPACE, "\n", ":", "5"]
    vocabulary = {token: number for number, token in enumerate([*single, *map("".join, pairs)])}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[*pairs]))
    made.normalizer = normalizers.Prepend(SPACE)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="5")


def test_a_response_may_begin_with_a_line_break_where_two_of_them_are_one_token():
    assert encode_response(joining(("\n", "\n")), "\n5") == [1, 3]
    assert encode_response(joining(("\n", "\n")), "\n\n5") == [4, 3]


def test_a_tokenizer_that_joins_everything_to_what_follows_is_refused():
    with pytest.raises(InputError, match=r"joins '\\n' and ':' with what follows"):
        encode_response(joining(("\n", "5"), (":", "5")), "5")
