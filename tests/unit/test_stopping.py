"""Stop phrases end a text where it first holds one, whatever its tokenizer does with spaces and parts of characters."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizer_forms import apart, marked_ends, marked_starts, spaced, word_pieces

import tiny
from mialign.generation.stop_phrases import StopPhrases, completion, cut
from mialign.models.encoding import decode_response, encode_response

TOKENIZERS = {
    "bytes": tiny.tiny_tokenizer(),
    "spaced, with bytes": spaced(),
    "word pieces": word_pieces(),
    "marked ends": marked_ends(),
    "marked starts": marked_starts(),
    "apart": apart(),
}


def stopped(tokenizer, tokens, phrases):
    """How many of the tokens are written when generation looks for the phrases; None if it goes on to the end."""
    stops = StopPhrases(tokenizer, tuple(phrases))
    return next((count for count in range(1, len(tokens) + 1) if stops.reached(tokens[:count])), None)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(data=st.data())
def test_a_text_ends_at_the_first_token_with_which_it_holds_a_phrase(name, data):
    """Of any tokens, also those that no text has; phrases are pieces of their text, or spaces."""
    tokenizer = TOKENIZERS[name]
    tokens = data.draw(st.lists(st.integers(0, len(tokenizer) - 1), min_size=1, max_size=12))
    texts = [decode_response(tokenizer, tokens[:count]) for count in range(1, len(tokens) + 1)]
    assume(texts[-1])
    start = data.draw(st.integers(0, len(texts[-1]) - 1))
    piece = texts[-1][start : start + data.draw(st.integers(1, 6))]
    assume("\ufffd" not in piece)  # which is no character, but a part of one
    phrases = [piece, *data.draw(st.sampled_from([[], [" "], ["  "], ["t "], ["n  "], ["\n"]]))]
    first = next((count for count, text in enumerate(texts, start=1) if any(one in text for one in phrases)), None)
    assert stopped(tokenizer, tokens, phrases) == first


@pytest.mark.parametrize(
    ("phrase", "kept", "last"),
    [
        ("is ", "the answer ", "▁is▁fi"),
        (" ", "the", "the▁"),
        ("er ", "the answ", "▁is▁fi"),  # the space stands at the start of the next token
        (".\n ", "the answer is five", "▁"),
        ("ive.", "the answer is f", "."),
        ("\n", "the answer is five.", "<0x0A>"),
    ],
)
def test_where_a_text_of_spaced_tokens_ends(phrase, kept, last):
    tokenizer = TOKENIZERS["spaced, with bytes"]
    tokens = encode_response(tokenizer, "the answer is five.\n so")
    count = stopped(tokenizer, tokens, [phrase])
    assert completion(tokenizer, (phrase,), tokens[:count], "stop", 0).text == kept
    assert tokenizer.convert_ids_to_tokens(tokens[count - 1]) == last


@pytest.mark.parametrize("name", ["bytes", "spaced, with bytes"])
def test_a_character_of_several_tokens_completes_a_phrase_with_its_last_one(name):
    tokenizer = TOKENIZERS[name]
    tokens = encode_response(tokenizer, "so \u20ac\U0001f600 on")
    count = stopped(tokenizer, tokens, ["\U0001f600"])
    assert decode_response(tokenizer, tokens[:count]) == "so \u20ac\U0001f600"
    assert decode_response(tokenizer, tokens[: count - 1]).endswith("\ufffd")


def test_texts_are_looked_at_only_where_a_phrase_can_end(monkeypatch):
    looked = []
    tokenizer = TOKENIZERS["spaced, with bytes"]
    monkeypatch.setattr(
        "mialign.generation.stop_phrases.decode_response", lambda _, tokens: looked.append(len(tokens)) or ""
    )
    tokens = encode_response(tokenizer, "the answer is five.\nso we add (x)\n")
    assert stopped(tokenizer, tokens, ["\n", "5\n"]) is None
    assert [tokenizer.convert_ids_to_tokens(tokens[count - 1]) for count in looked] == ["<0x0A>", "<0x0A>"]


def test_a_text_is_cut_at_the_first_of_its_phrases():
    assert cut("so on: and on", ("on: ", "on")) == "so "
    assert cut("so on", ("", "x")) == ""
    assert cut("so on", ("x", "So")) is None
    assert cut("so on", ()) is None
