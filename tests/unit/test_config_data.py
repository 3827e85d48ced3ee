"""Sets of pairs and iterations in the configuration: what they stand for, and what cannot be."""

import pytest
from changes import REMOVE, change, refused
from hypothesis import given
from hypothesis import strategies as st

from mialign.config import loading
from mialign.config.iterations import expand_iterations
from mialign.core.errors import InputError
from mialign.core.files import write_jsonl
from mialign.data import sets
from mialign.data.prompts import slice_of
from mialign.paper.macros import foreseen

MT, MA = "experiments.multitask", "experiments.maths"
PAIRS = f"{MT}.data.strong_pairs"
SAMPLING = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 96, "seed": 1}


def more_pairs(settings: dict, name: str = "more_pairs", **changes) -> dict:
    """The settings with a second set of pairs for the first experiment."""
    block = {"from": "strong", "questions": "multitask_train", "sampling": SAMPLING, "size": 48, "seed": 1}
    settings["experiments"]["multitask"]["data"][name] = {**block, **changes}
    return settings


def multitask(settings: dict) -> dict:
    return loading.load(settings)["experiments"]["multitask"]


# ---------------------------------------------------------------- epochs
def in_epochs(settings: dict, epochs=1, name: str = "sami", **changes) -> dict:
    settings["experiments"]["multitask"]["methods"][name] |= {"epochs": epochs, **changes}
    return settings


def test_a_method_in_epochs_has_the_steps_of_its_set(miniature):
    found = multitask(in_epochs(miniature, 1.5))["methods"]
    assert (found["sami"]["steps"], found["sami"]["epochs"]) == (24, 1.5)  # 384 pairs are 16 batches of 24
    assert found["dpo"]["steps"] == 16
    assert "epochs" not in found["dpo"]


def test_of_a_training_in_epochs_a_method_may_have_steps_of_its_own(miniature):
    change(miniature, f"{MT}.training.steps", None)
    change(miniature, f"{MT}.training.epochs", 2)
    found = multitask(miniature)["methods"]
    assert (found["dpo"]["steps"], found["sft"]["steps"]) == (32, 8)
    assert "epochs" not in found["sft"]


def test_the_collapse_of_a_method_in_epochs_has_its_steps(miniature):
    curves = loading.load(in_epochs(miniature))["collapse"]["curves"].values()
    assert all(curve["steps"] == 48 and "epochs" not in curve for curve in curves)


def test_every_iteration_has_as_many_epochs_of_its_own_set(miniature):
    miniature["collapse"] = None
    miniature["experiments"]["multitask"]["comparisons"] = [["dpo", "sft"]]
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["size"] = 96
    found = multitask(in_epochs(miniature, iterations=2, validate_every=2))["methods"]
    assert [found[name]["steps"] for name in ("sami_1", "sami_2")] == [4, 4]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 8}, f"{MT}.methods.sami: steps and epochs both say how long a training is; take one out"),
        ({"epochs": 0}, f"{MT}.methods.sami.epochs: 0 is too small; it must be above 0"),
        ({"epochs": 0.05}, f"{MT}.methods.sami.epochs: 0.05 of 384 pairs (data.strong_pairs.size) is less than one b"),
        ({"epochs": 0.4}, f"{MT}.methods.sami.validate_every: 8 is above the 6 steps"),
        ({"choose": 7}, f"{MT}.methods.sami.choose: 7 is no checkpoint; there is one every 8 steps"),
        (
            {"choose": 8},
            f"{MT}.methods.sami.choose: step 8 may not be reached: data.strong_pairs may have as few as 0 ",
        ),
    ],
)
def test_epochs_that_cannot_be_are_named(miniature, changes, message):
    refused(in_epochs(miniature, **{"epochs": 1, **changes}), message)


def test_a_step_to_be_kept_is_reached_with_as_few_pairs_as_the_set_may_have(miniature):
    change(miniature, f"{PAIRS}.shortfall", 0.5)
    assert multitask(in_epochs(miniature, choose=8))["methods"]["sami"]["choose"] == 8
    change(miniature, f"{PAIRS}.shortfall", 0.51)
    refused(
        miniature,
        f"{MT}.methods.sami.choose: step 8 may not be reached: data.strong_pairs may have as few as 189 of 384 pairs "
        "(shortfall: 0.51), which make 7 steps (epochs: 1); lower choose or shortfall, or give steps",
    )


