"""The paper's numbers: names, forms, signs, and that the text asks for nothing that a run does not have."""

import csv
import json
import re

import made_up_run
import pytest

from mialign.core.errors import InputError
from mialign.core.macro_names import name, words
from mialign.data import principles
from mialign.paper import formatting
from mialign.paper.macros import accuracy, comparisons, foreseen, macro_file, published, settings, training
from mialign.paper.macros.number_formats import Number, forms, sign
from scripts import numbers as script

ROOT = made_up_run.ROOT
NOTHING_SET = {"experiments": {}}


def run_script(folder, config):
    import argparse

    parser = argparse.ArgumentParser()
    script.arguments(parser)
    options = [
        "--paper",
        str(ROOT / "paper"),
        "--settings",
        json.dumps(config),
        "--out",
        str(folder / "paper/numbers.tex"),
    ]
    for metric in ("comparisons", "qualities", "accuracy", "training"):
        options += [f"--{metric}", str(folder / f"metrics/{metric}.csv")]
    options += ["--filters", *map(str, sorted((folder / "pairs").rglob("*.filters.csv")))]
    options += ["--prompts", str(folder / "prompts/multitask/benchmark.jsonl")]
    options += ["--published", *map(str, sorted(made_up_run.PUBLISHED.glob("*.csv")))]
    script.main(parser.parse_args(options))
    return {row["name"]: row["text"] for row in lineage(folder)}


