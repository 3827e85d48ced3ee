"""Question sources: files in any form are read as they are, and what is wrong with one is named with its line."""

import json
import subprocess
import sys

import pytest

from mialign.core.errors import InputError
from mialign.data import sources

GSM8K = {
    "file": "q.jsonl",
    "fields": {"question": "question", "reference": "answer"},
    "answer_after": "####",
    "category": "math",
}
PLAIN = {"file": "q.jsonl", "fields": {"question": "q"}, "category": "math"}
GOOD = [{"q": "How many?"}, {"q": "How far?"}, {"q": "How long does it take?"}]


def put(folder, rows):
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "q.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder, rows, entry=PLAIN, categories=()):
    put(folder, rows)
    return sources.questions("mine", entry, folder, categories)


def test_a_record_has_all_fields_and_an_id_that_tells_its_source_and_line(tmp_path):
    first, second = read(tmp_path, ['{"q": " How many? "}', "", '{"q": "Wie weit – 5 €?"}\r'])
    assert first == {"id": "mine-1", "source": "mine", "category": "math", "question": "How many?", "reference": None}
    assert (second["id"], second["question"]) == ("mine-3", "Wie weit – 5 €?")


def test_fields_lead_through_lists_and_objects(tmp_path):
    entry = {
        "file": "q.jsonl",
        "fields": {"id": "n", "question": "turns.0", "reference": "reference.0", "category": "meta.kind"},
    }
    rows = [{"n": 81, "turns": ["Why?", "Sure?"], "meta": {"kind": "stem"}},
            {"n": 82, "turns": ["How?"], "meta": {"kind": "math"}, "reference": ["So."]}]  # fmt: skip
    found = read(tmp_path, rows, entry)
    assert [(r["id"], r["category"], r["question"], r["reference"]) for r in found] == [
        ("mine-81", "stem", "Why?", None),
        ("mine-82", "math", "How?", "So."),
    ]


STORED = {**PLAIN, "fields": {"question": "q", "stored": "turns.if_chosen.text"}}


def test_a_stored_answer_is_that_of_the_first_object_that_is_marked(tmp_path):
    turns = [{"text": "No", "if_chosen": None}, {"text": "a", "if_chosen": False}, {"text": " b ", "if_chosen": True},
             {"text": "c", "if_chosen": True}]  # fmt: skip
    (found,) = read(tmp_path, [{"q": "How many?", "turns": turns}], STORED)
    assert found["stored"] == "b"
    entry = {**PLAIN, "fields": {"question": "q", "stored": "turns.0"}}
    assert read(tmp_path, [{"q": "How many?", "turns": ["So."]}], entry)[0]["stored"] == "So."


@pytest.mark.parametrize("turns", [[], [{"text": "a", "if_chosen": 1}], [{"text": " ", "if_chosen": True}], "b", None])
def test_a_question_that_is_taken_without_a_stored_answer_is_refused(tmp_path, turns):
    good = {"q": "Why?", "turns": [{"text": "a", "if_chosen": True}]}
    with pytest.raises(InputError, match=r"line 2: the field 'turns.if_chosen.text' \(sources.mine.fields.stored\)"):
        read(tmp_path, [good, {"q": "How many?", "turns": turns}], STORED)
    (found,) = read(tmp_path, [good, {"q": "How many?", "turns": turns}], {**STORED, "size": 1})
    assert found["stored"] == "a"


@pytest.mark.parametrize(
    ("answer", "reference"),
    [("2+2=4\n#### 4", "4"), ("#### 3 then #### 1,234 ", "1234"), ("#### -12.50", "-12.50"), ("#### yes, 2", "yes, 2")],
)
def test_gold_answers_follow_the_mark_without_commas(tmp_path, answer, reference):
    assert read(tmp_path, [{"question": "How many?", "answer": answer}], GSM8K)[0]["reference"] == reference