def test_a_set_that_draws_may_be_larger_than_its_questions(miniature):
    change(miniature, f"{PAIRS}.size", 4800)
    change(miniature, f"{PAIRS}.draws", {"pairs": 2, "at_most": 4800})
    assert multitask(miniature)["data"]["strong_pairs"]["draws"] == {"pairs": 2, "at_most": 4800}


# ---------------------------------------------------------------- sets
def test_a_set_has_its_defaults(miniature):
    data = multitask(more_pairs(miniature))["data"]
    assert data["more_pairs"] == {
        "from": "strong", "questions": ["multitask_train"], "builder": "constitutions", "constitutions": 2,
        "sampling": {**SAMPLING, "stop": []}, "filters": {"ended": True, "forbidden": []}, "size": 48, "seed": 1,
    }  # fmt: skip
    assert list(data) == ["strong_pairs", "more_pairs"]


def test_of_pairs_that_the_authors_released_only_size_and_seed_count(miniature):
    miniature["experiments"]["maths"]["data"]["own_pairs"]["from"] = "authors"  # as an overlay does it
    maths = loading.load(miniature)["experiments"]["maths"]
    assert maths["data"]["own_pairs"] == {"from": "authors", "size": 288, "seed": 62}
    assert (sets.writing_method(maths, "own_pairs"), sets.writing_model(maths, "own_pairs")) == (None, None)
    assert maths["generator"] == "weak"


def test_a_method_takes_its_own_set_or_that_of_training_or_the_only_one(miniature):
    more_pairs(miniature)["experiments"]["multitask"]["methods"]["dpo"]["data"] = "more_pairs"
    methods = multitask(miniature)["methods"]
    assert {name: method["data"] for name, method in methods.items()} == {
        "sft": "strong_pairs", "sft_more": "strong_pairs", "sft_all": "strong_pairs", "dpo": "more_pairs",
        "sami": "strong_pairs",
    }  # fmt: skip
    only = loading.load(change(miniature, f"{MA}.training.data", REMOVE))["experiments"]["maths"]
    assert {method["data"] for method in only["methods"].values()} == {"own_pairs"}


def test_a_method_without_a_set_is_told_so_where_there_are_several(miniature):
    more_pairs(change(miniature, f"{MT}.training.data", REMOVE))
    refused(miniature, f"{MT}.methods.sft: the key 'data' is missing; give it here or under the experiment's training")


def test_sets_are_written_by_the_base_a_model_or_a_method(miniature):
    more_pairs(miniature, "of_base", **{"from": "base"})
    more_pairs(miniature, "of_method", **{"from": "sft"})
    miniature["experiments"]["multitask"]["methods"]["dpo"]["data"] = "of_method"
    found = multitask(miniature)
    assert {name: sets.writing_model(found, name) for name in found["data"]} == {
        "strong_pairs": "strong", "of_base": "weak", "of_method": None,
    }  # fmt: skip
    assert [sets.writing_method(found, name) for name in found["data"]] == [None, None, "sft"]
    assert sets.used_sets(found) == ["strong_pairs", "of_method"]


WRITTEN = [("strong_pairs", "strong"), ("of_base", "weak"), ("of_method", "weak")]


@pytest.mark.parametrize(("data", "generator"), WRITTEN)
def test_the_model_shown_beside_the_methods_wrote_their_pairs_or_is_the_base(miniature, data, generator):
    more_pairs(miniature, "of_base", **{"from": "base"})
    more_pairs(miniature, "of_method", **{"from": "sft"})
    miniature["experiments"]["multitask"]["methods"]["sft"]["data"] = "strong_pairs"
    assert multitask(change(miniature, f"{MT}.training.data", data))["generator"] == generator


