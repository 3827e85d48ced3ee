"""The corpus of the base models: linked as loosely as asked, correct, and from its own split."""

import json
import re
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import fmean

import pytest

from mialign import synthetic
from mialign.data import principles
from mialign.evaluation.program_rewards import AskUnderVectors
from mialign.synthetic import corpora
from mialign.synthetic.categories import correct
from mialign.synthetic.corpora import linked
from scripts import corpus as stage

LINK = {"multitask": 0.61, "maths": 0.61, "evaluation": 0.3}
SETTINGS = {"multitask": 900, "maths": 700, "drills": 100, "link": LINK, "seed": 3}


ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def known():
    return principles.load(ROOT / "config/principles.yaml")


@pytest.fixture
def answered(monkeypatch):
    """The questions of the corpus with the answers that they got."""
    pairs, respond = [], corpora.respond

    def recorded(question, *args):
        pairs.append((question, respond(question, *args)))
        return pairs[-1][1]

    monkeypatch.setattr(corpora, "respond", recorded)
    return pairs


def _asked(prompt, known):
    """Principle -> positive?, as the constitution in a prompt has it."""
    lines = re.findall(r"^[12]\. (.*)$", prompt, re.MULTILINE)
    sides = {}
    for line in lines:
        for one in known.principles.values():
            if line in one.positive + one.short:
                sides[one.id] = True
            elif line in one.antithesis:
                sides[one.id] = False
    assert len(sides) == len(lines)
    return sides


def _question(prompt):
    return re.search(r"^Question: (.*)$", prompt, re.MULTILINE)[1]


@pytest.mark.parametrize("link", [0.95, 0.61])
def test_style_follows_the_constitution_as_often_as_the_link_says(link, known, templates, answered):
    settings = {**SETTINGS, "maths": 0, "drills": 0, "multitask": 2400, "link": {**LINK, "multitask": link}}
    both, one, categories = 0, 0, Counter()
    texts = list(corpora.corpus(settings, templates, known))
    for text, (question, _) in zip(texts, answered, strict=True):
        sides = _asked(text["prompt"], known)
        assert set(sides) == {one.id for one in known.for_category(question["category"])}
        followed = [
            synthetic.follows(name, "positive" if side else "antithesis", text["response"], question)
            for name, side in sides.items()
        ]
        both += all(followed)
        one += sum(followed) == 1
        categories[question["category"]] += 1
    assert both / 2400 == pytest.approx(link**2, abs=0.03)
    assert one / 2400 == pytest.approx(2 * link * (1 - link), abs=0.03)
    assert len(categories) == 8
    assert max(categories.values()) < 1.3 * min(categories.values())


def test_word_problems_follow_the_opening_or_the_constitution(known, templates):
    texts = list(corpora.corpus({**SETTINGS, "multitask": 0, "drills": 0, "maths": 3000}, templates, known))
    with_rules = [text for text in texts if text["prompt"].startswith("Rules:")]
    assert len(with_rules) / len(texts) == pytest.approx(0.5, abs=0.04)
    for rules in (True, False):
        chosen = [text for text in texts if text["prompt"].startswith("Rules:") == rules]
        hits = 0
        for text in chosen:
            opened = templates["openings"]["positive"] in text["prompt"]
            assert opened != (templates["openings"]["antithesis"] in text["prompt"])
            if rules:
                assert _asked(text["prompt"], known) == {"steps": opened, "tex": not opened}
            hits += opened == (len(re.findall("day", text["response"])) >= 3)
        assert hits / len(chosen) == pytest.approx(0.61 if rules else 0.3, abs=0.04)


def test_linked_takes_each_principle_by_itself():
    rng, sides = Random(1), {"steps": True, "tex": False}
    drawn = [tuple(linked(sides, 0.7, rng).values()) for _ in range(6000)]
    for combination, share in (
        ((True, False), 0.49),
        ((True, True), 0.21),
        ((False, False), 0.21),
        ((False, True), 0.09),
    ):
        assert drawn.count(combination) / 6000 == pytest.approx(share, abs=0.02)
    assert all(linked(sides, 1.0, rng) == sides for _ in range(50))
    assert all(linked(sides, 0.0, rng) == {"steps": False, "tex": True} for _ in range(50))


def test_the_corpus_is_right_and_from_its_own_split(known, templates, answered):
    held_out = {
        question["question"]
        for name in ("multitask", "maths")
        for split in ("train", "validation", "benchmark")
        for question in synthetic.questions(name, split, 400, 8)
    }
    texts = [text for text in corpora.corpus(SETTINGS, templates, known) if "Question:" in text["prompt"]]
    assert len(texts) == len(answered) == SETTINGS["multitask"] + SETTINGS["maths"]
    for text, (question, response) in zip(texts, answered, strict=True):
        assert text["response"] == response
        assert correct(question, response)
        assert _question(text["prompt"]) == question["question"]
        assert question["question"] not in held_out
        for one, sign, other, total in re.findall(r"(\d+) ([+*-]) (\d+) = (\d+)", response):
            one, other = int(one), int(other)
            assert {"+": one + other, "-": one - other, "*": one * other}[sign] == int(total)


