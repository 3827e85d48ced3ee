"""Users and the pairs of their contexts: by hand, for any questions, and in the configuration."""

import json
from itertools import product
from pathlib import Path
from random import Random

import pytest
from changes import change, refused
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign import synthetic
from mialign.config import loading
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import principles, users
from mialign.data.builders import context, other_question
from mialign.data.pairs import select_pairs
from mialign.data.prompts import SPLITS, evaluation, prompt_records, to_generate
from mialign.evaluation.scores import adherence
from mialign.training.examples import entry_mask, for_objective, is_square, read_examples
from scripts import prompts as stage

FILE = Path(__file__).parents[2] / "config" / "principles.yaml"
KNOWN = principles.load(FILE)
PEOPLE = {"number": 6, "seed": 3}
SETTINGS = {
    "experiment": "e",
    "seed": 5,
    "template": "Rules:\n{constitution}\nQuestion: {question}\n",
    "template_without_context": "Question: {question}\n",
    "users": PEOPLE,
}
OPENINGS = {"principle": "steps", "positive": "Step by step.", "antithesis": "At once."}


def questions(count: int, category: str = "math") -> list[dict]:
    return [
        {"id": f"q-{number}", "source": "s", "category": category, "question": f"What is {number}?", "reference": None}
        for number in range(count)
    ]


def asked(count: int, split: str = "train", make=context.prompts, category: str = "math", **more) -> list[dict]:
    """Records of prompts as the stage makes them."""
    return prompt_records(questions(count, category), KNOWN, split, {**SETTINGS, "other": "none", **more}, make)


def sides(constitution: dict) -> dict[str, str]:
    return dict(constitution["principles"])


# ---------------------------------------------------------------- users
@given(st.integers(0, 10**6), st.integers(1, 9), st.sampled_from(SPLITS))
@settings(max_examples=30)
def test_a_user_states_one_side_in_one_wording_in_every_question_of_a_split(seed, number, split):
    stated = {}
    for category in KNOWN.categories:
        for record in asked(12, split, evaluation, category, users={"number": number, "seed": seed}):
            lines = [line[3:] for line in record["constitutions"][0]["text"].split("\n")]
            for (name, side), line in zip(record["constitutions"][0]["principles"], lines, strict=True):
                assert line in getattr(KNOWN.principles[name], side)
                assert stated.setdefault((record["user"], name), (side, line)) == (side, line)
    assert {user for user, _ in stated} <= {f"{split}-{one}" for one in range(number)}


def test_the_users_of_splits_are_other_people():
    found = {split: {record["user"] for record in asked(200, split, evaluation)} for split in SPLITS}
    assert all(len(of_split) == PEOPLE["number"] for of_split in found.values())
    assert len(set().union(*found.values())) == len(SPLITS) * PEOPLE["number"]
    wanted = {
        tuple(user.preference(principle) for principle in KNOWN.principles.values())
        for split in SPLITS
        for user in users.of_split(split, {"number": 40, "seed": 3})
    }
    assert len(wanted) == len(SPLITS) * 40  # nine principles with two wordings a side: 4^9 possible people


def test_sides_and_wordings_are_drawn_evenly():
    everyone = users.of_split("train", {"number": 400, "seed": 1})
    for principle in KNOWN.principles.values():
        drawn = [user.preference(principle) for user in everyone]
        for side in users.SIDES:
            for wording in getattr(principle, side):
                assert 70 < drawn.count((side, wording)) < 130


def test_a_question_keeps_its_user_whatever_stands_around_it():
    assert asked(9)[4:5] == prompt_records(
        questions(9)[4:5], KNOWN, "train", SETTINGS | {"other": "none"}, context.prompts
    )
    assert asked(9) != asked(9, users={**PEOPLE, "seed": 4})


def test_a_constitution_lists_what_the_user_wants_in_the_order_of_the_category():
    user = users.User("benchmark", 2, 3)
    known = KNOWN.for_category("coding")
    (plan, plan_words), (markdown, markdown_words) = (user.preference(principle) for principle in known)
    assert user.constitution(known) == {
        "principles": [["plan", plan], ["markdown", markdown]],
        "text": f"1. {plan_words}\n2. {markdown_words}",
    }
    assert user.id == "benchmark-2"