@pytest.mark.parametrize(
    ("target", "reference"),
    [
        ("51.0", "51"),
        ("-9867630.0", "-9867630"),
        ("0.25", "0.25"),
        ("1e-7", "0.0000001"),
        ("7", "7"),
        ("1e23", "1" + "0" * 23),
        ("9007199254740993.0", "9007199254740993"),  # 2^53 + 1, which no float is
        ("5186630.5999999996", "5186630.6"),  # as a sum of floats is written
        ("1e400", "1" + "0" * 400),  # beyond every float
    ],
)
def test_numbers_become_plain_text_and_stay_what_they_are(tmp_path, target, reference):
    entry = {**PLAIN, "fields": {"question": "q", "reference": "target"}}
    assert read(tmp_path, [f'{{"q": "How many?", "target": {target}}}'], entry)[0]["reference"] == reference


@pytest.mark.parametrize("answer", ["3,5", "1,2,3", "1,2345", "12,34", "1_2", "1e999999999", "1/2", "5 apples"])
def test_a_text_that_is_no_one_number_stays_a_text_and_is_none(tmp_path, answer):
    entry = {**PLAIN, "fields": {"question": "q", "reference": "a"}}
    assert read(tmp_path, [{"q": "How many?", "a": answer}], entry)[0]["reference"] == answer
    found = sources.check("mine", entry, tmp_path, {"math"})
    assert found.answers == {None: f"{tmp_path / 'q.jsonl'}, line 1"}


# ---------------------------------------------------------------- choices
ARC = {"file": "q.jsonl", "fields": {"question": "question", "choices": "choices", "reference": "answerKey"}}
MMLU = {"file": "q.jsonl", "fields": {"question": "question", "choices": "choices", "reference": "answer"}}


def arc(key, labels="ABCD", texts=("iron", "wood", "glass", "wool")):
    return {"question": "Which rusts?", "choices": {"text": list(texts), "label": list(labels)}, "answerKey": key}


def test_choices_are_lettered_lines_and_their_key_a_letter(tmp_path):
    rows = [arc("B"), arc("3", "1234"), arc("E", "ABCDE", ["a", "b", "c", "d", "e"])]
    found = read(tmp_path, rows, {**ARC, "category": "stem", "before": "Choose. ", "after": "\nSay one letter."})
    assert [record["reference"] for record in found] == ["B", "C", "E"]
    assert found[0]["question"] == ("Choose. Which rusts?\nA. iron\nB. wood\nC. glass\nD. wool\nSay one letter.")
    assert found[1]["question"] == found[0]["question"]
    assert found[2]["question"].endswith("\nD. d\nE. e\nSay one letter.")


def test_a_list_of_choices_has_its_key_by_place(tmp_path):
    row = {"question": "How many?", "choices": ["2", " 4 ", "6", 8], "answer": 1}
    found = read(tmp_path, [row, {**row, "answer": 3}, {**row, "answer": None}], {**MMLU, "category": "math"})
    assert [record["reference"] for record in found] == ["B", "D", None]
    assert found[0]["question"] == "How many?\nA. 2\nB. 4\nC. 6\nD. 8"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (arc("F"), "the field 'answerKey' is 'F', which is none of the choices (A, B, C, D); mend it or"),
        (arc("B", "1234"), "the field 'answerKey' is 'B', which is none of the choices (1, 2, 3, 4)"),
        (arc("A", "ABC"), "the field 'choices' must be a list of choices, or have as many under text as under label"),
        (arc("A", "A", ["iron"]), "the field 'choices' has 1 choices; 2 to 10 can have letters"),
        (arc("A", "AABC"), "the field 'choices' has a choice without text, or one label twice"),
        (arc("A", "AB", ["iron", " "]), "the field 'choices' has a choice without text, or one label twice"),
        ({**arc("A"), "choices": "iron, wood"}, "the field 'choices' must be a list of choices"),
        ({"question": "Which?", "answerKey": "A"}, "the field 'choices' is missing"),
    ],
)
def test_bad_choices_are_named_with_their_line(tmp_path, row, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, [arc("A"), row], {**ARC, "category": "stem"})
    assert str(caught.value).startswith(f"{tmp_path / 'q.jsonl'}, line 2: {message}")


