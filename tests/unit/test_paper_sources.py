"""The sources of config/full_size.yaml on small files in the form that each publisher gives them."""

import json
from datetime import UTC, datetime

import pytest
import yaml

from fake_hub import as_jsonl, as_parquet
from mialign.core.errors import InputError
from mialign.data import sources
from mialign.data.fetch import dataset

CHAT = [
    {"content": "  Write a toast.\n", "language": "English", "role": "user"},
    {"content": "Cheers", "role": "assistant"},
]
LONG = "a" * 8001
# Of each dataset: rows as published, and the questions that they become with their references.
FORMS = {
    "math_train": (
        [{"problem": "Find $x$ if $x+1=2$.", "level": "Level 1", "type": "Algebra", "solution": r"$\boxed{1}$"},
         {"problem": "α" * 24, "level": "", "type": "", "solution": ""},
         {"problem": "α" * 25, "level": "", "type": "", "solution": ""},
         {"problem": LONG, "level": "", "type": "", "solution": ""}],
        [("Find $x$ if $x+1=2$.", None), ("α" * 24, None)],
    ),
    "roleplay_train": (
        [{"input_text": "User: Who are you, Bot: or pirate?\nBot:", "output_text": " Arr. User:"},
         {"input_text": "User:\nBot:", "output_text": ""},
         {"input_text": "Be a tree.", "output_text": "Bot: ..."}],
        [("Who are you, Bot: or pirate?", None), ("Be a tree.", None)],
    ),
    "coding_train": ([{"instruction": "Sort a list.", "output": ""}], [("Sort a list.", None)]),
    "extraction_train": (
        [{"info": {"id": "t3_1", "post": " My cat left. ", "article": None, "title": "Cat"}, "summary": {"text": "x"}},
         {"info": {"id": "cnn", "post": None, "article": "News", "title": None}, "summary": {"text": "y"}}],
        [("List and sum up what matters most in this post: My cat left.", None)],
    ),
    "stem_train": (
        [{"input": "What is impedance?", "output": "It is ...", "instruction": "", "split": "train"}],
        [("What is impedance?", None)],
    ),
    "gsm_hard_train": (
        [{"input": "How many eggs?", "code": "def solution(): ...", "target": -9867630.0}],
        [("How many eggs? Solve this with a Python function, and explain in its comments how, if you were asked to "
          "explain.", "-9867630")],
    ),
    "reasoning_train": (
        [{"question_id": "a1", "category": "reasoning", "ground_truth": "yes, no", "task": "web_of_lies_v2",
          "level": None, "turns": ["Who lies? Think step by step, and then put your answer in bold."],
          "livebench_release_date": datetime(2024, 6, 24), "livebench_removal_date": "2025-04-02"},
         {"question_id": "b2", "category": "reasoning", "ground_truth": "3", "task": "zebra_puzzle", "level": 8.0,
          "turns": ["Who has the zebra?"],
          "livebench_release_date": datetime(2024, 11, 25), "livebench_removal_date": ""}],
        [("Who lies?", None)],
    ),
    "writing_train": (
        [{"conversation_id": "c", "timestamp": datetime(2023, 4, 9, tzinfo=UTC), "turn": 1, "conversation": CHAT},
         {"conversation_id": "d", "model": "gpt-4", "conversation": [{"content": "", "role": "user"}], "turn": 1}],
        [("Write a toast.", None)],
    ),
    "mt_bench": (
        [{"question_id": 81, "category": "writing", "turns": ["Compose a post.", "Again, with A."]}],
        [("Compose a post.", None)],
    ),
    "gsm8k_train": (
        [{"question": "How many clips?", "answer": "48/2 = <<48/2=24>>24 clips.\n#### 1,024"}],
        [("How many clips?", "1024")],
    ),
}  # fmt: skip


NAMED = {"gsm_hard": "gsmhardv2.jsonl"}  # the others are parquet


