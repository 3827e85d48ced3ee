"""What goes wrong with answers, from small files whose values are worked out by hand."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.evaluation.metrics import degeneration
from mialign.evaluation.ngrams import ngrams
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.rates import wilson

QUESTION = "Ada has two red boats and sells one."


def prompt(number: int, instructions: str = "Rules:\n1. Work in steps before you answer\n") -> dict:
    return {
        "id": f"p{number}",
        "question_id": f"q{number}",
        "category": "math",
        "question": QUESTION,
        "reference": None,
        "prompts": [f"{instructions}Question: {QUESTION}\nAnswer:\n"],
    }


def answer(number: int, text: str, finish: str = "eos", temperature: float = 0.0, tokens: int = 5) -> dict:
    keys = {"prompt_id": f"p{number}", "question_id": f"q{number}", "temperature": temperature}
    return keys | {"text": text, "finish": finish, "tokens": tokens}


def found(results, records: dict[str, list[dict]], prompts=None) -> dict[tuple, tuple]:
    """Value and number by (method, temperature, metric), of answers by the end of their path."""
    paths = [results("prompts/e/benchmark.jsonl", prompts or [prompt(number) for number in range(4)])]
    paths += [results(path, given) for path, given in records.items()]
    rows = degeneration.rows(paths, Bootstrap(resamples=100))
    return {(row["method"], row["temperature"], row["metric"]): (row["value"], row["n"]) for row in rows}


def test_by_hand(results):
    texts = [
        (
            "A red boat. A red boat. A red boat!",
            "eos",
        ),  # three n-grams of four words, each there twice
        ("work in steps: before", "length"),  # all four words are the rules'
        ("Well, Ada has two red boats and no more.", "stop"),  # ada has two red boats and
        ("", "eos"),
    ]
    records = [answer(number, *text, tokens=number) for number, text in enumerate(texts)]
    values = {key[2]: value for key, value in found(results, {"responses/e/sami/seed1.jsonl": records}).items()}
    assert values["ended"] == (75, 4)
    assert values["tokens"] == (1.5, 4)
    assert values["seq_rep_4"] == (pytest.approx(100 * (1 - 3 / 6) / 4), 4)  # the first has six runs, three of them new
    assert values["copied_instructions"] == (pytest.approx(100 * 4 / 22), 22)  # of 9, 4, 9 and 0 words
    assert values["copied_question"] == (pytest.approx(100 * 6 / 22), 22)


def test_ngrams_do_not_reach_over_the_question(results):
    records = [answer(0, "Rules question answer now")]
    prompts = [prompt(0, "Rules ") | {"prompts": [f"Rules question {QUESTION} answer now"]}]
    values = found(results, {"responses/e/sami/seed1.jsonl": records}, prompts)
    assert values["sami", 0.0, "copied_instructions"] == (0, 4)


@pytest.mark.parametrize(
    ("text", "repeated"),
    [("", 0), ("a b c", 0), ("a b c d", 0), ("a a a a a", 1 / 2), ("a b a b a b a b", 3 / 5)],
)
def test_repetition_by_hand(text, repeated):
    assert degeneration.repeated(text.split()) == pytest.approx(repeated)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_copied_words_are_those_that_a_slow_search_finds(words, source):
    text, slow = " ".join(source), set()
    for start in range(len(words) - 3):
        if any(source[at : at + 4] == words[start : start + 4] for at in range(len(source))):
            slow |= set(range(start, start + 4))
    assert degeneration.copied(words, set(ngrams(text.split(), 4))) == len(slow)
    assert 0 <= degeneration.repeated(words) < 1


def test_attempts_and_the_parts_of_a_soup_count_together(results):
    attempts = [answer(0, "one", "eos"), answer(0, "two", "length"), answer(1, "three", "length", temperature=1.0)]
    values = found(results, {"solutions/e/star/seed1.jsonl": attempts})
    assert values["star", 0.0, "ended"] == (50, 2)
    assert values["star", 1.0, "ended"] == (0, 1)
    soups = {f"responses/e/soup.{point}/seed1.jsonl": [answer(point, "one")] for point in range(3)}
    assert found(results, soups)["soup", 0.0, "ended"] == (100, 3)


def test_content_is_right_wrong_or_cannot_be_told(results):
    """Of two letters one is correct; nothing can tell what is correct of the third."""
    prompts = [prompt(0) | {"reference": "B"}, prompt(1) | {"reference": "C"}, prompt(2)]
    records = [answer(number, "The answer is B.") for number in range(3)]
    assert found(results, {"responses/e/m/seed1.jsonl": records}, prompts)["m", 0.0, "correct"] == (50, 2)
    assert found(results, {"responses/e/m/seed1.jsonl": records[2:]}, prompts)["m", 0.0, "correct"] == (None, 0)


def test_intervals_are_of_shares_and_draw_questions_with_all_their_answers(results):
    paths = [results("prompts/e/benchmark.jsonl", [prompt(number) for number in range(10)])]
    records = [answer(number, "a", "eos" if number < 3 else "length") for number in range(10)]
    paths.append(results("responses/e/m/seed1.jsonl", records))
    (row,) = (row for row in degeneration.rows(paths, Bootstrap(resamples=100)) if row["metric"] == "ended")
    assert (row["low"], row["high"]) == pytest.approx([100 * x for x in wilson(3, 10)])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("responses/other/sami/seed1.jsonl", "answers of sami: prompts/other/benchmark.jsonl is not given"),
        ("solutions/e/sami/seed1.jsonl", "answers of sami .e.: the prompt 'p7' is none of the benchmark prompts"),
        ("scores/e/sami/seed1.jsonl", "expected a path that ends in responses or solutions/<experiment>"),
    ],
)
def test_bad_inputs_are_named(results, path, message):
    with pytest.raises(InputError, match=message):
        found(results, {path: [answer(7, "a")]})


def test_the_stage_writes_the_table(results, tmp_path, run_stage):
    from scripts import metrics as stage

    paths = [results("prompts/e/benchmark.jsonl", [prompt(0)]), results("responses/e/b/seed1.jsonl", [answer(0, "a")])]
    run_stage(stage, kind="degeneration", inputs=paths, out=tmp_path / "d.csv")
    lines = Path(tmp_path / "d.csv").read_text().splitlines()
    assert lines[0] == "experiment,method,temperature,metric,value,low,high,n"
    assert lines[1].startswith("e,b,0.0,ended,100.0000,")