@pytest.mark.parametrize("split", SPLITS)
def test_evaluation_is_under_what_the_user_states(split):
    for record in asked(20, split, evaluation):
        text = record["constitutions"][0]["text"]
        assert record["prompts"] == [f"Rules:\n{text}\nQuestion: {record['question']}\n"]
        assert (len(record["constitutions"]), "other_user" in record) == (1, False)


def test_adherence_is_to_the_sides_that_the_user_wants():
    world = synthetic.questions("multitask", "benchmark", 32, 1)
    for question, record in zip(world, prompt_records(world, KNOWN, "benchmark", SETTINGS, evaluation), strict=True):
        wanted = {name: side == "positive" for name, side in record["constitutions"][0]["principles"]}
        unwanted = {name: not positive for name, positive in wanted.items()}
        assert adherence(record, synthetic.respond(question, wanted, Random(1)), ended=True) == 1.0
        assert adherence(record, synthetic.respond(question, unwanted, Random(1)), ended=True) == 0.0


def test_a_prompt_opens_as_the_user_wants_it():
    template = "{constitution} {question} {opening}"
    for record in asked(20, "validation", evaluation, openings=OPENINGS, template=template,
                        template_without_context="{question} {opening}"):  # fmt: skip
        assert record["prompts"][0].endswith(OPENINGS[sides(record["constitutions"][0])["steps"]])
    with pytest.raises(InputError, match=r"^openings.principle: 'steps' is no principle of the category 'coding'"):
        asked(1, "validation", evaluation, "coding", openings=OPENINGS, template=template,
              template_without_context="{question} {opening}")  # fmt: skip


# ---------------------------------------------------------------- pairs of contexts
@given(st.integers(0, 10**6), st.sampled_from(sorted(KNOWN.categories)))
@settings(max_examples=30)
def test_the_other_user_wants_something_else(seed, category):
    for record in asked(20, category=category, other="user", users={"number": 12, "seed": seed}):
        own, other = record["constitutions"]
        assert sides(own) != sides(other)
        assert sides(own).keys() == sides(other).keys()
        assert record["user"] != record["other_user"]
        assert {record["user"].split("-")[0], record["other_user"].split("-")[0]} == {"train"}
        for prompt, constitution in zip(record["prompts"], record["constitutions"], strict=True):
            assert prompt == f"Rules:\n{constitution['text']}\nQuestion: {record['question']}\n"


def test_without_context_the_question_stands_alone_and_opens_alike():
    for record in asked(20):
        (own,) = record["constitutions"]
        assert record["prompts"] == [
            f"Rules:\n{own['text']}\nQuestion: {record['question']}\n", f"Question: {record['question']}\n"
        ]  # fmt: skip
        assert "other_user" not in record
    for record in asked(20, openings=OPENINGS, template="{constitution} {question} {opening}",
                        template_without_context="{question} {opening}"):  # fmt: skip
        assert [prompt.partition("? ")[2] for prompt in record["prompts"]] == (
            [OPENINGS[sides(record["constitutions"][0])["steps"]]] * 2
        )


def test_evaluation_and_both_contexts_have_the_same_user():
    of_context = [record["user"] for record in asked(30)]
    assert of_context == [record["user"] for record in asked(30, other="user")]
    assert of_context == [record["user"] for record in asked(30, make=other_question.prompts)]


def test_a_generator_with_a_template_of_its_own_sees_the_same_contexts():
    template = "Like this: {constitution} {question}"
    for other, second in (("user", "Like this: {0} {1}"), ("none", "Question: {1}\n")):
        for record in asked(5, other=other, generation_template=template):
            texts = [constitution["text"] for constitution in record["constitutions"]]
            question = record["question"]
            assert to_generate(record) == [f"Like this: {texts[0]} {question}", second.format(texts[-1], question)]


