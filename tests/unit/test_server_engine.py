"""Generation by an OpenAI-compatible server, played by one that counts: busy, broken off, dead, and asked only once."""

import json
import threading
import time
from collections import Counter

import pytest
from pytest_httpserver import HTTPServer
from transformers import GenerationConfig
from werkzeug import Response

import tiny
from mialign.core import client, retry
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.generation.completion_cache import CompletionCache
from mialign.models.prompt_ids import encode_prompt
from scripts import generate as stage

KEY = "sk-do-not-tell-0123456789"
SETTINGS = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 12, "stop": ["\n"], "seed": 3}
WORDS = ["boat", "house", "harbour", "keeper", "bees", "noon", "days", "The"]


class Scripted:
    """A server that answers after what stands in `script`: Response objects, given out first, one a request."""

    def __init__(self, httpserver: HTTPServer):
        self.asked, self.script, self.lock = [], [], threading.Lock()
        httpserver.expect_request("/v1/completions", method="POST").respond_with_handler(self.answer)
        self.url = httpserver.url_for("/v1")

    def answer(self, request) -> Response:
        with self.lock:
            self.asked.append((request.get_json(), request.headers["Authorization"]))
            scripted = self.script.pop(0) if self.script else None
        if callable(scripted) and not isinstance(scripted, Response):
            return scripted()
        return scripted or self.whole(request.get_json())

    def whole(self, asked, **changes) -> Response:
        choice = {"index": 0, "text": f" {len(asked['prompt'])} {asked['seed'] % 1000}", "finish_reason": "stop"}
        answer = {"id": "1", "object": "text_completion", "created": 1, "model": asked["model"], "choices": [choice]}
        return reply({**answer, "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}, **changes})

    def counts(self) -> Counter:
        return Counter((tuple(asked["prompt"]), asked["seed"]) for asked, _ in self.asked)


def reply(body, status=200, **headers) -> Response:
    return Response(json.dumps(body), status, {"Content-Type": "application/json", **headers})


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(retry, "FIRST", 0.01)
    monkeypatch.setattr(retry, "LONGEST", 0.05)
    monkeypatch.setenv("OUR_KEY", KEY)
    with HTTPServer(threaded=True) as httpserver:
        yield Scripted(httpserver)


@pytest.fixture
def folder(tmp_path):
    """A model without weights: the server has those."""
    model = tiny.tiny_model()
    model.config.save_pretrained(tmp_path / "model")
    tiny.tiny_tokenizer().save_pretrained(tmp_path / "model")
    write_jsonl(tmp_path / "prompts.jsonl", [{"id": f"p{n}", "prompts": [word]} for n, word in enumerate(WORDS)])
    return tmp_path


def run(run_stage, folder, server, batch=2, key="OUR_KEY"):
    run_stage(
        stage,
        model=folder / "model",
        engine=json.dumps({"kind": "server", "name": "big-2026-01-01"}),
        url=server.url,
        key=key,
        prompts=folder / "prompts.jsonl",
        settings=json.dumps(SETTINGS),
        batch=batch,
        scratch=folder / "kept.jsonl",
        out=folder / "out.jsonl",
    )
    return read_jsonl(folder / "out.jsonl")


def test_it_is_sent_token_ids_settings_and_a_seed_for_each_prompt(run_stage, folder, server):
    written = run(run_stage, folder, server)
    tokenizer = tiny.tiny_tokenizer()
    asked = {tuple(body["prompt"]): body for body, _ in server.asked}
    assert len(server.asked) == len(asked) == 8
    for word, record in zip(WORDS, written, strict=True):
        body = asked[tuple(encode_prompt(tokenizer, word))]
        assert {**body, "prompt": None, "seed": None} == {
            "model": "big-2026-01-01",
            "prompt": None,
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 12,
            "stop": ["\n"],
            "seed": None,
        }
        assert body["seed"] == record["seed"]
        assert record["text"] == f" {len(body['prompt'])} {record['seed'] % 1000}"
        assert record["tokens"] == 5
    assert {key for _, key in server.asked} == {f"Bearer {KEY}"}
    assert not (folder / "kept.jsonl").exists()


def test_a_conversation_is_sent_as_the_ids_of_the_models_chat_template(run_stage, folder, server):
    tokenizer = tiny.tiny_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ eos_token }}{{ m['role'] }}: {{ m['content'] }}{% endfor %}"
    tokenizer.save_pretrained(folder / "model")
    talks = [[{"role": "user", "content": f"The {word} <end>?"}] for word in WORDS]
    write_jsonl(folder / "prompts.jsonl", [{"id": f"p{n}", "prompts": [talk]} for n, talk in enumerate(talks)])
    run(run_stage, folder, server)
    sent = {tuple(body["prompt"]) for body, _ in server.asked}
    end, plain = tokenizer.eos_token_id, tokenizer(" <end>", split_special_tokens=True)["input_ids"]
    assert sent == {
        (end, *tokenizer(f"user: The {word}")["input_ids"], *plain, *tokenizer("?")["input_ids"]) for word in WORDS
    }


