"""The authors' files, in the form they have, become principles, templates and pairs; the texts are made up."""

import hashlib
import json
from collections import Counter

import pytest
import yaml

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data import authors, principles, sources
from scripts import authors_pairs, authors_prompts, authors_responses, authors_verdicts, fetch_authors_file
from scripts import prompts as prompts_stage

JUDGED = '''
from typing import Optional
PROMPT_GENERATION_ITERATION_1 = """Form\\nRules: {constitution}\\nAsked: {question}\\nSaid:"""
TRAINING_PROMPT_SINGLE_TURN = """Rules: {constitution}\\nAsked: {query}\\nSaid:"""
raise SystemExit("this file is parsed and never run")
'''
SOLVED = '''
def get_math_generation_prompt_single_turn(constitution: str, question: str, step_by_step=False):
    MATH_GENERATION_PROMPT_SINGLE_TURN = """Rules: {constitution}\\nQ: {question}\\nA:"""
    if step_by_step:
        MATH_GENERATION_PROMPT_SINGLE_TURN += " Slowly."
    else:
        MATH_GENERATION_PROMPT_SINGLE_TURN += " It"
    return MATH_GENERATION_PROMPT_SINGLE_TURN.format(constitution=constitution, question=question)

def get_math_eval_prompt_single_turn(question: str):
    MATH_EVAL_PROMPT_SINGLE_TURN = """Q: {question}\\nA: Slowly. One,"""
    return MATH_EVAL_PROMPT_SINGLE_TURN.format(question=question)
'''
JUDGED_CONSTITUTIONS = {
    "math.1": {"weak": "Steps.", "relevant_for": ["math", "stem"], "strong": "Many\nsteps.", "antithesis": "No steps."},
    "math.2": {"weak": "TeX.", "relevant_for": ["math"], "strong": "Much TeX.", "antithesis": "No TeX."},
    "generic_human": {"weak": "Kind.", "relevant_for": ["stem"], "strong": "Very kind.", "antithesis": "Cold."},
}
SOLVED_CONSTITUTIONS = {
    "math.1": {"definition": "Steps.", "paraphrases": ["Many steps.", "Step on."], "paraphrases_antithesis": ["None."]},
    "math.2": {"definition": "TeX.", "paraphrases": ["Much TeX."], "paraphrases_antithesis": ["Plain."]},
}
ASKED = "2. Plain.\nQ: How many?\nIn all?\nA:"
PAIRS = {
    "7": [
        {"prompt": f"Rules: 1. Many steps.\n{ASKED} Slowly.", "response": " 1, 2.", "example_id": 7},
        {"prompt": f"Rules: 1. None.\n{ASKED} It", "response": " is 2.", "example_id": 7},
    ],
    "9": [
        {"prompt": "Rules: 1. None.\nQ: Why?\nA: It", "response": " is.", "example_id": 9},
        {"prompt": "Rules: 1. Step on.\nQ: Why?\nA: Slowly.", "response": " So.", "example_id": 9},
    ],
}


@pytest.fixture
def released(tmp_path):
    """Files in the authors' form."""
    texts = {"judged.py": JUDGED, "solved.py": SOLVED, "judged.json": json.dumps(JUDGED_CONSTITUTIONS),
             "solved.json": json.dumps(SOLVED_CONSTITUTIONS), "pairs.json": json.dumps(PAIRS)}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def prepared(released, run_stage):
    def prepare(kind):
        run_stage(
            authors_prompts,
            kind=kind,
            constitutions=released / f"{kind}.json",
            prompts=released / f"{kind}.py",
            names=json.dumps(authors.listing()["principles"]),
            principles=released / "principles.yaml",
            templates=released / "templates.json",
        )
        return principles.load(released / "principles.yaml"), json.loads((released / "templates.json").read_text())

    return prepare


def test_constitutions_become_principles_under_our_names(prepared):
    known, templates = prepared("judged")
    assert known.categories == {"math": ("steps", "tex"), "stem": ("steps", "friendly")}
    steps = known.principles["steps"]
    assert (steps.name, steps.positive, steps.antithesis, steps.short) == (
        "math.1",
        ("Many steps.",),
        ("No steps.",),
        ("Steps.",),
    )
    assert templates == {
        "template": "Rules: {constitution}\nAsked: {question}\nSaid:",
        "generation_template": "Form\nRules: {constitution}\nAsked: {question}\nSaid:",
        "evaluation": {"template": "Form\nRules: {constitution}\nAsked: {question}\nSaid:"},
    }


