"""A judge on a server that is late, busy, talks nonsense, breaks off and dies: nothing is lost or paid for twice."""

import asyncio
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from judged import CLEAR, SECRET, UNCLEAR, cases, command, server_settings
from mialign.core import retry
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.evaluation.judge import cost
from mialign.evaluation.judge.factory import make_judge
from mialign.evaluation.judge.response_cache import ResponseCache
from mialign.evaluation.judge.verdicts import check_valid, verdict_records
from scripted_server import answer, cut, echo_key, refuse, say, serving


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A key, and short pauses between attempts."""
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    monkeypatch.setattr(retry, "FIRST", 0.01)
    monkeypatch.setattr(retry, "LONGEST", 0.02)


def judge_with(folder, settings):
    return make_judge(settings, settings["prompt_template"], settings["server"], folder / "asked.jsonl", None, 0)


def truthful(body: dict, times: int):
    """Names the test method's answer, in either order."""
    text = body["messages"][1]["content"]
    first = text.index("The test answer") < text.index("The baseline answer")
    return answer("It is nearer.\nVerdict: " + ("A" if first else "B"))


# ---------------------------------------------------------------- what is sent, and what is made of it
def test_both_orders_of_both_axes_are_asked_and_recorded(tmp_path):
    with serving(truthful) as server:
        records = verdict_records(cases(), judge_with(tmp_path, server_settings(server.base_url)))
    assert len(server.bodies) == 3 * 2 * 2
    sent = {key: value for key, value in server.bodies[0].items() if key != "messages"}
    settings = {"temperature": 0.0, "top_p": 1.0, "max_tokens": 400, "seed": 0}
    assert sent == {"model": "made-up-2024-08-06", **settings}
    assert [record["axis"] for record in records] == ["principle-aware", "principle-free"] * 3
    first = records[0]
    assert first.pop("judge").startswith("made-up-2024-08-06#")
    assert first == {
        "prompt_id": "m/benchmark/q0", "category": "stem", "temperature": 0.0, "axis": "principle-aware",
        "verdict": "test", "test_tokens": 9, "baseline_tokens": 9, "first": ["test", "baseline"],
        "winners": ["test", "test"], "answers": ["It is nearer.\nVerdict: A", "It is nearer.\nVerdict: B"],
    }  # fmt: skip


def test_flips_are_ties_and_the_unreadable_is_invalid(tmp_path):
    def script(body, times):
        return answer(UNCLEAR if "q1?" in body["messages"][1]["content"] else CLEAR)  # A, whatever stands there

    with serving(script) as server:
        found = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases(2))
        assert [one["verdict"] for one in found] == ["tie", "tie", "invalid", "invalid"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(CLEAR, finish="length"), "cut off at max_tokens; raise max_tokens of the judge"),
        (answer(None, finish="length"), "cut off at max_tokens without a text; raise max_tokens of the judge"),
        (
            answer(None, finish="length", reasoning_content="Verdict: A"),
            "cut off at max_tokens without a text, but some 'reasoning_content'; raise max_tokens of the judge",
        ),
        (answer("", reasoning="Verdict: A"), "no text, but some 'reasoning'"),
        (answer(None, refusal="I will not.\nVerdict: A"), "no text, but some 'refusal'"),
        (answer([{"type": "thinking", "thinking": "Verdict: A"}]), "no text, but some 'thinking'"),
        (answer([]), "no text"),
        (answer(None), "no text"),
        (answer(CLEAR, finish="content_filter"), "ended by 'content_filter'"),
        (answer(None, finish="tool_calls"), "ended by 'tool_calls' without a text"),
    ],
)
def test_an_answer_that_is_not_whole_has_no_verdict_and_the_reason_is_told(tmp_path, given, reason):
    with serving(lambda body, times: given) as server:
        judge = judge_with(tmp_path, server_settings(server.base_url))
        (found, _) = records = verdict_records(cases(1), judge)
        again = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases(1))
    assert (found["verdict"], found["reasons"]) == ("invalid", [reason] * 2)
    assert [one["reasons"] for one in again] == [[reason] * 2] * 2  # read from the file of what was asked
    with pytest.raises(
        InputError, match=rf"2 of 2 verdicts are invalid.*; 4 answers: {re.escape(reason)}; on m/benchm"
    ):
        check_valid(records, 0.05)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "It is nearer.\nVer"}, {"type": "text", "text": "dict: A"}],
        [{"type": "thinking", "thinking": "Verdict: B"}, {"type": "output_text", "text": "It is nearer.\nVerdict: A"}],
        [{"text": "Verdict: B", "thought": True}, "It is nearer.\nVerdict: A"],
    ],
)
def test_the_parts_of_an_answer_are_joined(tmp_path, content):
    with serving(lambda body, times: answer(content, reasoning_content="Verdict: B")) as server:
        found = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases(1))
    assert [one["verdict"] for one in found] == ["tie", "tie"]  # A, whichever stands first
    assert found[0]["answers"] == ["It is nearer.\nVerdict: A"] * 2
    assert "reasons" not in found[0]


