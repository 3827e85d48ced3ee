"""Users who asked the questions of a dataset and state what they want in their own words, in the form of PRISM."""

import json
from copy import deepcopy

import pytest
from changes import REMOVE, change, refused

from mialign.core.errors import InputError
from mialign.data import principles, sources, users
from mialign.data.builders import context
from mialign.data.prompts import evaluation, prompt_records
from mialign.evaluation.scores import adherence

# A line of each file of PRISM, by its fields; those that nothing reads are left out.
CONVERSATIONS = [
    {"conversation_id": "c0", "user_id": "user0", "conversation_type": "unguided", "opening_prompt": "Is tea healthy?"},
    {"conversation_id": "c1", "user_id": "user1", "conversation_type": "unguided", "opening_prompt": "Who was Ada?"},
    {"conversation_id": "c2", "user_id": "user2", "conversation_type": "values guided", "opening_prompt": "Why vote?"},
    {"conversation_id": "c3", "user_id": "user0", "conversation_type": "unguided", "opening_prompt": "Is bread?"},
]
SURVEY = [
    {"user_id": "user0", "system_string": " Be brief. ", "age": "25-34 years old"},
    {"user_id": "user1", "system_string": "Show both sides.", "age": "55-64 years old"},
    {"user_id": "user2", "system_string": "", "age": "Prefer not to say"},
]
USERS = {"file": "survey.jsonl", "id": "user_id", "states": "system_string"}
ENTRY = {
    "file": "conversations.jsonl",
    "fields": {"id": "conversation_id", "question": "opening_prompt", "user": "user_id"},
    "category": "humanities",
    "users": {**USERS, "skip_empty": True},
}
SETTINGS = {
    "experiment": "e",
    "seed": 5,
    "template": "{question}\n{constitution}",
    "template_without_context": "{question}",
    "users": {"of": "questions", "seed": 3},
}


@pytest.fixture(scope="module")
def known(root):
    return principles.load(root / "config/principles.yaml")


