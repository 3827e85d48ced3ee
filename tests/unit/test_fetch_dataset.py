"""Datasets come from a hub, an address or a folder as JSON lines, with a note of where from; what is wrong is said."""

import datetime
import hashlib
import json
import os
import subprocess
import sys

import pytest

import fake_hub
from fake_hub import as_jsonl, as_parquet
from mialign.core.errors import InputError
from mialign.data import sources
from mialign.data.fetch import dataset

ROWS = [
    {"problem": "What is 2+2?", "level": "1"},
    {"problem": "What is 3·3?", "level": "2"},
    {"problem": "Why?", "level": "3"},
]
HUB = {"hub": "someone/maths", "revision": "main", "split": "train"}


@pytest.fixture
def hub(datasets_hub):
    return datasets_hub


@pytest.fixture
def fetched(tmp_path):
    """Fetch from some places: where it came from, and the rows."""

    def fetch(*places):
        out = tmp_path / "datasets/mine.jsonl"
        origin = dataset.fetch("mine", list(places), out)
        return origin, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    return fetch


def refused(fetched, *places) -> str:
    with pytest.raises(InputError) as caught:
        fetched(*places)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---------------------------------------------------------------- the hub
def test_rows_come_as_they_are_with_the_commit_they_are_of(hub, fetched):
    commit = hub.add("dataset", "someone/maths", {"data/train-00000-of-00001.parquet": as_parquet(ROWS)})
    origin, rows = fetched(HUB)
    assert rows == ROWS
    assert (origin["commit"], origin["rows"], origin["place"], origin["passed_over"]) == (commit, 3, HUB, [])
    assert len(origin["sha256"]) == 64


def test_a_revision_is_kept_to_when_main_moves_on(hub, fetched):
    old = hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS[:2])})
    hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    assert fetched({**HUB, "revision": old})[1] == ROWS[:2]
    assert fetched(HUB)[1] == ROWS


def test_several_configs_are_read_one_after_another(hub, fetched):
    card = (
        b"---\nconfigs:\n"
        + b"".join(
            f"- config_name: {name}\n  data_files:\n  - split: train\n    path: {name}/train.parquet\n".encode()
            for name in ("algebra", "geometry")
        )
        + b"---\n"
    )
    files = {
        "README.md": card,
        "algebra/train.parquet": as_parquet(ROWS[:1]),
        "geometry/train.parquet": as_parquet(ROWS[1:]),
    }
    hub.add("dataset", "someone/maths", files)
    assert fetched({**HUB, "config": ["geometry", "algebra"]})[1] == [*ROWS[1:], *ROWS[:1]]


def test_a_dataset_made_by_a_script_comes_by_its_parquet_branch(hub, fetched):
    hub.add("dataset", "someone/posts", {"posts.py": b"raise SystemExit('never run')", "README.md": b"posts"})
    branch = {f"axis/{split}/0000.parquet": as_parquet([{"info": {"post": split}}]) for split in ("test", "validation")}
    hub.add("dataset", "someone/posts", branch, revision="refs/convert/parquet")
    place = {"hub": "someone/posts", "split": "validation"}
    assert fetched({**place, "revision": "refs/convert/parquet", "data_dir": "axis"})[1] == [
        {"info": {"post": "validation"}}
    ]
    message = refused(fetched, {**place, "revision": "main", "config": "axis"})
    assert "revision: refs/convert/parquet" in message


def test_the_first_rows_do_not_cost_the_whole(hub, fetched):
    parts = {
        f"data/train-{n:05d}-of-00003.parquet": as_parquet([{"n": 10 * n + k} for k in range(10)]) for n in range(3)
    }
    hub.add("dataset", "someone/maths", parts)
    assert fetched({**HUB, "rows": 4})[1] == [{"n": n} for n in range(4)]
    assert not any("GET" in line and "00002-of-00003" in line and "/resolve/" in line for line in hub.seen)


def test_dates_become_text(hub, fetched):
    hub.add("dataset", "someone/maths", {"train.parquet": as_parquet([{"out": datetime.datetime(2024, 6, 24)}])})
    assert fetched(HUB)[1] == [{"out": "2024-06-24T00:00:00"}]


def test_a_mirror_serves_where_a_dataset_was_withdrawn_and_that_is_written_down(hub, fetched):
    hub.add("dataset", "someone/disabled", {}, disabled=True)
    hub.add("dataset", "someone/mirror", {"train.jsonl": as_jsonl(ROWS)})
    mirror = {**HUB, "hub": "someone/mirror"}
    origin, rows = fetched({**HUB, "hub": "someone/gone"}, {**HUB, "hub": "someone/disabled"}, mirror)
    assert rows == ROWS
    assert origin["place"] == mirror
    assert [text.split(":")[0] for text in origin["passed_over"]] == ["someone/gone", "someone/disabled"]