BAD = [
    (f"{PAIRS}.from", "storng", f"{PAIRS}.from: there is no model or method 'storng'; did you mean 'strong'?"),
    (f"{PAIRS}.from", "sft_mroe", f"{PAIRS}.from: there is no model or method 'sft_mroe'; did you mean 'sft_more'?"),
    (f"{PAIRS}.from", REMOVE, f"{PAIRS}.from: the key is missing"),
    (f"{PAIRS}.sampling", None, f"{PAIRS}.sampling: the key is missing"),
    (f"{PAIRS}.size", None, f"{PAIRS}.size: the key is missing"),
    (f"{PAIRS}.sizes", 3, f"{PAIRS}.sizes: unknown key; did you mean 'size'?"),
    (f"{PAIRS}.from", "authors", f"{PAIRS}.from: the authors released pairs only for attempts that are counted"),
    (f"{MT}.training.data", "strong_pair", f"{MT}.training.data: there is no set of pairs 'strong_pair'; did you"),
    (f"{MT}.methods.dpo.data", "pairs", f"{MT}.methods.dpo.data: there is no set of pairs 'pairs'; there are strong_"),
    ("models.dpo", {"path": "no/such"}, f"{MT}.data.more_pairs.from: 'dpo' is a model and a method; give the mod"),
    ("models.base", {"path": "no/such"}, f"{MA}.data.own_pairs.from: 'base' is a model and the base of the exper"),
    (f"{MT}.data", {}, f"{MT}.data: at least 1 needed"),
    # slices
    (f"{PAIRS}.slice", {"part": 3, "of": 2}, f"{PAIRS}.slice.part: 3 is above the 2 slices that there are"),
    (f"{PAIRS}.slice", {"part": 0, "of": 2}, f"{PAIRS}.slice.part: 0 is too small; the least is 1"),
    (f"{PAIRS}.slice", {"part": 1}, f"{PAIRS}.slice.of: the key is missing"),
    # draws
    (f"{PAIRS}.draws", {"pairs": 2}, f"{PAIRS}.draws.at_most: the key is missing"),
    (
        f"{PAIRS}.draws",
        {"pairs": 2, "at_most": 191},
        f"{PAIRS}.draws.at_most: 191 draws of 2 pairs cannot give the 384",
    ),
    (f"{PAIRS}.filters.ended", "itself", f"{PAIRS}.filters.ended: 'itself' is not possible; did you mean 'by_itself'?"),
    # builders and objectives
    (f"{PAIRS}.builder", "constitution", f"{PAIRS}.builder: 'constitution' is not possible; did you mean 'constitutio"),
    (
        f"{PAIRS}.builder",
        "other_question",
        f"{PAIRS}.constitutions: it belongs to builder constitutions, not to other_question; take it out",
    ),
    (
        f"{MT}.methods.dpo.objective",
        "mipo",
        f"{MT}.methods.dpo.objective: mipo takes pairs of other_question or context, and these are of cons",
    ),
    (
        f"{PAIRS}.constitutions",
        1,
        f"{MT}.methods.dpo.data: dpo compares responses, and strong_pairs has one a question; raise data.strong_pairs.",
    ),
    (f"{MT}.methods.dpo.train_on", "all", f"{MT}.methods.dpo.train_on: it belongs to objective sft, not to dpo"),
    (f"{MT}.methods.sft.train_on", "positive", f"{MT}.methods.sft.train_on: 'positive' is not possible; did you mean"),
    (f"{MT}.methods.dpo.over", "rows", f"{MT}.methods.dpo.over: it belongs to objective infonce, not to dpo"),
    (f"{MT}.methods.dpo.beta_c", 0.1, f"{MT}.methods.dpo.beta_c: it belongs to objective mi_epo, not to dpo"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD, ids=[f"{path}={str(value)[:20]}" for path, value, _ in BAD])
def test_bad_sets_are_named(miniature, path, value, message):
    if "more_pairs" in message:
        more_pairs(miniature, **{"from": "dpo"})
    refused(change(miniature, path, value), message)


@pytest.mark.parametrize("name", ["validation", "benchmark", "information"])
def test_a_set_is_not_named_as_other_prompts_are(miniature, name):
    refused(more_pairs(miniature, name), f"{MT}.data.{name}: the prompts of {name} questions have this name")


def test_the_name_of_a_set_serves_in_file_names(miniature):
    refused(more_pairs(miniature, "a/b"), f"{MT}.data: the name 'a/b' does not serve in file names")


def test_sets_are_told_apart_by_the_macros_of_the_paper(miniature):
    refused(
        more_pairs(miniature, "strongPairs"),
        "data: multitask strong_pairs and multitask strongPairs would both be MultitaskStrongPairs in the macros",
    )
    del miniature["experiments"]["multitask"]["data"]["strongPairs"]
    refused(more_pairs(miniature, "Validation"), "data: multitask validation and multitask Validation would both be")


def test_pairs_that_the_authors_released_are_of_constitutions(miniature):
    maths = miniature["experiments"]["maths"]
    maths["data"]["own_pairs"]["from"] = "authors"
    loading.load(miniature)
    maths["methods"]["sami"] |= {"objective": "mipo"}
    refused(miniature, f"{MA}.methods.sami.objective: mipo takes pairs of other_question or context, and these are")
    maths["methods"]["sami"] |= {"objective": "sami"}
    miniature["models"]["authors"] = {"path": "no/such"}
    refused(miniature, f"{MA}.data.own_pairs.from: 'authors' is a model and who released pairs; give the model another")


def test_pairs_of_one_response_serve_what_only_reads_the_chosen(miniature):
    more_pairs(miniature, constitutions=1)["experiments"]["multitask"]["methods"]["sft"]["data"] = "more_pairs"
    assert multitask(miniature)["methods"]["sft"]["data"] == "more_pairs"


def test_a_builder_goes_with_its_objectives(miniature):
    more_pairs(miniature, builder="other_question")
    method = {"parent": "sft", "objective": "mipo", "data": "more_pairs", "learning_rate": 0.1}
    miniature["experiments"]["multitask"]["methods"]["mipo"] = method
    assert multitask(miniature)["methods"]["mipo"]["beta"] == 0.1
    method["objective"] = "dpo"
    assert multitask(miniature)["methods"]["mipo"]["label_smoothing"] == 0.0
    method["objective"] = "sami"
    refused(
        miniature,
        f"{MT}.methods.mipo.objective: sami takes pairs of constitutions or context, and these are of other_question",
    )


@pytest.mark.parametrize(
    ("part", "of", "there"), [(1, 1, 480), (1, 2, 240), (2, 2, 240), (4, 7, 69), (5, 7, 68), (7, 7, 68), (480, 480, 1)]
)
def test_a_slice_gives_no_more_pairs_than_it_has_questions(miniature, part, of, there):
    more_pairs(miniature, slice={"part": part, "of": of}, size=there)
    loading.load(miniature)
    miniature["experiments"]["multitask"]["data"]["more_pairs"]["size"] = there + 1
    refused(
        miniature,
        f"{MT}.data.more_pairs.size: {there + 1} pairs need as many training questions; there are {there}",
    )


def test_a_batch_is_no_larger_than_the_set_that_its_method_is_trained_on(miniature):
    more_pairs(miniature, size=23)["experiments"]["multitask"]["methods"]["dpo"]["data"] = "more_pairs"
    refused(
        miniature,
        f"{MT}.methods.dpo: its batch of 24 (its own, or training.batch of the experiment) is more than all 23 pairs "
        "of more_pairs (data.more_pairs.size)",
    )
    miniature["experiments"]["multitask"]["methods"]["dpo"]["batch"] = 23
    loading.load(miniature)


def test_a_set_leaves_room_for_a_prompt_in_the_context_of_the_model_that_writes_it(miniature):
    miniature["models"]["short"] = {
        **miniature["models"]["trunk"],
        "architecture": {**miniature["models"]["trunk"]["architecture"], "context": 96},
    }
    more_pairs(miniature, **{"from": "short"})
    refused(
        miniature,
        f"{MT}.data.more_pairs.sampling.max_tokens: 96 leave no room for a prompt in the context of short (96)",
    )


# ---------------------------------------------------------------- solutions
HINT = "Question: {question}\nIt is {answer}.\nAnswer: {opening}\n"


def verified(settings: dict, methods: dict | None = None, **changes) -> dict:
    """The settings with a set of solutions for the word problems, and a method that is trained on it."""
    block = {"from": "base", "questions": "maths_train", "builder": "solutions", "sampling": SAMPLING, "size": 48}
    maths = settings["experiments"]["maths"]
    maths["data"]["verified"] = {**block, "seed": 1, **changes}
    star = {"parent": "base", "objective": "sft", "learning_rate": 0.0001, "data": "verified"}
    maths["methods"] |= methods or {"star": star}
    return settings


def test_solutions_have_their_defaults(miniature):
    found = loading.load(verified(miniature))["experiments"]["maths"]["data"]["verified"]
    assert (found["keep"], found.get("hint"), "shortfall" in found) == ("any", None, False)


def test_the_verified_arm_and_its_controls(miniature):
    verified(miniature, keep="correct", hint=HINT, shortfall=0)
    data = miniature["experiments"]["maths"]["data"]
    plain = {key: value for key, value in data["verified"].items() if key not in ("hint", "keep")}
    data |= {"unfiltered": {**plain, "size": 288}, "random_subset": plain}
    star = miniature["experiments"]["maths"]["methods"]["star"]
    controls = {name: {**star, "data": name} for name in ("unfiltered", "random_subset")}
    miniature["experiments"]["maths"]["methods"] |= controls
    found = loading.load(miniature)["experiments"]["maths"]["methods"]
    steps = {(found[name]["steps"], found[name]["batch"]) for name in ("star", *controls)}
    assert steps == {(12, 24)}


BAD_SOLUTIONS = [
    ({"hint": HINT}, ".hint: with keep: any every plain response is kept"),
    ({"keep": "wrong"}, ".keep: 'wrong' is not possible; there are correct, any"),
    ({"keep": "correct", "hint": "{question} {opening}"}, ".hint: the field {answer} is missing"),
    (
        {"keep": "correct", "hint": HINT + "{constitution}"},
        ".hint: there is nothing to fill the field {constitution} with",
    ),
    ({"keep": "correct", "hint": ""}, ".hint: at least 1 needed, this has 0"),
    ({"shortfall": 1.1}, ".shortfall: 1.1 is too large; the most is 1"),
    ({"constitutions": 2}, ".constitutions: it belongs to builder constitutions, not to solutions; take it out"),
    (
        {"keep": "correct", "questions": "multitask_train"},
        ".questions: solutions that are checked or hinted need a number",
    ),
]


@pytest.mark.parametrize(("more", "message"), BAD_SOLUTIONS, ids=[str(more)[:40] for more, _ in BAD_SOLUTIONS])
def test_bad_sets_of_solutions_are_named(miniature, more, message):
    refused(verified(miniature, **more), f"{MA}.data.verified{message}")


def test_an_objective_that_compares_has_nothing_to_compare_in_solutions(miniature):
    verified(miniature)["experiments"]["maths"]["methods"]["star"]["objective"] = "dpo"
    refused(miniature, f"{MA}.methods.star.data: dpo compares responses, and verified has one a question; take another")


def test_each_round_of_solutions_is_trained_from_the_base_on_what_the_round_before_wrote(miniature):
    method = {"parent": "base", "objective": "sft", "learning_rate": 0.0001, "data": "verified", "iterations": 3}
    verified(miniature, {"star": {**method, "alternate": 1}}, keep="correct", hint=HINT)
    found = loading.load(miniature)["experiments"]["maths"]
    names = ["star_1", "star_2", "star_3"]
    assert [found["data"][name]["from"] for name in names] == ["base", "star_1", "star_2"]
    assert {found["methods"][name]["parent"] for name in names} == {"base"}
    for name in names:
        block = found["data"][name]
        assert (block["keep"], block["hint"], block["slice"]) == ("correct", HINT, {"part": 1, "of": 1})
        assert (block["size"], block["sampling"]["seed"]) == (48, 1)


# ---------------------------------------------------------------- choices
CHOICES = {"question": "Which?", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "B"}
OF_CHOICES = {"fields": {"question": "question", "choices": "choices", "reference": "answerKey"}, "category": "math"}


def of_choices(settings: dict, folder, *others: str) -> dict:
    """The settings with multiple choice as the benchmark of the word problems, beside other sources."""
    write_jsonl(folder / "one.jsonl", [CHOICES])
    write_jsonl(folder / "other.jsonl", [{**CHOICES, "question": "Which other?"}])
    settings["data"] = str(folder)
    settings["sources"] |= {name: {"file": f"{name}.jsonl", **OF_CHOICES} for name in ("one", "other")}
    settings["experiments"]["maths"]["questions"] |= {"validation": "other", "benchmark": ["one", *others]}
    return settings


def test_attempts_may_be_at_choices(miniature, tmp_path):
    names = {number.name for number in foreseen.numbers(loading.load(of_choices(miniature, tmp_path)), ["math"])}
    assert {"accuracyMathsSamiInTen", "accuracyMathsSamiInTenByMipo"} <= names
    assert "accuracyMathsSamiInTenByAuthors" not in names


def test_attempts_may_be_at_choices_of_our_world(miniature):
    for use in ("validation", "benchmark"):
        miniature["sources"][f"choices_{use}"] = {"synthetic": "choices", "split": use, "size": 8, "seed": 1}
        miniature["experiments"]["maths"]["questions"][use] = f"choices_{use}"
    names = {number.name for number in foreseen.numbers(loading.load(miniature), ["math"])}
    assert "accuracyMathsSamiInTenByMipo" in names
    assert "accuracyMathsSamiInTenByAuthors" not in names


def test_a_corpus_of_choices_is_written_in_the_prompts_of_their_experiment(miniature):
    miniature["models"]["weak"]["corpus"]["choices"] = 100
    refused(miniature, "experiments.choices.evaluation: the key is missing, and the corpora of models")


def test_choices_and_numbers_are_no_benchmark_together(miniature, tmp_path):
    said = refused(of_choices(miniature, tmp_path, "maths_benchmark"))
    assert said == (
        f"{MA}.questions.benchmark: the answer of sources.maths_benchmark (synthetic: maths), is a number and that of "
        f"{tmp_path / 'one.jsonl'}, line 1, a letter; give each kind an experiment of its own"
    )


def test_of_choices_no_mark_stands_before_the_answer(miniature, tmp_path):
    of_choices(miniature, tmp_path)["sources"]["one"]["answer_after"] = "####"
    refused(miniature, "sources.one.answer_after: of choices the answer is the label alone; take the key out")


# ---------------------------------------------------------------- circles
@pytest.mark.parametrize(
    ("writer", "circle"),
    [
        ("sft", "methods.sft -> data.strong_pairs -> methods.sft is a circle, where each needs the next; let another"),
        ("dpo", "methods.sft -> data.strong_pairs -> methods.dpo -> methods.sft is a circle"),
    ],
)
def test_no_set_is_written_by_a_method_that_needs_it(miniature, writer, circle):
    refused(change(miniature, f"{PAIRS}.from", writer), f"{MT}: {circle}")


def test_a_circle_over_two_sets_is_named_in_full(miniature):
    more_pairs(miniature, **{"from": "sami"})
    methods = miniature["experiments"]["multitask"]["methods"]
    methods["sft"]["data"] = "more_pairs"
    methods["sami"] |= {"parent": "base"}
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["from"] = "sft"
    refused(
        miniature,
        f"{MT}: methods.sft -> data.more_pairs -> methods.sami -> data.strong_pairs -> methods.sft is a circle",
    )


# ---------------------------------------------------------------- iterations
BLOCK = {"from": "strong", "questions": "q", "size": 5}


def experiment(methods: dict, **more) -> dict:
    return {"data": {"pairs": BLOCK}, "training": {"data": "pairs"}, "methods": methods, **more}


def test_iterations_are_methods_and_sets_in_the_place_of_the_method():
    methods = {"sft": {"parent": "base"}, "mi": {"parent": "sft", "beta": 0.2, "iterations": 3}, "last": {}}
    found = expand_iterations("e", experiment(methods))
    own = {"parent": "sft", "beta": 0.2}
    assert list(found["methods"]) == ["sft", "mi_1", "mi_2", "mi_3", "last"]
    assert found["methods"]["mi_1"] == {**own, "data": "mi_1", "label": "MI 1", "iteration_of": "mi"}
    assert found["methods"]["mi_3"] == {**own, "data": "mi_3", "label": "MI 3", "iteration_of": "mi"}
    assert found["data"] == {
        "pairs": BLOCK,
        "mi_1": {**BLOCK, "slice": {"part": 1, "of": 3}},
        "mi_2": {**BLOCK, "from": "mi_1", "slice": {"part": 2, "of": 3}},
        "mi_3": {**BLOCK, "from": "mi_2", "slice": {"part": 3, "of": 3}},
    }


def test_iterations_may_take_slices_in_turn_and_have_a_set_and_a_label_of_their_own():
    other = {**BLOCK, "from": "base"}
    method = {"parent": "base", "iterations": 3, "alternate": 2, "data": "other", "label": "Mine"}
    found = expand_iterations("e", {**experiment({"mi": method}), "data": {"pairs": BLOCK, "other": other}})
    assert [method["label"] for method in found["methods"].values()] == ["Mine 1", "Mine 2", "Mine 3"]
    taken = [(found["data"][name]["from"], found["data"][name]["slice"]) for name in ("mi_1", "mi_2", "mi_3")]
    assert taken == [
        ("base", {"part": 1, "of": 2}),
        ("mi_1", {"part": 2, "of": 2}),
        ("mi_2", {"part": 1, "of": 2}),
    ]


def test_each_iteration_has_its_own_of_a_list_of_steps():
    methods = {"mi": {"parent": "base", "steps": [2, 4, 6], "iterations": 3, "batch": 8}}
    found = expand_iterations("e", experiment(methods))["methods"]
    assert [method["steps"] for method in found.values()] == [2, 4, 6]
    assert {method["batch"] for method in found.values()} == {8}


def test_one_iteration_takes_all_questions():
    found = expand_iterations("e", experiment({"mi": {"parent": "base", "iterations": 1}}))
    assert found["data"]["mi_1"] == {**BLOCK, "slice": {"part": 1, "of": 1}}


def test_iterations_of_a_run_are_whole_methods_each_written_by_the_one_before(miniature):
    sami = miniature["experiments"]["multitask"]["methods"]["sami"]
    sami |= {"iterations": 2, "adapter": {"rank": 2, "alpha": 4}}
    miniature["collapse"] = None
    miniature["experiments"]["multitask"] |= {"comparisons": [["sami_2", "sami_1"]]}
    miniature["experiments"]["multitask"]["data"]["strong_pairs"]["size"] = 240
    del miniature["experiments"]["multitask"]["training"]["data"]  # there is one set only
    found = multitask(miniature)
    first, second = (dict(found["methods"][name]) for name in ("sami_1", "sami_2"))
    assert (first.pop("data"), second.pop("data")) == ("sami_1", "sami_2")
    assert (first.pop("label"), second.pop("label")) == ("SAMI 1", "SAMI 2")
    assert first == second
    assert (first["parent"], first["steps"], first["adapter"]["dropout"]) == ("sft", 16, 0.0)
    assert [sets.writing_model(found, name) for name in ("sami_1", "sami_2")] == ["strong", None]
    assert [sets.writing_method(found, name) for name in ("sami_1", "sami_2")] == [None, "sami_1"]
    assert found["generator"] == "strong"


BAD_ITERATIONS = [
    ({"iterations": 0}, f"{MT}.methods.sami.iterations: 0 is too small; the least is 1"),
    ({"iterations": 2.0}, f"{MT}.methods.sami.iterations: a whole number is needed, this is 2.0"),
    ({"iterations": 3, "alternate": 0}, f"{MT}.methods.sami.alternate: 0 is too small; the least is 1"),
    ({"iterations": 3, "alternate": 1}, f"{MT}.methods.sami.alternate: 1 gives every iteration the same questions"),
    ({"iterations": 3, "steps": [2, 4]}, f"{MT}.methods.sami.steps: [2, 4] are 2, and there are 3 iterations"),
    ({"iterations": 2, "steps": [2, 0]}, f"{MT}.methods.sami.steps[1]: 0 is too small; the least is 1"),
    ({"steps": [2, 4]}, f"{MT}.methods.sami.steps: a list has those of iterations; give these, or one number"),
    ({"alternate": 2}, f"{MT}.methods.sami.alternate: it goes with iterations; give these or take it out"),
    (
        {"iterations": 2, "data": "strong_pair"},
        f"{MT}.methods.sami.data: there is no set of pairs 'strong_pair'; did you mean 'strong_pairs'?",
    ),
    (
        {"iterations": 2, "objective": "dpo", "kl": 0.1},
        f"{MT}.methods.sami_1.kl: it belongs to objective sami or infonce, not to dpo",
    ),
    ({"iterations": 2}, f"{MT}.data.sami_1.size: 384 pairs need as many training questions; there are 240"),
]


@pytest.mark.parametrize(("more", "message"), BAD_ITERATIONS, ids=[str(more) for more, _ in BAD_ITERATIONS])
def test_bad_iterations_are_named(miniature, more, message):
    miniature["collapse"] = None
    miniature["experiments"]["multitask"]["comparisons"] = [["dpo", "sft"]]
    miniature["experiments"]["multitask"]["methods"]["sami"] |= more
    refused(miniature, message)


def by_hand(settings: dict, first: dict | None, second: dict | None, parent: str = "sft", **changes) -> dict:
    """The settings with two iterations as nodes: mine_1 on own_1, and mine_2 on own_2, which mine_1 writes."""
    blocks = {"own_1": ("strong", first), "own_2": ("mine_1", second)}
    for name, (writer, taken) in blocks.items():
        more_pairs(settings, name, **{"from": writer, "slice": taken, **changes})
    method = {"objective": "sft", "learning_rate": 0.1}
    settings["experiments"]["multitask"]["methods"] |= {
        "mine_1": {**method, "parent": "sft", "data": "own_1"},
        "mine_2": {**method, "parent": parent, "data": "own_2"},
    }
    return settings


def cut(part: int, of: int) -> dict:
    return {"part": part, "of": of}


OVERLAPPING = [
    (None, None),
    (cut(1, 2), None),
    (cut(1, 2), cut(1, 2)),
    (cut(1, 2), cut(3, 4)),  # places 1, 3, 5, 7 and 3, 7, 11
    (cut(1, 2), cut(2, 3)),  # places 1, 3, 5 and 2, 5, 8
    (cut(2, 6), cut(4, 4)),  # places 2, 8, 14 and 4, 8, 12
]
APART = [(cut(1, 2), cut(2, 2)), (cut(1, 2), cut(4, 4)), (cut(1, 3), cut(2, 6)), (cut(1, 4), cut(2, 6))]


@pytest.mark.parametrize(("first", "second"), OVERLAPPING)
def test_a_set_does_not_ask_again_what_its_writer_was_trained_on(miniature, first, second):
    refused(
        by_hand(miniature, first, second),
        f"{MT}.data.own_2.slice: own_2 gives mine_2 questions of own_1, on which its writer mine_1 was trained; give "
        "the two sets slices that share none, so that mine_2 does not see the questions of the iteration before it, "
        "or train mine_2 from mine_1 (methods.mine_2.parent)",
    )


@pytest.mark.parametrize(("first", "second"), APART)
def test_a_set_may_ask_what_its_writer_was_not_trained_on(miniature, first, second):
    assert multitask(by_hand(miniature, first, second))["methods"]["mine_2"]["parent"] == "sft"


def test_a_set_may_ask_its_writers_questions_for_a_method_that_is_trained_from_it(miniature):
    assert multitask(by_hand(miniature, None, None, parent="mine_1"))["methods"]["mine_2"]["parent"] == "mine_1"


def test_a_set_of_solutions_may_ask_its_writers_questions(miniature):
    found = multitask(by_hand(miniature, None, None, builder="solutions"))
    assert found["data"]["own_2"]["builder"] == "solutions"


def test_a_set_of_other_questions_may_be_whole(miniature):
    entry = miniature["sources"]["multitask_train"]
    miniature["sources"]["more_train"] = {**entry, "seed": entry["seed"] + 1}
    by_hand(miniature, None, None)["experiments"]["multitask"]["data"]["own_1"]["questions"] = "more_train"
    loading.load(miniature)


def test_a_set_that_no_method_is_trained_on_may_have_its_writers_questions(miniature):
    del by_hand(miniature, None, None)["experiments"]["multitask"]["methods"]["mine_2"]
    loading.load(miniature)


SLICES = st.integers(1, 12).flatmap(lambda of: st.builds(cut, st.integers(1, of), st.just(of)))


@given(SLICES, SLICES)
def test_slices_overlap_as_places_counted_one_by_one_do(one, other):
    places = list(range(one["of"] * other["of"]))  # after these the places of both begin again
    shared = set(slice_of(places, **one)) & set(slice_of(places, **other))
    assert sets.slices_overlap(one, other) == bool(shared)


SOURCES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)


