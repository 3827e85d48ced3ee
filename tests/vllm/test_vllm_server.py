"""A server that vLLM runs: it answers, and our engine for servers has from it the text of our own decoding."""

import json
import urllib.request

from serving import serving
from test_vllm_engine import as_chat

from mialign.models import checkpoints
from mialign.models.chat_template import end_token


def test_it_answers_a_completion(served):
    body = json.dumps({"model": "tiny", "prompt": "The boat", "max_tokens": 5, "temperature": 0}).encode()
    request = urllib.request.Request(f"{served}/completions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    assert answer["choices"][0]["finish_reason"] in ("stop", "length")
    assert answer["usage"]["completion_tokens"] <= 5


def test_its_greedy_text_is_that_of_transformers(generate, model, prompts, served):
    stop = {"stop": ["je", "he"]}
    ours = generate("transformers", model, prompts, **stop)
    theirs = generate("server", model, prompts, "--url", served, "--batch", 8, **stop)
    assert _without_half_characters(theirs) == _without_half_characters(ours)


def test_a_conversation_is_that_of_transformers(generate, prompts, tmp_path):
    """The server completes ids that our side renders. It knows from the model's files what ends a turn."""
    folder, asked = as_chat(prompts, tmp_path)
    file = folder / "generation_config.json"
    ends = [0, end_token(checkpoints.load_tokenizer(folder))]
    file.write_text(json.dumps(json.loads(file.read_text()) | {"eos_token_id": ends}))
    ours = generate("transformers", folder, asked)
    with serving(folder, "tiny", tmp_path / "log", generation="auto") as url:
        theirs = generate("server", folder, asked, "--url", url, "--batch", 8)
    assert _without_half_characters(theirs) == _without_half_characters(ours)
    assert {record["finish"] for record in theirs} == {"eos", "length"}
    assert not any("<turn>" in record["text"] for record in theirs)


def _without_half_characters(records):
    """vLLM's server leaves those at the end of an answer out; our decoding shows their sign."""
    return [{**record, "text": record["text"].rstrip("\ufffd")} for record in records]


def test_a_seed_gives_its_text_again(generate, model, prompts, served):
    first, second = (
        generate("server", model, prompts, "--url", served, "--batch", batch, temperature=1.0) for batch in (1, 16)
    )
    assert first == second
    assert len({record["text"] for record in first}) > 40