TURNS = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}{{ END }}{% endfor %}"


@pytest.fixture
def conversations(folder):
    """Prompts as conversations, by a template that puts this token behind a message; gives the token's id."""

    def write(end: str) -> int:
        tokenizer = tiny.tiny_tokenizer()
        tokenizer.add_special_tokens({"additional_special_tokens": ["<turn>"]})
        tokenizer.chat_template = TURNS.replace("END", repr(end))
        tokenizer.save_pretrained(folder / "model")
        tiny.tiny_model(vocabulary=len(tokenizer)).config.save_pretrained(folder / "model")
        talks = [[{"role": "user", "content": f"The {word}?"}] for word in WORDS]
        write_jsonl(folder / "prompts.jsonl", [{"id": f"p{n}", "prompts": [talk]} for n, talk in enumerate(talks)])
        return tokenizer.convert_tokens_to_ids(end)

    return write


def test_the_token_that_ends_a_turn_is_sent_with_a_conversation(run_stage, folder, server, conversations):
    turn = conversations("<turn>")
    choice = {"index": 0, "text": "The boat", "finish_reason": "stop", "stop_reason": turn}  # as vLLM says it
    server.script = [lambda: server.whole({"model": "m", "prompt": [], "seed": 0}, choices=[choice])] * 8
    written = run(run_stage, folder, server)
    assert [body["stop_token_ids"] for body, _ in server.asked] == [[turn]] * 8
    assert [record["finish"] for record in written] == ["eos"] * 8


def test_all_tokens_that_end_a_model_s_texts_are_sent_but_eos(run_stage, folder, server):
    tokenizer = tiny.tiny_tokenizer()
    other = tokenizer("house")["input_ids"][0]
    GenerationConfig(eos_token_id=[tokenizer.eos_token_id, other]).save_pretrained(folder / "model")
    run(run_stage, folder, server)
    assert [body["stop_token_ids"] for body, _ in server.asked] == [[other]] * 8


def test_a_model_of_a_type_that_only_the_server_knows_writes_too(run_stage, folder, server):
    config = json.loads((folder / "model/config.json").read_text())
    (folder / "model/config.json").write_text(json.dumps(config | {"model_type": "of-tomorrow"}))
    assert len(run(run_stage, folder, server)) == 8


def test_a_server_that_knows_no_other_end_than_eos_is_sent_nothing_that_is_not_openais(
    run_stage, folder, server, conversations
):
    conversations(tiny.tiny_tokenizer().eos_token)
    run(run_stage, folder, server)
    assert all("stop_token_ids" not in body for body, _ in server.asked)


