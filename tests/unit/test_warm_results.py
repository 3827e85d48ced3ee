"""The real stages write the same bytes in a fork of a process that has imported torch as they do alone."""

import json
import os
import subprocess
import sys

import pytest

from calls import environment
from copies import made
from mialign.core.files import write_jsonl
from mialign.data import principles, prompts, sources
from mialign.data.builders.constitutions import compare_all
from warmed import Warm

SHAPE = {"vocabulary": 400, "context": 512, "hidden": 128, "layers": 2, "heads": 2, "mlp": 256}
PRETRAINING = {
    **{"batch": 8, "optimizer": "muon", "schedule": "cosine", "warmup": 1, "learning_rate": 0.02, "other_rate": 0.01},
    **{"weight_decay": 0.1, "prompt_weight": 0.1, "seed": 1},
}
SAMPLED = {"temperature": 1.0, "top_p": 0.9, "max_tokens": 24, "stop": [], "seed": 3}
METHOD = {
    **{"objective": "sami", "reduction": "mean", "learning_rate": 0.003, "steps": 4, "batch": 4, "optimizer": "adamw"},
    **{"schedule": "constant", "clip": 1.0, "validate_every": 2, "precision": "bf16"},
    "validation": {"score": "mean_score", "top_p": 1.0, "max_tokens": 16, "stop": []},
}


@pytest.fixture
def given(tmp_path, root):
    """A corpus, prompts of validation questions, and pairs."""
    known = principles.load(str(root / "config/principles.yaml"))
    asked = {"experiment": "multitask", "template": "{constitution} {question}", "seed": 1}
    questions = sources.questions("v", {"synthetic": "multitask", "split": "validation", "size": 8, "seed": 1}, "data")
    records = prompts.prompt_records(questions, known, "validation", asked, prompts.evaluation)
    write_jsonl(tmp_path / "validation.jsonl", records)
    texts = [{"prompt": one["question"], "response": f" {one['reference']}\n" * 4} for one in questions * 8]
    write_jsonl(tmp_path / "corpus.jsonl", texts)
    pairs = [
        {
            "id": one["id"],
            "prompts": [f"Ask {one['question']}", one["question"]],
            "responses": [
                {"text": text, "prompt": place, "finish": "eos"} for place, text in enumerate((f" yes {n}.", " no."))
            ],
            "terms": compare_all(2),
        }
        for n, one in enumerate(records)
    ]
    write_jsonl(tmp_path / "pairs.jsonl", pairs)
    return tmp_path


def commands(folder: str) -> list[list[str]]:
    """A base model in two threads, texts of its, and a method that starts from it."""
    model = ["model", "--corpus", "corpus.jsonl", "--threads", "2", "--out", f"{folder}/model"]
    settings = {"architecture": SHAPE, "training": PRETRAINING}
    texts = [
        "generate",
        "--model",
        f"{folder}/model",
        "--prompts",
        "validation.jsonl",
        "--out",
        f"{folder}/texts.jsonl",
    ]
    engine = {"kind": "transformers", "precision": "float32"}
    method = ["train", "--parent", f"{folder}/model", "--pairs", "pairs.jsonl", "--validation", "validation.jsonl"]
    method += ["--seed", "1", "--threads", "1", "--curve", f"{folder}/curve.csv", "--out", f"{folder}/method"]
    return [
        [*model, "--settings", json.dumps(settings), "--scratch", "scratch/model"],
        [*texts, "--settings", json.dumps(SAMPLED), "--engine", json.dumps(engine), "--scratch", "scratch/texts"],
        [*method, "--settings", json.dumps(METHOD), "--scratch", "scratch/method"],
    ]


def run(root, folder, words: list[str], address: str) -> float:
    """Seconds that the process that was started computed."""
    threads = {"OMP_NUM_THREADS": words[words.index("--threads") + 1]} if "--threads" in words else {}
    job = subprocess.Popen(
        [sys.executable, str(root / "workflow/run.py"), *words],
        cwd=folder,
        env=environment(WORKFLOW_WARM=address, **threads),
    )
    _, status, used = os.wait4(job.pid, 0)
    job.returncode = os.waitstatus_to_exitcode(status)
    assert job.returncode == 0
    return used.ru_utime + used.ru_stime


def test_models_and_texts_are_the_same_bytes(root, given):
    warm = Warm(root)
    for folder, address, computes in (("alone", "", True), ("forked", warm.address, False)):
        for words in commands(folder):
            assert (run(root, given, words, address) > 1) is computes, words
    alone = made(given / "alone")
    assert {"model/model.safetensors", "texts.jsonl", "method/model.safetensors", "curve.csv"} <= alone.keys()
    assert alone == made(given / "forked")
    assert len(os.listdir(f"/proc/{warm.process}/task")) == 1
    assert warm.end() == ""
