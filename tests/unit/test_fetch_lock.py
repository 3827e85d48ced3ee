"""What no commit or checksum pins is held to what came first, and what is held to something else is said."""

import csv
import hashlib
import json

import pytest
from test_fetch_model import PARTS

from fake_hub import as_jsonl
from mialign.core.errors import InputError
from mialign.data.fetch import Absent, lock, model
from scripts import fetch_authors_file, fetch_dataset, fetched

ROWS = [{"problem": "What is 2+2?"}, {"problem": "What is 3·3?"}, {"problem": "Why?"}]
HUB = {"hub": "someone/maths", "revision": "main", "split": "train"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def fetch(tmp_path, run_stage):
    """Run the stage for some places: what says where it came from, and the rows."""

    def run(*places):
        out, origin = tmp_path / "datasets/mine.jsonl", tmp_path / "datasets/mine.json"
        settings = json.dumps({"places": places})
        run_stage(fetch_dataset, name="mine", settings=settings, out=out, origin=origin)
        return json.loads(origin.read_text()), [json.loads(line) for line in out.read_text().splitlines()]

    return run


@pytest.fixture
def file(tmp_path):
    return tmp_path / "datasets/mine.lock"


# ---------------------------------------------------------------- datasets
def test_main_that_moves_on_gives_the_commit_of_the_first_time(datasets_hub, fetch, file):
    old = datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS[:2])})
    first = fetch(HUB)
    (entry,) = json.loads(file.read_text())
    assert entry == {"places": [HUB], "place": HUB, "commit": old, "sha256": {"mine.jsonl": first[0]["sha256"]}}
    kept = file.read_bytes()
    datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    assert fetch(HUB) == first
    assert file.read_bytes() == kept
    file.unlink()  # as the error says
    origin, rows = fetch(HUB)
    assert (len(rows), origin["commit"] == old) == (3, False)


def test_what_a_commit_or_a_checksum_pins_has_no_lock(datasets_hub, fetch, file, tmp_path):
    commit = datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    fetch({**HUB, "revision": commit})
    (tmp_path / "x.jsonl").write_bytes(as_jsonl(ROWS))
    fetch({"file": str(tmp_path / "x.jsonl"), "sha256": sha256(as_jsonl(ROWS))})
    assert not file.exists()


def test_a_place_that_comes_back_does_not_take_over_from_its_mirror(datasets_hub, fetch, file):
    """The mirror is pinned, but which place was taken is not."""
    commit = datasets_hub.add("dataset", "someone/mirror", {"train.jsonl": as_jsonl(ROWS)})
    mirror = {**HUB, "hub": "someone/mirror", "revision": commit}
    assert fetch(HUB, mirror)[0]["place"] == mirror
    datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS[:1])})
    assert fetch(HUB, mirror)[1] == ROWS
    assert json.loads(file.read_text())[0]["place"] == mirror


def test_other_places_have_an_entry_of_their_own_and_the_first_one_stays(datasets_hub, fetch, file):
    datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    fetch(HUB)
    assert fetch({**HUB, "rows": 1})[1] == ROWS[:1]
    datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS[1:])})
    assert fetch(HUB)[1] == ROWS
    assert fetch({**HUB, "rows": 1})[1] == ROWS[:1]
    assert [entry["places"] for entry in json.loads(file.read_text())] == [[HUB], [{**HUB, "rows": 1}]]


def test_a_changed_folder_is_refused_with_dataset_file_both_digests_and_what_to_do(tmp_path, fetch, file):
    data = tmp_path / "mine/train.jsonl"
    data.parent.mkdir()
    place = {"folder": str(data.parent), "split": "train"}
    data.write_bytes(as_jsonl(ROWS[:1]))
    old = fetch(place)[0]["sha256"]
    data.write_bytes(as_jsonl(ROWS[1:]))
    with pytest.raises(InputError) as caught:
        fetch(place)
    text = str(caught.value)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS[1:])
    assert text.startswith(f"datasets.mine: the sha256 of mine.jsonl is {sha256(lines.encode())} and not {old}, to ")
    assert f"or delete {file} to take what is there now" in text
    assert "\n" not in text
    assert not (tmp_path / "datasets/mine.jsonl").exists()
    file.unlink()
    assert fetch(place)[1] == ROWS[1:]


def test_a_commit_that_is_gone_is_told_with_the_lock_file(datasets_hub, fetch, file):
    datasets_hub.add("dataset", "someone/maths", {"train.jsonl": as_jsonl(ROWS)})
    commit = fetch(HUB)[0]["commit"]
    repo = datasets_hub.repos["dataset", "someone/maths"]
    del repo.commits[commit]
    with pytest.raises(InputError, match=rf"datasets.mine: {file} holds .* no revision '{commit}'.* or delete {file}"):
        fetch(HUB)
    assert file.exists()


def test_a_failure_of_the_first_fetch_leaves_no_lock(datasets_hub, fetch, file):
    with pytest.raises(Absent, match="no place has it"):
        fetch(HUB)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"places": []}]', "[{", "null"])
def test_a_damaged_lock_file_is_named_before_anything_is_fetched(fetch, file, text):
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(InputError, match=rf"^{file}: a list of entries with commit, place, places, sha256 is needed"):
        fetch(HUB)


