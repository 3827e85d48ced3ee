"""Prompts are counted as generation counts them, and one without room for its answer is refused by name."""

import csv
import json
from pathlib import Path

import pytest
from transformers import RobertaConfig

import tiny
from mialign.core.errors import InputError
from mialign.core.files import write_jsonl
from mialign.evaluation.judge import Case, likelihood_prompt, prompt_template
from mialign.models import checkpoints
from mialign.models.prompt_ids import encode_fitting, encode_prompt
from scripts import lengths as stage

SPLITS = ("strong_pairs", "validation", "benchmark")
LONG = "The boat and the house by the harbour sank at noon, 12 days and more."


@pytest.fixture
def folder(tmp_path, tiny_model, tiny_tokenizer):
    tiny_model.save_pretrained(tmp_path / "model")
    tiny_tokenizer.save_pretrained(tmp_path / "model")
    tiny.tiny_model(context=60).config.save_pretrained(tmp_path / "small")
    tiny_tokenizer.save_pretrained(tmp_path / "small")
    for split in SPLITS:
        prompts = [["a boat", LONG], ["house", "house"]] if split == "strong_pairs" else [["a boat"]]
        records = [{"id": f"maths/{split}/q-{n}", "prompts": texts} for n, texts in enumerate(prompts)]
        write_jsonl(tmp_path / f"{split}.jsonl", records)
    return tmp_path


def use(split, model, max_tokens, key="experiments.maths.solve.max_tokens"):
    return {"split": split, "model": model, "max_tokens": max_tokens, "key": key}


def run(run_stage, folder, *uses, adapters=None, judges=(), rewards=()):
    run_stage(
        stage,
        prompts=[folder / f"{split}.jsonl" for split in SPLITS],
        models=[folder / "model", folder / "small"],
        names=["base", "writer"],
        settings=json.dumps({"uses": uses, "adapters": adapters or {}, "judges": judges, "rewards": rewards}),
        out=folder / "lengths.csv",
    )
    return list(csv.DictReader((folder / "lengths.csv").open()))


@pytest.mark.parametrize("bos", [None, "<end>"])
def test_a_prompt_is_as_long_as_generation_finds_it(tiny_tokenizer, bos):
    tiny_tokenizer.bos_token = bos
    for prompt in ("", "a boat", LONG, "Ünïcødé 日本 {x}\n\n"):
        assert encode_prompt(tiny_tokenizer, prompt) == encode_fitting(tiny_tokenizer, prompt, 999, 1)


def test_the_longest_prompt_of_each_split_and_the_room_for_it(folder, run_stage, tiny_tokenizer):
    first, second = run(run_stage, folder, use("strong_pairs", "writer", 9), use("benchmark", "base", 10))
    longest = len(encode_prompt(tiny_tokenizer, LONG))
    assert list(first.values()) == ["strong_pairs", "writer", "2", str(longest), "51"]
    assert list(second.values()) == ["benchmark", "base", "1", str(len(encode_prompt(tiny_tokenizer, "a boat"))), "54"]


def test_a_prompt_may_fill_its_room_and_not_one_token_more(folder, run_stage, tiny_tokenizer):
    room = 64 - len(encode_prompt(tiny_tokenizer, LONG))
    (row,) = run(run_stage, folder, use("strong_pairs", "base", room))
    assert row["longest"] == row["limit"]
    (folder / "lengths.csv").unlink()
    too_many = use("strong_pairs", "base", room + 1, "experiments.x.max_tokens")
    with pytest.raises(InputError) as caught:
        run(run_stage, folder, use("benchmark", "base", 1), too_many)
    message = str(caught.value)
    for words in ("strong_pairs.jsonl: the prompt maths/strong_pairs/q-0 has", f"{64 - room} tokens",
                  f"with {room + 1} new ones", "/model (64)", "lower experiments.x.max_tokens",
                  "sources.NAME.longest"):  # fmt: skip
        assert words in message
    assert "\n" not in message
    assert not (folder / "lengths.csv").exists()


def test_what_the_writer_is_shown_counts_too(folder, run_stage):
    write_jsonl(folder / "strong_pairs.jsonl", [{"id": "q", "prompts": ["a boat"], "generation_prompts": [LONG]}])
    (row,) = run(run_stage, folder, use("strong_pairs", "writer", 9))
    assert int(row["longest"]) > 20
    with pytest.raises(InputError, match="the prompt q has"):
        run(run_stage, folder, use("strong_pairs", "writer", 50))


def talk(folder, template: str | None) -> None:
    """Give the first model this chat template, and the first set one conversation."""
    tokenizer = checkpoints.load_tokenizer(folder / "model")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder / "model")
    prompts = [[{"role": "user", "content": "a boat"}]]
    write_jsonl(folder / "strong_pairs.jsonl", [{"id": "maths/strong_pairs/q-7", "prompts": prompts}])


