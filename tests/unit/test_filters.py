"""The filters and the choice of pairs: values worked out by hand, and properties that hold for any responses."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.filters import ORDER, Response, active_filters, first_failure, prefix_differs
from mialign.data.pairs import choose, select_pairs
from scripts import pairs as stage

PAPER = {
    "ended": True,
    "forbidden": ["Question:"],
    "length_ratio": 3.0,
    "shorter_at_least": 5,
    "prefix_distance": 0.5,
}


def failure(*responses, **filters):
    """The first failure of responses given as texts or (text, finish)."""
    made = [Response(*((item, "eos") if isinstance(item, str) else item)) for item in responses]
    return first_failure(made, active_filters(filters))


def prompt(number, count=2):
    return {
        "id": f"e/train/{number}",
        "question_id": str(number),
        "category": "math",
        "question": f"Question {number}?",
        "constitutions": [{"principles": [], "text": f"1. Rule {index}"} for index in range(count)],
        "prompts": [f"prompt {number} {index}" for index in range(count)],
    }


def generations(prompts, texts, finish="eos"):
    return [
        {"prompt_id": prompt["id"], "prompt": index, "text": text, "finish": finish}
        for prompt, responses in zip(prompts, texts, strict=True)
        for index, text in enumerate(responses)
    ]


def wanted_of(filters, size, seed=1, builder="constitutions"):
    """The settings of a set of pairs, as far as they are of its pairs."""
    return {"builder": builder, "filters": filters, "size": size, "seed": seed}


# ---------------------------------------------------------------- by hand
@pytest.mark.parametrize(
    ("longer", "shorter", "fraction", "differs"),
    [
        ("kitten, and more", "sitting", 0.4, True),  # "kitten," against "sitting": k>s, e>i, ",">g = 3 > 2.8
        ("kitten, and more", "sitting", 0.43, False),  # 3 is not above 3.01
        ("abcdefgh", "abcd", 0.0, False),  # the prefix is the same
        ("abcdefgh", "wxyz", 0.5, True),  # 4 substitutions > 2
        ("abxyefgh", "abcd", 0.5, False),  # exactly half is not above half
        ("bcdaefgh", "abcd", 0.5, False),  # one insertion and one deletion = 2
        ("", "", 0.5, False),
    ],
)
def test_prefix_distance_by_hand(longer, shorter, fraction, differs):
    assert prefix_differs(longer, shorter, fraction) is differs


def test_prefix_distance_looks_at_no_more_than_the_prefix():
    assert not prefix_differs("same" + "x" * 100, "same", 0.5)


@pytest.mark.parametrize(
    ("responses", "filters", "expected"),
    [
        ((("a", "length"), "b"), {"ended": True}, "ended"),
        ((("a", "length"), "b"), {"ended": False}, None),
        ((("a", "stop"), "b"), {"ended": True}, None),
        ((("a", "stop"), "b"), {"ended": "by_itself"}, "ended"),
        ((("a", "eos"), "b"), {"ended": "by_itself"}, None),
        ((("a", "length"), "b"), {}, None),
        ((("a", "stop"), ("b", "eos")), {"ended": True}, None),
        (("", "b"), {}, "empty"),
        (("a", " \n\t"), {}, "empty"),
        (("a Question: b", "b"), {"forbidden": ["Rules:", "Question:"]}, "forbidden"),
        (("a question: b", "b"), {"forbidden": ["Question:"]}, None),
        (("same", "same\n"), {}, "identical"),
        (("a", "b", "a"), {}, "identical"),
        (("a" * 30, "b" * 10), {"length_ratio": 3.0}, None),
        (("b" * 10, "a" * 29), {"length_ratio": 3.0}, "length_ratio"),
        (("a" * 30, "b" * 4), {"shorter_at_least": 5}, "shorter_at_least"),
        (("a" * 30, "b" * 5), {"shorter_at_least": 5}, None),
        (("abcd" + "e" * 8, "abcd"), {"prefix_distance": 0.5}, "prefix_distance"),
        (("ab", "xy"), {"prefix_distance": 0.5}, None),
        # of several responses the longest is held against the shortest
        (("a" * 9, "b" * 5, "c" * 3), {"length_ratio": 3.0}, None),
        (("a" * 9, "b" * 5, "aaa"), {"prefix_distance": 0.5}, "prefix_distance"),
        # the first failure counts
        ((("", "length"), "Question:"), {"ended": True, "forbidden": ["Question:"]}, "ended"),
        (("ÄÖÜ" * 3, "xyz"), {"length_ratio": 3.0, "shorter_at_least": 3}, None),  # characters, not bytes
    ],
)
def test_filters_by_hand(responses, filters, expected):
    assert failure(*responses, **filters) == expected


def test_an_unknown_filter_is_refused():
    with pytest.raises(InputError, match=r"'longest'.*length_ratio"):
        active_filters({"longest": 3})


def test_counts_examples_and_pairs_by_hand():
    prompts = [prompt(number) for number in range(6)]
    texts = [("a", "b"), ("", "b"), ("a", ""), ("", ""), ("c", "c"), ("x", "y")]
    made = [{**one, "tokens": 7, "seed": 3, "writer": "digest", "more": 1} for one in generations(prompts, texts)]
    selection = select_pairs(prompts, made, wanted_of({"ended": True}, size=1))
    assert selection.table == [
        {"filter": "generated", "dropped": 0, "kept": 6},
        {"filter": "ended", "dropped": 0, "kept": 6},
        {"filter": "empty", "dropped": 3, "kept": 3},
        {"filter": "identical", "dropped": 1, "kept": 2},
        {"filter": "size", "dropped": 1, "kept": 1},
    ]
    assert [(row["filter"], row["question"]) for row in selection.examples] == [
        ("empty", "Question 1?"),
        ("empty", "Question 2?"),
        ("identical", "Question 4?"),
    ]
    (pair,) = selection.pairs
    number = int(pair["question_id"])
    assert pair == {
        "id": f"e/train/{number}",
        "question_id": str(number),
        "category": "math",
        "question": f"Question {number}?",
        "constitutions": ["1. Rule 0", "1. Rule 1"],
        "prompts": [f"prompt {number} 0", f"prompt {number} 1"],
        "responses": [
            {"text": text, "finish": "eos", "tokens": 7, "seed": 3, "writer": "digest", "prompt": place}
            for place, text in enumerate(texts[number])
        ],
        "terms": [
            {"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0},
            {"chosen": [1, 1], "rejected": [1, 0], "weight": 1.0},
        ],
        "positive": 0,
    }


def test_the_builder_of_a_set_makes_its_records():
    prompts = [prompt(number, count=1) for number in range(4)]
    made = generations(prompts, [("a",), ("",), ("c",), ("d",)])
    selection = select_pairs(prompts, made, wanted_of({}, size=2, builder="other_question"))
    first, second = selection.pairs
    (mine, other), (same, again) = ([one["text"] for one in pair["responses"]] for pair in (first, second))
    assert mine == again != other == same  # of the two that were chosen, not of those that were not or dropped
    assert [one["prompt"] for one in first["responses"]] == [0, None]
    assert first["responses"][1]["question_id"] == second["question_id"]
    assert first["prompts"] == [f"prompt {first['question_id']} 0"]
    assert first["terms"] == [{"chosen": [0, 0], "rejected": [0, 1], "weight": 1.0}]
    with pytest.raises(InputError, match="only one question is left"):
        select_pairs(prompts, made, wanted_of({}, size=1, builder="other_question"))
    with pytest.raises(InputError, match="there is none called 'pairs'"):
        select_pairs(prompts, made, wanted_of({}, size=2, builder="pairs"))


# ---------------------------------------------------------------- properties
TEXTS = st.text(alphabet="abc Question:\n{}", max_size=25)
RESPONSES = st.tuples(TEXTS, st.sampled_from(["eos", "stop", "length"]))
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "ended": st.sampled_from([True, False, "by_itself"]),
        "forbidden": st.lists(st.sampled_from(["Question:", "cab", "{"]), max_size=2),
        "length_ratio": st.floats(1, 4),
        "shorter_at_least": st.integers(0, 6),
        "prefix_distance": st.floats(0, 1),
    },
)


@given(
    st.lists(st.tuples(RESPONSES, RESPONSES), min_size=1, max_size=12), FILTERS, st.integers(1, 12), st.integers(0, 9)
)
@settings(max_examples=200, deadline=None)
def test_counts_add_up_and_what_stays_satisfies_every_filter(texts, filters, size, seed):
    prompts = [prompt(number) for number in range(len(texts))]
    made = [
        {"prompt_id": p["id"], "prompt": index, "text": text, "finish": finish}
        for p, responses in zip(prompts, texts, strict=True)
        for index, (text, finish) in enumerate(responses)
    ]
    texts = [[(text.rstrip() if finish == "stop" else text, finish) for text, finish in own] for own in texts]
    wanted = wanted_of(filters, size, seed)
    passing = active_filters(filters)
    if all(first_failure([Response(*one) for one in responses], passing) for responses in texts):
        with pytest.raises(InputError, match="no pair is left"):
            select_pairs(prompts, made, wanted)
        return
    selection = select_pairs(prompts, made, wanted)
    assert selection == select_pairs(prompts, made[::-1], wanted)
    for before, row in zip(selection.table, selection.table[1:], strict=False):
        assert row["kept"] == before["kept"] - row["dropped"]
    names = [row["filter"] for row in selection.table]
    assert names == ["generated", *(name for name in ORDER if name in names), "size"]
    passed = selection.table[-2]["kept"]
    assert len(selection.pairs) == selection.table[-1]["kept"] == min(size, passed)
    assert all(sum(row["filter"] == name for row in selection.examples) <= 2 for name in names)

    by_id = {p["id"]: responses for p, responses in zip(prompts, texts, strict=True)}
    for pair in selection.pairs:
        responses = by_id[pair["id"]]
        kept = [one["text"] for one in pair["responses"]]
        assert kept == [text for text, _ in responses]
        assert [one["finish"] for one in pair["responses"]] == [finish for _, finish in responses]
        longer, shorter = sorted(kept, key=len, reverse=True)
        assert all(text.strip() for text in kept)
        assert longer.strip() != shorter.strip()
        assert not filters.get("ended") or all(finish != "length" for _, finish in responses)
        assert filters.get("ended") != "by_itself" or all(finish == "eos" for _, finish in responses)
        assert not any(string in text for string in filters.get("forbidden", []) for text in kept)
        assert len(longer) >= filters.get("length_ratio", 1) * len(shorter)
        assert len(shorter) >= filters.get("shorter_at_least", 0)

    again = [prompt for prompt in prompts if prompt["id"] in {pair["id"] for pair in selection.pairs}]
    their = [generation for generation in made if generation["prompt_id"] in {prompt["id"] for prompt in again}]
    assert select_pairs(again, their, wanted).pairs == selection.pairs


@given(st.integers(1, 40), st.integers(0, 50), st.integers(0, 9))
def test_the_choice_has_the_size_and_order_and_hardly_moves(count, size, seed):
    prompts = [prompt(number) for number in range(count)]
    chosen = choose(prompts, size, seed)
    assert len(chosen) == min(size, count)
    assert [p for p in prompts if p in chosen] == chosen
    fewer = choose(prompts[:-1], size, seed)
    assert len([p for p in fewer if p not in chosen]) <= 1


def test_the_seed_changes_the_choice():
    prompts = [prompt(number) for number in range(40)]
    assert len({tuple(p["id"] for p in choose(prompts, 20, seed)) for seed in range(5)}) == 5


# ---------------------------------------------------------------- bad input, and the stage
def test_generations_must_be_there_once_each():
    prompts = [prompt(0), prompt(1)]
    wanted = wanted_of({}, size=1)
    whole = generations(prompts, [("a", "b"), ("c", "d")])
    with pytest.raises(InputError, match=r"1 of 4 generations are missing.*e/train/1.*prompt 1.*cut short"):
        select_pairs(prompts, whole[:-1], wanted)
    with pytest.raises(InputError, match="there twice"):
        select_pairs(prompts, [*whole, whole[0]], wanted)
    with pytest.raises(InputError, match=r"'other'.*belongs to no prompt"):
        select_pairs(prompts, [*whole, {**whole[0], "prompt_id": "other"}], wanted)
    for broken in ({"text": None}, {"finish": "done"}):
        with pytest.raises(InputError, match=r"e/train/0.*prompt 0: text must be a string, and finish one of eos"):
            select_pairs(prompts, [{**whole[0], **broken}, *whole[1:]], wanted)


@pytest.mark.parametrize(
    ("texts", "filters", "message"),
    [
        (
            [("a", "b")] * 3 + [("", "b")],
            {"length_ratio": 3},
            "of 4 questions.*empty 1, length_ratio 3.*lower filters.length",
        ),
        ([("a", "a")], {}, "identical 1.*raise sampling.temperature"),
        ([("a", "b")], {"shorter_at_least": 50}, "shorter_at_least 1.*lower filters.shorter_at_least"),
        ([], {}, "no prompts"),
    ],
)
def test_no_pair_left_says_which_key_to_loosen(texts, filters, message):
    prompts = [prompt(number) for number in range(len(texts))]
    with pytest.raises(InputError, match=message):
        select_pairs(prompts, generations(prompts, texts), wanted_of(filters, size=1))


def test_the_stage_writes_pairs_table_and_examples(tmp_path, capsys, run_stage):
    nasty = 'He said, "50 % of $x_1$ & <b>;\n`rm -rf ~`", \\end{document}'
    prompts = [prompt(number) for number in range(3)]
    write_jsonl(tmp_path / "prompts.jsonl", prompts)
    write_jsonl(
        tmp_path / "generations.jsonl", generations(prompts, [(nasty, "b"), ("c", "c"), (nasty + "c", nasty + "c ")])
    )
    wanted = json.dumps(wanted_of({"ended": True}, size=2))
    names = {"prompts": "prompts.jsonl", "generations": "generations.jsonl"}
    names |= {"out": "pairs.jsonl", "table": "filters.csv", "examples": "examples.csv"}
    run_stage(stage, settings=wanted, **{name: tmp_path / file for name, file in names.items()})
    assert "1 pairs, fewer than size (2)" in capsys.readouterr().err
    (pair,) = read_jsonl(tmp_path / "pairs.jsonl")
    assert [one["text"] for one in pair["responses"]] == [nasty, "b"]
    assert (tmp_path / "filters.csv").read_text() == (
        "filter,dropped,kept\ngenerated,0,3\nended,0,3\nempty,0,3\nidentical,2,1\nsize,0,1\n"
    )
    with (tmp_path / "examples.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["response_2"] for row in rows] == ["c", nasty + "c "]
    wanted = json.dumps(wanted_of({"length_ratio": 900}, size=2))
    with pytest.raises(InputError, match=r"generations\.jsonl: no pair is left"):
        run_stage(stage, settings=wanted, **{name: tmp_path / file for name, file in names.items()})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names.values())