def test_no_more_requests_at_once_than_allowed(tmp_path):
    with serving(lambda body, times: answer(CLEAR, seconds=0.05)) as server:
        judge_with(tmp_path, server_settings(server.base_url, requests=3)).verdicts(cases())
    assert server.most_busy == 3


# ---------------------------------------------------------------- nothing is paid twice
def test_what_was_answered_is_not_asked_again_wherever_the_server_is(tmp_path, monkeypatch):
    with serving(truthful) as server:
        found = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases())
    monkeypatch.delenv("JUDGE_KEY")
    elsewhere = server_settings("http://127.0.0.1:9/v1", price={"in": 1e6, "out": 1e6}, ceiling=0)
    assert judge_with(tmp_path, elsewhere).verdicts(cases()) == found


@pytest.mark.parametrize(
    "change", [{"model": "other-2024-08-06"}, {"revision": "abc"}, {"temperature": 0.5}, {"max_tokens": 9}, {"seed": 1}]
)
def test_whatever_determines_an_answer_asks_anew(tmp_path, change):
    with serving(truthful) as server:
        settings = server_settings(server.base_url)
        names = [judge_with(tmp_path, settings | more).verdicts(cases(1)) and judge_with(tmp_path, settings | more).name
                 for more in ({}, change)]  # fmt: skip
    assert len(server.bodies) == 8
    assert names[0] != names[1]


@pytest.mark.parametrize(
    "trouble",
    [refuse(429, Retry_After="0"), refuse(429), refuse(500), refuse(503), refuse(408), cut, say("<html>busy</html>"),
     say('{"id": 1}'), say('{"choices": []}'), say("[1]"), say(""), say("[" * 100_000), say('{"choices":' * 100_000),
     say('{"choices": ' + "[" * 900 + "]" * 900 + "}"), answer({"text": "Verdict: A"}), answer([{"type": "text"}]),
     answer([3]), answer(CLEAR, finish={"reason": "stop"})],
    ids=["429 wait", "429", "500", "503", "408", "cut", "html", "object", "empty", "list", "nothing", "deep list",
         "deep object", "nested", "content object", "part without text", "number as part", "finish object"],
)  # fmt: skip
def test_troubles_that_pass(tmp_path, trouble):
    with serving(lambda body, times: trouble if times < 3 else truthful(body, times)) as server:
        found = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases(1))
    assert [one["verdict"] for one in found] == ["test", "test"]
    assert set(server.counts.values()) == {3}


def test_an_answer_that_takes_too_long_is_asked_for_again(tmp_path):
    def script(body, times):
        return answer(CLEAR, seconds=2) if times == 1 else truthful(body, times)

    with serving(script) as server:
        found = judge_with(tmp_path, server_settings(server.base_url, timeout=0.5)).verdicts(cases(1))
    assert [one["verdict"] for one in found] == ["test", "test"]  # late answers would have been ties
    assert min(server.counts.values()) >= 2