def test_the_look_before_any_job_tells_letters_from_numbers(tmp_path):
    put(tmp_path, [arc("A"), arc("B", texts=("tin", "wood", "glass", "wool"))])
    found = sources.check("mine", {**ARC, "category": "stem"}, tmp_path, {"stem"})
    assert found.answers == {"letter": f"{tmp_path / 'q.jsonl'}, line 1"}


def test_filters_by_number_compare_values(tmp_path):
    rows = ['{"q": "How many?", "level": 0.50}', '{"q": "How far?", "level": 0.75}']
    assert [r["id"] for r in read(tmp_path, rows, {**PLAIN, "where": {"level": [0.5]}})] == ["mine-1"]


def test_long_questions_stay_out_and_a_slice_is_taken(tmp_path):
    def taken(**keys):
        return [record["id"] for record in read(tmp_path, GOOD, {**PLAIN, **keys})]

    assert taken(longest=10) == ["mine-1", "mine-2"]
    assert taken(skip=1) == ["mine-2", "mine-3"]
    assert taken(skip=1, size=1) == ["mine-2"]
    assert taken(longest=10, skip=1) == ["mine-2"]
    assert taken(shuffle=5) == taken(shuffle=5)
    assert sorted(taken(shuffle=5, size=2) + taken(shuffle=5, skip=2)) == taken()


def test_an_input_stands_below_the_question_and_an_empty_one_does_not(tmp_path):
    given = {"Sort the words.": " oak, ash ", "Name a tree.": "", "Name a river.": None, "Count to it.": 3}
    rows = [{"q": question, "more": {"text": text}} for question, text in given.items()]
    found = read(tmp_path, rows, {**PLAIN, "fields": {"question": "q", "input": "more.text"}})
    assert [one["question"] for one in found] == [
        "Sort the words.\n\noak, ash", "Name a tree.", "Name a river.", "Count to it.\n\n3"
    ]  # fmt: skip


def test_text_can_be_put_around_the_question(tmp_path):
    assert read(tmp_path, GOOD, {**PLAIN, "before": "Say: ", "after": " Now."})[0]["question"] == "Say: How many? Now."


# ---------------------------------------------------------------- publishers' exact forms
def comparison(post: str | None, name: str, **info) -> dict:
    """A row of openai/summarize_from_feedback, comparisons: one judged pair of summaries of a post."""
    more = {"id": name, "post": post, "title": "T", "subreddit": "r", "site": None, "article": None, **info}
    summaries = [{"text": " One.", "policy": "ref", "note": None}, {"text": " Two.", "policy": "sup1", "note": None}]
    return {"info": more, "summaries": summaries, "choice": 1, "worker": "w", "batch": "b", "split": "train"}


TLDR = {
    "file": "q.jsonl",
    "fields": {"id": "info.id", "question": "info.post"},
    "unique": "info.id",
    "skip_empty": True,
    "before": "POST: ",
    "category": "summary",
}


def test_posts_of_comparisons_are_taken_once_in_the_order_of_the_file(tmp_path):
    rows = [comparison("I lost a bet.\n\nWhat now?", "t3_b"), comparison("My cat.", "t3_a")]
    rows += [rows[0], comparison(None, "cnndm_1", article="News."), rows[1], comparison("A boat.", "t3_c")]
    found = read(tmp_path, rows, TLDR)
    assert [(one["id"], one["question"]) for one in found] == [
        ("mine-t3_b", "POST: I lost a bet.\n\nWhat now?"),
        ("mine-t3_a", "POST: My cat."),
        ("mine-t3_c", "POST: A boat."),
    ]
    assert [one["id"] for one in read(tmp_path, rows, {**TLDR, "skip": 1, "size": 1})] == ["mine-t3_a"]


def test_a_post_without_a_text_does_not_count_as_taken(tmp_path):
    """What is empty is left out, and the same post may come again with its text."""
    rows = [comparison(" ", "t3_a"), comparison("My cat.", "t3_a"), comparison("My dog.", "t3_a")]
    assert [(one["id"], one["question"]) for one in read(tmp_path, rows, TLDR)] == [("mine-t3_a", "POST: My cat.")]