def test_the_form_of_the_other_experiment_is_read_too(prepared):
    known, templates = prepared("solved")
    assert known.categories == {"math": ("steps", "tex")}
    assert known.principles["steps"].positive == ("Many steps.", "Step on.")
    assert templates["openings"] == {"positive": " Slowly.", "antithesis": " It"}
    assert templates["evaluation"] == {"template": "Q: {question}\nA: Slowly. One,"}


@pytest.mark.parametrize(
    ("kind", "split"), [("judged", "train"), ("solved", "train"), ("solved", "benchmark"), ("judged", "benchmark")]
)
def test_prompts_are_built_in_the_authors_words(prepared, released, run_stage, kind, split):
    prepared(kind)
    question = {"id": "q-1", "category": "math", "question": "How many?", "reference": "2"}
    (released / "q.jsonl").write_text(json.dumps(question))
    ours = {"experiment": "mine", "template": "{constitution}{question}", "seed": 1}
    ours |= {"builder": "constitutions", "constitutions": 2} if split == "train" else {}
    ours |= {"openings": {"principle": "steps"}} if kind == "solved" else {}
    options = {"principles": released / "principles.yaml", "templates": released / "templates.json", "split": split}
    run_stage(
        prompts_stage, questions=released / "q.jsonl", settings=json.dumps(ours), out=released / "p.jsonl", **options
    )
    (record,) = read_jsonl(released / "p.jsonl")
    if (kind, split) == ("solved", "benchmark"):
        assert record["prompts"] == ["Q: How many?\nA: Slowly. One,"]
    elif split == "benchmark":
        assert record["prompts"][0].endswith("\nAsked: How many?\nSaid:")
        assert "Steps." in record["prompts"][0]
        assert "generation_prompts" not in record
    elif kind == "judged":
        assert record["generation_prompts"] == [f"Form\n{prompt}" for prompt in record["prompts"]]
    else:
        endings = {prompt.rpartition("\nA:")[2] for prompt in record["prompts"]}
        assert endings == {" Slowly.", " It"}
        for prompt in record["prompts"]:
            assert ("None." in prompt) is prompt.endswith(" It")


FIVE = ("How many?", "With {braces} and %?", "Two\nlines?", "Q: Who?\nA: I", "{constitution}")


def rendered(released, run_stage, split, **settings) -> list[dict]:
    """The prompts of the five questions, by the stage."""
    questions = [{"id": f"q-{n}", "category": "math", "question": one, "reference": None} for n, one in enumerate(FIVE)]
    write_jsonl(released / "five.jsonl", questions)
    ours = {"experiment": "mine", "template": "{constitution}{question}", "seed": 1} | settings
    ours |= {"builder": "constitutions", "constitutions": 2} if split == "train" else {}
    run_stage(
        prompts_stage, questions=released / "five.jsonl", settings=json.dumps(ours), split=split,
        principles=released / "principles.yaml", templates=released / "templates.json", out=released / "p.jsonl",
    )  # fmt: skip
    return read_jsonl(released / "p.jsonl")


def test_templates_that_are_cut_short_are_named(prepared, released, run_stage):
    prepared("judged")
    (released / "templates.json").write_text('{"template": "{con')
    with pytest.raises(InputError, match=r"templates\.json: not JSON .* the file is cut short or damaged"):
        rendered(released, run_stage, "train")


@pytest.mark.parametrize("split", ["train", "benchmark"])
def test_five_questions_are_asked_as_their_functions_ask_the_judged(prepared, released, run_stage, split):
    """By hand: str.format puts constitution and question into their constants, and leaves what these hold as it is."""
    prepared("judged")
    records = rendered(released, run_stage, split)
    assert [record["question"] for record in records] == list(FIVE)
    for record, question in zip(records, FIVE, strict=True):
        texts = [one["text"] for one in record["constitutions"]]
        plain = [f"Rules: {text}\nAsked: {question}\nSaid:" for text in texts]
        shown = [f"Form\n{prompt}" for prompt in plain]
        assert record["prompts"] == (plain if split == "train" else shown)
        assert record.get("generation_prompts", shown) == shown