def lineage(folder):
    with (folder / "paper/numbers.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_settings_stand_beside_as_the_config_has_them(tmp_path):
    config = made_up_run.config() | {"run": "with-kl", "seeds": [1, 2]}
    config["experiments"]["multitask"]["methods"]["sft"]["learning_rate"] = 0.0000125
    config["experiments"]["multitask"]["template"] = "{constitution} 100 % & {question}"
    found = {number.name: number for number in settings.of_settings(config)}
    assert found["configRun"].setting == "with-kl"
    assert found["configSeeds"].setting == "[1, 2]"
    assert found["configExperimentsMultitaskMethodsSftLearningRate"].setting == "1.25e-05"
    assert found["configExperimentsMultitaskTemplate"].setting == "{constitution} 100 % & {question}"
    assert found["seedsInWords"].setting == ""  # what follows from settings is none
    rows = list(csv.DictReader(macro_file.lineage(found, {}).splitlines()))
    assert {row["setting"] for row in rows if row["origin"] == "config: run"} == {"with-kl"}


def paper_sources(chapter: bool = False):
    """What the paper is made of, or the chapter of the neighbours, which a run of its own fills."""
    files = [path for path in (ROOT / "paper").rglob("*.tex") if path.stem.endswith("neighbours") == chapter]
    return [path.read_text(encoding="utf-8") for path in files]


def names_asked(sources):
    r"""The names that the paper's source asks for with \val, \rate, \bysign and their kind."""
    return {name for source in sources for _, name in macro_file.ASKED.findall(source)}


def test_names_are_letters_only():
    assert words("sft_more", 10, 0.7) == "SftMoreTenZeroPointSeven"
    assert name("win", "multitask", "sami2", 32) == "winMultitaskSamiTwoThirtyTwo"
    assert name("a", 100) == "aOneZeroZero"


@pytest.mark.parametrize(
    ("low", "high", "side"), [(51, 60, "above"), (40, 49, "below"), (49, 51, "unclear"), (50, 51, "unclear")]
)
def test_sign(low, high, side):
    assert sign({"value": 50, "low": low, "high": high, "n": 4}, 50) == side


@pytest.mark.parametrize("row", [None, {"value": None, "n": 4}, {"value": 3.0, "low": 1, "high": 2, "n": 0}])
def test_what_was_not_measured_says_so(row):
    texts = {number.name: number.text for number in forms("win", row, "win_rate", "")}
    assert texts["win"] == r"\notmeasured{}"
    assert texts["winSign"] == "missing"
    assert "winRate" not in texts


def test_a_rate_in_which_ties_are_won_is_held_against_nothing():
    row = {"value": 70, "low": 60, "high": 80, "n": 9}
    names = {number.name for number in forms("winTiesWon", row, "win_rate_ties_won", "")}
    assert "winTiesWonRate" in names
    assert "winTiesWonSign" not in names


def test_mipo_has_its_own_win_rate():
    config = made_up_run.config()
    for expected in (False, True):
        found = {number.name for number in foreseen.numbers(config, ["math"])}
        assert ("winTiesWonMultitaskSamiSftRate" in found) is expected
        made_up_run.with_another_set(config)


def test_an_accuracy_among_no_answers_is_none():
    row = {"metric": "accuracy_given_concise", "value": None, "low": None, "high": None, "n": 0}
    assert [number.text for number in forms("a", row, row["metric"], "")] == ["none", "0"]


def test_forms_of_a_rate_and_of_a_difference():
    row = {"value": 61.04, "low": 58.96, "high": 63.0, "n": 1440}
    texts = {number.name: number.text for number in forms("w", row, "win_rate", "")}
    expected = {"w": "61.0", "wLow": "59.0", "wHigh": "63.0", "wN": "1,440", "wRate": r"61.0\,\% [59.0, 63.0]"}
    assert texts == expected | {"wSign": "above", "wPoints": "$+$61.0 points [$+$59.0, $+$63.0]"}
    row = {"value": -1.26, "low": -3.0, "high": 0.04, "n": 5}
    texts = {number.name: number.text for number in forms("d", row, "difference_base", "")}
    assert texts["dPoints"] == "$-$1.3 points [$-$3.0, 0.0]"
    assert texts["dSign"] == "unclear"


def test_a_difference_of_shares_is_held_against_nothing():
    row = {"experiment": "maths", "method": "sft", "temperature": 0.0, "attempts": 1.0, "extractor": "strict"}
    row |= {"metric": "steps_share_difference_base", "value": 5, "low": 1, "high": 9, "n": 3}
    found = {number.name: number.text for number in accuracy.of_accuracy([row], "", NOTHING_SET)}
    assert found["stepsShareDifferenceBaseMathsSftInOneSign"] == "above"
    assert found["stepsShareDifferenceBaseMathsSftInOnePoints"] == "$+$5.0 points [$+$1.0, $+$9.0]"


def test_tokens_of_a_method_are_those_of_its_experiment_up_to_the_kept_step():
    experiment = {"methods": {"a": {"parent": "base"}, "b": {"parent": "base"}, "lost": {"parent": "base"}}}
    kept = {("e", "a"): 1200.0, ("e", "b"): 300.0, ("f", "a"): 7.0}
    table = [
        {"experiment": title, "method": method, "seed": 1, "step": step, "metric": metric, "value": value}
        for (title, method), tokens in kept.items()
        for step, metric, value in ((1, "response_tokens", tokens), (2, "response_tokens", 9e6), (1, "selected", 1.0))
    ]
    found = {one.name: one.text for one in training.of_tokens(table, "", {"experiments": {"e": experiment}})}
    assert found == {"trainedTokensEA": "1,200", "trainedTokensEB": "300"}


def test_a_share_is_of_all_answers_that_were_sampled_however_many():
    row = {"experiment": "maths", "method": "sft", "temperature": 1.0, "attempts": 10.0, "extractor": "strict"}
    row |= {"metric": "steps_share", "value": 5, "low": 1, "high": 9, "n": 3}
    assert accuracy.of_accuracy([row], "", NOTHING_SET)[0].name == "stepsShareMathsSftSampled"
    row["metric"] = "accuracy"
    assert accuracy.of_accuracy([row], "", NOTHING_SET)[0].name == "accuracyMathsSftInTen"


def test_published_numbers_have_one_name_at_whatever_temperature_a_run_samples():
    row = {"experiment": "maths", "method": "sft", "temperature": 1.0, "attempts": 10.0, "extractor": "authors"}
    row |= {"metric": "accuracy", "value": 1, "low": None, "high": None, "n": 3, "source": "text: x"}
    (found,) = published.of_published([row], "")
    assert found.name == "publishedTextAccuracyMathsSftInTen"


def test_questions_that_repeat_are_counted_once():
    (found,) = accuracy.of_repeats("multitask", ["Why?", "How?", "Why?"], "prompts/multitask/benchmark.jsonl")
    origin = "prompts/multitask/benchmark.jsonl: different questions"
    assert (found.name, found.text, found.origin) == ("differentItemsMultitask", "2", origin)
    assert accuracy.of_repeats("multitask", ["Why?", "How?"], "") == []


def test_a_published_range_is_given_as_one():
    row = {"experiment": "e", "method": "a", "baseline": "b", "axis": "principle-free", "temperature": 0.0}
    row |= {"category": "all", "metric": "win_rate", "value": 50, "low": 49, "high": 51, "source": "text: x"}
    (found,) = published.of_published([row], "")
    assert (found.name, found.text) == ("publishedTextWinEABFree", "49.0--51.0")


def test_categories_are_sorted_by_their_intervals():
    def row(category, value):
        keys = {"experiment": "e", "method": "m", "baseline": "b", "axis": "principle-aware", "temperature": 0.0}
        return keys | {
            "category": category,
            "metric": "win_rate",
            "value": value,
            "low": value - 5,
            "high": value + 5,
            "n": 9,
        }

    table = [row("math", 60), row("stem", 70), row("coding", 50), row("wri_ting", 40)]
    found = {number.name: number.text for number in comparisons.of_comparisons(table, "")}
    assert found["winEMBCategoriesAboveList"] == "math and STEM"
    assert found["winEMBCategoriesBelowList"] == found["winEMBWorstCategory"] == r"wri\_ting"
    assert found["winEMBCategoriesBelow"] == "1"
    assert found["winEMBCategoriesUnclearList"] == "coding"
    assert found["winEMBBestCategory"] == "STEM"


@pytest.mark.parametrize("overlays", [[], ["config/smollm2.yaml"]], ids=["miniature", "smollm2"])
def test_every_number_of_a_run_was_foreseen(tmp_path, overlays):
    config = made_up_run.config(*overlays)
    numbers = run_script(made_up_run.write_run(tmp_path, config), config)
    measured = {name for name in numbers if not name.startswith("published")}
    names = {number.name for number in foreseen.numbers(config, principles.load(config["principles"]).categories)}
    assert len(measured) > 1000
    # The made-up run knows nothing of defaults, and has a step for base models that it does not train.
    assert {name for name in measured - names if not name.startswith("config")} == set()


def test_a_shared_name_is_refused():
    with pytest.raises(InputError, match="share the name winAB"):
        macro_file.unique([Number("winAB", "1", "x"), Number("winAB", "2", "y")])


def test_a_macro_is_used_if_the_text_prints_it_or_chooses_by_it():
    numbers = {key: Number(key, "1", "") for key in ("a", "aRate", "b", "bSign", "c", "d", "dPoints")}
    found = macro_file.used(numbers, [r"\rate{a} is \verdict{b}, \points{c}", "and d"])
    assert list(found) == ["aRate", "bSign", "c"]


def test_between_what_bounds_all_models_lie():
    def row(method, value, category="all"):
        keys = {"experiment": "e", "method": method, "temperature": 0.0, "category": category, "metric": "ended"}
        return keys | {"value": value, "low": value, "high": value, "n": 9}

    def span(*rows):
        return {number.name: number.text for number in comparisons.of_qualities(list(rows), "")}["spanEndedE"]

    assert span(row("base", 99.5), row("sft", 98), row("sft", 10, "math")) == "98.0 to 99.5"
    assert span(row("base", 100), row("sft", 99.99)) == "100.0"


def test_settings_become_numbers():
    config = made_up_run.config()
    config["models"]["weak"]["corpus"]["link"] = {"multitask": 0.5, "maths": 0.61, "evaluation": 0.4}
    config["experiments"]["multitask"]["methods"]["sami"]["learning_rate"] = 0.0003
    found = {number.name: number.text for number in settings.of_settings(config)}
    assert found["configModelsWeakCorpusLinkMaths"] == "0.61"
    assert found["configExperimentsMultitaskMethodsSamiLearningRate"] == r"\ensuremath{3\times10^{-4}}"
    assert found["seedsInWords"] == "three seeds"
    assert found["parametersTrunk"] == "0.98 million"
    assert [found[f"{name}Sign"] for name in ("syntheticQuestions", "ownModels", "programJudge")] == ["above"] * 3
    assert [found[f"modelMultitask{role}"] for role in ("Base", "Generator", "Judge")] == ["weak", "strong", "checkers"]


def test_settings_of_given_models_and_a_language_model_as_judge():
    found = {number.name: number.text for number in settings.of_settings(made_up_run.config("config/full_size.yaml"))}
    assert [found[f"{name}Sign"] for name in ("syntheticQuestions", "ownModels", "programJudge")] == ["below"] * 3
    assert found["modelMultitaskGenerator"] == formatting.model("meta-llama/Llama-3.1-8B-Instruct")
    assert found["modelMultitaskJudge"] == formatting.model("gpt-4o-2024-08-06")
    assert found["questionsMultitaskValidation"] == "up to 128"


def test_a_further_judge_has_its_name_where_its_verdicts_count():
    row = {"experiment": "multitask", "method": "sami", "baseline": "sft", "temperature": 0.0, "category": "all"}
    row |= {"metric": "win_rate", "value": 60.0, "low": 55.0, "high": 65.0, "n": 9}
    own = row | {"axis": "principle-aware", "judge": "judge"}
    found = {one.name: one.text for one in comparisons.of_comparisons([own], "c")}
    assert "furtherJudgeMultitask" not in found
    rows = [own, row | {"axis": "principle-free", "judge": "my_own", "value": 40.0}]
    found = {one.name: one.text for one in comparisons.of_comparisons(rows, "c")}
    assert found["furtherJudgeMultitask"] == r"my\_own"
    assert (found["winMultitaskSamiSft"], found["winMultitaskSamiSftFree"]) == ("60.0", "40.0")


def test_whether_the_base_model_judges():
    config = made_up_run.config()
    signs = []
    for model in (None, "strong", config["experiments"]["multitask"]["base"]):
        judge = {"kind": "likelihood", "model": model}
        config["experiments"]["multitask"]["judges"] = {"one": judge} if model else {}
        found = {one.name: one.text for one in settings.of_settings(config)}
        signs.append((found["baseJudgesMultitaskSign"], found["judgeWeighsMultitaskSign"]))
    assert signs == [("below", "below"), ("below", "above"), ("above", "above")]


SMOLLM2 = r"SmolLM2-{}\allowbreak{}135M-{}\allowbreak{}Instruct"
SIGNS = ("baseWritesMultitask", "baseWritesMaths", "forcedOpeningMultitask", "forcedOpeningMaths", "oneBase")


@pytest.mark.parametrize(
    ("overlays", "signs", "base", "temperature"),
    [
        ([], "below above below below above", "weak", "1"),
        (["config/smollm2.yaml"], "above above above below above", SMOLLM2, "0.7"),
        (
            ["config/full_size.yaml"],
            "below above below below below",
            formatting.model("meta-llama/Llama-3.1-8B"),
            "0.4",
        ),
    ],
    ids=["miniature", "smollm2", "full_size"],
)
def test_settings_say_who_writes_and_how_it_begins(overlays, signs, base, temperature):
    found = {number.name: number.text for number in settings.of_settings(made_up_run.config(*overlays))}
    assert [found[f"{name}Sign"] for name in SIGNS] == signs.split()
    assert found["modelMultitaskBase"] == base
    assert (found["setMultitaskConstitutions"], found["setMultitaskSamplingTemperature"]) == ("2", temperature)


def test_settings_say_which_datasets_the_questions_are_from():
    found = {number.name: number.text for number in settings.of_settings(made_up_run.config("config/smollm2.yaml"))}
    assert found["datasetsMultitaskTraining"] == (
        r"self\_instruct\_seed~\citep{wang2023}, self\_instruct\_user~\citep{wang2023} "
        r"and gsm8k\_train~\citep{cobbe2021}"
    )
    assert found["datasetsMathsBenchmark"] == r"gsm8k\_test~\citep{cobbe2021} and svamp~\citep{patel2021}"
    assert found["citedModelMultitaskBase"] == found["citedModelMathsBase"] == rf"{SMOLLM2}~\citep{{allal2025}}"
    of_our_world = {number.name for number in settings.of_settings(made_up_run.config())}
    assert not [name for name in of_our_world if name.startswith("datasets")]


def test_a_dataset_or_model_that_no_work_is_named_for_is_not_cited():
    config = made_up_run.config("config/smollm2.yaml")
    config["cite"] = {"datasets": {"svamp": "patel2021"}}
    found = {number.name: number.text for number in settings.of_settings(config)}
    assert found["datasetsMathsBenchmark"] == r"gsm8k\_test and svamp~\citep{patel2021}"
    assert found["citedModelMathsBase"] == SMOLLM2


def test_a_model_counts_by_what_its_training_began_with():
    own = {"architecture": {"vocabulary": 8, "hidden": 8, "layers": 1, "mlp": 8}}
    models = {"own": own, "weak": {"parent": "own"}, "hub": {"places": [{"hub": "a/b"}]}, "tuned": {"parent": "hub"}}
    config = {"seeds": [1], "sources": {}, "models": models}

    def sign_of(base, generator):
        maths = {"base": base, "generator": generator, "questions": {"benchmark": []}, "data": {}, "training": {}}
        found = settings.of_settings(config | {"experiments": {"maths": maths}})
        return {number.name: number.text for number in found}["ownModelsSign"]

    assert [sign_of("weak", "own"), sign_of("tuned", "hub"), sign_of("weak", "tuned")] == ["above", "below", "unclear"]


def test_filters_count_from_the_first_to_the_last():
    table = [{"filter": "generated", "dropped": 0, "kept": 9}, {"filter": "size", "dropped": 2, "kept": 7}]
    found = {number.name: number.text for number in training.of_filters(("maths",), table, "")}
    assert (found["pairsMathsBefore"], found["pairsMathsAfter"]) == ("9", "7")
    (dropped,) = (
        one for one in training.of_filters(("maths", "more_pairs"), table[1:], "x.csv") if "size" in one.origin
    )
    assert (dropped.name, dropped.text, dropped.origin) == ("droppedMathsMorePairsSize", "2", "x.csv: size")


def test_an_attempt_at_another_temperature_is_named():
    row = {"experiment": "maths", "method": "sft", "temperature": 1.0, "attempts": 1.0, "extractor": "strict"}
    row |= {"metric": "accuracy", "value": 1, "low": 0, "high": 2, "n": 3}
    assert accuracy.of_accuracy([row], "", NOTHING_SET)[0].name == "accuracyMathsSftInOneAtOne"


def test_a_number_is_unnamed_if_it_is_by_the_rule_of_the_published_ones():
    def row(experiment, extractor):
        keys = {"experiment": experiment, "method": "sft", "temperature": 0.0, "attempts": 1.0, "extractor": extractor}
        return keys | {"metric": "accuracy", "value": 1, "low": 0, "high": 2, "n": 3}

    rows = [row("maths", "strict"), row("maths", "authors"), row("letters", "mipo"), row("letters", "strict")]
    found = [
        number.name
        for number in accuracy.of_accuracy(rows, "", NOTHING_SET)
        if number.name.endswith(("One", "Strict", "Mipo"))
    ]
    assert found == [
        "accuracyMathsSftInOneByStrict",
        "accuracyMathsSftInOne",
        "accuracyLettersSftInOneByMipo",
        "accuracyLettersSftInOne",
    ]
    (one,) = published.of_published([row("maths", "authors") | {"source": "figure: x"}], "")
    assert one.name == "publishedFigureAccuracyMathsSftInOne"


def test_the_chapter_asks_only_for_numbers_that_its_run_has():
    config = made_up_run.config("config/neighbours.yaml")
    found = {number.name for number in foreseen.numbers(config, made_up_run.CATEGORIES)}
    wanted = names_asked(paper_sources(chapter=True))
    assert len(wanted) > 40
    assert not {one for one in wanted if not found & {one, f"{one}Sign", f"{one}Rate"}}


def test_the_paper_asks_only_for_numbers_that_a_full_run_has(tmp_path):
    made_up_run.write_run(tmp_path)
    found = run_script(tmp_path, made_up_run.config())
    few_have = {
        "configExperimentsMultitaskJudgeCompat",
        "setMultitaskDrawsPairs",
        "datasetsMultitaskTraining",
        "datasetsMultitaskBenchmark",
        "datasetsMathsTraining",
        "datasetsMathsBenchmark",
        "differentItemsMultitask",
        "configExperimentsMultitaskTrainingChoose",
        "configExperimentsMultitaskEvaluationTemplate",
        "configExperimentsMultitaskPrompts",
        "configExperimentsMathsTrainingChoose",
        "configExperimentsMultitaskGenerationTemplate",
        "furtherJudgeMultitask",
    }
    wanted = {one for one in names_asked(paper_sources()) if not one.startswith("information")} - few_have
    assert len(wanted) > 80
    assert not {one for one in wanted if one not in found and f"{one}Sign" not in found}
    defined = re.findall(r"\\newcommand\{\\([A-Za-z]+)\}", (tmp_path / "paper/numbers.tex").read_text())
    used = [row["used"] for row in lineage(tmp_path)]
    assert used == ["yes"] * len(defined) + ["no"] * (len(found) - len(defined))
    assert [row["name"] for row in lineage(tmp_path)][: len(defined)] == defined


def test_a_run_without_an_experiment_still_has_its_numbers(tmp_path):
    config = made_up_run.config()
    made_up_run.write_run(tmp_path)
    (tmp_path / "pairs/maths/own_pairs.filters.csv").unlink()
    del config["experiments"]["maths"]
    (tmp_path / "metrics/accuracy.csv").write_text(",".join(script.MEASURED) + "\n")
    found = run_script(tmp_path, config)
    assert "winMultitaskSamiSft" in found
    assert "accuracyMathsSamiInOne" not in found


def test_a_new_method_and_its_pairs_have_their_numbers_with_no_code(tmp_path):
    config = made_up_run.with_another_set(made_up_run.config())
    made_up_run.write_run(tmp_path, config)
    found = run_script(tmp_path, config)
    assert "winMultitaskMipoSft" in found
    assert "adherenceMultitaskMipo" in found
    assert found["configExperimentsMultitaskMethodsMipoLearningRate"] == "0.001"
    assert (found["pairsMultitaskBefore"], found["pairsMultitaskOwnPairsBefore"]) == ("900", "2,700")
    assert (found["droppedMultitaskEmpty"], found["droppedMultitaskOwnPairsEmpty"]) == ("20", "60")
    assert found["questionsMultitaskOwnPairs"] == "480"


def test_questions_of_a_slice_are_those_of_its_part():
    config = made_up_run.config()
    pairs = config["experiments"]["multitask"]["data"]["strong_pairs"]

    def questions(part, of):
        pairs["slice"] = {"part": part, "of": of}
        found = {number.name: number.text for number in settings.of_settings(config)}
        return found["questionsMultitaskStrongPairs"]

    assert [questions(1, 1), questions(1, 2), questions(1, 7), questions(7, 7)] == ["480", "240", "69", "68"]
    config["sources"]["multitask_train"] = {"dataset": "d", "at_most": 481}
    assert [questions(1, 2), questions(2, 2)] == ["up to 241", "up to 240"]
    config["sources"]["multitask_train"] = {"dataset": "d"}
    assert questions(2, 3) == "one in 3"
    del pairs["slice"]
    assert {one.name: one.text for one in settings.of_settings(config)}["questionsMultitaskStrongPairs"] == "all"


NUMBER = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
PARTS = "thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
TYPED = re.compile(
    r"\d+\.\d+|\d+(?=\\,\\%)"
    rf"|\b(?:{NUMBER}|one)[ -](?:{PARTS})\b"
    rf"|\b(?:{NUMBER}|\d+)[ ~-]*(?:times|fold|per cent|points?|tokens)\b"
    r"|\b(?:hundred|thousand|dozen|million|billion)s?\b"
    r"|\b(?:once|twice|thrice|half|double) (?:as|of|again)\b|\b(?:doubl|trebl|tripl|halv)(?:e|es|ed|ing)\b"
    r"|\b(?:most|few|nearly all|almost all|the majority) of\b"
)


@pytest.mark.parametrize(
    ("sentence", "typed"),
    [
        (r"It wins 58.1 of them, or 95\,\%.", ["58.1", "95"]),
        ("one of these bases followed four fifths of its principles", ["four fifths"]),
        ("rates are fifty to eight hundred times higher", ["hundred"]),
        ("It answers twice as often, and most of the gain is five points.", ["twice as", "most of", "five points"]),
        (r"Accuracy doubled in ten attempts, by \points{differenceBaseMathsSamiInTen}.", ["doubled"]),
        ("The two responses differ, each judged twice; eight categories, ties counted half.", []),
    ],
)
def test_what_counts_as_typed(sentence, typed):
    assert TYPED.findall(sentence) == typed


def test_no_result_is_typed_into_the_paper():
    """No quantity stands in the source in digits or words, but for settings (the original's too) and sizes."""
    allowed = {"0.4", "3.1", "95", "1.5", "9.625", "512 tokens", "thousands", "billion", "billions"}
    allowed |= {"80", "5", "0.02", "five points", "two points"}  # powers, a level and margins of the report
    for path in sorted((ROOT / "paper/sections").glob("*.tex")):
        text = re.sub(r"\\begin\{equation\}.*?\\end\{equation\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"\\infigure\[[^]]*\]", "", text)
        assert set(TYPED.findall(text)) <= allowed, path.name