def test_without_unique_a_post_that_comes_again_is_refused(tmp_path):
    again = {key: value for key, value in TLDR.items() if key != "unique"}
    with pytest.raises(InputError, match=r"q\.jsonl, line 2: the id 't3_a' stands already in line 1"):
        read(tmp_path, [comparison("My cat.", "t3_a")] * 2, again)


def hh(keep: str) -> dict:
    marks = {"human": "Human:", "assistant": "Assistant:", "keep": keep}
    return {"file": "q.jsonl", "fields": {"question": "chosen"}, "dialogue": marks, "category": "dialogue"}


def chosen(*turns: str) -> dict:
    """A row of Anthropic/hh-rlhf."""
    text = "".join(f"\n\n{who}: {turn}" for who, turn in zip(("Human", "Assistant") * len(turns), turns, strict=False))
    return {"chosen": text, "rejected": "\n\nHuman: x\n\nAssistant: y"}


SHORT = chosen("How do I boil eggs?", "In water.")
LONG = chosen("Hi Human: you.\nAnd?", "Hello.\n\nHuman beings: we.", "Who said\n\nthat?", "I.\n\nDid.")


def test_a_dialogue_gives_its_first_human_turn(tmp_path):
    found = read(tmp_path, [SHORT, LONG], hh("first"))
    assert [one["question"] for one in found] == ["How do I boil eggs?", "Hi Human: you.\nAnd?"]


def test_a_dialogue_is_cut_at_the_end_of_its_last_human_turn(tmp_path):
    found = read(tmp_path, [SHORT, LONG], hh("all"))
    assert [one["question"] for one in found] == [
        "Human: How do I boil eggs?",
        "Human: Hi Human: you.\nAnd?\n\nAssistant: Hello.\n\nHuman beings: we.\n\nHuman: Who said\n\nthat?",
    ]
    without_reply = read(tmp_path, [chosen("Why?", "So.", "And why so?")], hh("all"))
    assert without_reply[0]["question"] == "Human: Why?\n\nAssistant: So.\n\nHuman: And why so?"


def test_a_dialogue_without_a_human_turn_is_named_with_its_line(tmp_path):
    bad = {"chosen": "\n\nAssistant: Hello, Human: you."}
    for keep in ("first", "all"):
        with pytest.raises(InputError, match=r"q\.jsonl, line 2: no paragraph begins with 'Human:'"):
            read(tmp_path, [SHORT, bad], hh(keep))


def test_a_human_turn_without_words_is_refused_or_left_out(tmp_path):
    rows = [chosen("", "What?"), SHORT]
    with pytest.raises(InputError, match=r"q\.jsonl, line 1: nothing is left of the field 'chosen'; set skip_empty"):
        read(tmp_path, rows, hh("first"))
    assert [one["id"] for one in read(tmp_path, rows, {**hh("first"), "skip_empty": True})] == ["mine-2"]


