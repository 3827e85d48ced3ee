"""A judge that vLLM serves: what it says cannot be read, and yet nothing is lost or asked for twice."""

import subprocess
import sys

from serving import serving
from setting import ENVIRONMENT

from judged import command, server_settings
from mialign.core.files import read_jsonl

NAME = "tiny-2026-01-31"


def test_nonsense_is_invalid_and_kept(talker, tmp_path, root):
    asked, out = tmp_path / "asked.jsonl", tmp_path / "verdicts.jsonl"

    def judge(url: str, **changes) -> subprocess.CompletedProcess:
        settings = server_settings(url) | {"model": NAME, "max_tokens": 16} | changes
        words = [sys.executable, root / "workflow/run.py", *command(tmp_path, settings)]
        environment = ENVIRONMENT | {"JUDGE_KEY": "none"}
        return subprocess.run(words, capture_output=True, text=True, timeout=300, env=environment)

    with serving(talker, NAME, tmp_path / "log") as url:
        refused = judge(url)
    assert refused.returncode == 2, refused.stderr
    assert "6 of 6 verdicts are invalid" in refused.stderr
    assert not out.exists()
    answers = asked.read_bytes()
    assert [record["served"] for record in read_jsonl(asked)] == [NAME] * 3 * 2 * 2

    done = judge(url, invalid_at_most=1)  # the server is gone
    assert done.returncode == 0, done.stderr
    assert asked.read_bytes() == answers
    records = read_jsonl(out)
    pairs = [(f"m/benchmark/q{n}", axis) for n in range(3) for axis in ("principle-aware", "principle-free")]
    assert [(record["prompt_id"], record["axis"]) for record in records] == pairs
    assert {record["verdict"] for record in records} == {"invalid"}
    assert all(record["first"] == ["test", "baseline"] for record in records)
    texts = sorted(text for record in records for text in record["answers"])
    assert texts == sorted(record["text"] for record in read_jsonl(asked))