def test_a_mirror_does_not_serve_where_the_network_fails(hub, fetched, monkeypatch):
    hub.add("dataset", "someone/mirror", {"train.jsonl": as_jsonl(ROWS)})
    monkeypatch.setattr("mialign.data.fetch.web.SECONDS", 1)
    message = refused(fetched, NOWHERE, {**HUB, "hub": "someone/mirror"})
    assert message.startswith("datasets.mine: http://127.0.0.1:9/x.jsonl: it cannot be fetched")


NOWHERE = {"url": "http://127.0.0.1:9/x.jsonl", "sha256": "0" * 64}


def test_without_a_network_it_is_said_where_to_put_the_file(hub, fetched, monkeypatch, tmp_path):
    wanted = {"file": str(tmp_path / "mine_test.jsonl"), "sha256": "0" * 64}
    message = refused(fetched, wanted, NOWHERE)
    assert message.startswith("datasets.mine: http://127.0.0.1:9/x.jsonl: it cannot be fetched (")
    assert message.endswith(
        f"run make fetch where there is a network; or fetch it elsewhere and put it where it is looked for first, as "
        f"{tmp_path}/mine_test.jsonl"
    )
    copy = "or fetch it elsewhere and name the copy as the first place of datasets.mine, "
    for places in ((NOWHERE,), (NOWHERE, wanted)):  # a file behind the address is not looked for
        assert refused(fetched, *places).endswith(f"{copy}{{file: FILE, sha256: {'0' * 64}}}")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    message = refused(fetched, HUB)
    assert message.startswith("datasets.mine: someone/maths: the hub cannot be reached (")
    assert message.endswith(f"{copy}{{folder: FOLDER, split: train}}")


def test_what_is_wrong_is_said(hub, fetched):
    hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    assert "someone/maths: there is no revision 'v9'" in refused(fetched, {**HUB, "revision": "v9"})
    assert "test" in refused(fetched, {**HUB, "split": "test"})
    assert "algebra" in refused(fetched, {**HUB, "config": "algebra"})
    both = refused(fetched, {**HUB, "hub": "someone/gone"}, {**HUB, "hub": "someone/lost"})
    assert both.startswith("datasets.mine: no place has it. someone/gone: the hub shows no such dataset")
    assert "someone/lost" in both


def test_a_licence_that_is_not_accepted_names_its_page_and_the_variable(hub, fetched, monkeypatch):
    hub.add("dataset", "someone/chats", {"train.jsonl": as_jsonl(ROWS)}, gated=True)
    place = {**HUB, "hub": "someone/chats"}
    message = refused(fetched, place)
    assert "https://huggingface.co/datasets/someone/chats" in message
    assert "HF_TOKEN" in message
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "hf_wrong" not in refused(fetched, place)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert fetched(place)[1] == ROWS


def test_offline_says_so_and_asks_nobody(hub, fetched, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    assert "HF_HUB_OFFLINE is set" in refused(fetched, HUB)
    assert hub.seen == []


# ---------------------------------------------------------------- folders
def test_folders_as_datasets_saves_them_and_folders_of_files(tmp_path, fetched):
    from datasets import Dataset, DatasetDict

    DatasetDict({"train": Dataset.from_list(ROWS), "test": Dataset.from_list(ROWS[:1])}).save_to_disk(tmp_path / "both")
    Dataset.from_list(ROWS).save_to_disk(tmp_path / "one")
    (tmp_path / "files").mkdir()
    (tmp_path / "files/train.parquet").write_bytes(as_parquet(ROWS))
    for name in ("both", "one", "files"):
        origin, rows = fetched({"folder": str(tmp_path / name), "split": "train"})
        assert rows == ROWS
        assert origin["commit"] is None
    wrong = refused(fetched, {"folder": str(tmp_path / "both"), "split": "valid"})
    assert wrong == f"{tmp_path}/both: there is no split 'valid'; there are train, test"
    assert "train" in refused(fetched, {"folder": str(tmp_path / "files"), "split": "valid"})
    assert "nowhere: no such folder" in refused(fetched, {"folder": str(tmp_path / "nowhere"), "split": "train"})


NO_ROWS = "holds no rows; see that it is whole, or take another place or split"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.jsonl", b"", NO_ROWS),
        ("train.jsonl", b"\n\n", NO_ROWS),
        ("train.json", b"[]", NO_ROWS),
        ("train.csv", b"problem,level\n", NO_ROWS),
        ("train.csv", b"", "No columns to parse from file"),
        ("train.parquet", as_parquet([]), NO_ROWS),
        ("train.parquet", b"", "Parquet file size is 0 bytes"),
        ("train.jsonl.gz", b"no", "Not a gzipped file"),
        ("train.zip", b"no", "File is not a zip file"),
        ("README.md", b"# Maths", "doesn't contain any data files"),
        ("train.xyz", b"what?", "No (supported) data files found"),
        ("train/.keep", b"", "doesn't contain any data files"),
        ("state.json", b"{}", "is neither a `Dataset` directory nor a `DatasetDict` directory"),
        ("dataset_dict.json", b'{"splits": ["train"]}', "provided path is not a `Dataset`"),
        ("dataset_dict.json", b'{"splits": []}', "there is no split 'train'; there are none"),
    ],
)
def test_a_folder_without_rows_is_told_in_one_line(tmp_path, fetched, name, content, message):
    path = tmp_path / "mine" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    told = refused(fetched, {"folder": str(tmp_path / "mine"), "split": "train"})
    assert f"{tmp_path}/mine" in told
    assert message in told
    assert not (tmp_path / "datasets/mine.jsonl").exists()