def test_a_record_sets_the_response_to_the_user_against_the_other_under_the_prompt_of_the_user():
    prompts = asked(2, other="user")
    made = [
        {"prompt_id": prompt["id"], "prompt": place, "text": f"{prompt['id']}.{place}", "finish": "eos", "tokens": 2}
        for prompt, place in product(prompts, (0, 1))
    ]
    wanted = {"builder": "context", "other": "user", "filters": {}, "size": 2, "seed": 1}
    first, second = select_pairs(prompts, made, wanted).pairs
    assert first == {
        "id": "e/train/q-0", "question_id": "q-0", "category": "math", "question": "What is 0?",
        "constitutions": [constitution["text"] for constitution in prompts[0]["constitutions"]],
        "user": prompts[0]["user"], "other_user": prompts[0]["other_user"],
        "prompts": prompts[0]["prompts"],
        "responses": [
            {"text": "e/train/q-0.0", "finish": "eos", "tokens": 2, "prompt": 0},
            {"text": "e/train/q-0.1", "finish": "eos", "tokens": 2, "prompt": 1},
        ],
        "terms": [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}],
    }  # fmt: skip
    assert [one["text"] for one in second["responses"]] == ["e/train/q-1.0", "e/train/q-1.1"]


# ---------------------------------------------------------------- what objectives read of them
@pytest.fixture
def examples(tmp_path, session_tokenizer):
    """Pairs of a builder as the trainer takes them."""

    def read(builder: str, make, **more):
        prompts = asked(3, make=make, **more)
        made = [
            {"prompt_id": one["id"], "prompt": place, "text": f"{one['question_id']} {place}", "finish": "eos"}
            for one in prompts
            for place in range(len(one["prompts"]))
        ]
        wanted = {"builder": builder, "filters": {}, "size": 3, "seed": 1, **more}
        write_jsonl(tmp_path / "pairs.jsonl", select_pairs(prompts, made, wanted).pairs)
        return read_examples(tmp_path / "pairs.jsonl", session_tokenizer, 10_000)

    return read


@pytest.mark.parametrize("other", ["none", "user"])
def test_objectives_read_what_they_need_of_a_context(examples, other):
    found = examples("context", context.prompts, other=other)
    for objective in ("sft", "mipo", "dpo", "sami", "infonce"):
        assert for_objective("pairs.jsonl", found, objective) == found
    entries = {reads: entry_mask(found.values(), reads)[0].tolist() for reads in ("chosen", "terms", "square")}
    assert entries["chosen"] == [[True, False], [False, False]]  # sft is trained on the response to the user alone
    assert entries["terms"] == [[True, True], [False, False]]  # mipo compares under the prompt of the user alone
    assert entries["square"] == [[True, True], [True, True]]
    assert is_square(list(found.values()), "square")
    assert not is_square(list(found.values()), "terms")


def test_sft_on_other_questions_reads_only_the_response_of_the_question(examples):
    found = examples("other_question", other_question.prompts)
    assert entry_mask(found.values(), "chosen").tolist() == [[[True, False]]] * 3
    with pytest.raises(InputError, match="sami reads a square of prompts and the responses to them"):
        for_objective("pairs.jsonl", found, "sami")


# ---------------------------------------------------------------- bad input
def test_users_who_all_agree_have_no_other():
    agreed = next(
        seed
        for seed in range(1000)
        if users.all_agree("train", KNOWN.for_category("math"), {"number": 2, "seed": seed})
    )
    with pytest.raises(InputError, match=r"^users: all 2 users of train want the same in the category 'math'; raise"):
        asked(1, other="user", users={"number": 2, "seed": agreed})


@pytest.mark.parametrize(
    ("lacking", "other", "message"),
    [
        ({"users": None}, "none", r"^builder: context needs users, and the experiment has none"),
        ({"template_without_context": None}, "none", r"^other: none leaves the context out, and the experiment"),
        (
            {"users": {"number": 1, "seed": 1}},
            "user",
            r"^other: user sets users against each other, and users.number is 1",
        ),
        ({"template_without_context": "{constitution}{question}"}, "none", r"^template_without_context: there is noth"),
        ({"template_without_context": "Q"}, "none", r"^template_without_context: the field \{question\} is missing"),
    ],
)
def test_what_a_context_needs_is_named(lacking, other, message):
    given = {**SETTINGS, "other": other, **lacking}
    given = {key: value for key, value in given.items() if value is not None}
    with pytest.raises(InputError, match=message):
        prompt_records(questions(1), KNOWN, "train", given, context.prompts)


def test_one_user_can_go_without_context():
    assert {record["user"] for record in asked(5, users={"number": 1, "seed": 1})} == {"train-0"}


