"""Principles that a model writes: what is read from its texts, what is used of them, and what is asked for."""

import copy
import csv
import json
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest
from changes import REMOVE, change, refused
from hypothesis import given
from hypothesis import strategies as st

from mialign.config import loading
from mialign.core.errors import InputError
from mialign.data import principles, written_principles
from mialign.data.written_principles import SIDES, as_yaml, outcomes, rewritten, unwritten, wording
from mialign.generation.engine import Completion
from mialign.synthetic import corpora
from scripts import written_principles as stage

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config/principles.yaml"
KNOWN = principles.load(FILE)
TEMPLATES = {"positive": "Task: {description}\nPrinciple:\n", "antithesis": "Task: {description}\nOpposite:\n"}
SAMPLING = {"temperature": 0.7, "top_p": 1.0, "max_tokens": 24, "stop": ["\n"], "seed": 5}


def written(principle: str, side: str, text: str, finish: str = "stop") -> dict:
    return {"principle": principle, "side": side, "text": text, "finish": finish}


def became(*texts: dict, longest: int = 40) -> list[str]:
    return [row["outcome"] for row in outcomes(KNOWN, texts, longest)]


# ---------------------------------------------------------------- reading a text
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Be kind", "Be kind"),
        ("  \n\n Be \t kind. \nAnd more", "Be kind"),
        ("1. Be kind.", "Be kind"),
        ("(2) Be kind", "Be kind"),
        ("12: Be kind...", "Be kind"),
        ("- * Be kind", "Be kind"),
        ("## Be kind", "Be kind"),
        ('1. "Be kind."', "Be kind"),
        ("“Be kind”.", "Be kind"),
        ("**Be 'very' kind.**", "Be 'very' kind"),
        ("Don't shout", "Don't shout"),
        ("3.5 litres", "3.5 litres"),
        ("Be\u2028kind\r", "Be kind"),
        ("Schreib höflich。", "Schreib höflich。"),
        ("", ""),
        (" \n ", ""),
        ("1.\nBe kind", ""),
        ("B", ""),
        ("Go", "Go"),
        ('- "..."', ""),
    ],
)
def test_the_wording_of_a_text(text, found):
    assert wording(text) == found


@given(st.text())
def test_a_wording_is_one_line_and_is_read_from_itself(text):
    found = wording(text)
    assert found == " ".join(found.split())
    assert wording(found) == found


# ---------------------------------------------------------------- what becomes of it
def test_each_reason_why_a_text_is_not_used():
    assert became(
        written("steps", "positive", "Reason aloud", "eos"),
        written("steps", "positive", "2. reason ALOUD."),
        written("steps", "positive", "1."),
        written("steps", "positive", "Reason alo", "length"),
        written("steps", "positive", "Reason well\nand then", "length"),
        written("steps", "positive", "Reason\x00 aloud"),
        written("steps", "positive", "Reas\ufffdn"),
        written("steps", "positive", "a" * 40),
        written("steps", "positive", "a" * 41),
        written("tex", "positive", '"numbers and formulas stand in TeX maths"', "eos"),
        written("polite", "positive", "be rude and short"),
        written("polite", "antithesis", "Be rude and short."),
    ) == [
        "used", "duplicate", "empty", "cut_off", "used", "unprintable", "unprintable", "used", "too_long",
        "description", "other_side", "used",
    ]  # fmt: skip


def test_a_text_of_both_sides_speaks_for_neither_unless_it_is_known_there():
    both = [written("polite", side, "Be as you like") for side in SIDES]
    assert became(*both) == ["other_side"] * 2
    known = [written("polite", side, "Show good manners") for side in SIDES]
    assert became(*known) == ["used", "other_side"]
    assert became(both[0], written("friendly", "antithesis", "Be as you like")) == ["used", "used"]