def test_a_server_that_refuses_the_end_of_a_turn_is_told_at_once(run_stage, folder, server, conversations):
    conversations("<turn>")
    said = {"error": {"message": "Unrecognized request argument supplied: stop_token_ids"}}
    server.script = [lambda: reply(said, 400)] * 20
    with pytest.raises(InputError, match=r"refuses: Error code: 400 - .*stop_token_ids"):
        run(run_stage, folder, server, batch=1)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ({"finish_reason": "length"}, "length"),
        ({"finish_reason": "stop"}, "eos"),
        ({"finish_reason": "stop", "stop_reason": None}, "eos"),
        ({"finish_reason": "stop", "stop_reason": "\n"}, "stop"),
    ],
)
def test_finish_reasons_mean_what_they_mean_in_every_engine(run_stage, folder, server, said, finish):
    choice = {"index": 0, "text": "so", **said}
    server.script = [lambda: server.whole({"model": "m", "prompt": [], "seed": 0}, choices=[choice])] * 8
    assert [record["finish"] for record in run(run_stage, folder, server)] == [finish] * 8


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("sank at\nQuestion", {"finish_reason": "length"}, ("sank at", "stop", 7)),  # it went on
        ("sank at\n", {"finish_reason": "stop", "stop_reason": "\n"}, ("sank at", "stop", 7)),  # the phrase is there
        ("sank at\n", {"finish_reason": "stop"}, ("sank at", "stop", 7)),
        ("sank at noon\n", {"finish_reason": "stop"}, ("sank ", "stop", 5)),  # the first of two
        ("\nsank", {"finish_reason": "length"}, ("", "stop", 0)),
        ("half \ud83d\n\ud83d", {"finish_reason": "length"}, ("half ?", "stop", 6)),
        ("sank?", {"finish_reason": "length"}, ("sank?", "length", 5)),
    ],
)
def test_a_text_ends_before_its_first_stop_phrase_whatever_the_server_does(
    run_stage, folder, server, monkeypatch, text, said, expected
):
    """What is cut here is counted by the tokenizer, here a letter a token; the server's count of 5 is of the whole."""
    monkeypatch.setattr("mialign.generation.server.encode", lambda _, text: list(text))
    monkeypatch.setitem(SETTINGS, "stop", ["\n", "at noon", "?\n"])
    choice = {"index": 0, "text": text, **said}
    server.script = [lambda: server.whole({"model": "m", "prompt": [], "seed": 0}, choices=[choice])] * 8
    written = run(run_stage, folder, server)
    assert {(record["text"], record["finish"], record["tokens"]) for record in written} == {expected}


@pytest.mark.parametrize("count", [-1, 0, 13, 10**30, True, 5.0, "5", None])
def test_a_count_that_cannot_be_is_told_once_and_the_answer_kept(run_stage, folder, server, capsys, count):
    """The tokens are then counted here, the end token among them."""
    choices = [{"index": 0, "text": "The boat", "finish_reason": "stop"}]
    usage = {"prompt_tokens": 3, "completion_tokens": count}
    asked = {"model": "m", "prompt": [], "seed": 0}
    server.script = [lambda: server.whole(asked, choices=choices, usage=usage)] * 8
    written = run(run_stage, folder, server)
    tokens = len(tiny.tiny_tokenizer()("The boat")["input_ids"]) + 1
    assert [(record["text"], record["tokens"]) for record in written] == [("The boat", tokens)] * 8
    assert capsys.readouterr().err.count("does not say how many tokens an answer has; they are counted here") == 1
    assert len(server.asked) == 8


def test_a_server_that_counts_nothing_has_its_texts_counted(run_stage, folder, server):
    choices = [{"index": 0, "text": "The boat", "finish_reason": "length"}]
    asked = {"model": "m", "prompt": [], "seed": 0}
    server.script = [lambda: server.whole(asked, choices=choices, usage=None)] * 8
    tokens = len(tiny.tiny_tokenizer()("The boat")["input_ids"])
    assert [record["tokens"] for record in run(run_stage, folder, server)] == [tokens] * 8


def late():
    time.sleep(6)
    return reply({})