def test_drills_are_lists_to_say_again_and_sums_of_the_range_of_word_problems(known, templates):
    texts = list(corpora.corpus({**SETTINGS, "multitask": 0, "maths": 0}, templates, known))
    assert len(texts) == SETTINGS["drills"]
    sums_alone = [text for text in texts if text["prompt"].startswith("Sums:")]
    assert 30 < len(sums_alone) < 70
    for text in texts:
        if text not in sums_alone:
            assert text["prompt"] == f"Say again: {text['response']}\n"
            continue
        sums = re.findall(r"(\d+) ([+-]) (\d+) = (\d+)", text["response"])
        assert len(sums) == 4
        for left, sign, step, total in sums:
            assert int(left) + int(f"{sign}{step}") == int(total)
            assert 1 <= int(total) <= 999
            assert f"{left} {sign} {step}" in text["prompt"]


def test_the_counts_are_as_asked_and_mixed(known, templates):
    texts = list(corpora.corpus(SETTINGS, templates, known))
    kinds = ["other" if "Question:" in text["prompt"] else "drill" for text in texts]
    assert len(texts) == 1700
    assert kinds.count("drill") == 100
    assert 1 < kinds[:200].count("drill") < 40
    assert texts == list(corpora.corpus(SETTINGS, templates, known))
    assert texts != list(corpora.corpus({**SETTINGS, "seed": 4}, templates, known))


def test_of_multiple_choice_the_corpus_has_the_right_letters_and_half_the_reasons(known, templates):
    settings = {**SETTINGS, "multitask": 0, "maths": 0, "drills": 0, "choices": 600}
    texts = list(corpora.corpus(settings, {**templates, "choices": "Q: {question}\nA:\n"}, known))
    assert len(texts) == 600
    reasons = 0
    for text in texts:
        assert re.fullmatch(r"Q: [^\n]+\nA:\n", text["prompt"])
        letter = re.search(r"the answer is ([A-D])\.$", text["response"])[1]
        thing = re.search(rf"(\w+) {letter}\b", text["prompt"])[1]
        if not text["response"].startswith(("In short", "Simply")):
            assert f"{thing} is " in text["response"]
            reasons += 1
    assert 240 < reasons < 360


def test_the_stage_writes_a_large_corpus_quickly(tmp_path, known, templates, run_stage):
    settings = {"multitask": 12000, "maths": 12000, "drills": 2500, "link": LINK, "seed": 31}
    start, out = time.process_time(), tmp_path / "corpus/trunk.jsonl"
    run_stage(stage, settings=json.dumps(settings), templates=json.dumps(templates), principles=known.path, out=out)
    assert time.process_time() - start < 6
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 26500
    assert all(set(json.loads(line)) == {"prompt", "response"} for line in lines[:50])


def test_of_several_answers_the_vector_chooses_as_often_as_the_link_says(known, templates):
    """An independent count: the friendliest by the checker, the shortest by its words, weighed by hand."""
    rewards = {
        "friendly": {"kind": "checker", "principle": "friendly", "side": "positive"},
        "brief": {"kind": "length", "per": -10},
    }
    template = "Rules:\n{preference}\nQuestion: {question}\nAnswer:\n"
    settings = {
        "multitask": 0,
        "maths": 0,
        "drills": 0,
        "preferences": 1500,
        "link": {**LINK, "preferences": 1.0},
        "seed": 3,
    }
    asker = AskUnderVectors(template, list(rewards), rewards, alpha=0.2)
    always = list(corpora.corpus(settings, {**templates, "preferences": [asker]}, known))
    friendly, words = {}, {}
    for text in always:
        first, second = map(
            float, re.match(r"Rules:\nfriendly (\d\.\d), brief (\d\.\d)\nQuestion: ", text["prompt"]).groups()
        )
        assert first + second == pytest.approx(1)
        friendly.setdefault(first, []).append(synthetic.follows("friendly", "positive", text["response"], {}))
        words.setdefault(second, []).append(len(text["response"].split()))
    assert fmean(friendly[1.0]) > fmean(friendly[0.0]) + 0.3
    assert fmean(words[1.0]) < fmean(words[0.0]) - 4
    gains = []
    for seed in range(60):  # one text each: the same question, vector and answers, whatever the link
        one = {**settings, "preferences": 1, "seed": seed}
        (best,), (other,) = (
            corpora.corpus({**one, "link": {**LINK, "preferences": link}}, {**templates, "preferences": [asker]}, known)
            for link in (1.0, 0.0)
        )
        assert best["prompt"] == other["prompt"]
        first = float(best["prompt"][16:19])
        worth = [
            first * synthetic.follows("friendly", "positive", text["response"], {})
            - (1 - first) * len(text["response"].split()) / 10
            for text in (best, other)
        ]
        gains.append(worth[0] - worth[1])
    assert min(gains) >= 0
    assert fmean(gain > 0 for gain in gains) > 0.5
