"""Rewards: checkers, length and tiny classifiers behind one interface, and the stage that applies them."""

import json
from random import Random

import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

import tiny
from mialign.core.errors import InputError
from mialign.core.files import read_jsonl, write_jsonl
from mialign.data.preferences import vectors
from mialign.evaluation.checkpoint_scores import scores_of
from mialign.evaluation.rewards import checked_scores, encoded, make, reward_records
from mialign.generation.engine import Completion
from mialign.models.classifiers import load_classifier, most_tokens, not_classifying
from mialign.models.tokenizer import train_tokenizer
from mialign.synthetic import categories
from scripts import rewards as stage

QUESTION = {"id": "q", "category": "writing", "question": "Name the boat.", "reference": None}
FRIENDLY, COLD = "Hello, my friend! The boat is called Gull.", "Noted. The boat is called Gull."


def scores(settings: dict, *texts: str) -> list[float]:
    return make(settings).scores([QUESTION] * len(texts), texts)


def test_checkers_give_one_or_zero():
    assert scores({"kind": "checker", "principle": "friendly", "side": "positive"}, FRIENDLY, COLD, "") == [1, 0, 0]
    assert scores({"kind": "checker", "principle": "friendly", "side": "antithesis"}, FRIENDLY, COLD, "") == [0, 1, 0]


def test_length_counts_words_and_a_unit_below_zero_prefers_few():
    assert scores({"kind": "length", "per": -4}, "one two three", "one", "") == [-0.75, -0.25, 0]
    assert scores({"kind": "length", "per": 2}, "one two three") == [1.5]


def test_there_is_no_other_kind():
    with pytest.raises(InputError, match="there is no reward of kind 'judge'"):
        make({"kind": "judge"})


class Fixed:
    """A reward that gives these scores."""

    def __init__(self, *given: float):
        self.given = list(given)

    def scores(self, questions, texts):
        return self.given


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_names_the_reward(bad):
    questions = [{"id": f"q{number}"} for number in range(3)]
    with pytest.raises(
        InputError, match=rf"^rewards.kind: the score is {bad} for the answer to question 'q1'; take another"
    ):
        checked_scores("kind", Fixed(0.5, bad, 1.0), questions, ["a", "b", "c"])


