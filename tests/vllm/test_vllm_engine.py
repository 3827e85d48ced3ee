"""vLLM, for real on CPU, beside our own decoding: the same text, ends, seeds, adapters, and the way on after a kill."""

import json
import shutil
import subprocess
import time

import pytest
import torch
from setting import ENVIRONMENT, make_model, make_tokenizer

from mialign.core.files import read_jsonl, write_jsonl

STOP = ["je", "he"]


def test_greedy_text_is_that_of_transformers(generate, model, prompts):
    """50 prompts in float32: texts, ends, counts of tokens, seeds."""
    ours = generate("transformers", model, prompts)
    assert len({record["text"] for record in ours}) > 40
    assert {record["finish"] for record in ours} == {"eos", "length"}
    assert generate("vllm", model, prompts) == ours


def test_stop_phrases_and_finish_reasons_are_those_of_transformers(generate, model, prompts):
    ours, theirs = (generate(kind, model, prompts, stop=STOP) for kind in ("transformers", "vllm"))
    assert theirs == ours
    assert {record["finish"] for record in ours} == {"eos", "stop", "length"}
    assert not any(phrase in record["text"] for record in ours for phrase in STOP)


def test_all_end_tokens_of_a_model_end_its_text_in_both(generate, model, prompts, tmp_path):
    folder = shutil.copytree(model, tmp_path / "many")
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(settings | {"eos_token_id": [0, *range(20, 60)]}))
    ours, theirs = (generate(kind, folder, prompts) for kind in ("transformers", "vllm"))
    assert theirs == ours
    ended = [sum(one["finish"] == "eos" for one in records) for records in (ours, generate("vllm", model, prompts))]
    assert ended[0] > ended[1]


def test_a_conversation_is_the_same_to_both(generate, prompts, tmp_path):
    """By the model's own chat template; the token behind answers, which is not EOS here, ends them."""
    folder, asked = as_chat(prompts, tmp_path)
    ours = generate("transformers", folder, asked)
    assert {record["finish"] for record in ours} == {"eos", "length"}
    assert generate("vllm", folder, asked) == ours
    assert not any("<turn>" in one["text"] for one in ours)


