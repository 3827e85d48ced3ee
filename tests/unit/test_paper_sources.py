"""The sources of config/paper.yaml on small files in the form that each publisher gives them."""

import json

import pytest
import yaml

from mialign import sources
from mialign.errors import InputError

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
          "livebench_release_date": "2024-06-24T00:00:00", "livebench_removal_date": "2025-04-02"},
         {"question_id": "b2", "category": "reasoning", "ground_truth": "3", "task": "zebra_puzzle", "level": 8.0,
          "turns": ["Who has the zebra?"],
          "livebench_release_date": "2024-11-25T00:00:00", "livebench_removal_date": ""}],
        [("Who lies?", None)],
    ),
    "writing_train": (
        [{"conversation_id": "c", "timestamp": "2023-04-09T00:00:00", "turn": 1, "conversation": CHAT},
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


@pytest.fixture(scope="module")
def paper(root) -> dict:
    config = yaml.safe_load((root / "config/paper.yaml").read_text(encoding="utf-8"))
    return {name: entry for name, entry in config["sources"].items() if entry}


@pytest.fixture
def read(tmp_path, paper):
    """The questions that a source of the paper makes of some rows of its dataset."""

    def read(name, rows):
        path = tmp_path / f"datasets/{paper[name]['dataset']}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return sources.questions(name, paper[name], tmp_path)

    return read


@pytest.mark.parametrize("name", FORMS)
def test_a_dataset_in_its_published_form_becomes_questions(read, name):
    rows, expected = FORMS[name]
    assert [(record["question"], record["reference"]) for record in read(name, rows)] == expected


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
    row = FORMS["reasoning_train"][0][1]
    with pytest.raises(InputError, match=r"the file holds no questions where \{'livebench_release_date'"):
        read("reasoning_train", [row])


def test_a_cut_that_leaves_nothing_is_refused_unless_empty_ones_are_skipped(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"q": "User: Bot:"}\n{"q": "User: Why?"}\n')
    entry = {
        "file": "q.jsonl",
        "fields": {"question": "q"},
        "category": "math",
        "drop_start": "User:",
        "drop_end": "Bot:",
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