BUSY = [
    lambda: reply({"error": {"message": "slow down"}}, 429, **{"Retry-After": "0"}),
    lambda: reply({"error": {"message": "slow down"}}, 429),
    lambda: reply({"error": {"message": "starting"}}, 503),
    lambda: Response("<html>bad gateway</html>", 502),
    lambda: Response('{"id": "1", "choices": [{"te', 200, {"Content-Type": "application/json"}),
    lambda: Response('{"id": "1"', 200, {"Content-Type": "application/json", "Content-Length": "500"}),
    lambda: reply({"id": "1", "choices": []}),
    lambda: reply({"id": "1", "choices": [{"text": None, "finish_reason": "stop"}], "usage": None}),
    lambda: Response("what?", 200, {"Content-Type": "text/plain"}),
    lambda: Response("[" * 100_000, 200, {"Content-Type": "application/json"}),
]


def test_a_busy_or_broken_answer_is_asked_for_again(run_stage, folder, server, capsys):
    plain = run(run_stage, folder, server)
    server.asked.clear()
    server.script = list(BUSY)
    assert run(run_stage, folder, server) == plain
    assert len(server.asked) == 8 + len(BUSY)
    assert "status 429, asked again in" in capsys.readouterr().err


def test_a_silent_server_is_asked_again(run_stage, folder, server, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", 3)
    server.script = [late]
    assert len(run(run_stage, folder, server, batch=8)) == 8
    assert len(server.asked) == 9


def test_what_was_answered_before_the_server_died_is_not_asked_again(run_stage, folder, server):
    dead = [lambda: reply({"error": {"message": "gone"}}, 500)] * 200
    server.script = [None, None, None, *dead]
    with pytest.raises(InputError, match=r"no usable answer in 8 attempts \(status 500\).*been answered is kept"):
        run(run_stage, folder, server)
    answered = [asked for asked, _ in server.asked[:3]]
    server.script, server.asked = [], []
    assert len(run(run_stage, folder, server)) == 8
    assert server.counts().total() == 5
    assert not server.counts().keys() & {(tuple(one["prompt"]), one["seed"]) for one in answered}


def test_half_a_character_and_an_echoed_key_are_taken_out_and_nothing_is_asked_twice(run_stage, folder, server):
    def half():
        return Response(
            '{"id": "1", "object": "text_completion", "created": 1, "model": "m", "choices": [{"index": 0, '
            f'"text": "ab \\ud83d {KEY}", "finish_reason": "stop"}}], "usage": {{"prompt_tokens": 3, '
            '"completion_tokens": 5, "total_tokens": 8}}',
            200,
            {"Content-Type": "application/json"},
        )

    server.script = [half]
    written = run(run_stage, folder, server, batch=1)
    assert written[0]["text"] == "ab ? [key]"
    assert set(server.counts().values()) == {1}
    assert len(server.asked) == 8


def test_nothing_more_is_asked_when_answers_cannot_be_kept(run_stage, folder, server, monkeypatch):
    def full(self, name, shard):
        raise OSError("no space left")

    monkeypatch.setattr(CompletionCache, "add", full)
    with pytest.raises(OSError, match="no space left"):
        run(run_stage, folder, server, batch=1)
    assert len(server.asked) < len(WORDS)  # those that were on the way as the first was to be kept


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "refuses: Error code: 400 - .*no such setting"),
        (404, "refuses: Error code: 404 - .*the key .key. is wrong"),
        (401, "refuses: status 401; see that the key in OUR_KEY is right"),
    ],
)
def test_a_refusal_is_told_at_once_and_without_the_key(run_stage, folder, server, capsys, status, message):
    said = "no such setting" if status == 400 else f"the key {KEY} is wrong"
    server.script = [lambda: reply({"error": {"message": said}}, status)] * 20
    with pytest.raises(InputError, match=message) as caught:
        run(run_stage, folder, server, batch=1)
    assert len(server.asked) == 1
    assert KEY not in str(caught.value) + capsys.readouterr().err


def test_a_key_that_is_missing_is_named(run_stage, folder, server, monkeypatch):
    monkeypatch.delenv("OUR_KEY")
    with pytest.raises(InputError, match="wants a key: put it into the environment variable OUR_KEY"):
        run(run_stage, folder, server)
    assert not server.asked
    assert len(run(run_stage, folder, server, key="")) == 8