def test_a_saved_dataset_without_rows_or_parts_is_told_in_one_line(tmp_path, fetched):
    from datasets import Dataset

    whole = Dataset.from_list(ROWS)
    whole.select([]).save_to_disk(tmp_path / "empty")
    assert NO_ROWS in refused(fetched, {"folder": str(tmp_path / "empty"), "split": "train"})
    whole.save_to_disk(tmp_path / "torn")
    (part,) = (tmp_path / "torn").glob("*.arrow")
    part.unlink()
    assert f"No such file or directory: '{part}'" in refused(fetched, {"folder": f"{tmp_path}/torn", "split": "train"})


def test_a_dataset_of_the_hub_or_an_address_without_rows_is_told_in_one_line(hub, fetched, tmp_path, monkeypatch):
    hub.add("dataset", "someone/nothing", {"train.jsonl": b""})
    assert f"someone/nothing {NO_ROWS}" in refused(fetched, {**HUB, "hub": "someone/nothing"})
    monkeypatch.setattr(dataset.web, "download", lambda url, sha256, out: out.write_bytes(b"\n"))
    (tmp_path / "datasets").mkdir(exist_ok=True)
    address = {"url": "https://a.org/b", "sha256": "0" * 64}
    assert refused(fetched, address) == f"datasets.mine: https://a.org/b {NO_ROWS}"


# ---------------------------------------------------------------- a stage as it is run
def test_the_stage_writes_both_files_which_a_source_then_reads(tmp_path, root):
    with fake_hub.running() as hub:
        commit = hub.add("dataset", "someone/maths", {"train.parquet": as_parquet(ROWS)})
        command = [sys.executable, root / "workflow/run.py", "fetch_dataset", "--name", "maths"]
        command += ["--settings", json.dumps({"places": [HUB]}), "--out", tmp_path / "datasets/maths.jsonl"]
        command += ["--origin", tmp_path / "datasets/maths.json"]
        env = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home")}
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "datasets/maths.json").read_text())["commit"] == commit
    entry = {"dataset": "maths", "fields": {"question": "problem"}, "category": "math", "at_most": 2}
    assert [r["question"] for r in sources.questions("mine", entry, tmp_path)] == ["What is 2+2?", "What is 3·3?"]
    with pytest.raises(
        InputError, match=r"maths\.jsonl, line 1: the field 'question' is missing \(there are problem, level\)"
    ):
        sources.questions("mine", {**entry, "fields": {"question": "question"}}, tmp_path)


# ---------------------------------------------------------------- files
def test_a_file_on_this_machine_is_copied_if_it_is_the_one_that_is_meant(tmp_path, fetched):
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"a": 1}\n')
    sha256 = hashlib.sha256(mine.read_bytes()).hexdigest()
    origin, rows = fetched({"file": str(mine), "sha256": sha256})
    assert (origin["rows"], origin["sha256"], rows) == (1, sha256, [{"a": 1}])
    assert "its sha256 is" in refused(fetched, {"file": str(mine), "sha256": "0" * 64})
    assert "other.jsonl: no such file" in refused(fetched, {"file": str(tmp_path / "other.jsonl"), "sha256": sha256})
