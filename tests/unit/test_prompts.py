"""Constitutions and prompts: properties over any question, with the principles of the project."""

import json
import re
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.core.template import fill
from mialign.data import principles
from mialign.data.builders import constitutions
from mialign.data.builders.constitutions import flip_sides, sample_sides
from mialign.data.prompts import evaluation, prompt_records, slice_of, to_generate
from scripts import prompts as stage

FILE = Path(__file__).parents[2] / "config" / "principles.yaml"
KNOWN = principles.load(FILE)
CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
JUDGED = {
    "experiment": "multitask",
    "template": "Rules:\n{constitution}\nQuestion: {question}\nAnswer:\n",
    "constitutions": 2,
    "seed": 5,
}
MATHS = {
    "experiment": "maths",
    "template": "Rules:\n{constitution}\nQuestion: {question}\nAnswer: {opening}\n",
    "constitutions": 2,
    "openings": {"principle": "steps", "positive": "Step by step.", "antithesis": "At once."},
    "evaluation": {"template": "Question: {question}\nAnswer: {opening}\n", "opening": "positive"},
    "seed": 6,
}
NASTY = (
    "{constitution} {question} {opening} {} {{}} {0} %s $HOME `ls` $(ls) \\frac{1}{2} \\1 \\g<1> "
    "<script>alert('&amp;')</script>\nQuestion: again?\tünïcødé 日本 \U0001f600 \\end{document}"
)


def question(number=1, category="math", text="How much is 2 + 3?"):
    return {"id": f"q-{number}", "source": "s", "category": category, "question": text, "reference": "5"}


def made(questions, known, split, settings):
    """Records of prompts as the stage makes them: of a split with evaluation, of training with constitutions."""
    return prompt_records(questions, known, split, settings, constitutions.prompts if split == "train" else evaluation)


def sides(constitution):
    return dict(constitution["principles"])


def is_wording(line, name, side):
    principle = next(p for c in CATEGORIES for p in KNOWN.for_category(c) if p.id == name)
    return line in getattr(principle, side)


@given(st.text(max_size=60), st.sampled_from(CATEGORIES), st.integers(2, 4), st.integers(0, 10**6))
@settings(deadline=None)
def test_training_prompts_hold_different_constitutions_and_the_question_unharmed(text, category, count, seed):
    asked = question(category=category, text=text)
    (record,) = made([asked], KNOWN, "train", {**JUDGED, "constitutions": count, "seed": seed})
    assert (record["id"], record["question_id"]) == ("multitask/train/q-1", "q-1")
    assert {key: record[key] for key in ("category", "question", "reference")} == {
        key: asked[key] for key in ("category", "question", "reference")
    }
    assert len(record["constitutions"]) == len(record["prompts"]) == count
    assert all(sides(one) != sides(other) for one, other in combinations(record["constitutions"], 2))
    for constitution, prompt in zip(record["constitutions"], record["prompts"], strict=True):
        assert set(sides(constitution)) == {principle.id for principle in KNOWN.for_category(category)}
        lines = constitution["text"].split("\n")
        for number, (line, (name, side)) in enumerate(zip(lines, constitution["principles"], strict=True), start=1):
            assert line.startswith(f"{number}. ")
            assert is_wording(line.removeprefix(f"{number}. "), name, side)
        assert prompt == f"Rules:\n{constitution['text']}\nQuestion: {text}\nAnswer:\n"


@given(st.integers(0, 10**9), st.sampled_from(["q", "other"]))
def test_of_two_maths_constitutions_exactly_one_asks_for_steps_and_opens_so(seed, name):
    (record,) = made([question(name)], KNOWN, "train", {**MATHS, "seed": seed})
    steps = [sides(constitution)["steps"] for constitution in record["constitutions"]]
    assert sorted(steps) == ["antithesis", "positive"]
    for side, prompt in zip(steps, record["prompts"], strict=True):
        assert prompt.endswith(f"Answer: {MATHS['openings'][side]}\n")