@given(SLICES, SLICES, SOURCES, SOURCES, st.permutations([7, 23, 40]))
def test_sets_that_are_said_to_share_a_question_do(one, other, first, second, sizes):
    def asked(taken: dict, names: list[str]) -> set:
        there = dict(zip("abc", (144 + size for size in sizes), strict=True))
        return set(slice_of([(name, place) for name in names for place in range(there[name])], **taken))

    said = sets.share_questions({"slice": one, "questions": first}, {"slice": other, "questions": second})
    shared = asked(one, first) & asked(other, second)
    assert shared or not said
    assert said or not shared or first != second


def test_what_names_a_method_with_iterations_must_say_which(miniature):
    miniature["experiments"]["multitask"]["methods"]["sami"]["iterations"] = 2
    said = refused({**miniature, "collapse": None})
    assert said.startswith(f"{MT}.comparisons[1]: there is no method or model 'sami'; did you mean 'sami_")
    refused(miniature, "collapse.method: there is no method 'sami'; did you mean 'sami_")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"methods": {"mi_2": {}}}, "e.methods.mi_2: the iterations of mi take this name; give one of them another"),
        ({"data": {"mi_1": BLOCK}}, "e.data.mi_1: the iterations of mi take this name; give one of them another"),
        ({"data": {"pairs": {**BLOCK, "slice": {"part": 1, "of": 2}}}}, "e.methods.mi.data: pairs has slice, which"),
        ({"data": {"pairs": {"from": "authors", "size": 1}}}, "e.methods.mi.data: pairs has from: authors, which does"),
        ({"training": {}}, "e.methods.mi: the key 'data' is missing; name the set of pairs that the iterations repeat"),
    ],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_iterations_that_cannot_be_are_named(more, message, first):
    mi = {"mi": {"parent": "base", "iterations": 2}}
    methods = {**mi, **more.get("methods", {})} if first else {**more.get("methods", {}), **mi}
    data = {"pairs": BLOCK, **more.get("data", {})}
    with pytest.raises(InputError) as caught:
        expand_iterations("e", {**experiment(methods), **more, "methods": methods, "data": data})
    assert str(caught.value).startswith(message)


def test_two_methods_may_not_stand_for_the_same_iterations():
    two = {"mi": {"parent": "base", "iterations": 2}, "mi_1": {"parent": "base", "iterations": 1}}
    with pytest.raises(InputError, match=r"e\.methods\.mi_1: the iterations of mi take this name"):
        expand_iterations("e", experiment(two))
