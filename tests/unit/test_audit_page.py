"""The page for reviewers without a browser: its data, its size, what it leaves out, and that data are never markup."""

import base64
import csv
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import audited_run
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mialign.audit import explanation, lookup
from mialign.audit.lineage import Lineage
from mialign.audit.page import chunk, document, jobs, sample, tables
from mialign.audit.page.records import Records
from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from scripts import audit_page

ASSETS = Path(document.__file__).parent / "assets"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return audited_run.write(tmp_path_factory.mktemp("results") / "small")


@pytest.fixture(scope="module")
def page(run) -> str:
    return document.write(run)


def decoded(part: str) -> object:
    """The value of an encoded part; numbers that JavaScript does not have are texts in it."""
    return json.loads(zlib.decompress(base64.b64decode(part)))


def parts(page: str) -> dict[str, object]:
    encoded = re.findall(r'<script type="text/plain" id="part\d+">([^<]*)</script>', page)
    names = decoded(encoded[0])["parts"]
    return {name: decoded(encoded[at]) for name, at in names.items()}


class Markup(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


# ---------------------------------------------------------------- what it holds
def test_every_record_of_the_run_is_in_the_page(page, run):
    held = parts(page)
    for path in run.glob("responses/*/*/*.jsonl"):
        records = [json.loads(line) for line in path.read_text().splitlines()]
        columns = held[path.parent.relative_to(run).as_posix()][path.stem.removeprefix("seed")]
        questions = held[f"questions/{path.parts[-3]}"]
        assert columns["text"] == [record["text"] for record in records]
        assert [questions[place]["id"] for place in columns["prompt"]] == [record["prompt_id"] for record in records]
    assert held["summary"]["counts"] == {
        "responses": 120, "attempts": 120, "scores": 120, "verdicts": 160, "rewards/responses": 72, "pairs": 4
    }  # fmt: skip
    assert held["summary"]["left_out"] == {"pairs": 0, "questions": 0}


def test_tables_stand_as_in_their_files(page, run):
    held = parts(page)
    text = (run / "metrics/comparisons.csv").read_text()
    table = held["metrics/comparisons.csv"]
    assert [",".join(row) for row in [table["columns"], *table["rows"]]] == text.splitlines()
    assert {"tables/claims.csv", "tables/win_rates.csv", "pairs/multitask/strong_pairs.filters.csv"} <= set(held)


def test_published_values_are_in_the_page_while_they_are_as_the_run_read_them(tmp_path):
    run = audited_run.write(tmp_path / "results/small", texts=("yes",))
    assert not [name for name in parts(document.write(run)) if name.startswith("published/")]
    audited_run.write_published(tmp_path)
    held = parts(document.write(run))
    path = tmp_path / audited_run.published("accuracy")
    with path.open(encoding="utf-8", newline="") as stream:
        table = held["published/accuracy.csv"]
        assert [table["columns"], *table["rows"]] == list(csv.reader(stream))
    assert held["summary"]["tables"]["published/accuracy.csv"] == len(table["rows"]) > 20
    path.write_text(path.read_text(encoding="utf-8").replace("34.67", "34.68"), encoding="utf-8")
    held = parts(document.write(run))
    assert [name for name in held if name.startswith("published/")] == [
        "published/comparisons.csv", "published/qualities.csv"
    ]  # fmt: skip


def test_a_course_has_its_values_and_the_step_that_was_kept(page):
    curve = parts(page)["curves"]["multitask/sami/seed1"]
    assert curve == {"metrics": {"adherence": [[0, 0.5], [8, 0.75]], "loss": [[1, 0.9], [2, "nan"]]}, "selected": 8}


def test_a_figure_is_the_file(page):
    assert base64.b64decode(parts(page)["figures/figure1"]) == audited_run.PNG


def test_the_same_files_give_the_same_page(page, run):
    assert document.write(run) == page


def test_jobs_know_whose_files_they_read_from_what_they_noted(run):
    found = {job["name"]: job for job in jobs.jobs(Lineage(run))}
    assert {name: job["reads"] for name, job in found.items()} == {
        "numbers": ["pairs/multitask/strong_pairs"],
        "pairs/multitask/strong_pairs": [],
        "respond/multitask.sami.seed1": ["train/multitask.sami.seed1"],
        "train/multitask.sami.seed1": ["pairs/multitask/strong_pairs"],
    }
    assert (found["numbers"]["rule"], found["numbers"]["seconds"], found["numbers"]["memory_mib"]) == (
        "numbers",
        4.5,
        380,
    )


def test_the_graph_of_the_page_is_that_of_the_noted_files(page):
    graph = parts(page)["graph"]
    assert [(rule["name"], rule["reads"]) for rule in graph["rules"]] == [
        ("pairs", []), ("train", ["pairs"]), ("respond", ["train"]), ("numbers", ["pairs"])
    ]  # fmt: skip
    assert [(arrow["read"], arrow["reader"]) for arrow in graph["arrows"]] == [
        ("pairs", "train"), ("train", "respond"), ("pairs", "numbers")
    ]  # fmt: skip


def test_of_jobs_without_provenance_the_times_are_known_and_no_reads(tmp_path):
    run = audited_run.write(tmp_path / "small", texts=("yes",))
    for path in run.glob("logs/**/*.json"):
        path.unlink()
    held = parts(document.write(run))
    assert {(job["seconds"], *job["reads"]) for job in held["jobs"]} == {(4.5,)}
    assert len(held["jobs"]) == 4
    assert held["graph"] == {"rules": [], "arrows": []}


# ---------------------------------------------------------------- the way back from a claim
POINTS = {"test": 100, "tie": 50, "baseline": 0}


@pytest.mark.parametrize(
    ("table", "metrics", "about"),
    [
        ("claims", "comparisons", "multitask sami sft principle-aware 0 all win_rate"),
        ("reproduction", "effects", "multitask sami sft principle-aware 0 win_rate"),
        ("settling_run", "effects", "multitask sami sft principle-aware 0 win_rate"),
    ],
)
def test_why_leads_from_a_cell_about_a_claim_to_the_verdicts(tmp_path, table, metrics, about):
    run = audited_run.write(tmp_path / "results/small", texts=("yes", "no"))
    below = {
        stage: sorted(path.relative_to(run).as_posix() for path in run.glob(f"{stage}/*/*/*.jsonl"))
        for stage in ("verdicts", "attempts")
    }
    audited_run.job(run, "metrics/comparisons", below["verdicts"], ["metrics/comparisons.csv"])
    audited_run.job(run, "metrics/accuracy", below["attempts"], ["metrics/accuracy.csv"])
    audited_run.job(run, "metrics/effects", [*below["verdicts"], *below["attempts"]], ["metrics/effects.csv"])
    audited_run.job(run, f"table/{table}", audited_run.TABLES_OF_REPORT[table], [f"tables/{table}.csv"])
    lineage = Lineage(run)
    row = [one["method"] for one in csv_files.rows(run / f"tables/{table}.csv")].index("sami") + 1
    found = explanation.explain(lineage, lookup.find(lineage, f"{table}:{row}:value"))
    assert found["origin"] == f"metrics/{metrics}.csv: {about}"
    assert [one["stage"] for one in found["jobs"]] == ["metrics"]
    # What the row of metrics does not have is not said to be of it.
    other = lookup.find(lineage, f"{table}:{row}:{'comparison' if table == 'settling_run' else 'published_text'}")
    assert (other.origin, other.files) == (f"tables/{table}.csv, row {row}", [f"results/small/tables/{table}.csv"])
    counted = {one["file"]: one["records"] for one in found["counted"]}
    files = [f"verdicts/multitask/sami-vs-sft/seed{seed}.jsonl" for seed in audited_run.SEEDS]
    assert counted == dict.fromkeys(files, 10)  # of each question one, at temperature 0 by the principles
    points = {}
    for record in (one for file in files for one in read_jsonl(run / file)):
        if record["axis"] == "principle-aware" and record["temperature"] == 0 and record["verdict"] in POINTS:
            points.setdefault(record["prompt_id"], []).append(POINTS[record["verdict"]])
    known = [
        one
        for of_question in points.values()
        if metrics == "comparisons" or len(of_question) == 2
        for one in of_question
    ]
    assert float(found["text"]) == pytest.approx(sum(known) / len(known), abs=0.0001)


# ---------------------------------------------------------------- data are never markup
def test_hostile_answers_add_no_element(page, tmp_path):
    harmless = document.write(audited_run.write(tmp_path / "small", texts=("yes", "no")))
    assert Markup(page).elements == Markup(harmless).elements
    shell = "html head meta title style body a header p span nav main noscript script"
    assert {tag for tag, _ in Markup(page).elements} == set(shell.split())


def test_no_sign_of_a_tag_stands_in_the_data(page):
    scripts = re.findall(r'id="part\d+">(.*?)</script>', page, re.DOTALL)
    assert len(scripts) > 20
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", one) for one in scripts)


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(inside) == 1
        assert rules.pop(name) == f"'sha256-{base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()}'"
    assert rules == {
        "default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
        "require-trusted-types-for": "'script'", "trusted-types": "'none'",
    }  # fmt: skip


def test_nothing_of_the_page_lies_elsewhere(page):
    addresses = [
        value for _, attributes in Markup(page).elements for key, value in attributes.items() if key in ("src", "href")
    ]
    assert set(addresses) == {"#main", "#/"}
    assert re.findall(r"https?://[\w./]+", page) == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("name", [path.name for path in ASSETS.glob("*.js")])
def test_scripts_make_no_markup_of_texts_and_run_none(name):
    code = (ASSETS / name).read_text(encoding="utf-8")
    of_markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc"
    assert not re.search(rf"{of_markup}|\beval\b|new Function", code)
    assert "</script" not in code
    assert "<!--" not in code


def test_all_scripts_are_in_the_page():
    assert {path.stem for path in ASSETS.glob("*.js")} == set(document.SCRIPTS)


numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@settings(max_examples=50)
@given(values)
def test_a_part_comes_back_as_it_was(value):
    assert decoded(chunk.encode(value)) == value
    assert "<" not in chunk.encode(value)


def test_numbers_that_javascript_lacks_are_texts():
    assert decoded(chunk.encode([float("nan"), float("-inf"), 2**63 - 1, 2**53, True])) == [
        "nan", "-inf", str(2**63 - 1), 2**53, True
    ]  # fmt: skip


# ---------------------------------------------------------------- larger runs
@given(st.dictionaries(st.tuples(st.text(max_size=3)), st.integers(0, 40), max_size=30), st.integers(0, 300))
def test_a_sample_fits_and_does_not_depend_on_the_order(sizes, most):
    found = sample.drawn(sizes, most)
    assert found <= set(sizes)
    assert sum(sizes[unit] for unit in found) <= most
    assert (found == set(sizes)) or sum(sizes.values()) > most
    assert sample.drawn(dict(reversed(sizes.items())), most) == found


def test_a_sample_is_as_large_as_there_is_room_and_no_broken_text_takes_it():
    sizes = {(str(at),): 10 for at in range(100)} | {("broken",): 10_000}
    found = sample.drawn(sizes, 505)
    assert len(found) == 50
    assert ("broken",) not in found


def test_what_is_left_out_are_texts_of_whole_questions_and_never_counts(run):
    whole, part = Records(run), Records(run, max_bytes=200_000)
    assert 0 < part.left_out["questions"] < 14
    assert part.counts == whole.counts
    absent = set()
    for name, seeds in part.columns.items():
        for seed, columns in seeds.items():
            others = whole.columns[name][seed]
            assert {key: value for key, value in columns.items() if key != "text"} == {
                key: value for key, value in others.items() if key != "text"
            }
            for place, text, was in zip(
                columns["prompt"], columns.get("text", []), others.get("text", []), strict=False
            ):
                assert text in (None, was)
                absent |= {(name.split("/")[1], place)} if text is None else set()
    assert len(absent) == part.left_out["questions"]
    assert part.left_out["pairs"] == 4 - sum(map(len, part.pairs.values()))


def test_twenty_thousand_answers_that_cannot_be_compressed_stay_below_30_mb(tmp_path):
    audited_run.write_answers(tmp_path, 20_000)
    page = document.write(tmp_path)
    assert 20e6 < len(page.encode()) < 30e6
    assert parts(page)["summary"]["left_out"]["questions"] == 500 - 24_000_000 // (40 * 1300)


def test_settings_are_shown_as_the_config_has_them(tmp_path):
    run = audited_run.write(tmp_path / "elsewhere", texts=("yes", "no"))
    table = [
        ("configRun", "with-{}kl", "config: run", "yes", "with-kl"),
        ("configRate", r"\ensuremath{10^{-4}}", "config: rate", "yes", "0.0001"),
        ("seedsInWords", "one seed", "config: seeds", "yes", ""),
    ]
    csv_of = csv_files.text(("name", "text", "origin", "used", "setting"), table)
    (run / "paper/numbers.csv").write_text(csv_of)
    held = parts(document.write(run))["summary"]
    assert held["run"] == "with-kl"
    assert held["settings"] == {"run": "with-kl", "rate": "0.0001"}


# ---------------------------------------------------------------- folders that lack something
@pytest.mark.parametrize("left_out", ["prompts", "logs", "paper", "verdicts", "scores", "training", "figures", "pairs"])
def test_a_folder_that_was_copied_in_part_has_its_page(tmp_path, left_out):
    run = audited_run.write(tmp_path / "small", texts=("yes", "no"))
    (run / left_out).rename(tmp_path / "elsewhere")
    held = parts(document.write(run))
    assert held["summary"]["run"] == "small"
    assert held["summary"]["counts"]["responses"] == 120
    if left_out == "prompts":
        assert held["questions/multitask"][0] == {
            "id": "multitask/benchmark/<q>-0", "question_id": "<q>-0", "category": "math"
        }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (
            "responses/multitask/sami/seed1.jsonl",
            '{"prompt_id": "x", "temperature": 0}\n{"prompt',
            "seed1.jsonl, line 2",
        ),
        ("responses/multitask/sami/seed1.jsonl", '{"temperature": 0}\n', "'prompt_id' is missing"),
        ("tables/claims.csv", "a,b\n1\n", "claims.csv, row 1: 1 cells under 2 columns"),
        (
            "training/multitask/sami/seed1.csv",
            "step,metric,value\n1,loss,low\n",
            "seed1.csv, row 1: step, metric and value",
        ),
        ("logs/numbers.tsv", "seconds\tmemory_mib\n", "numbers.tsv: a row of numbers is needed"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, path, text, said):
    run = audited_run.write(tmp_path / "small", texts=("yes",))
    (run / path).write_text(text)
    with pytest.raises(InputError, match=re.escape(said)):
        document.write(run)


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,b\n\xff,1\n")
    with pytest.raises(InputError, match=r"x\.csv: not UTF-8 at byte 4"):
        tables.read(tmp_path / "x.csv")


def test_what_is_no_folder_of_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no metrics/\*\.csv there; name the folder of a run"):
        document.write(tmp_path)


def test_the_stage_writes_the_page(run, page, tmp_path, run_stage):
    run_stage(audit_page, results=run, out=tmp_path / "audit.html")
    assert (tmp_path / "audit.html").read_text(encoding="utf-8") == page