TURNS = "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
ONE_TURN = "{% if messages[1:] %}{{ raise_exception('one turn only') }}{% endif %}" + TURNS


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (None, "the model has no chat template, and the prompt is a list of messages"),
        ("{{ raise_exception('never') }}", r"its chat template cannot frame the prompt \(never\)"),
        (ONE_TURN, r"its chat template cannot frame the prompt \(one turn only\)"),  # how an answer ends is asked too
    ],
)
def test_a_conversation_that_the_model_cannot_read_is_told_with_its_record_and_experiment(
    folder, run_stage, template, reason
):
    talk(folder, template)
    wanted = (
        r"strong_pairs\.jsonl: the model base cannot read the prompt maths/strong_pairs/q-7, which the templates of "
        r"experiments\.maths make: .*/model: "
    )
    with pytest.raises(InputError, match=wanted + reason) as caught:
        run(run_stage, folder, use("strong_pairs", "base", 9))
    assert "\n" not in str(caught.value)
    talk(folder, TURNS)
    (row,) = run(run_stage, folder, use("strong_pairs", "base", 9))
    assert (row["questions"], row["longest"]) == ("1", "3")


@pytest.mark.parametrize(("talker", "field"), [("writer", "generation_prompts"), ("base", "prompts")])
def test_writer_and_policy_read_their_own_prompts_alone(folder, run_stage, talker, field):
    """One of them has a chat template; the other one could not read the conversation."""
    talk(folder, TURNS)
    if talker == "writer":
        (folder / "model").rename(folder / "talker")
        (folder / "small").rename(folder / "model")
        (folder / "talker").rename(folder / "small")
    texts = {"prompts": ["a boat"], "generation_prompts": ["a boat"]}
    conversation = {field: [[{"role": "user", "content": "a boat"}]]}
    write_jsonl(folder / "strong_pairs.jsonl", [{"id": "q", **texts, **conversation}])
    rows = run(run_stage, folder, use("strong_pairs", "writer", 9), use("strong_pairs", "base", 9))
    assert {row["model"]: row["longest"] for row in rows} == {"base": "2", "writer": "2", talker: "3"}


def test_the_context_of_an_adapter_is_that_of_its_base_model(folder):
    (folder / "adapter").mkdir()
    settings = {"base_model_name_or_path": str(folder / "model")}
    (folder / "adapter/adapter_config.json").write_text(json.dumps(settings))
    assert checkpoints.context(folder / "adapter") == checkpoints.context(folder / "model") == 64


def test_the_tokenizer_of_another_model_is_refused_before_anything_is_written_or_trained(folder, run_stage):
    tiny.tiny_model(vocabulary=200).config.save_pretrained(folder / "small")
    with pytest.raises(InputError, match="small: its tokenizer has 300 tokens and its weights 200"):
        run(run_stage, folder, use("strong_pairs", "writer", 9))


def test_an_adapter_for_layers_that_the_base_lacks_is_refused_by_its_key(folder, run_stage):
    where = "experiments.maths.methods.sami"
    assert run(run_stage, folder, adapters={where: {"targets": ["q_proj", "mlp.down_proj", "lm_head"]}}) == []
    for weights in folder.glob("model/*.safetensors"):
        weights.unlink()  # only the config is needed
    with pytest.raises(
        InputError, match=r"sami\.adapter\.targets: the model has no linear layer 'c_attn'; it has q_proj, "
    ):
        run(run_stage, folder, adapters={where: {"targets": ["q_proj", "c_attn"]}})


# ---------------------------------------------------------------- judges by likelihood
LETTER = 2  # tokens of " A" by the tiny tokenizer
JUDGE_PROMPTS = Path(__file__).parents[2] / "config/judge.yaml"
BOAT = {
    "id": "multitask/benchmark/q-1",
    "question": "Is a boat a house?",
    "constitutions": [{"text": "1. Be brief"}],
    "prompts": ["a boat"],
}
HARBOUR = BOAT | {"id": "multitask/benchmark/q-2", "question": LONG}


def judge(max_tokens, axes=("principle-aware",), key="judges.local"):
    of_prompts = {"split": "benchmark", "model": "writer", "max_tokens": max_tokens}
    return {"key": f"experiments.multitask.{key}", "axes": axes, "prompt_template": str(JUDGE_PROMPTS), **of_prompts}


def judging(folder, context=4096, template=None):
    """Give the second model this context and this chat template, and the benchmark two questions to be judged about."""
    tiny.tiny_model(context=context).config.save_pretrained(folder / "small")
    tokenizer = checkpoints.load_tokenizer(folder / "model")
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder / "small")
    write_jsonl(folder / "benchmark.jsonl", [BOAT, HARBOUR])


