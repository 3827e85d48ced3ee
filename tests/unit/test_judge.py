"""Scores by the world's checkers, and verdicts on both axes."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import principles
from mialign.data.builders import constitutions
from mialign.data.prompts import evaluation, prompt_records
from mialign.evaluation.judge import AXES, Case
from mialign.evaluation.judge.checker_judge import Checkers
from mialign.evaluation.judge.factory import make_judge
from mialign.evaluation.judge.verdicts import check_valid, make_cases, verdict_records, with_texts
from mialign.evaluation.scores import adherence, correct, score_records
from scripts import judge as judge_stage
from scripts import score as score_stage

CHECKERS = Checkers()
KNOWN = principles.load(Path(__file__).parents[2] / "config" / "principles.yaml")
SETTINGS = {"experiment": "multitask", "template": "{constitution}\n{question}\n", "constitutions": 2, "seed": 1}


@pytest.fixture(scope="module")
def questions():
    return [{**question, "source": "s"} for question in synthetic.questions("multitask", "benchmark", 48, 3)]


@pytest.fixture(scope="module")
def prompts(questions):
    return prompt_records(questions, KNOWN, "benchmark", SETTINGS, evaluation)


def answer(question, prompt, positive, correct=True):
    """A response of the world that takes the given side of each principle, in the order of the constitution."""
    names = [name for name, _ in prompt["constitutions"][0]["principles"]]
    sides = dict(zip(names, positive, strict=True))
    return synthetic.respond(question, sides, random.Random(question["id"]), correct=correct)


# ---------------------------------------------------------------- scores
@pytest.mark.parametrize(
    ("positive", "expected"), [((True, True), 1.0), ((True, False), 0.5), ((False, True), 0.5), ((False, False), 0.0)]
)
def test_adherence_is_the_share_of_principles_followed(questions, prompts, positive, expected):
    for question, prompt in zip(questions, prompts, strict=True):
        text = answer(question, prompt, positive)
        assert adherence(prompt, text, ended=True) == expected, (question, positive, text)
        assert adherence(prompt, text, ended=False) == 0.0


def test_what_no_checker_knows_is_left_open(prompts):
    unknown = {**prompts[0], "constitutions": [{"principles": [["charm", "positive"], ["steps", "positive"]]}]}
    assert [adherence(unknown, text, ended) for text, ended in (("Well.", True), ("", True), ("Well", False))] == [
        None
    ] * 3


def test_adherence_asks_for_the_side_that_the_constitution_names(questions):
    of_training = prompt_records(questions, KNOWN, "train", SETTINGS, constitutions.prompts)
    for question, prompt in zip(questions, of_training, strict=True):
        constitution = prompt["constitutions"][0]
        text = answer(question, prompt, [side == "positive" for _, side in constitution["principles"]])
        assert adherence(prompt, text, ended=True) == 1.0


def test_right_is_apart_from_style_and_needs_an_end(questions, prompts):
    for question, prompt in zip(questions, prompts, strict=True):
        for positive in ((True, True), (False, False)):
            text, wrong = (answer(question, prompt, positive, correct) for correct in (True, False))
            assert correct(prompt, text, ended=True) is True, (question, text)
            assert correct(prompt, wrong, ended=True) is False, (question, wrong)
            assert correct(prompt, text, ended=False) is False


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_response_follows_nothing_and_is_not_right(prompts, text):
    for prompt in prompts:
        assert adherence(prompt, text, ended=True) == 0.0
        assert correct(prompt, text, ended=True) is False


def test_without_a_reference_nobody_knows_what_is_right(prompts):
    for prompt in prompts:
        unknown = {**prompt, "reference": None}
        assert correct(unknown, "Some text.", ended=True) is None
        assert correct(unknown, "Some text.", ended=False) is None
        assert 0 <= adherence(unknown, "Some text.", ended=True) <= 1


NASTY = [
    "<script>",
    "\\end{document} $",
    "`rm -rf ~` $(ls)",
    "{} {0} %s",
    "\x00\ufffd",
    "1. 2. 3.",
    "a " * 5000,
    "=" * 5000,
]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_can_be_scored(prompts, text):
    for prompt in prompts:
        assert 0 <= adherence(prompt, text, ended=True) <= 1
        assert correct(prompt, text, ended=True) in (True, False)


def test_score_records_follow_the_responses(questions, prompts):
    text = answer(questions[0], prompts[0], (True, True))
    response = {"prompt_id": prompts[0]["id"], "temperature": 1.0, "text": text, "finish": "stop", "tokens": 9}
    (record,) = score_records([response], prompts)
    assert record == {
        "prompt_id": prompts[0]["id"],
        "category": prompts[0]["category"],
        "temperature": 1.0,
        "adherence": 1.0,
        "correct": True,
        "ended": True,
        "tokens": 9,
    }
    (cut,) = score_records([{**response, "finish": "length"}], prompts)
    assert (cut["adherence"], cut["correct"], cut["ended"]) == (0.0, False, False)
    with pytest.raises(InputError, match="'other' belongs to none of the prompts"):
        score_records([{**response, "prompt_id": "other"}], prompts)


# ---------------------------------------------------------------- verdicts
def score(number=1, adherence=0.5, correct=True, temperature=0.0, tokens=10):
    return {
        "prompt_id": f"p{number}",
        "category": "stem",
        "temperature": temperature,
        "adherence": adherence,
        "correct": correct,
        "ended": True,
        "tokens": tokens,
    }


@pytest.mark.parametrize(
    ("axis", "test", "baseline", "verdict"),
    [
        ("principle-aware", {"adherence": 1.0}, {"adherence": 0.5}, "test"),
        ("principle-aware", {"adherence": 0.0}, {"adherence": 0.5}, "baseline"),
        ("principle-aware", {"adherence": 0.5, "correct": True}, {"adherence": 0.5, "correct": False}, "tie"),
        ("principle-free", {"adherence": 0.0, "correct": True}, {"adherence": 1.0, "correct": False}, "test"),
        ("principle-free", {"correct": False}, {"correct": True}, "baseline"),
        ("principle-free", {"correct": False}, {"correct": False}, "tie"),
        ("principle-free", {"correct": None}, {"correct": None}, None),
    ],
)
def test_verdicts_by_hand(axis, test, baseline, verdict):
    found = CHECKERS.verdicts([Case(axis, {}, score(**test), score(**baseline))])
    assert found == [verdict and {"verdict": verdict}]


SCORES = st.builds(score, adherence=st.sampled_from([0.0, 0.5, 1.0]), correct=st.booleans())


@given(SCORES, SCORES)
def test_the_verdict_turns_round_with_the_order(one, other):
    turned = {"test": "baseline", "baseline": "test", "tie": "tie"}
    for axis in AXES:
        there, back = CHECKERS.verdicts([Case(axis, {}, one, other), Case(axis, {}, other, one)])
        assert back["verdict"] == turned[there["verdict"]]


def test_verdict_records_by_hand():
    test = [score(1, 1.0, True, 0.0, 5), score(1, 0.5, None, 1.0, 6)]
    baseline = [score(1, 0.5, None, 1.0, 8), score(1, 0.0, True, 0, 7)]
    common = {"prompt_id": "p1", "category": "stem", "judge": "checkers"}
    first, second = {"test_tokens": 5, "baseline_tokens": 7}, {"test_tokens": 6, "baseline_tokens": 8}
    assert verdict_records(make_cases(test, baseline, [{"id": "p1"}]), CHECKERS) == [
        {**common, "temperature": 0.0, "axis": "principle-aware", "verdict": "test", **first},
        {**common, "temperature": 0.0, "axis": "principle-free", "verdict": "tie", **first},
        {**common, "temperature": 1.0, "axis": "principle-aware", "verdict": "tie", **second},
    ]


@pytest.mark.parametrize(
    ("test", "baseline", "message"),
    [
        ([score(1), score(2)], [score(1)], "'p2' at temperature 0.0 is in the test scores and not in the baseline"),
        ([score(1)], [score(1), score(2)], "'p2' at temperature 0.0 is in the baseline scores and not in the test"),
        ([score(1)], [score(1, temperature=1.0)], "'p1' at temperature 0.0 is in the test"),
        ([score(1), score(1)], [score(1)], "'p1' at temperature 0.0 is in the test scores twice"),
    ],
)
def test_scores_of_different_prompts_are_refused(test, baseline, message):
    with pytest.raises(InputError, match=message):
        make_cases(test, baseline, [{"id": "p1"}, {"id": "p2"}])


@pytest.mark.parametrize(
    ("field", "value"),
    [("adherence", "x"), ("correct", "yes"), ("tokens", None), ("category", 3), ("temperature", "0")],
)
def test_a_score_edited_by_hand_is_refused_by_its_line(tmp_path, field, value):
    scores = tmp_path / "scores.jsonl"
    write_jsonl(scores, [score(1), score(2) | {field: value}])
    with pytest.raises(InputError, match=rf"scores\.jsonl, line 2: the field '{field}' cannot be {value!r}"):
        judge_stage.read_cases([scores] * 2, [scores] * 2, scores, judge_stage.AXES)


def test_scores_get_the_texts_of_their_responses():
    responses = [{"prompt_id": "p1", "temperature": 1, "text": "b"}, {"prompt_id": "p1", "temperature": 0, "text": "a"}]
    assert [one["text"] for one in with_texts([score(1), score(1, temperature=1.0)], responses)] == ["a", "b"]
    with pytest.raises(InputError, match=r"'p2' at temperature 0\.0 is in the scores and not in the responses"):
        with_texts([score(2)], responses)
    with pytest.raises(InputError, match="'p1' is in the scores and not among the prompts"):
        make_cases([score(1)], [score(1)], [])


def test_a_judge_of_one_axis_has_cases_of_that_axis_alone():
    cases = make_cases([score(1)], [score(1)], [{"id": "p1"}], ["principle-free"])
    assert [case.axis for case in cases] == ["principle-free"]
    assert len(make_cases([score(1)], [score(1)], [{"id": "p1"}])) == 2


def test_too_many_invalid_verdicts_stop_the_run():
    good = {"prompt_id": "p1", "judge": "m#1", "verdict": "test"}
    bad = {"prompt_id": "p2", "judge": "m#1", "verdict": "invalid", "answers": ["Hm.", "Well."]}
    check_valid([good] * 3 + [bad], 0.25)
    with pytest.raises(InputError, match=r"2 of 5 verdicts are invalid, .* on p2 m#1 said \['Hm\.', 'Well\.'\]"):
        check_valid([good] * 3 + [bad] * 2, 0.25)


def test_an_unknown_judge_is_refused():
    with pytest.raises(InputError, match=r"judge\.kind: there is no judge 'oracle'; there are checkers, openai"):
        make_judge({"kind": "oracle"}, None, None, None, None, 0)


# ---------------------------------------------------------------- the stages
def test_the_stages_from_responses_to_verdicts(tmp_path, questions, prompts, run_stage):
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    for method, positive in (("test", (True, True)), ("baseline", (False, True))):
        responses = [
            {
                "prompt_id": prompt["id"],
                "question_id": question["id"],
                "category": question["category"],
                "temperature": 0.0,
                "text": answer(question, prompt, positive),
                "finish": "eos",
                "tokens": 20,
                "seed": 1,
            }
            for question, prompt in zip(questions, prompts, strict=True)
        ]
        write_jsonl(tmp_path / f"{method}.responses.jsonl", responses)
        run_stage(
            score_stage,
            responses=tmp_path / f"{method}.responses.jsonl",
            prompts=tmp_path / "prompts.jsonl",
            out=tmp_path / f"{method}.jsonl",
        )
    options = {
        "scores": [tmp_path / "test.jsonl", tmp_path / "baseline.jsonl"],
        "responses": [tmp_path / "test.responses.jsonl", tmp_path / "baseline.responses.jsonl"],
        "prompts": tmp_path / "prompts.jsonl",
        "settings": json.dumps({"kind": "checkers"}),
        "out": tmp_path / "verdicts.jsonl",
    }
    run_stage(judge_stage, **options)
    verdicts = [(verdict["axis"], verdict["verdict"]) for verdict in read_jsonl(tmp_path / "verdicts.jsonl")]
    assert verdicts == [("principle-aware", "test"), ("principle-free", "tie")] * len(prompts)

    test = options["scores"][0]
    test.write_text("".join(test.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(
        InputError, match=r"test\.jsonl, .*baseline\.responses\.jsonl: .*in the baseline scores and not in the test"
    ):
        run_stage(judge_stage, **options)