def test_a_side_without_a_usable_text_keeps_its_wordings():
    texts = [written("tex", "positive", text) for text in ("Write TeX", "TeX!")]
    rows = outcomes(KNOWN, [*texts, written("tex", "antithesis", "")], 9)
    assert ("tex", "positive") not in unwritten(KNOWN, rows)
    assert len(unwritten(KNOWN, rows)) == 2 * 9 - 1
    found = rewritten(KNOWN, rows)
    assert found.principles["tex"].positive == ("Write TeX", "TeX!")
    assert found.principles["tex"].antithesis == KNOWN.principles["tex"].antithesis
    assert found.principles["tex"].short == KNOWN.principles["tex"].short
    assert found.principles["steps"] == KNOWN.principles["steps"]


def test_a_writer_of_nothing_usable_is_refused():
    rows = outcomes(KNOWN, [written("tex", "positive", "\n"), written("tex", "antithesis", "x" * 99, "length")], 50)
    with pytest.raises(InputError) as caught:
        rewritten(KNOWN, rows)
    said = str(caught.value)
    assert "\n" not in said
    assert "the writer wrote nothing usable: of 2 texts 1 without a word, 1 did not end; the first is" in said
    assert "Take another model for principles.from" in said


TEXTS = st.lists(
    st.builds(
        written, st.sampled_from(list(KNOWN.principles)), st.sampled_from(SIDES), st.text(),
        st.sampled_from(["eos", "stop", "length"]),
    )
)  # fmt: skip


@given(TEXTS, st.text(min_size=1))
def test_whatever_is_written_the_file_holds_what_is_used(tmp_path_factory, texts, more):
    rows = outcomes(KNOWN, [*texts, written("steps", "positive", f"Say {more}", "eos")], 60)
    used = [row for row in rows if row["outcome"] == "used"]
    if not used:
        return
    path = tmp_path_factory.mktemp("written") / "scribe.yaml"
    path.write_text(as_yaml(rewritten(KNOWN, rows)), encoding="utf-8")
    found = principles.load(path)
    assert found.categories == KNOWN.categories
    for name, principle in found.principles.items():
        for side in SIDES:
            own = tuple(row["wording"] for row in used if (row["principle"], row["side"]) == (name, side))
            assert getattr(principle, side) == (own or getattr(KNOWN.principles[name], side))
        assert principle.short == KNOWN.principles[name].short


# ---------------------------------------------------------------- the stage
def test_prompts_hold_the_plain_description():
    asked = written_principles.prompts(KNOWN, TEMPLATES)
    assert len(asked) == 18
    assert asked[1] == ("steps", "antithesis", f"Task: {KNOWN.principles['steps'].description}\nOpposite:\n")


class Scribe:
    """In the place of the model: of TeX it writes a text on each side, of all else nothing."""

    asked: ClassVar[list] = []
    digest = "0123456789abcdef"

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __call__(self, prompts, seeds, settings, temperature):
        self.asked[:] = zip(prompts, seeds, strict=True)
        texts = {"Principle": "1. Love TeX.", "Opposite": "Hate TeX"}

        def text(prompt):
            return next(one for word, one in texts.items() if word in prompt) if "TeX" in prompt else "no end"

        return [
            [Completion(text(prompt), "length" if text(prompt) == "no end" else "stop", 3, seed) for seed in own]
            for prompt, own in zip(prompts, seeds, strict=True)
        ]


def run(run_stage, folder, **changes):
    settings = {"templates": TEMPLATES, "sampling": SAMPLING, "wordings": 3, "longest": 60, **changes}
    run_stage(
        stage, model=folder, engine='{"kind": "transformers"}', principles=FILE, settings=json.dumps(settings),
        scratch=folder / "scratch", out=folder / "scribe.yaml", table=folder / "scribe.csv",
    )  # fmt: skip