def test_the_pause_that_the_server_asks_for_is_kept(tmp_path):
    times = []

    def script(body, count):
        times.append(time.monotonic())
        return refuse(429, Retry_After="1") if count == 1 else truthful(body, count)

    with serving(script) as server:
        judge_with(tmp_path, server_settings(server.base_url, requests=1)).verdicts(cases(1)[:1])
    assert times[1] - times[0] >= 1


def busy(header: str | None) -> Exception:
    error = Exception()
    error.response = SimpleNamespace(headers={} if header is None else {"retry-after": header})
    return error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-3", 0), ("99999", retry.MAX_DELAY), ("soon", 0), (None, 0), ("nan", 0), ("inf", 0)],
)
def test_pauses_as_the_header_has_them(header, seconds):
    assert retry.retry_after(busy(header)) == seconds


def test_a_pause_may_last_until_a_date(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    assert retry.retry_after(busy("Tue, 14 Nov 2023 22:13:50 GMT")) == 30
    assert retry.retry_after(Exception()) == 0


@pytest.mark.parametrize(
    ("trouble", "message", "times"),
    [
        (refuse(401, "bad key sk-ma***hij"), "refuses the key in JUDGE_KEY; put a valid one", 1),
        (
            refuse(404, "no model"),
            "has no such model or address .*no model.*mend model or server.base_url of this judge",
            1,
        ),
        (refuse(400, "too long"), "refuses a request .*too long", 1),
        (refuse(429, "no money", "insufficient_quota"), "lets no more through .*no money", 1),
        (refuse(500, "oh"), "is broken .*oh", 8),
        (cut, "gives no answer", 8),
        (say("<html>"), "gives no answer .*Expecting value", 8),
        (say("[" * 100_000), "gives no answer .*recursion", 8),
    ],
)
def test_troubles_that_do_not_pass(tmp_path, trouble, message, times):
    """One request fails, the others under way are kept, and no further one is sent."""

    def script(body, count):
        return trouble if "q1?" in body["messages"][1]["content"] else truthful(body, count)

    with serving(script) as server:
        settings = server_settings(server.base_url, requests=1)
        with pytest.raises(InputError, match=f"{message}.*4 of 12 requests were answered and are kept"):
            judge_with(tmp_path, settings).verdicts(cases())
        assert sorted(server.counts.values()) == [1] * 4 + [times]
        server.script = truthful
        judge_with(tmp_path, settings).verdicts(cases())
        assert sorted(server.counts.values()) == [1] * 11 + [times + 1]


def test_a_server_that_is_slow_then_dies_loses_nothing(tmp_path):
    def script(body, count):
        if len(server.bodies) == 7:
            threading.Thread(target=server.die).start()
        return answer(CLEAR, seconds=0.02)

    with serving(script) as server:
        settings = server_settings(server.base_url, requests=2)
        with pytest.raises(InputError, match=r"gives no answer .* of 40 requests were answered and are kept"):
            judge_with(tmp_path, settings).verdicts(cases(10))
        answered = len(read_jsonl(tmp_path / "asked.jsonl"))
        assert 6 <= answered <= len(server.bodies)
    with serving(lambda body, count: answer(CLEAR)) as second:
        judge_with(tmp_path, settings | {"server": settings["server"] | {"base_url": second.base_url}}).verdicts(
            cases(10)
        )
    assert len(second.bodies) == 40 - answered


# ---------------------------------------------------------------- cost
def test_the_cost_is_told_before_it_is_spent_and_spending_after(tmp_path, capsys):
    with serving(truthful) as server:
        settings = server_settings(server.base_url, price={"in": 100.0, "out": 1000.0}, ceiling=10)
        judge_with(tmp_path, settings).verdicts(cases(1))
        explain = capsys.readouterr().err
        messages = server.bodies[0]["messages"]
    assert explain.startswith(
        "made-up-2024-08-06: 4 requests, 0 of them answered before; the others cost at most about $"
    )
    assert explain.endswith("spent in this run $0.08\n")  # 4 times 100 tokens in and 10 out
    assert sum(len(one["content"]) for one in messages) / 4 < cost.tokens_of(messages)
    assert cost.dollars({"in": 2.5, "out": 10}, 1_000_000, 100_000) == 3.5


def test_the_ceiling_refuses_before_the_first_request(tmp_path):
    with serving(truthful) as server:
        settings = server_settings(server.base_url, ceiling=0.001)
        with pytest.raises(
            InputError, match=r"12 requests left cost up to about \$.* ceiling of \$0\.00.* nothing has"
        ):
            judge_with(tmp_path, settings).verdicts(cases())
    assert not server.bodies


def test_the_ceiling_stops_when_it_is_reached(tmp_path):
    """The server's answers turn out to be far longer than they were to be."""
    price = {"in": 0.0, "out": 100.0}
    with serving(lambda body, times: answer(CLEAR, tokens=(1, 2000))) as server:
        settings = server_settings(server.base_url, price=price, ceiling=0.5, requests=1)
        with pytest.raises(InputError, match=r"ceiling of \$0\.50 is reached \(\$0\.60 spent\).*3 of 12 requests"):
            judge_with(tmp_path, settings | {"max_tokens": 400}).verdicts(cases())
    assert len(server.bodies) == 3


def test_what_other_jobs_spend_counts(tmp_path):
    ResponseCache(tmp_path / "asked.jsonl").add(
        {"key": "0" * 64, "model": "made-up-2024-08-06", "tokens": [0, 99_990], "text": ""}
    )
    with serving(truthful) as server, pytest.raises(InputError, match=r"with \$1\.00 spent"):
        judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases())