BAD = [
    ([{"q": "a"}], {"unique": "n"}, "q.jsonl, line 1: the field 'n' is missing (there are q)"),
    ([*GOOD[:1], '{"q": "cut sh'], {}, "q.jsonl, line 2: not a JSON object"),
    ([*GOOD[:1], '"text"'], {}, "q.jsonl, line 2: a JSON object is needed"),
    ([*GOOD[:1], {"question": "x"}], {}, "q.jsonl, line 2: the field 'q' is missing (there are question)"),
    ([{"q": "  "}], {}, "q.jsonl, line 1: the field 'q' is empty"),
    ([{"q": 5}], {}, "q.jsonl, line 1: the field 'q' must be text, this is 5"),
    (['{"q": "half \\ud800"}'], {}, "q.jsonl, line 1: the field 'q' holds half a character"),
    (['{"q": "a", "n": "1\\ud83d"}'], {"fields": {"question": "q", "id": "n"}},
     "q.jsonl, line 1: the field 'n' holds half a character"),
    (['{"q": "a", "a": "5"}', '{"q": "b", "a": "\\udc00 5"}'], {"fields": {"question": "q", "reference": "a"}},
     "q.jsonl, line 2: the field 'a' holds half a character"),
    (['{"q": "a", "m": {"c": "math\\ud800\\ud800"}}'], {"fields": {"question": "q", "category": "m.c"}},
     "q.jsonl, line 1: the field 'm.c' holds half a character"),
    ([{"q": ["a"]}], {"fields": {"question": "q.1"}}, "q.jsonl, line 1: the field 'q.1' is missing"),
    ([{"q": "a", "n": 1}, {"q": "b", "n": 1}], {"fields": {"question": "q", "id": "n"}},
     "q.jsonl, line 2: the id '1' stands already in line 1"),
    ([{"q": "a"}, {"q": "b", "c": "maths"}], {"fields": {"question": "q", "category": "c"}, "category": None},
     "q.jsonl, line 1: the field 'c' is missing"),
    ([{"q": "a", "c": "math"}, {"q": "b", "c": "maths"}], {"fields": {"question": "q", "category": "c"}},
     "q.jsonl, line 2: the category 'maths' has no principles (there are math, stem)"),
    ([{"q": "a", "a": "no mark"}], {"fields": {"question": "q", "reference": "a"}, "answer_after": "####"},
     "q.jsonl, line 1: the field 'a' does not hold '####'"),
    ([{"q": "a", "a": [1]}], {"fields": {"question": "q", "reference": "a"}}, "the field 'a' must be text or a number"),
    (['{"q": "a", "a": 1e999999999}'], {"fields": {"question": "q", "reference": "a"}},
     "line 1: the field 'a' must be text or a number, this is '1e999999999'"),
    (['{"q": "a", "a": NaN}'], {"fields": {"question": "q", "reference": "a"}}, "must be text or a number, this"),
    (GOOD, {"fields": {"question": "q", "reference": "a"}}, "q.jsonl: no line has the field 'a'"),
    (GOOD, {"size": 4}, "sources.mine.size: skip 0 and size 4 need 4 questions"),
    (GOOD, {"size": 4}, "has 3"),
    (GOOD, {"skip": 3}, "sources.mine.size: skip 3 and size 1 need 4 questions"),
    (GOOD, {"size": 3, "longest": 10}, "has 2 of at most 10 characters"),
    ([""], {}, "q.jsonl: the file holds no questions"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "keys", "message"), BAD)
def test_bad_files_are_named_with_their_line(tmp_path, rows, keys, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows, {**PLAIN, **keys}, categories=("math", "stem"))
    assert message in str(caught.value)


def test_halves_that_make_a_character_and_halves_that_are_not_written_are_no_harm(tmp_path):
    entry = {"file": "q.jsonl", "fields": {"id": "n", "question": "q", "reference": "a"}, "category": "math"}
    row = r'{"n": "\ud83d\ude00", "q": "a\ud83d\ude00", "a": "half \ud83d #### 5 \ud83d\ude00", "note": "\ud83d"}'
    (record,) = read(tmp_path, [row], {**entry, "answer_after": "####"})
    assert (record["id"], record["question"], record["reference"]) == ("mine-\U0001f600", "a\U0001f600", "5 \U0001f600")


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path):
    (tmp_path / "q.jsonl").write_bytes(b'{"q": "a"}\n{"q": "Wie weit \xe4?"}\n')
    with pytest.raises(InputError, match=r"q\.jsonl, line 2: not UTF-8"):
        sources.questions("mine", PLAIN, tmp_path)


@pytest.mark.parametrize("empty", ["", "\n"])
def test_a_byte_order_mark_is_passed_over_and_lines_keep_their_numbers(tmp_path, empty):
    (tmp_path / "q.jsonl").write_text(empty + '{"q": "How far?"}\n{"q": "Why?"}\n', encoding="utf-8-sig")
    found = sources.questions("mine", PLAIN, tmp_path)
    assert [record["question"] for record in found] == ["How far?", "Why?"]
    assert [record["id"] for record in found] == [f"mine-{len(empty) + number}" for number in (1, 2)]


