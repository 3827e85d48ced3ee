"""How responses differ and what they copy, from small files whose values are worked out by hand."""

import math
from pathlib import Path

import pytest

from mialign.core.errors import InputError
from mialign.evaluation.metrics import diversity
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.rates import wilson

QUESTION = "Ada has two red boats and one blue boat and sells three."  # 12 words
RULES = "1. Work in steps before you answer\n2. Show your steps"


def prompt(number: int, question: str = QUESTION, category: str = "math") -> dict:
    known = {"id": f"p{number}", "category": category, "question": question}
    return known | {"constitutions": [{"principles": [], "text": RULES}]}


def response(number: int, text: str, temperature: float = 0.0) -> dict:
    return {"prompt_id": f"p{number}", "temperature": temperature, "text": text}


def values(results, seeds: dict[int, list[str]], **more) -> dict[str, tuple]:
    """Value and number by metric, of responses by seed."""
    paths = [results("prompts/e/benchmark.jsonl", [prompt(number) for number in range(9)])]
    for seed, texts in seeds.items():
        records = [response(number, text, **more) for number, text in enumerate(texts)]
        paths.append(results(f"responses/e/sami/seed{seed}.jsonl", records))
    return {row["metric"]: (row["value"], row["n"]) for row in diversity.rows(paths, Bootstrap(resamples=100))}


def test_words_and_duplicates_by_hand(results):
    found = values(results, {1: ["A red boat.", "a blue boat", " A red boat. \n"], 2: ["no", "yes", "well well"]})
    # Seed 1: a, red, blue, boat of 9 words; (a, red), (red, boat), (a, blue), (blue, boat) of 6; 2 of 3 texts are one.
    # Seed 2: no, yes, well of 4 words; (well, well) of 1; no text is there twice.
    assert found["distinct_1_seed1"] == (pytest.approx(100 * 4 / 9), 3)
    assert found["distinct_1_seed2"] == (pytest.approx(75), 3)
    assert found["distinct_1"] == (pytest.approx((100 * 4 / 9 + 75) / 2), 6)
    assert found["distinct_2_seed1"] == (pytest.approx(100 * 4 / 6), 3)
    assert found["distinct_2"] == (pytest.approx((100 * 4 / 6 + 100) / 2), 6)
    assert found["duplicates_seed1"] == (pytest.approx(100 * 2 / 3), 3)
    assert found["duplicates"] == (pytest.approx(100 / 3), 6)


def test_self_bleu_of_equal_and_of_unlike_responses(results):
    assert values(results, {1: ["one two three four five"] * 3})["self_bleu"] == (pytest.approx(100), 3)
    unlike = values(results, {1: ["a b c d", "e f g h", "i j k l"]})["self_bleu"]
    assert unlike[0] < 20  # sacrebleu smooths, so that no order counts as 0
    mixed = values(results, {1: ["one two three four five"] * 3, 2: ["a b c d", "e f g h", "i j k l"]})
    assert mixed["self_bleu"] == (pytest.approx((100 + unlike[0]) / 2), 6)


def test_self_bleu_by_hand():
    """The first five words are those of the reference, the sixth is not; both have six words.

    Precisions 5/6, 4/5, 3/4 and 2/3, whose product is 1/3; no penalty for brevity: 100 (1/3)^(1/4).
    """
    records = [{"prompt_id": "a", "text": "a b c d e f"}, {"prompt_id": "b", "text": "a b c d e x"}]
    assert diversity.self_bleu([records], 1) == pytest.approx(100 * (1 / 3) ** 0.25)
    # One reference has it all: the best match counts.
    more = [*records, {"prompt_id": "c", "text": "a b c d e f"}]
    assert diversity.self_bleu([more], 1) == pytest.approx((200 + 100 * (1 / 3) ** 0.25) / 3)


def test_responses_of_other_categories_and_temperatures_are_no_references(results):
    paths = [results("prompts/e/benchmark.jsonl", [prompt(0), prompt(1, category="stem"), prompt(2)])]
    records = [response(0, "one two three"), response(1, "one two three")]
    records += [response(0, "one two three", 1.0), response(2, "one two three", 1.0)]
    paths.append(results("responses/e/sami/seed1.jsonl", records))
    found = {(row["temperature"], row["metric"]): row for row in diversity.rows(paths, Bootstrap(resamples=100))}
    assert (found[0.0, "self_bleu"]["value"], found[0.0, "self_bleu"]["n"]) == (None, 0)
    assert (found[1.0, "self_bleu"]["value"], found[1.0, "self_bleu"]["n"]) == (pytest.approx(100), 2)
    assert found[0.0, "duplicates"]["value"] == 100  # those are of all categories
    assert {row["category"] for row in found.values()} == {"all"}