@pytest.mark.parametrize(
    "tokens", [(100, -1), (-1, 10), (True, 10), (100.0, 10), (100, 10**30), ("100", 10), (100, None)]
)
def test_an_answer_whose_tokens_cannot_be_right_is_kept_and_taken_to_cost_the_most(tmp_path, capsys, tokens):
    def script(body, times):
        return answer(CLEAR, tokens) if times == 1 else refuse(400)

    with serving(script) as server:
        settings = server_settings(server.base_url, price={"in": 0.0, "out": 100.0}, ceiling=1)
        found = judge_with(tmp_path, settings).verdicts(cases(1))
        explain = capsys.readouterr().err
        assert judge_with(tmp_path, settings).verdicts(cases(1)) == found
    assert explain.count("does not say how many tokens an answer took; each is taken to have cost the most") == 1
    assert "spent in this run $0.16" in explain  # 4 answers of at most 400 tokens at 100 dollars a million
    assert ResponseCache(tmp_path / "asked.jsonl").spent("made-up-2024-08-06")[1] == 1600


# ---------------------------------------------------------------- the key
def test_a_key_is_missed_only_when_something_must_be_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("JUDGE_KEY")
    judge = judge_with(tmp_path, server_settings("http://127.0.0.1:9/v1"))
    assert judge.verdicts([]) == []
    with pytest.raises(InputError, match="the environment variable JUDGE_KEY is not set"):
        judge.verdicts(cases())


def test_a_server_of_ones_own_wants_no_key(tmp_path, monkeypatch):
    monkeypatch.delenv("JUDGE_KEY")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serving(truthful) as server:
        settings = server_settings(server.base_url)
        del settings["server"]["key"]
        assert [one["verdict"] for one in judge_with(tmp_path, settings).verdicts(cases(1))] == ["test"] * 2
    with serving(lambda body, times: refuse(401)) as server:
        settings["server"]["base_url"] = server.base_url
        with pytest.raises(InputError, match=r"wants a key; put it into an environment variable .*\(server\.key\)"):
            judge_with(tmp_path / "other", settings).verdicts(cases())


@pytest.mark.parametrize("key", ["two words", "sk-\n123", "\u201csk-123\u201d"])
def test_a_key_that_cannot_be_sent_is_refused_at_once(tmp_path, monkeypatch, key):
    monkeypatch.setenv("JUDGE_KEY", key)
    with pytest.raises(InputError, match="JUDGE_KEY holds spaces, line breaks or characters that no key has") as caught:
        judge_with(tmp_path, server_settings("http://127.0.0.1:9/v1")).verdicts(cases())
    assert key not in str(caught.value)