@pytest.fixture(scope="module")
def config(root) -> dict:
    return yaml.safe_load((root / "config/full_size.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def paper(config) -> dict:
    return {name: entry for name, entry in config["sources"].items() if entry}


@pytest.fixture
def read(tmp_path, paper):
    """The questions that a source of the paper makes of some rows of its dataset, as they are after it was fetched."""

    def read(name, rows):
        path = tmp_path / f"datasets/{paper[name]['dataset']}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(as_jsonl(rows))
        return sources.questions(name, paper[name], tmp_path)

    return read


def publish(hub, name: str, place: dict, rows: list[dict]) -> None:
    """Put rows on the hub where their publisher has them, at the revision that the config asks for."""
    folder, split = place.get("data_dir"), place["split"]
    path = NAMED.get(name) or (f"{folder}/{split}/0000.parquet" if folder else f"data/{split}-00000-of-00001.parquet")
    data = as_jsonl(rows) if path.endswith("jsonl") else as_parquet(rows)
    hub.add("dataset", place["hub"], {path: data}, revision=place["revision"])


@pytest.mark.parametrize("name", FORMS)
def test_a_dataset_in_its_published_form_becomes_questions(datasets_hub, tmp_path, config, paper, name):
    (rows, expected), origin = FORMS[name], paper[name]["dataset"]
    place = config["datasets"][origin][1 if origin == "math" else 0]  # the first home of math is gone
    if "url" in place:
        (tmp_path / "datasets").mkdir()
        (tmp_path / f"datasets/{origin}.jsonl").write_bytes(as_jsonl(rows))
    else:
        publish(datasets_hub, origin, place, rows)
        dataset.fetch(origin, config["datasets"][origin], tmp_path / f"datasets/{origin}.jsonl")
    records = sources.questions(name, paper[name], tmp_path)
    assert [(record["question"], record["reference"]) for record in records] == expected


def test_the_mirrors_of_a_withdrawn_dataset_hold_the_same(datasets_hub, tmp_path, config):
    _, second, third = config["datasets"]["math"]
    rows = [{"problem": f"Q{n}", "level": "", "type": kind, "solution": ""} for n, kind in enumerate(third["config"])]
    card = "---\nconfigs:\n" + "".join(
        f"- config_name: {kind}\n  data_files:\n  - split: train\n    path: {kind}/train-*\n"
        for kind in third["config"]
    )
    files = {f"{row['type']}/train-00000-of-00001.parquet": as_parquet([row]) for row in rows}
    files["README.md"] = f"{card}---\n".encode()
    datasets_hub.add("dataset", third["hub"], files, revision=third["revision"])
    out = tmp_path / "math.jsonl"
    origin = dataset.fetch("math", config["datasets"]["math"], out)
    assert (origin["place"], len(origin["passed_over"])) == (third, 2)
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows
    publish(datasets_hub, "math", second, rows)
    origin = dataset.fetch("math", config["datasets"]["math"], out)
    assert (origin["place"], len(origin["passed_over"])) == (second, 1)
    assert [json.loads(line) for line in out.read_text().splitlines()] == rows


def test_every_source_of_training_and_measuring_is_among_them(paper):
    assert {entry["dataset"] for entry in paper.values()} - {"gsm8k_test"} == {paper[name]["dataset"] for name in FORMS}


def test_the_cap_takes_the_first_and_validation_those_behind_it(read):
    rows = [{"problem": f"What is {n}+1?"} for n in range(3600)]
    training, validation = read("math_train", rows), read("math_validation", rows)
    assert [len(training), len(validation)] == [3500, 64]
    assert (training[0]["question"], training[-1]["question"]) == ("What is 0+1?", "What is 3499+1?")
    assert validation[0]["question"] == "What is 3500+1?"


def test_a_source_with_too_few_behind_the_cap_is_refused(read):
    with pytest.raises(InputError, match=r"sources\.math_validation\.size: skip 3500 and size 1 need 3501 questions"):
        read("math_validation", [{"problem": f"What is {n}+1?"} for n in range(3500)])


def test_a_dataset_without_the_column_names_those_it_has(read):
    with pytest.raises(
        InputError, match=r"coding\.jsonl, line 1: the field 'instruction' is missing \(there are prompt, answer\)"
    ):
        read("coding_train", [{"prompt": "Sort.", "answer": ""}])
    with pytest.raises(InputError, match=r"line 1: the field 'livebench_release_date' is missing"):
        read("reasoning_train", [{"question_id": "a", "turns": ["Who?"]}])


def test_what_a_filter_leaves_nothing_of_says_which(read):
    row = {**FORMS["reasoning_train"][0][1], "livebench_release_date": "2024-11-25T00:00:00"}
    with pytest.raises(InputError, match=r"the file holds no questions where \{'livebench_release_date'"):
        read("reasoning_train", [row])


def test_a_cut_that_leaves_nothing_is_refused_unless_empty_ones_are_skipped(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"q": "User: Bot:"}\n{"q": "User: Why?"}\n')
    entry = {
        "file": "q.jsonl",
        "fields": {"question": "q"},
        "category": "math",
        "drop_prefix": "User:",
        "drop_suffix": "Bot:",
    }
    with pytest.raises(InputError, match=r"line 1: nothing is left of the field 'q'; set skip_empty: true"):
        sources.questions("mine", entry, tmp_path)
    (one,) = sources.questions("mine", {**entry, "skip_empty": True}, tmp_path)
    assert (one["id"], one["question"]) == ("mine-2", "Why?")


@pytest.mark.parametrize(
    ("name", "file", "count"),
    [
        ("gsm8k_train", "gsm8k_train.jsonl", 7473),
        ("gsm_hard_train", "gsm_hard_300.jsonl", 300),
        ("mt_bench", "mt_bench_question.jsonl", 80),
    ],
)
def test_real_files_give_all_their_questions(tmp_path, paper, root, name, file, count):
    path = root.parent / "shared/data" / file
    if not path.exists():
        pytest.skip("no real questions here: they are taken from a folder shared/data beside the repository")
    (tmp_path / "datasets").mkdir()
    (tmp_path / f"datasets/{paper[name]['dataset']}.jsonl").symlink_to(path)
    records = sources.questions(name, paper[name], tmp_path)
    assert len(records) == count
    assert all(record["question"].strip() for record in records)
    if name != "mt_bench":
        assert all(record["reference"].lstrip("-").replace(".", "", 1).isdigit() for record in records)