@pytest.fixture
def read(tmp_path):
    """The questions of these rows, with these settings of their source."""

    def questions(conversations=CONVERSATIONS, survey=SURVEY, **more) -> list[dict]:
        for name, rows in (("conversations", conversations), ("survey", survey)):
            (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return sources.questions("prism", {**ENTRY, **more}, tmp_path)

    return questions


def test_a_question_has_who_asked_it_and_what_they_state(read):
    found = [(one["id"], one["user"], one["context"]) for one in read()]
    assert found == [
        ("prism-c0", "user0", "Be brief."),
        ("prism-c1", "user1", "Show both sides."),
        ("prism-c3", "user0", "Be brief."),  # c2 is left out: its user states nothing
    ]


def test_a_user_without_context_is_an_error_unless_they_are_left_out(read):
    with pytest.raises(InputError, match=r"conversations\.jsonl, line 3: the user 'user2' states nothing .*skip_empty"):
        read(users=USERS)
    null = [*SURVEY[:2], {"user_id": "user2", "system_string": None}]
    assert len(read(survey=null)) == 3


@pytest.mark.parametrize(
    ("survey", "message"),
    [
        (SURVEY[:2], r"conversations\.jsonl, line 3: the file of the users has no 'user2'"),
        ([*SURVEY, SURVEY[0]], r"survey\.jsonl, line 4: the user 'user0' stands there already"),
        ([{"user_id": "user0"}], r"survey\.jsonl, line 1: the field 'system_string' is missing"),
        ([{"user_id": "user0", "system_string": 3}], r"survey\.jsonl, line 1: the field 'system_string' must be text"),
    ],
)
def test_a_file_of_users_that_cannot_serve_is_named(read, survey, message):
    with pytest.raises(InputError, match=message):
        read(survey=survey)


def test_pairs_and_evaluation_are_under_what_the_asker_states(read, known):
    for make, more in ((context.prompts, {"other": "none"}), (evaluation, {})):
        records = prompt_records(read(), known, "train", {**SETTINGS, **more}, make)
        assert [one["user"] for one in records] == ["user0", "user1", "user0"]
        assert records[0]["constitutions"] == [{"principles": [], "text": "Be brief."}]
        assert records[0]["prompts"][0] == "Is tea healthy?\nBe brief."
        assert (records[0]["prompts"][1:] == ["Is tea healthy?"]) is (make is context.prompts)
        assert adherence(records[0], "Yes.", ended=True) is None  # no checker knows what they mean


def test_the_other_user_states_something_else(read, known):
    records = prompt_records(read(), known, "train", {**SETTINGS, "other": "user"}, context.prompts)
    assert [(one["user"], one["other_user"]) for one in records] == [
        ("user0", "user1"), ("user1", "user0"), ("user0", "user1"),
    ]  # fmt: skip
    assert records[1]["prompts"] == ["Who was Ada?\nShow both sides.", "Who was Ada?\nBe brief."]
    alike = [{**row, "system_string": "Be brief."} for row in SURVEY]
    with pytest.raises(InputError, match="all who asked these questions state the same as 'user0'"):
        prompt_records(read(survey=alike), known, "train", {**SETTINGS, "other": "user"}, context.prompts)


def test_a_question_that_nobody_asked_has_no_context(known):
    question = {"id": "q", "source": "s", "category": "math", "question": "What?", "reference": None}
    with pytest.raises(InputError, match="nobody states anything for the question 'q'"):
        prompt_records([question], known, "train", {**SETTINGS, "other": "none"}, context.prompts)


# ---------------------------------------------------------------- the configuration
E = "experiments.multitask"


@pytest.fixture
def asked(read_config, tmp_path) -> dict:
    """The miniature's first experiment, on questions of files whose users state what they want."""
    for name, first in (("train", 0), ("validation", 100), ("benchmark", 200)):
        rows = [
            {**CONVERSATIONS[0], "conversation_id": f"c{number}", "opening_prompt": f"What is {number}?"}
            for number in range(first, first + 60)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (tmp_path / "survey.jsonl").write_text(json.dumps(SURVEY[0]) + "\n")
    found = read_config("config/smoke.yaml", {"data": str(tmp_path)})
    for name in ("train", "validation", "benchmark"):
        found["sources"][f"asked_{name}"] = {**deepcopy(ENTRY), "file": f"{name}.jsonl"}
    experiment = found["experiments"]["multitask"]
    experiment |= {"users": {"of": "questions", "seed": 1}, "template_without_context": "{question}"}
    experiment["questions"] = {"validation": "asked_validation", "benchmark": "asked_benchmark"}
    experiment["judge"] = {"kind": "likelihood", "model": "strong"}
    experiment["training"]["choose"] = "last"
    for block in experiment["data"].values():
        block["questions"] = "asked_train"
    return found


def test_what_users_state_needs_sources_that_have_them_and_a_judge_that_reads(asked):
    refused(change(deepcopy(asked), f"{E}.users.number", 4), f"{E}.users: give number, to draw users, or of: questions")
    refused(
        change(deepcopy(asked), f"{E}.users.of", REMOVE), f"{E}.users: give number, to draw users, or of: questions"
    )
    refused(
        change(deepcopy(asked), f"{E}.judge", {"kind": "checkers"}),
        f"{E}.judge.kind: the checkers (the default) cannot check what users state in their own words",
    )
    refused(change(deepcopy(asked), f"{E}.held_out", ["tex"]), f"{E}.users.of: what users state in their own words")
    refused(
        change(deepcopy(asked), f"{E}.questions.benchmark", "multitask_benchmark"),
        f"{E}.questions.benchmark: users.of takes what the users of questions state, and multitask_benchmark has no",
    )
    source = "sources.asked_train"
    refused(change(deepcopy(asked), f"{source}.fields.user", REMOVE), f"{source}: users (their file) and fields.user")
    refused(change(deepcopy(asked), f"{source}.users.file", REMOVE), f"{source}.users: nothing says where the users")


def test_drawn_users_are_of_their_split_and_askers_are_themselves(read):
    question = read()[0]
    assert users.asking(question, "train", {"number": 1, "seed": 3}).id == "train-0"
    assert users.asking(question, "train", {"of": "questions", "seed": 3}).id == "user0"