def run(arguments, root, **environment):
    return subprocess.run(
        [sys.executable, root / "workflow/run.py", *arguments],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("script", [
    lambda body, times: echo_key,
    lambda body, times: answer(f"You sent {SECRET}.\nVerdict: A"),
    lambda body, times: say(f'{{"nonsense": "{SECRET}"}}') if times < 2 else refuse(400, SECRET),
], ids=["error", "answer", "nonsense"])  # fmt: skip
def test_the_key_is_in_no_file_and_no_message(tmp_path, root, script):
    with serving(script) as server:
        done = run(command(tmp_path, server_settings(server.base_url), number=1), root, OPENAI_LOG="debug")
    assert server.bodies
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"asked.jsonl", "verdicts.jsonl.log"}
    for text in (done.stdout, done.stderr, *(path.read_text() for path in files)):
        assert SECRET not in text
    assert "Traceback" not in done.stderr
    told = done.stderr + (tmp_path / "asked.jsonl").read_text()
    assert "[key]" in told or "refuses the key in JUDGE_KEY;" in told


def test_half_a_character_in_an_answer_is_taken_out(tmp_path):
    def script(body, times):
        return answer("It \ud83d is.\nVerdict: A")

    with serving(script) as server:
        found = judge_with(tmp_path, server_settings(server.base_url)).verdicts(cases(1))
    assert found[0]["answers"] == ["It ? is.\nVerdict: A"] * 2


