"""Settings of any size: short ones stand on the command line, long ones travel by a file."""

import json
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.core.arguments import SHORT, add_settings, as_argument

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab\"'\u20ac"), inner),
)
LINUX = 128 * 1024  # bytes of one argument, its last NUL included


def read(given):
    parser = ArgumentParser(exit_on_error=False)
    add_settings(parser)
    return parser.parse_args(["--settings", given]).settings


@given(st.dictionaries(st.text("ab'@"), JSON), st.sampled_from([0, SHORT // 5, 3 * SHORT]))
@settings(max_examples=25)
def test_what_is_given_is_what_is_read(tmp_path_factory, given, size):
    folder = tmp_path_factory.mktemp("settings")
    given = {**given, "more": "'" * size}  # which the shell reads as five characters each
    text = json.dumps(given, ensure_ascii=False)
    argument = as_argument(text, folder)
    assert read(argument) == given
    assert len(shlex.quote(argument).encode()) <= LINUX / 4
    assert (argument == text) is not argument.startswith("@")


def test_only_what_is_long_makes_a_file_named_by_its_digest(tmp_path):
    short, long = '{"a": 1}', [json.dumps({"a": SHORT * letter}) for letter in "xyx"]
    assert as_argument(short, tmp_path / "settings") == short
    assert not (tmp_path / "settings").exists()
    first, second, again = (as_argument(text, tmp_path / "settings") for text in long)
    assert first == again != second
    (tmp_path / "settings" / first.rpartition("/")[2]).write_text("{}")  # by whomever: it is mended
    as_argument(long[0], tmp_path / "settings")
    assert read(first) == json.loads(long[0])
    assert len(list((tmp_path / "settings").iterdir())) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"argument --settings: .*s\.json: No such file or directory"),
        (b"{kind", r"argument --settings: not JSON \(Expecting property name.*\): @.*s\.json"),
        (b"\xff", r"argument --settings: not JSON \(.*\): @.*s\.json"),
        (b"[1]", r"argument --settings: a JSON object is needed, this is @.*s\.json"),
        (b"{}", "argument --settings: the key 'builder' is missing"),
    ],
)
def test_a_file_that_holds_no_settings_is_named(tmp_path, root, content, message):
    if content is not None:
        (tmp_path / "s.json").write_bytes(content)
    names = ("prompts", "generations", "out", "table", "examples")
    command = [sys.executable, root / "workflow/run.py", "pairs", *(f"--{name}=none" for name in names)]
    done = subprocess.run([*command, f"--settings=@{tmp_path}/s.json"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(message, done.stderr.splitlines()[-1])
    assert "Traceback" not in done.stderr
