"""A model for vLLM on CPU, stages in both environments, and a server. `make test-vllm` sets the environment up."""

import json
import subprocess
from pathlib import Path

import pytest
from serving import serving
from setting import ENVIRONMENT, ENVIRONMENT_OF_TWO, PYTHONS, SETTINGS, WORDS, make_model, make_tokenizer

from mialign.core.files import read_jsonl, write_jsonl


def pytest_configure():
    if not PYTHONS["vllm"].exists():
        pytest.exit(f"{PYTHONS['vllm']} is not there; `make test-vllm` sets it up", returncode=2)


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "whole"
    make_model().save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def talker(tmp_path_factory) -> Path:
    """A model that can be talked with, in a context long enough for what a judge reads; all it says is nonsense."""
    folder = tmp_path_factory.mktemp("models") / "talker"
    make_model(context=4096).save_pretrained(folder)
    tokenizer = make_tokenizer()
    tokenizer.chat_template = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def prompts(tmp_path_factory) -> Path:
    """50 prompts; some hold what looks like the end of a text, which in a prompt is only text."""
    texts = [f"{one} and the {other}{' <end>' if one == 'noon' else ''}" for one in WORDS for other in WORDS[:5]]
    path = tmp_path_factory.mktemp("prompts") / "prompts.jsonl"
    write_jsonl(path, [{"id": f"p{n}", "prompts": [text]} for n, text in enumerate(texts)])
    return path


@pytest.fixture(scope="session")
def command(root):
    """The command of the stage generate in an engine's own environment."""

    def of(kind: str, model: Path, prompts: Path, out: Path, options=(), **changes) -> list[str]:
        engine = {"kind": kind, **({"name": "tiny"} if kind == "server" else {"precision": "float32"})}
        words = [PYTHONS[kind], root / "workflow/run.py", "generate", "--engine", json.dumps(engine), *options]
        words += ["--settings", json.dumps(SETTINGS | changes), "--model", model, "--prompts", prompts]
        return [str(word) for word in [*words, "--scratch", f"{out}.kept", "--out", out]]

    return of


@pytest.fixture(scope="session")
def generate(command, tmp_path_factory):
    """What the stage generate writes; what was asked before is not written again."""
    known = {}

    def run(kind, model, prompts, *options, **changes) -> list[dict]:
        asked = repr((kind, model, prompts, options, changes))
        if asked not in known:
            out = tmp_path_factory.mktemp("out") / "out.jsonl"
            words = command(kind, model, prompts, out, options, **changes)
            environment = ENVIRONMENT_OF_TWO if "--gpus" in options else ENVIRONMENT
            done = subprocess.run(words, capture_output=True, text=True, timeout=600, env=environment)
            assert done.returncode == 0, done.stderr[-4000:]
            known[asked] = read_jsonl(out)
        return known[asked]

    return run


@pytest.fixture(scope="session")
def served(model, tmp_path_factory):
    """The address of a server that has the model under the name tiny."""
    with serving(model, "tiny", tmp_path_factory.mktemp("served") / "log") as url:
        yield url