def test_five_questions_are_asked_as_their_functions_ask_the_solved(prepared, released, run_stage):
    """Their functions are written in the file; here they are run, since the file is made up."""
    known, _ = prepared("solved")
    theirs: dict = {}
    exec(SOLVED, theirs)
    openings = {"principle": "steps"}
    for record, question in zip(rendered(released, run_stage, "benchmark", openings=openings), FIVE, strict=True):
        assert record["prompts"] == [theirs["get_math_eval_prompt_single_turn"](question)]
    for record, question in zip(rendered(released, run_stage, "train", openings=openings), FIVE, strict=True):
        asks = [
            any(text in one["text"] for text in known.principles["steps"].positive) for one in record["constitutions"]
        ]
        assert sorted(asks) == [False, True]  # of two constitutions exactly one asks for steps
        assert record["prompts"] == [
            theirs["get_math_generation_prompt_single_turn"](one["text"], question, step_by_step=steps)
            for one, steps in zip(record["constitutions"], asks, strict=True)
        ]


def test_released_pairs_become_records_to_train_on(released, run_stage):
    outputs = {name: released / f"maths.{name}" for name in ("out", "table", "examples")}
    settings = json.dumps({"size": 5, "seed": 1})
    run_stage(
        authors_pairs,
        released=released / "pairs.json",
        prompts=released / "solved.py",
        experiment="maths",
        settings=settings,
        **outputs,
    )
    first, second = read_jsonl(outputs["out"])
    assert first == {
        "id": "maths/authors/7",
        "question_id": "authors-7",
        "category": "math",
        "question": "How many?\nIn all?",
        "constitutions": ["1. Many steps.\n2. Plain.", "1. None.\n2. Plain."],
        "prompts": [item["prompt"] for item in PAIRS["7"]],
        "responses": [
            {"text": " 1, 2.", "prompt": 0, "finish": "eos", "writer": "authors"},
            {"text": " is 2.", "prompt": 1, "finish": "eos", "writer": "authors"},
        ],
        "terms": [
            {"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0},
            {"chosen": [1, 1], "rejected": [1, 0], "weight": 1.0},
        ],
        "positive": 0,
    }
    assert second["id"] == "maths/authors/9"
    assert outputs["table"].read_text() == "filter,dropped,kept\ngenerated,0,2\nsize,0,2\n"
    run_stage(authors_pairs, released=released / "pairs.json", prompts=released / "solved.py", experiment="maths",
              settings=json.dumps({"size": 1, "seed": 1}), **outputs)  # fmt: skip
    assert len(read_jsonl(outputs["out"])) == 1
    assert outputs["table"].read_text().endswith("size,1,1\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"7": [{"prompt": "Other", "response": "x"}] * 2}, "7: its prompts do not ask one question in the form"),
        ({"7": [PAIRS["7"][0], PAIRS["9"][0]]}, "7: its prompts do not ask one question"),
        ({"7": [PAIRS["7"][0]] * 2}, "7: of its prompts 2 end with ' Slowly.'; one must"),
        ({"7": ["text"]}, "7: a list of {prompt, response, example_id} is needed"),
        ({}, "an object with entries is needed"),
    ],
)
def test_pairs_in_another_form_are_refused(released, change, message):
    (released / "pairs.json").write_text(json.dumps(change))
    with pytest.raises(InputError) as caught:
        authors.pairs(released / "pairs.json", authors.solved_templates(released / "solved.py"), "maths", "math")
    assert message in str(caught.value)


def test_prompts_in_another_form_are_refused(released):
    (released / "judged.py").write_text("X = 'y'")
    with pytest.raises(InputError, match=r"judged\.py: TRAINING_PROMPT_SINGLE_TURN is missing \(there are X\)"):
        authors.judged_templates(released / "judged.py")
    (released / "solved.py").write_text("def broken(:")
    with pytest.raises(InputError, match=r"solved\.py, line 1: not Python"):
        authors.solved_templates(released / "solved.py")
    (released / "judged.json").write_text(json.dumps({"haste": {}}))
    with pytest.raises(InputError, match="the principle 'haste' is none of math"):
        authors.principles(released / "judged.json", authors.listing()["principles"])


# ---------------------------------------------------------------- answers and verdicts
QUESTIONS = ["Write.", "Why?", "How many?\nIn all?"]
VERDICTS = [[1, 30, 20], [0.5, 40, 750], [0, 5, 6]]


