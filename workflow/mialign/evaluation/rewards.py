"""Rewards of responses: programs and reward models behind one interface."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from mialign.core.errors import InputError
from mialign.core.files import read_jsonl
from mialign.core.progress import Progress
from mialign.core.template import fill
from mialign.data.filters import ENDED
from mialign.evaluation import program_rewards
from mialign.evaluation.scores import question_of


class Reward(Protocol):
    """What scores responses; more is better."""

    def scores(self, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
        """The score of each text, which answers the question (id, category, question, reference) at its place."""


class ClassifierReward:
    """The first logit of a sequence classifier of transformers, such as a reward model of the hub.

    It reads a pair of texts: the question in `template`, and the response. Without `template` it reads a turn of a user
    and one of the assistant in its chat template; without that too, the pair as it is. One response at a time: a score
    does not depend on its neighbours.
    """

    def __init__(self, folder: Path, template: str | None = None):
        from mialign.models.checkpoints import load_tokenizer
        from mialign.models.classifiers import load_classifier
        from mialign.models.machine import device

        self.folder, self.tokenizer = folder, load_tokenizer(folder, needs_end=False)
        self.template = template
        self.model = load_classifier(folder).to(device())
        self.segments = getattr(self.model.config, "type_vocab_size", 0) > 1  # as BERT has them

    def scores(self, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
        """The first logit for each text."""
        import torch

        from mialign.models.classifiers import most_tokens

        progress, found = Progress("rewards", len(texts), "responses"), []
        with torch.inference_mode():
            for question, text in zip(questions, texts, strict=True):
                read = encoded(self.tokenizer, question["question"], text, self.template, self.segments)
                length, most = len(read["input_ids"]), most_tokens(self.model)
                if length > most:
                    raise InputError(
                        f"{self.folder}: a question and its response have {length} tokens, more than the {most:g} that "
                        "the reward model reads; lower max_tokens, or take another reward"
                    )
                tensors = {name: torch.tensor([ids], device=self.model.device) for name, ids in read.items()}
                found.append(self.model(**tensors).logits[0, 0].item())
                progress.add(1)
        return found


def encoded(tokenizer, question: str, text: str, template: str | None, segments: bool) -> dict[str, list[int]]:
    """What a classifier reads: the ids of tokens, and with `segments` which of the two texts each is of."""
    from mialign.models.chat_template import encode_conversation

    if tokenizer.chat_template and not template:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": text}]
        return {"input_ids": encode_conversation(tokenizer, turns, closed=True)}
    asked = fill(template, question=question) if template else question
    found = tokenizer(asked, text, split_special_tokens=True, return_token_type_ids=segments)
    return {name: found[name] for name in ("input_ids", *(["token_type_ids"] if segments else []))}


def lengths(prompts: dict[str, Path], models: dict[str, Path], readers: list[dict]) -> Iterator[tuple]:
    """A row (split, model, questions, longest, limit) for each reader, {key, split, model, max_tokens, template}.

    longest: tokens of its longest question without a response; limit: how many there may be. A response is reckoned
    with max_tokens, the most that are written; a classifier with another tokenizer may read it in more, so the length
    is looked at again when it scores. `prompts` names the file of each split, `models` the folder of each model, `key`
    the reward in the config. InputError for the first question that does not fit.
    """
    if not readers:
        return
    from mialign.models.checkpoints import load_tokenizer
    from mialign.models.classifiers import most_tokens, without_weights

    for reader in readers:
        split, folder = reader["split"], models[reader["model"]]
        tokenizer, most = load_tokenizer(folder, needs_end=False), most_tokens(without_weights(folder))
        limit, longest = most - reader["max_tokens"], 0
        records = read_jsonl(prompts[split], ("id", "question"))
        for record in records:
            tokens = len(encoded(tokenizer, record["question"], "", reader["template"], False)["input_ids"])
            if tokens > limit:
                raise InputError(
                    f"{reader['key']}: the question of the prompt {record['id']} of {prompts[split]} has {tokens} "
                    f"tokens, which with a response of {reader['max_tokens']} exceed the context of {folder} "
                    f"({most:g}); take another reward model, lower max_tokens, or leave long "
                    "questions out (sources.NAME.longest, in characters)"
                )
            longest = max(longest, tokens)
        yield split, reader["model"], len(records), longest, limit


def make(settings: dict, folder: Path | None = None) -> Reward:
    """The reward of a block `rewards` of the config; `folder` is that of a classifier's model."""
    kinds = program_rewards.KINDS | {"classifier": lambda _: ClassifierReward(folder, settings.get("template"))}
    if settings["kind"] not in kinds:
        raise InputError(f"there is no reward of kind {settings['kind']!r} (there are {', '.join(kinds)})")
    return kinds[settings["kind"]](settings)


def checked_scores(name: str, reward: Reward, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
    """The scores of a reward; InputError naming it if one is no number."""
    found = reward.scores(questions, texts)
    strange = [place for place, score in enumerate(found) if not math.isfinite(score)]
    if strange:
        raise InputError(
            f"rewards.{name}: the score is {found[strange[0]]} for the answer to question "
            f"{questions[strange[0]]['id']!r}; take another reward model, or mend this one"
        )
    return found


def reward_records(texts: list[dict], prompts: list[dict], rewards: dict[str, Reward]) -> list[dict]:
    """The records of rewards/: for each generation or response its rewards by name, and the vector it was asked under.

    texts: records of generations/ or responses/.
    """
    by_id = {prompt["id"]: prompt for prompt in prompts}
    if strange := next((one["prompt_id"] for one in texts if one["prompt_id"] not in by_id), None):
        raise InputError(f"the response to prompt {strange!r} belongs to none of the prompts")
    of_texts = [by_id[one["prompt_id"]] for one in texts]
    questions, written = [question_of(prompt) for prompt in of_texts], [one["text"] for one in texts]
    found = {name: checked_scores(name, reward, questions, written) for name, reward in rewards.items()}
    return [
        {key: one[key] for key in ("prompt_id", "prompt", "temperature") if key in one}
        | {
            "question_id": prompt["question_id"],
            "preference": prompt["preferences"][0],
            "ended": one["finish"] in ENDED,
            "rewards": {name: scores[place] for name, scores in found.items()},
        }
        for place, (one, prompt) in enumerate(zip(texts, of_texts, strict=True))
    ]