def asked(tokenizer, record, axis, *texts):
    """How many tokens the judge reads about two responses, with the letter behind them."""
    case = Case(axis, record, *({"text": text} for text in texts))
    return (
        len(likelihood_prompt.prompt_ids(tokenizer, prompt_template.load(JUDGE_PROMPTS).messages(case, "test")))
        + LETTER
    )


@pytest.mark.parametrize("template", [None, "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"])
def test_what_a_judge_is_asked_leaves_room_for_two_whole_responses(
    folder, run_stage, tiny_tokenizer, template, monkeypatch
):
    monkeypatch.setattr(prompt_template, "_sign", lambda texts: "0123abcd")  # whose tokens depend on the texts
    axes = ["principle-free", "principle-aware"]
    judging(folder, template=template)
    (row,) = run(run_stage, folder, judges=[judge(50, axes)])
    assert (row["split"], row["model"], row["questions"], row["limit"]) == ("benchmark", "writer", "2", "3994")
    tiny_tokenizer.chat_template = template
    text = "x boat house boat"
    tokens = len(encode_prompt(tiny_tokenizer, text))
    longest = max(asked(tiny_tokenizer, record, axis, text, text) for record in (BOAT, HARBOUR) for axis in axes)
    assert longest == int(row["longest"]) + 2 * tokens + LETTER


def test_a_judge_may_fill_its_context_and_not_one_token_more(folder, run_stage):
    judging(folder)
    (row,) = run(run_stage, folder, judges=[judge(1)])
    context = int(row["longest"]) + 2 * 30 + LETTER
    judging(folder, context)
    (row,) = run(run_stage, folder, judges=[judge(30)])
    assert row["longest"] == row["limit"]
    (folder / "lengths.csv").unlink()
    with pytest.raises(InputError) as caught:
        run(run_stage, folder, use("benchmark", "base", 1), judges=[judge(30), judge(31, key="training.validate_by")])
    message = str(caught.value)
    for words in ("experiments.multitask.training.validate_by: what it is asked about the prompt "
                  "multitask/benchmark/q-2 of ", f"benchmark.jsonl has {row['longest']} tokens",
                  f"two responses of 31 exceed the context of {folder / 'small'} ({context})",
                  "take another model as judge, lower experiments.multitask.respond.max_tokens"):  # fmt: skip
        assert words in message
    assert "\n" not in message
    assert not (folder / "lengths.csv").exists()


def test_a_judge_whose_chat_template_raises_is_told_with_its_key(folder, run_stage):
    judging(folder, template="{{ raise_exception('never') }}")
    wanted = (
        r"experiments\.multitask\.judges\.local: .*/small: the model cannot read what it is asked about "
        r"multitask/benchmark/q-1: .*its chat template cannot frame the prompt \(never\)"
    )
    with pytest.raises(InputError, match=wanted) as caught:
        run(run_stage, folder, judges=[judge(9)])
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------- reward models
@pytest.mark.parametrize("template", [None, "Person: {question} Reply:"])
def test_a_reward_model_may_fill_its_context_and_not_one_token_more(folder, run_stage, tiny_tokenizer, template):
    for split in SPLITS:
        records = [{"id": f"e/{split}/{n}", "question": text, "prompts": [text]} for n, text in enumerate((LONG, "a"))]
        write_jsonl(folder / f"{split}.jsonl", records)
    tiny_tokenizer.eos_token = None  # a reward model needs no end token
    tiny_tokenizer.save_pretrained(folder / "small")
    longest = len(tiny_tokenizer(template.format(question=LONG) if template else LONG)["input_ids"])
    reader = {"key": "rewards.kind", "split": "benchmark", "model": "writer", "template": template}
    (row,) = run(run_stage, folder, rewards=[{**reader, "max_tokens": 60 - longest}])
    assert list(row.values()) == ["benchmark", "writer", "2", str(longest), str(longest)]
    told = rf"rewards.kind: the question of the prompt e/benchmark/0 of .*benchmark.jsonl has {longest} tokens, which"
    with pytest.raises(InputError, match=told):
        run(run_stage, folder, rewards=[{**reader, "max_tokens": 61 - longest}])


def test_a_reward_model_reads_the_positions_that_padding_leaves(folder, run_stage):
    RobertaConfig(vocab_size=300, hidden_size=16, num_attention_heads=2, max_position_embeddings=34).save_pretrained(
        folder / "small"
    )
    write_jsonl(folder / "benchmark.jsonl", [{"id": "e/benchmark/0", "question": "a boat", "prompts": ["a boat"]}])
    reader = {"key": "rewards.kind", "split": "benchmark", "model": "writer", "template": None, "max_tokens": 10}
    (row,) = run(run_stage, folder, rewards=[reader])
    assert row["limit"] == "22"  # 34 positions, of which two are for padding, less 10