# ---------------------------------------------------------------- kills, halves and several jobs
def test_a_file_system_without_locks_is_named_before_anything_is_asked(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("mialign.evaluation.judge.response_cache.fcntl.lockf", none)
    with pytest.raises(InputError, match=r"asked\.jsonl cannot be locked \(No locks available\).*that has them"):
        judge_with(tmp_path, server_settings("http://127.0.0.1:9/v1"))


def test_a_killed_job_goes_on_and_pays_for_nothing_twice(tmp_path, root):
    slow = answer(CLEAR, seconds=0.1)
    with serving(lambda body, times: slow) as server:
        arguments = command(tmp_path, server_settings(server.base_url, requests=2), number=5)
        job = subprocess.Popen([sys.executable, root / "workflow/run.py", *arguments], stderr=subprocess.DEVNULL)
        while len(server.bodies) < 7 and job.poll() is None:
            time.sleep(0.01)
        job.send_signal(signal.SIGKILL)
        job.wait()
        asked = tmp_path / "asked.jsonl"
        answered = len(read_jsonl(asked))
        assert 5 <= answered <= len(server.bodies) <= 9
        assert not (tmp_path / "verdicts.jsonl").exists()
        asked.open("a").write('{"key": "half a li')  # as a machine that goes down may leave it
        sent = len(server.bodies)
        assert run(arguments, root).returncode == 0
        assert len(server.bodies) - sent == 20 - answered
        assert len(read_jsonl(asked)) == 20  # the half line is gone
        assert len(read_jsonl(tmp_path / "verdicts.jsonl")) == 10


def test_two_jobs_at_once_ask_everything_once(tmp_path, root):
    with serving(lambda body, times: answer(CLEAR, seconds=0.05)) as server:
        settings = server_settings(server.base_url, requests=4)
        both = [command(tmp_path, settings, number=5, out=f"{job}.jsonl") for job in ("one", "two")]
        jobs = [subprocess.Popen([sys.executable, root / "workflow/run.py", *one]) for one in both]
        assert [job.wait(60) for job in jobs] == [0, 0]
    assert set(server.counts.values()) == {1}
    assert len(server.counts) == len(read_jsonl(tmp_path / "asked.jsonl")) == 20
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


OTHER_JOB = """
import asyncio, sys
from mialign.evaluation.judge.response_cache import ResponseCache
async def ask(asked, key):
    async with asked.exclusive(key):
        print("asking", flush=True)
        sys.stdin.readline()
        asked.add({"key": key, "model": "m", "tokens": [1, 2], "text": "mine"})
asyncio.run(ask(ResponseCache(sys.argv[1]), sys.argv[2]))
"""


def test_what_another_job_is_asking_is_waited_for(tmp_path, root):
    path, key, free = tmp_path / "asked.jsonl", "a" * 64, "b" * 64
    command = [sys.executable, "-c", OTHER_JOB, path, key]
    other = subprocess.Popen(command, cwd=root / "workflow", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "asking\n"
    asked = ResponseCache(path)

    async def known(wanted: str) -> bool:
        async with asked.exclusive(wanted):
            return wanted in asked

    assert asyncio.run(asyncio.wait_for(known(free), 5)) is False
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(known(key), 0.5))
    other.communicate("go on\n", timeout=30)
    assert asyncio.run(asyncio.wait_for(known(key), 5)) is True
    assert asked[key]["text"] == "mine"


def test_too_many_invalid_answers_stop_the_job_and_are_kept(tmp_path, root):
    with serving(lambda body, times: answer(UNCLEAR)) as server:
        arguments = command(tmp_path, server_settings(server.base_url), number=2)
        for _ in range(2):
            done = run(arguments, root)
            assert "error: 4 of 4 verdicts are invalid" in done.stderr
            assert done.returncode == 2
    assert set(server.counts.values()) == {1}
    assert not (tmp_path / "verdicts.jsonl").exists()


def test_a_line_that_is_no_record_is_named(tmp_path):
    path = tmp_path / "asked.jsonl"
    ResponseCache(path).add({"key": "0" * 64, "model": "m", "tokens": [1, 2], "text": ""})
    whole = path.read_text()
    path.write_text(f"{whole}\n{whole}")
    assert ResponseCache(path).spent("m") == (2, 4)  # an empty line is no harm
    for line in (
        '{"key": 1}',
        "[" * 100_000,
        '{"key": "1", "model": "m", "tokens": [1, 2]}',
        whole.strip().replace("[1", "[1, 1"),
    ):
        path.write_text(f"{whole}{line}\n")
        with pytest.raises(InputError, match=r"asked\.jsonl, line 2: not a record of what was asked"):
            ResponseCache(path)


def test_a_record_whose_tokens_cannot_be_right_keeps_its_answer(tmp_path, capsys):
    path = tmp_path / "asked.jsonl"
    counts = [[1, 2], [-1, 2], [True, 2], [1, 2.5], [1, None], [10**30, 2]]
    records = [{"key": str(n) * 64, "model": "m", "tokens": count, "text": "paid"} for n, count in enumerate(counts)]
    write_jsonl(path, records)
    asked = ResponseCache(path)
    assert [asked[record["key"]]["text"] for record in records] == ["paid"] * 6
    assert asked.spent("m") == (1, 2)
    assert capsys.readouterr().err == (
        f"{path}, line 2: the tokens cannot be right; such answers are kept, and not counted in what was spent\n"
    )


def test_a_record_that_lacks_only_the_end_of_its_line_is_kept(tmp_path):
    path = tmp_path / "asked.jsonl"
    ResponseCache(path).add({"key": "0" * 64, "model": "m", "tokens": [1, 2], "text": "y" * 100_000})
    path.write_text(path.read_text().rstrip("\n"))
    asked = ResponseCache(path)
    assert "0" * 64 in asked
    asked.add({"key": "1" * 64, "model": "m", "tokens": [1, 2], "text": ""})
    assert len(read_jsonl(path)) == 2


def test_records_are_whole_lines_of_json(tmp_path):
    asked = ResponseCache(tmp_path / "asked.jsonl")
    asked.add({"key": "0" * 64, "model": "m", "tokens": [1, 2], "text": "a\nb\u2028c\x85 é"})
    again = ResponseCache(tmp_path / "asked.jsonl")
    assert again["0" * 64]["text"] == "a\nb\u2028c\x85 é"
    assert again.spent("m") == (1, 2)
    assert again.spent("n") == (0, 0)
    assert [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text("utf-8").split("\n")[:-1]]