def test_the_stage_writes_the_principles_and_what_became_of_each_text(run_stage, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stage, "Writer", Scribe)
    run(run_stage, tmp_path)
    found = principles.load(tmp_path / "scribe.yaml").principles
    assert (found["tex"].positive, found["tex"].antithesis) == (("Love TeX",), ("Hate TeX",))
    assert found["steps"] == KNOWN.principles["steps"]
    with (tmp_path / "scribe.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[6] == {
        "principle": "tex", "side": "positive", "text": "1. Love TeX.", "wording": "Love TeX", "outcome": "used",
        "writer": "0123456789abcdef",
    }  # fmt: skip
    assert Counter(row["outcome"] for row in rows) == {"used": 2, "duplicate": 4, "cut_off": 48}
    said = capsys.readouterr().err
    assert "16 of 18 sides keep the hand-written wordings: steps (positive), steps (antithesis), friendly" in said
    seeds = [seed for _, own in Scribe.asked for seed in own]
    assert len(set(seeds)) == len(seeds) == 18 * 3


def test_the_stage_refuses_a_writer_of_nothing(run_stage, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "Writer", Scribe)
    with pytest.raises(InputError, match="the writer wrote nothing usable: of 54 texts 48 did not end, 6 too long"):
        run(run_stage, tmp_path, longest=3)
    assert not (tmp_path / "scribe.yaml").exists()


# ---------------------------------------------------------------- the corpus of a writer
LINK = {"multitask": 0.6, "maths": 0.6, "evaluation": 0.3}
SETTINGS = {"multitask": 20, "maths": 20, "drills": 20, "link": LINK, "seed": 3}


def test_a_corpus_without_principles_is_what_it_was(templates):
    before = list(corpora.corpus(SETTINGS, templates, KNOWN))
    assert list(corpora.corpus({**SETTINGS, "principles": 0}, templates, KNOWN)) == before
    more = list(corpora.corpus({**SETTINGS, "principles": 9}, {**templates, "principles": TEMPLATES}, KNOWN))
    assert len(more) == len(before) + 9
    key = json.dumps
    assert Counter(map(key, before)) <= Counter(map(key, more))


def test_a_writer_learns_from_descriptions_in_other_forms_than_it_is_asked(templates):
    settings = {**SETTINGS, "multitask": 0, "maths": 0, "drills": 0, "principles": 2000}
    texts = list(corpora.corpus(settings, {**templates, "principles": TEMPLATES}, KNOWN))
    plain = {prompt: (name, side) for name, side, prompt in written_principles.prompts(KNOWN, TEMPLATES)}
    assert not {text["prompt"] for text in texts} & set(plain)
    said = {place: set() for place in plain.values()}
    for text in texts:
        (name,) = (name for name, one in KNOWN.principles.items() if one.description in text["prompt"])
        said[name, "positive" if text["prompt"].endswith("\nPrinciple:\n") else "antithesis"].add(text["response"])
    assert said == {(name, side): set(getattr(KNOWN.principles[name], side)) for name, side in plain.values()}
    forms = {text["prompt"].replace(one.description, "") for text in texts for one in KNOWN.principles.values()}
    assert len(forms) > 24


# ---------------------------------------------------------------- the configuration
PAIRS = "experiments.multitask.data.strong_pairs"
ASKED = {"templates": TEMPLATES, "sampling": {"temperature": 0.7, "top_p": 1.0, "max_tokens": 24, "seed": 5}}


@pytest.fixture
def settings(read_config) -> dict:
    found = read_config()
    change(found, f"{PAIRS}.principles", {"from": "strong"})
    return change(found, "principle_writer", copy.deepcopy(ASKED))


