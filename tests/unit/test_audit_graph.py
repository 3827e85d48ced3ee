"""The graph of jobs: joined by the files that they noted, laid out from left to right, drawn as SVG and mermaid."""

import json
import xml.etree.ElementTree as xml
from itertools import combinations
from pathlib import Path

import pytest
from audited_run import NOTED
from hypothesis import given
from hypothesis import strategies as st

from mialign.audit import drawing
from mialign.audit.graph import graph
from mialign.audit.lineage import Lineage
from mialign.core.errors import InputError

# RULE/JOB -> what it reads and writes. Training and generation go in a circle, as iterations do.
CIRCLE = {
    "model/base": ([], ["base"]),
    "generate/1": (["base"], ["g1"]),
    "pairs/1": (["g1"], ["p1"]),
    "train/1": (["p1", "base"], ["m1"]),
    "generate/2": (["m1"], ["g2"]),
    "pairs/2": (["g2"], ["p2"]),
    "train/2": (["p2", "m1", "base"], ["m2"]),
    "solve/2": (["m2", "elsewhere"], ["a2"]),
}


def noted(folder: Path, jobs: dict[str, tuple[list[str], list[str]]]) -> Lineage:
    """A folder whose jobs noted this; each took one second more than the one before."""
    for number, (name, sides) in enumerate(jobs.items(), start=1):
        path = folder / f"logs/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        inputs, outputs = ({f"results/r/{file}": {"sha256": "0" * 64, "bytes": 1} for file in side} for side in sides)
        about = NOTED | {"stage": "s", "log": f"results/r/logs/{name}.log", "inputs": inputs, "outputs": outputs}
        times = {"started": f"2026-01-01T00:00:{number:02}+00:00", "seconds": float(number)}
        path.write_text(json.dumps(about | times))
    return Lineage(folder)


# ---------------------------------------------------------------- what it says
def test_a_rule_has_its_jobs_their_seconds_and_how_many_files_of_which_rule_they_read(tmp_path):
    found = {rule.name: rule for rule in graph(noted(tmp_path, CIRCLE)).rules}
    assert list(found) == ["model", "generate", "pairs", "train", "solve"]
    assert [(rule.jobs, rule.seconds) for rule in found.values()] == [(1, 1), (2, 7), (2, 9), (2, 11), (1, 8)]
    assert found["train"].reads == {"model": 1, "pairs": 2}  # and m1, which a training wrote
    assert found["generate"].reads == {"model": 1, "train": 1}
    assert found["solve"].reads == {"train": 1}


def test_it_is_the_same_for_a_copy_elsewhere(tmp_path):
    one, other = noted(tmp_path / "r", CIRCLE), noted(tmp_path / "elsewhere/copy", CIRCLE)
    assert graph(one) == graph(other)
    assert drawing.svg(graph(one)) == drawing.svg(graph(other))


def test_a_job_that_ran_anew_after_those_that_read_its_files_stays_left_of_them(tmp_path):
    jobs = {"judge/1": (["r1"], ["v1"]), "respond/1": (["m1"], ["r1"]), "train/1": ([], ["m1"])}
    places = {rule.name: rule.place[0] for rule in graph(noted(tmp_path, jobs)).rules}
    assert places == {"train": 0, "respond": 1, "judge": 2}


# ---------------------------------------------------------------- where things stand
def test_the_one_arrow_that_closes_a_circle_leads_back(tmp_path):
    found = graph(noted(tmp_path, CIRCLE))
    columns = {rule.name: rule.place[0] for rule in found.rules}
    assert columns == {"model": 0, "generate": 1, "pairs": 2, "train": 3, "solve": 4}
    assert [arrow for arrow in found.arrows if columns[arrow[0]] >= columns[arrow[1]]] == [("train", "generate")]
    assert drawing.svg(found).count('class="back"') == 1