def test_the_stage_writes_the_users(tmp_path, run_stage):
    write_jsonl(tmp_path / "q.jsonl", questions(3))
    chosen = {"settings": json.dumps({**SETTINGS, "builder": "context", "other": "user"}), "split": "train"}
    run_stage(stage, questions=tmp_path / "q.jsonl", principles=FILE, out=tmp_path / "p.jsonl", **chosen)
    assert read_jsonl(tmp_path / "p.jsonl") == asked(3, other="user")


# ---------------------------------------------------------------- in the configuration
MT = "experiments.multitask"


@pytest.fixture
def with_users(read_config) -> dict:
    """The miniature with users in its first experiment, and a method trained on their contexts."""
    config = read_config()
    multitask = config["experiments"]["multitask"]
    multitask |= {"users": {"number": 40, "seed": 1}, "template_without_context": "Question: {question}\nAnswer:\n"}
    multitask["data"]["contexts"] = {
        "from": "base", "questions": "multitask_train", "builder": "context", "size": 48, "seed": 1,
        "sampling": {"temperature": 1.0, "top_p": 1.0, "max_tokens": 96, "seed": 1},
    }  # fmt: skip
    mipo = {"parent": "base", "objective": "mipo", "data": "contexts", "learning_rate": 0.1}
    multitask["methods"]["mipo"] = mipo
    return config


def test_a_set_of_contexts_has_its_default(with_users):
    block = loading.load(with_users)["experiments"]["multitask"]["data"]["contexts"]
    assert block["other"] == "none"
    for objective in ("sft", "dpo", "sami", "infonce"):
        with_users["experiments"]["multitask"]["methods"]["mipo"]["objective"] = objective
        loading.load(with_users)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            f"{MT}.users",
            None,
            f"{MT}.data.contexts.builder: context needs users, and the experiment has none; give it users",
        ),
        (f"{MT}.users", {"number": 0, "seed": 1}, f"{MT}.users.number: 0 is too small; the least is 1"),
        (f"{MT}.users", {"number": 2}, f"{MT}.users.seed: the key is missing"),
        (f"{MT}.template_without_context", None, f"{MT}.data.contexts.other: none leaves the context out, and the"),
        (f"{MT}.template_without_context", "Q", f"{MT}.template_without_context: the field {{question}} is missing"),
        (f"{MT}.data.contexts.other", "nobody", f"{MT}.data.contexts.other: 'nobody' is not possible"),
        (f"{MT}.data.strong_pairs.other", "user", f"{MT}.data.strong_pairs.other: it belongs to builder context, not"),
        (
            f"{MT}.data.strong_pairs.same_category",
            True,
            f"{MT}.data.strong_pairs.same_category: it belongs to builder other_question, not to constitutions; take",
        ),
        (
            f"{MT}.responses",
            "authors",
            f"{MT}.users: the answers that the authors released are to no users; take responses or users out",
        ),
        (
            "experiments.maths.users",
            {"number": 2, "seed": 1},
            "experiments.maths.users: the prompts of evaluation.template have no place for what users state; take",
        ),
    ],
)
def test_bad_users_are_named(with_users, path, value, message):
    refused(change(with_users, path, value), message)


def test_users_set_against_each_other_are_several_and_differ_in_every_category(with_users):
    change(with_users, f"{MT}.data.contexts.other", "user")
    loading.load(change(with_users, f"{MT}.template_without_context", None))
    refused(
        change(with_users, f"{MT}.users.number", 1), f"{MT}.data.contexts.other: user sets users against each other"
    )
    refused(
        change(with_users, f"{MT}.users.number", 2),
        f"{MT}.data.contexts.other: all 2 users of training want the same in the category",
        "raise users.number or change users.seed",
    )


def test_openings_need_their_principle_in_every_category_of_the_users(with_users):
    multitask = with_users["experiments"]["multitask"]
    multitask |= {"openings": OPENINGS, "template": multitask["template"] + "{opening}"}
    multitask["template_without_context"] += "{opening}"
    multitask["data"]["strong_pairs"]["builder"] = "other_question"
    multitask["data"]["strong_pairs"].pop("constitutions")
    multitask["methods"]["sami"]["objective"] = "sft"
    for method in multitask["methods"].values():
        method.pop("train_on", None)
    with_users["collapse"] = None
    refused(with_users, "the openings depend on the principle 'steps', but the category 'coding' has plan and markdown")