def as_chat(prompts, tmp_path):
    """The model with a chat template, and the prompts as conversations with an opening for every other one."""
    folder, tokenizer, talker = tmp_path / "chat", make_tokenizer(), make_model()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<turn>"]})
    talker.resize_token_embeddings(len(tokenizer))
    with torch.no_grad():  # where it wrote "," it rather ends its turn
        embedding, comma = talker.model.embed_tokens.weight, tokenizer.encode(",", add_special_tokens=False)[0]
        embedding[tokenizer.convert_tokens_to_ids("<turn>")] = 1.1 * embedding[comma]
    talker.save_pretrained(folder)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<turn>{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    tokenizer.save_pretrained(folder)
    records = [
        {**one, "prompts": [[{"role": "system", "content": "The keeper walks."}, {"role": "user", "content": text}]]}
        for one in read_jsonl(prompts)
        for text in one["prompts"]
    ]
    for one in records[::2]:
        one["prompts"][0].append({"role": "assistant", "content": "The boat"})
    write_jsonl(tmp_path / "chat.jsonl", records)
    return folder, tmp_path / "chat.jsonl"


def test_a_seed_gives_its_text_in_any_order_and_batch(generate, model, prompts, tmp_path):
    sampled = {"temperature": 1.0}
    plain = generate("vllm", model, prompts, **sampled)
    write_jsonl(tmp_path / "prompts.jsonl", read_jsonl(prompts)[::-1])
    turned = generate("vllm", model, tmp_path / "prompts.jsonl", "--batch", 3, "--shard", 11, **sampled)
    assert turned[::-1] == plain
    other = generate("vllm", model, prompts, **sampled, seed=4)
    assert sum(one["text"] != two["text"] for one, two in zip(plain, other, strict=True)) > 40


def test_attempts_have_their_own_seeds_however_many_there_are(model, prompts, command, tmp_path):
    items = [{**one, "question_id": one["id"]} for one in read_jsonl(prompts)[:5]]
    write_jsonl(tmp_path / "prompts.jsonl", items)

    def solved(attempts):
        out = tmp_path / f"{attempts}.jsonl"
        asked = {"attempts": [1, attempts], "temperature": 1.0}
        words = command("vllm", model, tmp_path / "prompts.jsonl", out, ("--seed", 7), **asked)
        words[words.index("generate")] = "solve"
        subprocess.run(words, check=True, timeout=600, env=ENVIRONMENT, capture_output=True)
        return {
            (one["prompt_id"], one["temperature"], one["attempt"]): (one["seed"], one["text"])
            for one in read_jsonl(out)
        }

    few, many = solved(2), solved(4)
    assert (len(few), len(many)) == (5 * 3, 5 * 5)
    assert few.items() <= many.items()


@pytest.fixture(scope="module")
def adapted(model, tmp_path_factory):
    """An adapter on the model, and the two merged."""
    from peft import LoraConfig, get_peft_model

    folder = tmp_path_factory.mktemp("adapted")
    torch.manual_seed(1)
    base = type(make_model()).from_pretrained(model)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    with_adapter = get_peft_model(base, config)
    for name, weight in with_adapter.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    with_adapter.save_pretrained(folder / "adapter")
    with_adapter.merge_and_unload().save_pretrained(folder / "merged")
    for name in ("adapter", "merged"):
        make_tokenizer().save_pretrained(folder / name)
    return folder


def test_an_adapter_writes_what_its_merged_model_writes(generate, model, prompts, adapted):
    def without_writer(records):
        return [{key: value for key, value in record.items() if key != "writer"} for record in records]

    with_adapter, merged = (generate("vllm", adapted / name, prompts) for name in ("adapter", "merged"))
    assert with_adapter == generate("transformers", adapted / "adapter", prompts)
    assert without_writer(with_adapter) == without_writer(merged)
    plain = generate("vllm", model, prompts)
    assert sum(one["text"] != two["text"] for one, two in zip(plain, merged, strict=True)) > 40


def test_a_job_that_was_killed_goes_on_to_the_same_bytes(command, generate, model, prompts, tmp_path):
    out = tmp_path / "out.jsonl"
    options = ("--shard", 5)
    words = command("vllm", model, prompts, out, options, temperature=1.0, max_tokens=200)
    job = subprocess.Popen(words, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    kept = tmp_path / "out.jsonl.kept"
    until = time.monotonic() + 300
    while not kept.exists() or kept.read_bytes().count(b"\n") < 2:
        assert job.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    job.kill()
    job.wait()
    assert not out.exists()
    done = kept.read_bytes().count(b"\n")
    assert done < 10
    subprocess.run(words, check=True, env=ENVIRONMENT, timeout=600, capture_output=True)
    assert read_jsonl(out) == generate("vllm", model, prompts, *options, temperature=1.0, max_tokens=200)
    assert not kept.exists()


def test_two_processes_share_a_model(generate, model, prompts):
    """Tensor parallel, with two processes of the CPU in place of two GPUs."""
    assert generate("vllm", model, prompts, "--gpus", 2) == generate("vllm", model, prompts)


def test_prompts_beyond_what_is_read_at_once_are_sampled(generate, model, tmp_path):
    """200 prompts of 100 tokens are more than vLLM reads in one pass; each keeps its own seed."""
    write_jsonl(tmp_path / "prompts.jsonl", [{"id": f"p{n}", "prompts": ["boat and " * 40]} for n in range(200)])
    written = generate("vllm", model, tmp_path / "prompts.jsonl", "--batch", 200, temperature=1.0, max_tokens=8)
    assert len({record["text"] for record in written}) > 100


def test_a_prompt_that_is_too_long_is_refused_by_name(command, model, tmp_path):
    write_jsonl(tmp_path / "prompts.jsonl", [{"id": "p", "prompts": ["boat " * 300]}])
    words = command("vllm", model, tmp_path / "prompts.jsonl", tmp_path / "out.jsonl")
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, env=ENVIRONMENT)
    assert done.returncode == 2
    assert "exceed the context of 256 tokens" in done.stderr