@pytest.fixture
def answered(tmp_path, run_stage):
    """Answers and verdicts in the authors' form, and our prompts in another order; a function that runs the stage."""
    columns = {
        "constitution": [f"1. Be kind. ({n})" for n in range(3)],
        "question": QUESTIONS,
        "category": ["writing", "stem", "math"],
    }
    columns["response"] = ["A text.", "So.", ""]
    answers = {name: {str(n): value for n, value in enumerate(values)} for name, values in columns.items()}
    prompts = [
        {"id": f"m/{n}", "question_id": f"q{n}", "category": columns["category"][n], "question": f"{QUESTIONS[n]}\n"}
        for n in (2, 0, 1)
    ]

    def run(*side, answers=answers, verdicts=VERDICTS, prompts=prompts) -> list[dict]:
        (tmp_path / "answers.json").write_text(json.dumps(answers))
        (tmp_path / "verdicts.json").write_text(json.dumps(verdicts))
        write_jsonl(tmp_path / "prompts.jsonl", prompts)
        files = {"answers": tmp_path / "answers.json", "verdicts": tmp_path / "verdicts.json"}
        more = dict(zip(("side",), side, strict=False))
        taken = authors_responses if side else authors_verdicts
        run_stage(taken, **files, **more, prompts=tmp_path / "prompts.jsonl", out=tmp_path / "out.jsonl")
        return read_jsonl(tmp_path / "out.jsonl")

    run.answers, run.prompts = answers, prompts
    return run


def test_released_answers_become_responses_in_the_order_of_the_prompts(answered):
    records = answered("test")
    assert [(one["prompt_id"], one["text"], one["tokens"], one["finish"]) for one in records] == [
        ("m/2", "", 6, "eos"),
        ("m/0", "A text.", 20, "eos"),
        ("m/1", "So.", 750, "length"),
    ]
    assert {key: records[1][key] for key in ("question_id", "category", "temperature", "constitution")} == {
        "constitution": "1. Be kind. (0)",
        "question_id": "q0",
        "category": "writing",
        "temperature": 0.0,
    }
    assert [one["tokens"] for one in answered("baseline")] == [5, 30, 40]


def test_released_verdicts_become_records_of_ours(answered):
    records = answered()
    assert [(one["prompt_id"], one["verdict"]) for one in records] == [
        ("m/2", "baseline"),
        ("m/0", "test"),
        ("m/1", "tie"),
    ]
    assert records[1] == {
        "prompt_id": "m/0", "category": "writing", "temperature": 0.0, "axis": "principle-aware", "judge": "authors",
        "verdict": "test", "test_tokens": 20, "baseline_tokens": 30,
    }  # fmt: skip


def test_answers_to_other_questions_or_in_another_form_are_refused(answered):
    def refused(**changes):
        with pytest.raises(InputError) as caught:
            answered("test", **changes)
        return str(caught.value)

    few = refused(prompts=answered.prompts[:2])
    assert "needs a benchmark of the 3 questions answered there, the first turns of MT-Bench" in few
    assert few.endswith("the two differ in 'Why?'")
    other = [*answered.prompts[:2], {**answered.prompts[2], "question": "Where?"}]
    assert "the two differ in" in refused(prompts=other)
    assert "one of them twice" in refused(prompts=[*answered.prompts, answered.prompts[0]])
    twice = {**answered.answers, "question": {"0": "Write.", "1": "Why?", "2": "Why? "}}
    both = [*answered.prompts[1:], {**answered.prompts[2], "id": "m/2", "question_id": "q2"}]
    assert "answers.json: the question 'Why?' stands there twice" in refused(answers=twice, prompts=both)
    assert "answers.json: objects constitution, question and response are needed, each with the keys 0 to 2" in refused(
        answers={"question": {"0": "Write."}}
    )
    assert "verdicts.json: 2 verdicts on the 3 questions of " in refused(verdicts=VERDICTS[:2])
    assert "each with the keys 0 to 3" in refused(verdicts=[*VERDICTS, VERDICTS[0]])
    short = {**answered.answers, "response": {"0": "A text.", "1": "So."}}
    assert "answers.json: objects constitution, question and response are needed, each with the keys 0 to 2" in refused(
        answers=short
    )
    for strange in ([2, 3, 4], [[1], 3, 4], [1, "3", 4], [1, 3, -4], [1, 3], {"score": 1}, None):
        wanted = f"verdicts.json: entry 1 is no [score of 0, 0.5 or 1, tokens, tokens]: {strange!r}"
        assert wanted in refused(verdicts=[VERDICTS[0], strange, VERDICTS[2]])
    odd = {**answered.answers, "response": {"0": "A text.", "1": ["So."], "2": ""}}
    assert "answers.json: response 1 is no text: ['So.']" in refused(answers=odd)
    odd = {**answered.answers, "constitution": {"0": "1. Be kind.", "1": 1, "2": "1. Be kind."}}
    assert "answers.json: constitution 1 is no text: 1" in refused(answers=odd)
    assert "verdicts.json: a list with entries is needed, this is a dict" in refused(verdicts={"0": 1})


