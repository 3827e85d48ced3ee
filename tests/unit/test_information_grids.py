"""The file of a policy's own responses: its grid and the base's entries, against each response read alone."""

import json

import pytest
import torch

import tiny
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.models.encoding import encode_response
from mialign.models.prompt_ids import encode_prompt
from scripts import information as stage

PROMPTS = [["The boat: ", "The house: "], ["A keeper of bees: ", "Bees: "], ["Noon: ", "3 days: "]]
RESPONSES = [[("sank at noon.", "eos"), ("by the harbour", "length")], [("", "stop"), ("12 more", "eos")],
             [(" ", "eos"), ("walks", "stop")]]  # fmt: skip


def inputs(folder, responses=RESPONSES):
    about = [{"question_id": f"q{n}", "category": "math"} for n in range(len(PROMPTS))]
    prompts = [
        {"id": f"p{n}", **more, "prompts": texts} for n, (texts, more) in enumerate(zip(PROMPTS, about, strict=True))
    ]
    written = [
        {"prompt_id": f"p{n}", "prompt": place, "text": text, "finish": finish, "tokens": 1, "seed": 1}
        for n, many in enumerate(responses)
        for place, (text, finish) in enumerate(many)
    ]
    write_jsonl(folder / "prompts.jsonl", prompts)
    write_jsonl(folder / "responses.jsonl", written)


@pytest.fixture
def measure(tmp_path, models, run_stage):
    """Run the stage on responses; the records it writes."""

    def run(responses=RESPONSES, model="policy", base="base", **more):
        inputs(tmp_path, responses)
        files = {name: tmp_path / f"{name}.jsonl" for name in ("prompts", "responses", "out")}
        run_stage(stage, **{"model": models / model, "base": models / base, **files, "token-budget": 40, **more})
        return read_jsonl(tmp_path / "out.jsonl")

    return run


def alone(model, tokenizer, prompt: str, text: str, finish: str) -> float:
    """log p of a response and its end token after a prompt, from a pass of its own."""
    ended = [tokenizer.eos_token_id] if finish != "length" or not text else []
    first, rest = encode_prompt(tokenizer, prompt), [*encode_response(tokenizer, text), *ended]
    with torch.no_grad():
        logits = model(torch.tensor([first + rest])).logits[0].log_softmax(-1)
    return sum(logits[len(first) - 1 + place, token].item() for place, token in enumerate(rest))


def test_every_entry_equals_the_response_read_alone(measure, session_tokenizer):
    policy, base = tiny.tiny_model(1), tiny.tiny_model(2)
    for number, record in enumerate(measure()):
        assert {key: record[key] for key in ("id", "question_id", "category")} == {
            "id": f"p{number}", "question_id": f"q{number}", "category": "math",
        }  # fmt: skip
        for i, prompt in enumerate(PROMPTS[number]):
            own = RESPONSES[number][i]
            expected = [alone(policy, session_tokenizer, prompt, *response) for response in RESPONSES[number]]
            assert record["sums"][i] == pytest.approx(expected, abs=1e-4)
            assert record["base_sums"][i] == pytest.approx(alone(base, session_tokenizer, prompt, *own), abs=1e-4)
            size = len(encode_response(session_tokenizer, own[0]))
            assert record["tokens"][i] == size + (own[1] != "length" or not own[0])


def test_an_empty_response_is_its_end_token_even_where_it_was_cut(measure):
    cut = [RESPONSES[0], [("", "length"), RESPONSES[1][1]], RESPONSES[2]]
    assert measure(cut) == measure()
    assert measure()[1]["tokens"][0] == 1


def test_the_base_is_as_far_from_itself_as_nothing(measure):
    for record in measure(model="base"):
        assert record["base_sums"] == [row[place] for place, row in enumerate(record["sums"])]


def test_the_size_of_a_pass_changes_next_to_nothing(measure):
    one, all_together = measure(**{"token-budget": 1}), measure(**{"token-budget": 10_000})
    for single, packed in zip(one, all_together, strict=True):
        torch.testing.assert_close(torch.tensor(single["sums"]), torch.tensor(packed["sums"]), rtol=1e-5, atol=1e-4)


def test_questions_that_the_model_cannot_read_are_left_out_and_named(measure, capsys):
    long = [[("noon " * 60, "length"), ("a", "eos")], *RESPONSES[1:]]
    assert [record["id"] for record in measure(long)] == ["p1", "p2"]
    assert "1 of 3 questions are longer than the 64 tokens" in (said := capsys.readouterr().err)
    assert "the first is p0" in said
    with pytest.raises(InputError, match=r"responses\.jsonl: every question is longer than the 64 tokens"):
        measure([long[0]] * 3)


def test_responses_that_are_missing_or_of_other_prompts_are_refused(measure):
    with pytest.raises(InputError, match=r"responses\.jsonl: 1 of 6 generations are missing"):
        measure([*RESPONSES[:2], RESPONSES[2][:1]])
    with pytest.raises(InputError, match=r"responses\.jsonl: the generation for prompt 'p2', prompt 2, belongs to no"):
        measure([*RESPONSES[:2], [*RESPONSES[2], ("a", "eos")]])


def test_a_base_with_another_tokenizer_is_refused(measure, models):
    from mialign.models.tokenizer import train_tokenizer

    other = train_tokenizer(["Quite other words, in zigzag and jazz.\n"] * 4, vocabulary=300, context=64)
    tiny.tiny_model(2).save_pretrained(models / "other")
    other.save_pretrained(models / "other")
    with pytest.raises(InputError, match=r"other: its tokenizer reads other tokens than that of .*policy"):
        measure(base="other")


def test_uneven_numbers_of_prompts_are_refused(measure, tmp_path, models, run_stage):
    measure()
    records = read_jsonl(tmp_path / "prompts.jsonl")
    records[1]["prompts"] = records[1]["prompts"][:1]
    responses = [
        one for one in read_jsonl(tmp_path / "responses.jsonl") if (one["prompt_id"], one["prompt"]) != ("p1", 1)
    ]
    write_jsonl(tmp_path / "prompts.jsonl", records)
    (tmp_path / "responses.jsonl").write_text("".join(json.dumps(one) + "\n" for one in responses))
    files = {name: tmp_path / f"{name}.jsonl" for name in ("prompts", "responses", "out")}
    with pytest.raises(InputError, match="p1 has another number of prompts than p0"):
        run_stage(stage, model=models / "policy", base=models / "base", **files)