def test_the_writer_has_its_defaults(settings):
    found = loading.load(settings)["principle_writer"]
    assert found == {**ASKED, "sampling": {**ASKED["sampling"], "stop": []}, "wordings": 2, "longest": 200}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("principle_writer", REMOVE, f"principle_writer: the key is missing, and {PAIRS}.principles needs its temp"),
        (f"{PAIRS}.principles.from", "storng", f"{PAIRS}.principles.from: there is no model 'storng'; did you mean 's"),
        (f"{PAIRS}.principles.from", "sft", f"{PAIRS}.principles.from: there is no model 'sft'; there are trunk, weak"),
        (f"{PAIRS}.principles", "strong", f"{PAIRS}.principles: a block of keys is needed, this is 'strong'"),
        (f"{PAIRS}.principles", {}, f"{PAIRS}.principles.from: the key is missing"),
        ("principle_writer.templates.antithesis", "No", "principle_writer.templates.antithesis: the field {descripti"),
        ("principle_writer.templates.antithesis", TEMPLATES["positive"], "positive and antithesis are the same"),
        ("principle_writer.templates.antithesis", REMOVE, "principle_writer.templates.antithesis: the key is missing"),
        ("principle_writer.sampling", REMOVE, "principle_writer.sampling: the key is missing"),
        ("principle_writer.wordings", 0, "principle_writer.wordings: 0 is too small; the least is 1"),
        (
            "principle_writer.sampling",
            {**ASKED["sampling"], "max_tokens": 2048},
            "principle_writer.sampling.max_tokens: 2048 leave no room for a prompt in the context of strong (2048)",
        ),
        ("experiments.multitask.prompts", "authors", f"{PAIRS}.principles: the prompts of this experiment are the au"),
    ],
)
def test_what_cannot_be_asked_is_refused(settings, path, value, message):
    refused(change(settings, path, value), message)


EVALUATING = pytest.mark.parametrize(("builder", "objective"), [("other_question", "mipo"), ("solutions", "sft")])


def without_constitutions(settings: dict, builder: str, objective: str) -> dict:
    method = {"parent": "base", "objective": objective, "learning_rate": 1}
    change(settings, f"{PAIRS}.builder", builder)
    change(settings, "experiments.multitask.methods", {"one": method})
    change(settings, "experiments.multitask.comparisons", [["one", "base"]])
    change(settings, "collapse", None)
    return change(settings, f"{PAIRS}.constitutions", REMOVE)


@EVALUATING
def test_a_set_without_constitutions_takes_no_written_principles(settings, builder, objective):
    without_constitutions(settings, builder, objective)
    refused(settings, f"{PAIRS}.principles: {builder} asks as evaluation does, with the short wordings")


@EVALUATING
def test_users_state_written_principles_to_every_builder(settings, builder, objective):
    without_constitutions(settings, builder, objective)
    change(settings, "experiments.multitask.users", {"number": 40, "seed": 1})
    block = loading.load(settings)["experiments"]["multitask"]["data"]["strong_pairs"]
    assert block["principles"] == {"from": "strong"}


def test_a_corpus_of_principles_needs_the_templates(settings):
    change(settings, f"{PAIRS}.principles", REMOVE)
    change(settings, "models.weak.corpus.principles", 100)
    assert loading.load(settings)["models"]["weak"]["corpus"]["principles"] == 100
    refused(
        change(settings, "principle_writer", REMOVE), "principle_writer: the key is missing, and models.weak.corpus"
    )


def test_a_corpus_of_principles_alone_is_a_corpus(settings):
    corpus = {"multitask": 0, "maths": 0, "drills": 0, "principles": 400, "link": LINK, "seed": 1}
    assert loading.load(change(settings, "models.weak.corpus", corpus))
    refused(
        change(settings, "models.weak.corpus.principles", 0),
        "it has 0 texts of every kind (multitask, maths, drills, principles, preferences, choices)",
    )


def test_an_iteration_keeps_the_writer_of_its_principles(settings):
    for name in ("sft", "sft_more", "sft_all", "dpo"):
        change(settings, f"experiments.multitask.methods.{name}", None)
    change(
        settings,
        "experiments.multitask.methods.sami",
        {"parent": "base", "objective": "sami", "iterations": 2, "learning_rate": 1},
    )
    change(settings, "experiments.multitask.comparisons", [["sami_1", "base"]])
    change(settings, f"{PAIRS}.size", 48)
    data = loading.load(change(settings, "collapse", None))["experiments"]["multitask"]["data"]
    assert [data[name]["principles"] for name in ("sami_1", "sami_2")] == [{"from": "strong"}] * 2