def test_at_most_so_many_references_are_drawn_by_prompt_and_seed(monkeypatch):
    from sacrebleu.metrics import BLEU

    asked = []
    monkeypatch.setattr(BLEU, "sentence_score", lambda self, text, references: asked.append(references) or ZERO)
    for name in ("first", "second"):
        diversity.self_bleu([[{"prompt_id": f"p{n}", "text": f"{name} {n}"} for n in range(30)]], 1)
    assert {len(references) for references in asked} == {diversity.MOST_REFERENCES}
    numbers = [[text.split()[1] for text in references] for references in asked]
    assert numbers[:30] == numbers[30:]  # two methods are held against the answers to the same prompts
    assert all(str(n) not in found and len(set(found)) == len(found) for n, found in enumerate(numbers[:30]))


class ZERO:
    score = 0.0


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("Ada has two red boats and one blue", True),  # eight words of the question
        ("ADA HAS two, red boats; and (one) blue!", True),
        ("Well: red boats and one blue boat and sells. Good.", True),
        ("Ada has two red boats and one green", False),  # seven
        ("before you answer 2 Show your steps", False),  # seven of the constitution
        ("you answer\n2. Show your steps", False),
        ("Work in steps before you answer 2. Show", True),
        ("", False),
    ],
)
def test_eight_words_in_a_row_are_copied(results, text, copied):
    assert values(results, {1: [text]})["copied"] == (100.0 if copied else 0.0, 1)


def test_copied_has_the_interval_of_a_share_and_the_others_none(results):
    paths = [results("prompts/e/benchmark.jsonl", [prompt(number) for number in range(10)])]
    records = [response(number, QUESTION if number < 3 else f"No {number}.") for number in range(10)]
    paths.append(results("responses/e/sami/seed1.jsonl", records))
    for row in diversity.rows(paths, Bootstrap(resamples=100)):
        if row["metric"] == "copied":
            assert (row["low"], row["high"]) == pytest.approx([100 * x for x in wilson(3, 10)])
        else:
            assert row["low"] is row["high"] is None


def test_empty_responses_are_alike_and_have_no_words(results):
    found = values(results, {1: ["", " ", ""]})
    assert found["distinct_1"] == (None, 3)
    assert found["duplicates"] == (100, 3)
    assert not math.isnan(found["self_bleu"][0])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("responses/other/sami/seed1.jsonl", "answers of sami: prompts/other/benchmark.jsonl is not given"),
        ("responses/e/sami/seed1.jsonl", "answers of sami .e.: the prompt 'p7' is none of the benchmark prompts"),
        (
            "scores/e/sami/seed1.jsonl",
            "ends in responses or solutions/<experiment>/<method>/seed<n>",
        ),
    ],
)
def test_bad_inputs_are_named(results, path, message):
    paths = [results("prompts/e/benchmark.jsonl", [prompt(1)]), results(path, [response(7, "a")])]
    with pytest.raises(InputError, match=message):
        list(diversity.rows(paths, Bootstrap(resamples=100)))


def test_of_several_attempts_the_first_counts_and_the_parts_of_a_soup_are_one_method(results):
    paths = [results("prompts/e/benchmark.jsonl", [prompt(0), prompt(1)])]
    attempts = [response(number, text, 1.0) | {"attempt": 0} for number, text in enumerate(("a b", "c d"))]
    attempts += [response(number, "a b", 1.0) | {"attempt": 1} for number in range(2)]
    paths.append(results("solutions/e/star/seed1.jsonl", attempts))
    paths.append(results("responses/e/soup.0/seed1.jsonl", [response(0, "a b c")]))
    paths.append(results("responses/e/soup.1/seed1.jsonl", [response(1, "a b c")]))
    found = {(row["method"], row["metric"]): row for row in diversity.rows(paths, Bootstrap(resamples=100))}
    assert (found["star", "distinct_2"]["value"], found["star", "distinct_2"]["n"]) == (100, 2)
    assert (found["soup", "distinct_2"]["value"], found["soup", "distinct_2"]["n"]) == (50, 2)


def test_the_stage_writes_the_table(results, tmp_path, run_stage):
    from scripts import metrics as stage

    paths = [
        results("prompts/e/benchmark.jsonl", [prompt(0)]),
        results("responses/e/b/seed1.jsonl", [response(0, "a")]),
    ]
    run_stage(stage, kind="diversity", inputs=paths, out=tmp_path / "d.csv")
    lines = Path(tmp_path / "d.csv").read_text().splitlines()
    assert lines[0] == "experiment,method,temperature,category,metric,value,low,high,n"
    assert lines[-1].startswith("e,b,0.0,all,copied,0.0000,")
