"""The benchmark of a GPU, as far as a CPU can try it."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
sys.path[:0] = [str(FOLDER / "gpu"), str(FOLDER / "training")]

import agreement  # noqa: E402
import bench  # noqa: E402
import card  # noqa: E402
import goals  # noqa: E402
import rows  # noqa: E402
import shapes  # noqa: E402
import steps  # noqa: E402
import trainings  # noqa: E402
import ways  # noqa: E402

from mialign.core import csv_files  # noqa: E402
from mialign.training.grid import Item  # noqa: E402


def bench_with(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(FOLDER / "gpu/bench.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_without_a_gpu_it_says_so_in_one_line(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    done = bench_with("--out", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == "make gpu: torch sees no GPU here; run it on a machine with one\n"
    assert not list(tmp_path.iterdir())


def test_a_part_alone_is_written_with_where_and_when_it_was_measured(tmp_path):
    done = bench_with("decoding", "--device", "cpu", "--shapes", "tiny", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = list(csv.DictReader((tmp_path / "gpu.csv").open()))
    assert tuple(found[0]) == rows.COLUMNS
    assert [(row["way"], row["metric"]) for row in found] == [
        (f"batch {batch}", metric) for batch in (1, 4) for metric in ("tokens_per_second", "step_memory_gib")
    ]
    assert {(row["card"], row["part"]) for row in found} == {("no GPU", "decoding")}
    assert all("torch" in row["versions"] and row["date"] for row in found)
    assert float(found[0]["value"]) > 0


def test_an_unknown_part_is_named():
    assert "there is no part 'stepps'; there are agreement, steps" in bench_with("stepps", "--out", "x").stderr


def test_a_part_takes_the_place_of_what_the_card_had_of_it(tmp_path, monkeypatch):
    def measured(part, device, shapes):
        yield rows.row("8b", "generation", "batch 1", "tokens_per_second", 2.0)

    old = dict.fromkeys(rows.COLUMNS, "old")
    kept = [old | {"part": "decoding"}, old | {"card": "no GPU", "part": "steps"}]
    csv_files.write(tmp_path / "gpu.csv", list(rows.COLUMNS), [*kept, old | {"card": "no GPU", "part": "decoding"}])
    monkeypatch.setattr(bench, "measured", measured)
    bench.run(["decoding"], "cpu", "tiny", tmp_path / "gpu.csv")
    found = list(csv.DictReader((tmp_path / "gpu.csv").open()))
    assert found[:2] == kept
    assert [(row["part"], row["value"]) for row in found[2:]] == [("decoding", "2")]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ('import time; print(\'{"model": "a"}\', flush=True); time.sleep(60)', "cut off after 3 s"),
        ("print('{\"model\": \"a\"}'); print('a warning'); raise SystemExit(3)", "exit status 3"),
    ],
)
def test_what_a_part_had_measured_before_it_ended_too_early_is_kept(tmp_path, monkeypatch, code, why):
    (tmp_path / "part.py").write_text(code)
    monkeypatch.setattr(bench, "__file__", str(tmp_path / "bench.py"))
    monkeypatch.setitem(bench.SECONDS, "steps", 3)
    first, last = bench.measured("steps", "cuda", "tiny")
    assert first == {"model": "a"}
    assert last["note"].startswith("not measured")
    assert why in last["note"]


def by_way(found) -> dict:
    return {(row["model"], row["what"], row["way"], row["metric"]): row for row in found}


def test_agreement_on_a_cpu():
    found = list(agreement.rows("cpu", "tiny"))
    verdicts = [row for row in found if "at most" in row["note"]]
    assert len(verdicts) == 2 * 2 * 2 + 2 * 2  # models x precisions: both numbers of dense, the sums of flex_attention
    assert all(row["note"].endswith(": met") for row in verdicts)
    missing = [row for row in found if not row["value"]]
    assert {row["way"] for row in missing} == {"flex_attention, float32", "flex_attention, bf16"}
    assert {row["note"] for row in missing} == {"not measured: FlexAttention has no backward pass on a CPU"}


def test_a_grid_that_is_wrong_does_not_agree(monkeypatch):
    true = agreement.grid

    def wrong(model, items, mask):
        turned = [Item(item.prompts[::-1], item.responses) for item in items]
        return true(model, turned, mask)

    monkeypatch.setattr(agreement, "grid", wrong)
    dense = [row for row in agreement.rows("cpu", "tiny") if row["way"] == "dense, float32"]
    assert dense
    assert all("NOT MET" in row["note"] for row in dense)


def test_steps_on_a_cpu():
    found = by_way(steps.rows("cpu", "tiny"))
    for objective in ("sami", "dpo"):
        for way in ("padded", "ours", "ours, packed"):
            for metric in ("tokens_per_second", "share_of_matrix_rate", "peak_memory_gib"):
                assert float(found["tiny", objective, way, metric]["value"]) > 0
    assert float(found["tiny", "sami", "forward, packed", "tokens_per_second"]["value"]) > 0
    assert float(found["tiny", "dpo", "trl, packed", "tokens_per_second"]["value"]) > 0
    assert "no backward pass" in found["tiny", "sami", "flex_attention, packed", ""]["note"]
    assert "not measured" in found["tiny", "sami", "flex_attention, packed", ""]["note"]


def test_what_does_not_fit_or_fails_is_said_and_the_rest_is_measured(monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError("CUDA out of memory\nmore")

    monkeypatch.setattr(steps, "padded", fails)
    monkeypatch.setattr(steps, "CASES", (("sami", "padded"), ("sami", "ours")))
    found = by_way(steps.rows("cpu", "tiny"))
    assert found["tiny", "sami", "padded", ""]["note"] == "not measured: RuntimeError: CUDA out of memory"
    assert ("tiny", "sami", "ours", "tokens_per_second") in found
    monkeypatch.setattr(card, "memory_gib", lambda device: 0.0001)
    found = by_way(steps.rows("cpu", "tiny"))
    assert found["tiny", "sami and dpo", "all", ""]["note"].startswith("not measured: its state alone takes")
    assert not any(what == "sami" and row["value"] for (_, what, _, _), row in found.items())


def test_trainings_on_a_cpu():
    found = by_way(trainings.rows("cpu", "tiny"))
    assert {way for _, _, way, _ in found} == set(trainings.CASES)
    for case in trainings.CASES:
        assert found["tiny", "training", case, "resumed_to_same_bytes"]["value"] == "1", case


def test_useful_operations_by_hand():
    # two prompts of 3 and 2 tokens, responses of 2 and 1: 5 tokens of prompts, 2 x 3 of responses
    item = Item([[3, 4, 5], [6, 7]], [[8, 0], [0]])
    assert ways.unique([item]) == 11
    assert ways.useful_operations([item], layers=100, head=10) == 6 * (100 * 11 + 10 * 6)


@pytest.mark.parametrize(("shape", "weights"), [("135m", 134_515_008), ("1b", 1_235_814_400), ("8b", 8_030_261_248)])
def test_shapes_have_the_weights_of_their_models(shape, weights):
    assert shapes.parameters(shape) == weights


def measured(**values) -> list[dict]:
    """Rows of SAMI and DPO at 8b: speed and memory by way, words of which are joined by two underscores."""
    found = []
    for key, value in values.items():
        what, way, metric = key.split("__")
        found.append(rows.row("8b", what, way.replace("_", ", "), metric, value))
    return found


def test_goals_are_judged_by_hand():
    found = measured(
        sami__padded__tokens_per_second=100.0,
        sami__padded__step_memory_gib=20.0,
        sami__ours__tokens_per_second=299.0,
        sami__ours__step_memory_gib=10.0,
        sami__ours_packed__tokens_per_second=301.0,
        sami__ours_packed__step_memory_gib=10.1,
        sami__ours_packed__share_of_matrix_rate=0.4,
        dpo__ours_packed__tokens_per_second=150.0,
        dpo__trl_packed__tokens_per_second=100.0,
    )
    told = {(row["what"], row["way"], row["metric"]): row["note"] for row in goals.goals(found, ["8b"])}
    assert told["sami", "ours", "speed_over_padded"] == "goal: at least 3: NOT MET"
    assert told["sami", "ours", "step_memory_over_padded"] == "goal: at most 0.5: met"
    assert told["sami", "ours, packed", "speed_over_padded"] == "goal: at least 3: met"
    assert told["sami", "ours, packed", "step_memory_over_padded"] == "goal: at most 0.5: NOT MET"
    assert told["sami", "ours, packed", "share_of_matrix_rate"] == "goal: at least 0.4: met"
    assert told["dpo", "ours, packed", "speed_over_trl"] == "goal: at least 1.5: met"
    assert told["sami", "flex_attention, packed", ""].startswith("not measured")