@given(st.integers(1, 8), st.integers(0, 99))
def test_a_decisive_principle_is_balanced_for_any_number_of_constitutions(count, seed):
    chosen = sample_sides(["a", "b", "c"], count, Random(seed), "b")
    assert len({tuple(choice.items()) for choice in chosen}) == len(chosen) == count
    assert sum(choice["b"] == "positive" for choice in chosen) in (count // 2, count - count // 2)


@given(st.integers(2, 6), st.data(), st.integers(0, 99))
def test_a_flipped_constitution_differs_from_the_desired_in_a_number_of_principles_from_the_list(size, data, seed):
    ids = [f"p{number}" for number in range(size)]
    flip = data.draw(st.lists(st.integers(1, size), min_size=1, max_size=3, unique=True))
    most = 1 + sum(len(list(combinations(ids, number))) for number in flip)
    desired, *others = flip_sides(ids, data.draw(st.integers(1, most)), flip, Random(seed))
    assert desired == dict.fromkeys(ids, "positive")
    assert all(list(other.values()).count("antithesis") in flip for other in others)
    assert len({tuple(other.items()) for other in (desired, *others)}) == 1 + len(others)


def test_flips_of_two_principles_occur_each_one_time_in_three_and_the_order_is_free():
    """As in the files of constitutions of original SAMI: either principle, or both."""
    records = made([question(n, "coding") for n in range(600)], KNOWN, "train", {**JUDGED, "flip": [1, 2]})
    pairs = [[sides(one) for one in record["constitutions"]] for record in records]
    assert all(desired == {"plan": "positive", "markdown": "positive"} for desired, _ in pairs)
    flipped = [frozenset(name for name, side in other.items() if side == "antithesis") for _, other in pairs]
    counts = [flipped.count(frozenset(names)) for names in (["plan"], ["markdown"], ["plan", "markdown"])]
    assert sum(counts) == 600
    assert all(160 < count < 240 for count in counts)
    orders = [tuple(one["principles"][0][0] == "plan" for one in record["constitutions"]) for record in records]
    assert min(orders.count(both) for both in ((True, True), (True, False), (False, True), (False, False))) > 100


def test_all_six_pairs_both_orders_and_all_wordings_occur():
    records = made([question(n, "coding") for n in range(600)], KNOWN, "train", JUDGED)
    pairs = [frozenset(tuple(sorted(sides(c).items())) for c in record["constitutions"]) for record in records]
    counts = {pair: pairs.count(pair) for pair in pairs}
    assert len(counts) == 6
    assert min(counts.values()) > 60
    first = [c["principles"][0][0] for record in records for c in record["constitutions"]]
    assert 500 < first.count("plan") < 700
    lines = {re.sub(r"^\d\. ", "", line) for r in records for c in r["constitutions"] for line in c["text"].split("\n")}
    expected = {
        wording for p in KNOWN.for_category("coding") for side in (p.positive, p.antithesis) for wording in side
    }
    assert lines == expected


def test_the_side_that_asks_for_steps_comes_first_half_of_the_time():
    records = made([question(n) for n in range(400)], KNOWN, "train", MATHS)
    first = [sides(record["constitutions"][0])["steps"] for record in records]
    assert 150 < first.count("positive") < 250


@pytest.mark.parametrize("split", ["validation", "benchmark"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_judged_evaluation_asks_for_both_positive_sides_in_short(split, category):
    records = made([question(n, category) for n in range(60)], KNOWN, split, JUDGED)
    known = {principle.id: principle for principle in KNOWN.for_category(category)}
    for record in records:
        (constitution,), (prompt,) = record["constitutions"], record["prompts"]
        assert sides(constitution) == dict.fromkeys(known, "positive")
        for line, (name, _) in zip(constitution["text"].split("\n"), constitution["principles"], strict=True):
            assert line[3:] in known[name].short
        assert prompt == fill(JUDGED["template"], constitution=constitution["text"], question=record["question"])
    assert len({record["constitutions"][0]["principles"][0][0] for record in records}) == 2


def test_judged_evaluation_may_have_a_template_of_its_own():
    asked = [question(n, "stem") for n in range(5)]
    plain = made(asked, KNOWN, "benchmark", JUDGED)
    own = made(asked, KNOWN, "benchmark", {**JUDGED, "evaluation": {"template": "A. {question}|{constitution}|"}})
    for before, after in zip(plain, own, strict=True):
        assert after["constitutions"] == before["constitutions"]
        assert after["prompts"] == [f"A. {after['question']}|{before['constitutions'][0]['text']}|"]


@pytest.mark.parametrize("side", ["positive", "antithesis"])
def test_maths_evaluation_has_an_opening_and_no_constitution(side):
    wanted = {**MATHS, "evaluation": {**MATHS["evaluation"], "opening": side}}
    (record,) = made([question()], KNOWN, "benchmark", wanted)
    assert record["constitutions"] == []
    assert record["prompts"] == [f"Question: How much is 2 + 3?\nAnswer: {MATHS['openings'][side]}\n"]


@pytest.mark.parametrize("split", ["train", "validation", "benchmark"])
@pytest.mark.parametrize("wanted", [JUDGED, MATHS], ids=["multitask", "maths"])
def test_braces_html_tex_and_shell_pass_unharmed(wanted, split):
    (record,) = made([question(text=NASTY)], KNOWN, split, wanted)
    assert record["question"] == NASTY
    for prompt in record["prompts"]:
        assert f"Question: {NASTY}\nAnswer:" in prompt


def test_other_braces_of_a_template_stay():
    assert fill(r"\boxed{} {x} {question} {{opening}}", question="{x}", opening="o") == r"\boxed{} {x} {x} {o}"


def test_a_question_keeps_its_constitutions_whatever_stands_around_it():
    alone = made([question(7)], KNOWN, "train", JUDGED)
    assert made([question(n) for n in range(9)], KNOWN, "train", JUDGED)[7:8] == alone
    assert made([question(7)], KNOWN, "train", {**JUDGED, "seed": 99}) != alone


# ---------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({**JUDGED, "template": "{constitution}"}, r"^template: the field \{question\} is missing"),
        ({**JUDGED, "template": "{question}"}, r"^template: the field \{constitution\} is missing"),
        ({**JUDGED, "template": "{constitution}{question}{opening}"}, r"^template: there is nothing to fill.*opening"),
        ({**MATHS, "template": "{constitution}{question}"}, r"^template: the field \{opening\} is missing"),
        (
            {**MATHS, "evaluation": {"template": "{opening}", "opening": "positive"}},
            r"^evaluation.template: .*question",
        ),
        ({**MATHS, "evaluation": {"template": "{question}{preference}"}}, r"^evaluation.template: there is nothing"),
        (
            {**JUDGED, "evaluation": {"template": "{question}", "opening": "positive"}},
            r"^evaluation.opening: .*no openings",
        ),
        ({**JUDGED, "constitutions": 5}, r"^constitutions: 5 cannot all differ.*'math' has .* allow 4"),
        ({**JUDGED, "constitutions": 4, "flip": [1]}, r"^constitutions: 4 cannot .* with these flips allow 3"),
        ({**JUDGED, "flip": [3, 1]}, r"^flip: 3 principles cannot be flipped: the category 'math' has steps and tex"),
        ({**MATHS, "flip": [1]}, r"^flip: it does not go with the openings of the experiment"),
        ({**JUDGED, "constitutions": 0}, r"^constitutions: 0 give no prompt to answer"),
        (
            {**MATHS, "openings": {**MATHS["openings"], "principle": "plan"}},
            r"^openings.principle: 'plan' is no principle of the category 'math' of question 'q-1'",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(wanted, message):
    with pytest.raises(InputError, match=message):
        made([question()], KNOWN, "train", wanted)


def test_an_unknown_category_and_a_repeated_id_are_refused():
    with pytest.raises(InputError, match="cooking"):
        made([question(category="cooking")], KNOWN, "train", JUDGED)
    with pytest.raises(InputError, match="'q-1' occurs more than once in the train questions"):
        made([question(), question()], KNOWN, "train", JUDGED)


def test_the_stage_takes_several_files_and_repeats_itself(tmp_path, run_stage):
    write_jsonl(tmp_path / "a.jsonl", [question(1, text=NASTY), question(2)])
    write_jsonl(tmp_path / "b.jsonl", [question(3)])
    for out in ("one.jsonl", "two.jsonl"):
        run_stage(
            stage,
            questions=[tmp_path / "a.jsonl", tmp_path / "b.jsonl"],
            principles=FILE,
            split="train",
            settings=json.dumps({**MATHS, "builder": "constitutions"}),
            out=tmp_path / out,
        )
    assert [record["question_id"] for record in read_jsonl(tmp_path / "one.jsonl")] == ["q-1", "q-2", "q-3"]
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


@pytest.fixture
def stage_of(tmp_path, run_stage):
    """Run the stage on seven questions; the records it writes."""
    write_jsonl(tmp_path / "q.jsonl", [question(number, text=f"Number {number}?") for number in range(1, 8)])

    def run(split, **settings):
        files = {"questions": tmp_path / "q.jsonl", "principles": FILE, "out": tmp_path / "p.jsonl"}
        run_stage(stage, split=split, settings=json.dumps({**JUDGED, **settings}), **files)
        return read_jsonl(tmp_path / "p.jsonl")

    return run


def test_a_slice_has_its_part_of_the_questions_with_the_prompts_that_all_have(stage_of):
    whole = stage_of("train", builder="constitutions")
    second = stage_of("train", builder="constitutions", slice={"part": 2, "of": 3})
    assert [record["question_id"] for record in second] == ["q-2", "q-5"]
    assert second == [whole[1], whole[4]]


def test_a_question_that_is_drawn_again_has_prompts_of_its_own(stage_of):
    made = {"builder": "constitutions", "constitutions": 2}
    records = stage_of("train", **made, draws={"pairs": 2, "at_most": 40})
    assert len({record["id"] for record in records}) == 80
    first = records[0]
    assert first["id"] == f"multitask/train/{first['question_id']}/1.1"
    again = [record["constitutions"] for record in records if record["question_id"] == first["question_id"]]
    assert len({json.dumps(one) for one in again}) > len(again) / 2
    assert stage_of("train", **made, draws={"pairs": 2, "at_most": 20}) == records[:40]  # a bound moves no draw


def test_the_builder_says_which_prompts_a_question_is_answered_under(stage_of):
    (record, *_) = stage_of("train", builder="other_question")
    assert (record["id"], len(record["prompts"])) == ("multitask/train/q-1", 1)
    assert sides(record["constitutions"][0]) == {"steps": "positive", "tex": "positive"}
    assert len(stage_of("train", builder="constitutions", constitutions=3)[0]["prompts"]) == 3
    for wrong in ({"builder": "constitution"}, {}):
        with pytest.raises(InputError, match=r"builder: there is none called .* \(there are constitutions, other_"):
            stage_of("train", **wrong)


@given(st.lists(st.integers(), max_size=40), st.integers(1, 9))
def test_slices_share_no_question_and_hold_all_of_them_in_their_order(questions, of):
    numbered = list(enumerate(questions))
    parts = [slice_of(numbered, part, of) for part in range(1, of + 1)]
    assert sorted(one for part in parts for one in part) == sorted(numbered)
    assert all(part == sorted(part) for part in parts)
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


def test_a_generator_with_a_template_of_its_own_sees_the_same_constitutions():
    plain, own = (
        made([question()], KNOWN, "train", {**JUDGED, **more})[0]
        for more in ({}, {"generation_template": "Like this: [insert]\n{constitution}\nQ: {question}"})
    )
    assert "generation_prompts" not in plain
    assert to_generate(plain) == plain["prompts"] == own["prompts"]
    texts = [constitution["text"] for constitution in own["constitutions"]]
    assert to_generate(own) == [f"Like this: [insert]\n{text}\nQ: How much is 2 + 3?" for text in texts]
    (asked,) = made([question()], KNOWN, "benchmark", {**JUDGED, "generation_template": "{constitution}{question}"})
    assert to_generate(asked) == asked["prompts"]


def test_questions_of_information_have_the_prompts_of_a_builder_and_only_those_that_policies_are_trained_on(stage_of):
    own = {
        "builder": "constitutions",
        "constitutions": 3,
        "generation_template": "Like this:\n{constitution}\nQ: {question}",
    }
    (record, *_) = stage_of("information", **own)
    assert record["id"] == "multitask/information/q-1"
    assert len(record["prompts"]) == len(record["constitutions"]) == 3
    assert to_generate(record) == record["prompts"]
    assert record["constitutions"] != stage_of("train", **own)[0]["constitutions"]


def test_a_generation_template_must_have_its_fields():
    with pytest.raises(InputError, match=r"generation_template: the field \{question\} is missing"):
        made([question()], KNOWN, "train", {**JUDGED, "generation_template": "{constitution}"})