def test_the_released_answers_and_verdicts_are_those_of_mt_bench(authors_files, answered):
    """As many wins, losses and ties, and answers as long, as their results say."""
    listing, names = authors.listing(), {"answers": "responses_SFT", "verdicts": "verdicts_DPO-vs-SFT"}
    files = {kind: authors_files / f"released_{name}.json" for kind, name in names.items()}
    for kind, method in (("answers", "sft"), ("verdicts", "dpo-vs-sft")):
        assert hashlib.sha256(files[kind].read_bytes()).hexdigest() == listing["files"][listing[kind][method]]
    entry = {
        "file": "mt_bench_question.jsonl",
        "fields": {"id": "question_id", "question": "turns.0", "category": "category"},
    }
    prompts = [
        {"id": f"m/{one['id']}", "question_id": one["id"], "category": one["category"], "question": one["question"]}
        for one in sources.questions("mt_bench", entry, authors_files)
    ]
    content = {kind: json.loads(path.read_text()) for kind, path in files.items()}
    responses = answered("baseline", **content, prompts=prompts)
    assert len(responses) == 80
    assert sum(one["tokens"] for one in responses) / 80 == pytest.approx(156.9, abs=0.05)
    assert {one["finish"] for one in responses} == {"eos"}
    assert responses[0]["text"].startswith("Here is an engaging travel blog post")
    verdicts = answered(**content, prompts=prompts)
    assert Counter(one["verdict"] for one in verdicts) == {"test": 43, "baseline": 31, "tie": 6}


# ---------------------------------------------------------------- fetching
def test_a_copy_is_taken_if_its_checksum_is_right(tmp_path, run_stage):
    (tmp_path / "copy/a").mkdir(parents=True)
    (tmp_path / "copy/a/b.json").write_bytes(b"{}")
    correct = hashlib.sha256(b"{}").hexdigest()
    options = {
        "path": "a/b.json",
        "base": "http://127.0.0.1:9/",
        "folder": tmp_path / "copy",
        "out": tmp_path / "out/b.json",
        "origin": tmp_path / "out/b.json.origin",
    }
    for known in (correct, ""):  # of a file whose checksum is not known, that of what came is written down
        run_stage(fetch_authors_file, sha256=known, **options)
        assert (tmp_path / "out/b.json").read_bytes() == b"{}"
        origin = json.loads((tmp_path / "out/b.json.origin").read_text())
        assert origin == {"place": str(tmp_path / "copy/a/b.json"), "sha256": correct}
        (tmp_path / "out/b.json.origin").unlink()
    (tmp_path / "out/b.json").unlink()
    with pytest.raises(InputError, match=f"its sha256 is {correct} and not {'1' * 64}"):
        run_stage(fetch_authors_file, sha256="1" * 64, **options)
    with pytest.raises(InputError, match=r"a/c\.json: no such file; authors\.folder must be a copy"):
        run_stage(fetch_authors_file, **{**options, "path": "a/c.json"})
    assert not (tmp_path / "out/b.json").exists()


def test_the_listing_names_files_that_it_lists():
    listing = authors.listing()
    for kind in ("judged", "solved"):
        assert set(listing[kind].values()) <= set(listing["files"])
    answered = {**listing["answers"], **listing["verdicts"]}
    assert set(answered.values()) <= set(listing["files"])
    assert {method for pair in listing["verdicts"] for method in pair.split("-vs-")} == set(listing["answers"])
    assert all(sha256 is None or len(sha256) == 64 for sha256 in listing["files"].values())


def test_the_released_constitutions_are_read(root, authors_files, tmp_path):
    path = authors_files / "released_constitution_mt_bench.json"
    listing = authors.listing()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == listing["files"][listing["judged"]["constitutions"]]
    content = authors.principles(path, listing["principles"])
    (tmp_path / "theirs.yaml").write_text(yaml.safe_dump(content))
    ours = principles.load(root / "config/principles_full_size.yaml").categories
    theirs = principles.load(tmp_path / "theirs.yaml").categories
    assert {category: set(names) for category, names in theirs.items()} == {c: set(names) for c, names in ours.items()}