@given(st.lists(st.lists(st.integers(0, 11), max_size=4), min_size=1, max_size=12))
def test_arrows_lead_right_column_by_column_and_no_boxes_meet(tmp_path_factory, reads):
    """Of any graph without circles: rule n reads some of those before it."""
    jobs = {f"r{n}/j": ([f"f{m % n}" for m in read] if n else [], [f"f{n}"]) for n, read in enumerate(reads)}
    found = graph(noted(tmp_path_factory.mktemp("run"), jobs))
    for (read, name), way in found.arrows.items():
        places = {rule.name: rule.place for rule in found.rules}
        assert (way[0], way[-1]) == (places[read], places[name])
        assert [column for column, _ in way] == list(range(way[0][0], way[-1][0] + 1))
    for one, other in combinations(found.rules, 2):
        assert one.place[0] != other.place[0] or abs(one.place[1] - other.place[1]) >= 0.99
    bends = {place for way in found.arrows.values() for place in way[1:-1]}
    assert not bends & {rule.place for rule in found.rules}


# ---------------------------------------------------------------- how it is written
def test_the_picture_has_a_box_for_each_rule_and_names_what_it_reads(tmp_path):
    found = graph(noted(tmp_path, CIRCLE | {"a<b>&/1": (["m2"], ["x"])}))
    root = xml.fromstring(drawing.svg(found))
    space = "{http://www.w3.org/2000/svg}"
    titles = [group.find(f"{space}title").text for group in root.findall(f"{space}g")]
    assert titles == [
        "model: 1 job, 1.0 s; reads no other rule",
        "generate: 2 jobs, 7.0 s; reads model (1 file), train (1 file)",
        "pairs: 2 jobs, 9.0 s; reads generate (2 files)",
        "train: 2 jobs, 11.0 s; reads model (1 file), pairs (2 files)",
        "solve: 1 job, 8.0 s; reads train (1 file)",
        "a<b>&: 1 job, 9.0 s; reads train (1 file)",
    ]
    heads = [path for path in root.findall(f"{space}path") if path.get("class") == "head"]
    assert len(heads) == len(found.arrows) == 7
    left, top, width, height = map(float, root.get("viewBox").split())
    for box in root.iter(f"{space}rect"):
        assert left <= float(box.get("x")) <= left + width - float(box.get("width"))
        assert top <= float(box.get("y")) <= top + height - float(box.get("height"))


def test_the_text_for_mermaid(tmp_path):
    jobs = {"end/1": ([], ["e"]), "judge/1": (["e"], ["v1"]), "judge/2": (["e"], ["v2"])}
    assert drawing.mermaid(graph(noted(tmp_path, jobs))) == (
        'flowchart LR\n  rule1["end<br>1 job, 1.0 s"]\n  rule2["judge<br>2 jobs, 5.0 s"]\n  rule1 --> rule2\n'
    )


def test_the_table_of_jobs_in_the_order_of_their_starts(tmp_path):
    noted(tmp_path, {"end/1": ([], ["e"]), "judge/a.b": (["e", "x"], ["v1"])})
    drawing.write(tmp_path)
    assert (tmp_path / "audit/jobs.csv").read_text() == (
        "job,started,seconds,files_read,files_written\n"
        "end/1,2026-01-01T00:00:01+00:00,1.0,0,1\n"
        "judge/a.b,2026-01-01T00:00:02+00:00,2.0,2,1\n"
    )
    assert {path.name for path in (tmp_path / "audit").iterdir()} == {"graph.svg", "graph.mmd", "jobs.csv"}


def test_a_folder_of_an_older_version_has_no_graph_and_is_told(tmp_path):
    (tmp_path / "r/logs").mkdir(parents=True)
    (tmp_path / "r/logs/numbers.tsv").write_text("seconds\tmemory_mib\n4.50\t380\n")
    with pytest.raises(InputError, match=r"r: its jobs left no provenance \(logs/\*\*/\*\.json\)"):
        drawing.write(tmp_path / "r")
    assert not (tmp_path / "r/audit").exists()