# ---------------------------------------------------------------- models and the authors' files
def test_a_model_at_main_stays_at_its_commit(hub, tmp_path):
    (tmp_path / "models").mkdir()
    out, places = tmp_path / "models/llama", [{"hub": "someone/llama", "revision": "main"}]

    def fetch():
        def take(taken):
            return model.fetch("llama", taken, tmp_path / "scratch", out)

        return lock.fetch_under_lock(tmp_path / "models/llama.json", "models.llama", places, out, take)

    commit = hub.add("model", "someone/llama", PARTS)
    first = fetch()
    hub.add("model", "someone/llama", PARTS | {"tokenizer.json": b'{"other": 1}'})
    again = fetch()
    assert (first["commit"], again["commit"], again["place"]) == (commit, commit, places[0])
    assert (out / "tokenizer.json").read_bytes() == PARTS["tokenizer.json"]


def test_a_model_whose_weights_are_others_is_removed(tmp_path):
    """As where a hub gives another content under one commit, or a GGUF file was overwritten."""
    out = tmp_path / "tiny"
    place = {"gguf": str(tmp_path / "tiny.gguf")}

    def take(content):
        def fetch(places):
            out.mkdir(exist_ok=True)
            (out / "model.safetensors").write_bytes(content)
            return {"place": places[0], "sha256": sha256(content), "files": {}, "passed_over": []}

        return fetch

    lock.fetch_under_lock(tmp_path / "tiny.json", "models.tiny", [place], out, take(b"a"))
    digests = (sha256(b"b"), sha256(b"a"))
    with pytest.raises(InputError, match=r"models.tiny: the sha256 of tiny.gguf is {} and not {}".format(*digests)):
        lock.fetch_under_lock(tmp_path / "tiny.json", "models.tiny", [place], out, take(b"b"))
    assert not out.exists()


def test_a_file_of_the_authors_without_a_checksum_is_held_wherever_it_is_had(tmp_path, run_stage):
    options = {"path": "a/b.json", "base": "http://127.0.0.1:9/", "sha256": ""}
    options |= {"out": tmp_path / "out/b.json", "origin": tmp_path / "out/b.json.origin"}
    for name, content in (("one", b"{}"), ("two", b"{}"), ("three", b"[]")):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a/b.json").write_bytes(content)
    run_stage(fetch_authors_file, folder=tmp_path / "one", **options)
    run_stage(fetch_authors_file, folder=tmp_path / "two", **options)
    with pytest.raises(InputError, match=rf"a/b.json: the sha256 of b.json is {sha256(b'[]')} and not {sha256(b'{}')}"):
        run_stage(fetch_authors_file, folder=tmp_path / "three", **options)


# ---------------------------------------------------------------- what pins
@pytest.mark.parametrize(
    ("place", "pinned"),
    [
        ({"hub": "a/b", "revision": "0123456789" * 4}, True),
        ({"url": "https://a.org", "sha256": "0" * 64}, True),
        ({"hub": "a/b", "revision": "main"}, False),
        ({"hub": "a/b", "revision": "refs/convert/parquet"}, False),
        ({"hub": "a/b", "revision": "0123456"}, False),  # a short commit may come to mean another
        ({"path": "a", "sha256": None}, False),
        ({"gguf": "a.gguf"}, False),
        ({"folder": "a", "split": "train"}, False),
    ],
)
def test_a_whole_commit_or_a_checksum_pins_and_nothing_else(place, pinned):
    assert lock.is_pinned(place) is pinned


# ---------------------------------------------------------------- what the audit shows
def test_the_table_says_what_pins_each_thing_and_the_log_what_nothing_does(tmp_path, run_stage, capsys):
    commit, data = "a1" * 20, tmp_path / "data"

    def write(name, place, **more):
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"place": place, **more}))
        return path

    at = {"hub": "a/b", "split": "train"}
    released = "experiments/math/training_data/math_cot/iteration_1_mistral_7b_gsm8k_prompt.json"
    origins = [
        write("datasets/fixed.json", {**at, "revision": commit}, commit=commit, sha256="0" * 64),
        write("datasets/moving.json", {**at, "revision": "main"}, commit=commit, sha256="1" * 64),
        write("datasets/old.json", {**at, "revision": "main"}, commit=commit, sha256="2" * 64),
        write("models/tiny.v1.json", {"gguf": "x.gguf"}, sha256="3" * 64),
        write("authors/appendix.md.origin", "https://a.org/appendix.md", sha256="4" * 64),
        write(f"authors/{released}.origin", "https://a.org/x", sha256="5" * 64),
        data / "datasets/lost.json",
    ]
    (data / "datasets/moving.lock").write_text("[]")
    run_stage(fetched, data=data, origins=origins, out=tmp_path / "fetched.csv")
    rows = list(csv.DictReader((tmp_path / "fetched.csv").open()))
    assert [(row["kind"], row["name"], row["pinned"]) for row in rows] == [
        ("datasets", "fixed", "config"),
        ("datasets", "moving", "lock"),
        ("datasets", "old", "no"),
        ("models", "tiny.v1", "no"),
        ("authors", "appendix.md", "config"),
        ("authors", released, "no"),
        ("datasets", "lost", "gone"),
    ]
    assert [rows[at]["place"] for at in (1, 3, 4)] == ["a/b at main", "x.gguf", "https://a.org/appendix.md"]
    assert (rows[1]["commit"], rows[1]["sha256"]) == (commit, "1" * 64)
    told = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["datasets/old", "models/tiny.v1", f"authors/{released}", "datasets/lost"]
    origins[0].write_text("{}")
    with pytest.raises(InputError, match=r"datasets/fixed\.json: it does not say where fixed came from; delete it"):
        run_stage(fetched, data=data, origins=origins, out=tmp_path / "fetched.csv")