def test_a_file_in_utf_16_is_named(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"q": "How far?"}\n', encoding="utf-16")
    with pytest.raises(InputError, match=r"q\.jsonl, line 1: not UTF-8.*save the file as UTF-8"):
        sources.questions("mine", PLAIN, tmp_path)


def test_a_missing_file_names_its_home(tmp_path):
    with pytest.raises(
        InputError, match=r"sources\.mine\.file: .*q\.jsonl: no such file; get it from https://example\.org"
    ):
        sources.questions("mine", {**PLAIN, "homepage": "https://example.org"}, tmp_path)


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path):
    (tmp_path / "q.jsonl").mkdir()
    with pytest.raises(InputError, match=r"sources\.mine\.file: .*q\.jsonl: this is a folder; name a file of JSON"):
        sources.questions("mine", PLAIN, tmp_path)


def test_the_look_before_any_job_finds_sizes_categories_places_and_answers(tmp_path):
    put(tmp_path, [{"q": "How  many?", "a": 4}, {"q": "Why?", "a": "because"}])
    found = sources.check("mine", {**PLAIN, "fields": {"question": "q", "reference": "a"}}, tmp_path, {"math"})
    assert (found.size, found.categories) == (2, {"math"})
    assert found.texts["How many?"] == f"{tmp_path / 'q.jsonl'}, line 1"
    assert found.answers == {"number": f"{tmp_path / 'q.jsonl'}, line 1", None: f"{tmp_path / 'q.jsonl'}, line 2"}


def test_a_large_file_is_left_to_its_rule(tmp_path, monkeypatch):
    put(tmp_path, ["not JSON"])
    monkeypatch.setattr(sources, "CHECKED_AT_ONCE", 3)
    assert sources.check("mine", PLAIN, tmp_path, {"math"}) is None


def test_the_stage_writes_the_file_and_complains_in_one_line(tmp_path, root):
    put(tmp_path, GOOD)

    def stage(entry):
        command = [
            sys.executable,
            root / "workflow/run.py",
            "questions",
            "--settings",
            json.dumps(entry),
            "--name",
            "mine",
        ]
        command += ["--data", tmp_path, "--categories", "math", "stem", "--out", tmp_path / "questions/mine.jsonl"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = stage(PLAIN)
    assert (done.returncode, done.stderr) == (0, "")
    assert len((tmp_path / "questions/mine.jsonl").read_text().splitlines()) == 3
    failed = stage({**PLAIN, "size": 9})
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: sources.mine.size: ")
    assert failed.stderr.count("\n") == 1


def test_a_field_named_by_half_a_character_is_told_and_logged(tmp_path, root):
    put(tmp_path, [r'{"\ud83d": "How many?"}'])
    command = [sys.executable, root / "workflow/run.py", "questions", "--settings", json.dumps(PLAIN), "--name", "mine"]
    command += ["--data", tmp_path, "--out", tmp_path / "mine.jsonl", "--log", tmp_path / "log"]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    told = f"error: {tmp_path / 'q.jsonl'}, line 1: the field 'q' is missing (there are \\ud83d)\n"
    assert (failed.returncode, failed.stderr, (tmp_path / "log").read_text()) == (2, told, told)


@pytest.mark.parametrize("name", ["multitask", "maths"])
def test_the_world_is_a_source_like_any_other(name):
    entry = {"synthetic": name, "split": "train", "size": 16, "seed": 3}
    records = sources.questions("mine", entry, "nowhere")
    assert len(records) == 16
    assert list(records[0]) == ["id", "source", "category", "question", "reference"]
    found = sources.check("mine", entry, "nowhere", set())
    assert (found.size, found.categories) == (16, {record["category"] for record in records})


def test_a_world_that_has_not_so_many_questions_names_the_key():
    entry = {"synthetic": "multitask", "split": "validation", "size": 100_000, "seed": 3}
    with pytest.raises(InputError, match=r"^sources\.mine\.size: the world has hardly more than \d+ .* ask for fewer$"):
        sources.questions("mine", entry, "nowhere")