# ---------------------------------------------------------------- classifiers
@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A folder of a classifier with two logits and random weights."""
    folder = tmp_path_factory.mktemp("classifier")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=64, num_labels=2, bos_token_id=None, eos_token_id=0, pad_token_id=None,
        initializer_range=0.5,
    )  # fmt: skip
    LlamaForSequenceClassification(config).save_pretrained(folder)
    tiny.tiny_tokenizer().save_pretrained(folder)
    return folder


def test_a_classifier_gives_its_first_logit_of_question_and_response(classifier):
    reward = make({"kind": "classifier", "model": "any"}, classifier)
    texts = ["The boat sank.", "A keeper of bees walks."]
    found = reward.scores([QUESTION] * 2, texts)
    model, tokenizer = LlamaForSequenceClassification.from_pretrained(classifier), tiny.tiny_tokenizer()
    for text, score in zip(texts, found, strict=True):
        ids = tokenizer("Name the boat.")["input_ids"] + tokenizer(text)["input_ids"]
        assert score == pytest.approx(model(torch.tensor([ids])).logits[0, 0].item(), abs=1e-6)
    assert len(set(found)) == 2
    assert reward.scores([QUESTION], texts[1:]) == found[1:]  # whatever is scored beside it


def friendly_and_cold(split: str, size: int) -> list[tuple[dict, str, str]]:
    """Questions of our world, each with a friendly and a cold answer; some of both are polite, the others rude."""
    rng = Random(size)
    questions = categories.questions("multitask", split, size, seed=size)
    found = []
    for one in questions:
        sides = {name: rng.random() < 0.5 for name in categories.followable_principles(one["category"])}
        found.append((one, *(categories.respond(one, sides | {"friendly": kind}, rng) for kind in (True, False))))
    return found


@pytest.fixture(scope="module")
def trained_classifier(tmp_path_factory):
    """A folder of a classifier with one logit, which learned to tell friendly from cold answers (logistic loss)."""
    folder = tmp_path_factory.mktemp("trained_classifier")
    training = friendly_and_cold("train", 64)
    tokenizer = train_tokenizer([text for _, *texts in training for text in texts], vocabulary=512, context=512)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=512, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=512, num_labels=1, bos_token_id=None, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    model = LlamaForSequenceClassification(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    for begin in [*range(0, 64, 8)] * 8:
        batch = training[begin : begin + 8]
        texts = [(one["question"], text) for one, *texts in batch for text in texts]
        read = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
        wanted = torch.tensor([1.0, 0.0]).repeat(len(batch))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(**read).logits[:, 0], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_trained_classifier_ranks_answers_as_the_checker_does(trained_classifier):
    held_out = friendly_and_cold("validation", 24)
    questions = [one for one, *texts in held_out for _ in texts]
    texts = [text for _, *texts in held_out for text in texts]
    checker = make({"kind": "checker", "principle": "friendly", "side": "positive"}).scores(questions, texts)
    assert checker == [1, 0] * 24
    found = make({"kind": "classifier", "model": "any"}, trained_classifier).scores(questions, texts)
    assert sum(warm > cold for warm, cold in zip(found[::2], found[1::2], strict=True)) >= 23


def read_by(reward, question: str) -> dict[str, list[int]]:
    return encoded(reward.tokenizer, question, "The boat sank.", reward.template, reward.segments)


def test_a_classifier_with_a_chat_template_reads_turns(classifier):
    template = "{% for one in messages %}[{{ one.role }}] {{ one.content }}\n{% endfor %}"
    reward = make({"kind": "classifier", "model": "any"}, classifier)
    plain = reward.scores([QUESTION], ["The boat sank."])
    reward.tokenizer.chat_template = template
    ids = reward.tokenizer("[user] Name the boat.\n[assistant] The boat sank.\n")["input_ids"]
    assert read_by(reward, QUESTION["question"]) == {"input_ids": ids}
    assert reward.scores([QUESTION], ["The boat sank."]) != plain


def test_a_template_frames_the_question_whatever_the_chat_template(classifier):
    settings = {"kind": "classifier", "model": "any", "template": "Person: {question} Reply:"}
    reward = make(settings, classifier)
    ids = tiny.tiny_tokenizer()("Person: Name {the} boat. Reply:")["input_ids"]
    ids += tiny.tiny_tokenizer()("The boat sank.")["input_ids"]
    assert read_by(reward, "Name {the} boat.") == {"input_ids": ids}
    reward.tokenizer.chat_template = "{% for one in messages %}[{{ one.role }}] {{ one.content }}{% endfor %}"
    assert read_by(reward, "Name {the} boat.") == {"input_ids": ids}


SHAPE = {
    "vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 24,
    "max_position_embeddings": 34, "num_labels": 1, "pad_token_id": 1,
}  # fmt: skip


def test_a_classifier_that_tells_two_texts_apart_is_told_which_is_which(tmp_path):
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(**SHAPE, initializer_range=0.5)).eval()
    model.save_pretrained(tmp_path)
    tiny.tiny_tokenizer().save_pretrained(tmp_path)
    (found,) = make({"kind": "classifier", "model": "any"}, tmp_path).scores([QUESTION], ["The boat sank."])
    texts = [tiny.tiny_tokenizer()(text)["input_ids"] for text in ("Name the boat.", "The boat sank.")]
    ids, segments = torch.tensor([[*texts[0], *texts[1]]]), torch.tensor([[0] * len(texts[0]) + [1] * len(texts[1])])
    assert found == pytest.approx(model(ids, token_type_ids=segments).logits[0, 0].item(), abs=1e-6)
    assert found != pytest.approx(model(ids).logits[0, 0].item(), abs=1e-3)


def test_positions_that_a_classifier_keeps_for_padding_are_not_read():
    model = RobertaForSequenceClassification(RobertaConfig(**SHAPE, type_vocab_size=1))
    assert most_tokens(model) == 32
    model(torch.full((1, 32), 5))
    with pytest.raises((IndexError, RuntimeError)):
        model(torch.full((1, 33), 5))


def test_a_text_that_is_too_long_for_a_classifier_is_refused(classifier):
    reward = make({"kind": "classifier", "model": "any"}, classifier)
    with pytest.raises(InputError, match="tokens, more than the 64 that the reward model reads; lower max_tokens"):
        reward.scores([QUESTION], ["boat " * 100])


def test_a_causal_model_is_no_reward(tmp_path, tiny_model, tiny_tokenizer):
    tiny_model.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"the model is no sequence classifier \(architectures names none"):
        load_classifier(tmp_path)
    assert not_classifying({"architectures": ["LlamaForSequenceClassification"]}) is None
    assert not_classifying({})
    assert not_classifying({"architectures": "x"})


def test_a_classifier_whose_head_is_missing_is_not_begun_at_random(classifier, tmp_path, tiny_model, tiny_tokenizer):
    tiny_model.save_pretrained(tmp_path)
    tiny_tokenizer.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"architectures": ["LlamaForSequenceClassification"]}))
    with pytest.raises(InputError, match=r"its weights do not fit its config\.json: 1 missing, such as score\.w"):
        load_classifier(tmp_path)


# ---------------------------------------------------------------- the stage
PROMPTS = [
    {**QUESTION, "id": f"e/benchmark/q/{number}", "question_id": "q", "preferences": [vector]}
    for number, vector in enumerate(vectors(2, 3))
]
REWARDS = {"friendly": {"kind": "checker", "principle": "friendly", "side": "positive"},
           "brief": {"kind": "length", "per": -10}}  # fmt: skip


def test_records_have_the_rewards_the_vector_and_whether_the_answer_ended(run_stage, tmp_path):
    texts = [
        {"prompt_id": "e/benchmark/q/2", "temperature": 1.0, "text": FRIENDLY, "finish": "stop", "tokens": 9},
        {"prompt_id": "e/benchmark/q/0", "temperature": 1.0, "text": COLD, "finish": "length", "tokens": 7},
    ]
    write_jsonl(tmp_path / "texts.jsonl", texts)
    write_jsonl(tmp_path / "prompts.jsonl", PROMPTS)
    run_stage(
        stage, texts=tmp_path / "texts.jsonl", prompts=tmp_path / "prompts.jsonl", out=tmp_path / "out.jsonl",
        settings=json.dumps({"rewards": REWARDS}),
    )  # fmt: skip
    common = {"temperature": 1.0, "question_id": "q"}
    assert read_jsonl(tmp_path / "out.jsonl") == [
        {"prompt_id": "e/benchmark/q/2", **common, "preference": [1.0, 0.0], "ended": True,
         "rewards": {"friendly": 1.0, "brief": -0.8}},
        {"prompt_id": "e/benchmark/q/0", **common, "preference": [0.0, 1.0], "ended": False,
         "rewards": {"friendly": 0.0, "brief": -0.6}},
    ]  # fmt: skip


def test_generations_keep_their_place_and_strangers_are_refused():
    made = {name: make(one) for name, one in REWARDS.items()}
    text = {"prompt_id": "e/benchmark/q/1", "prompt": 1, "text": COLD, "finish": "eos"}
    (record,) = reward_records([text], PROMPTS, made)
    assert (record["prompt"], record["preference"]) == (1, [0.5, 0.5])
    assert "temperature" not in record
    with pytest.raises(InputError, match="the response to prompt 'x' belongs to none of the prompts"):
        reward_records([text | {"prompt_id": "x"}], PROMPTS, made)


# ---------------------------------------------------------------- validation
def test_the_validation_score_weighs_the_chances_of_the_rewards():
    scores = scores_of({"score": "preferred", "rewards": list(REWARDS.values())})
    record = {**PROMPTS[1], "preferences": [[0.7, 0.3]]}
    (found,) = scores([record], [Completion(FRIENDLY, "eos", 9, 1)])
    # sigmoid(1) and sigmoid(-0.8)
    assert found == pytest.approx(
        {"preferred": 0.7 * 0.731058579 + 0.3 * 0.310025519, "reward_1": 1.0, "reward_2": -0.8}
    )
    assert scores_of({"score": "ended"})([record], [Completion("a", "length", 1, 1)]) == [{"ended": 0.0}]
    with pytest.raises(InputError, match=r"validation\.score is 'liked'; there are mean_score, accuracy, preferred"):
        scores_of({"score": "liked"})
