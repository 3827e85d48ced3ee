"""Rewards of responses: programs and reward models behind one interface."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mialign.core.errors import InputError
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

    def scores(self, questions: Sequence[dict], texts: Sequence[str]) -> list[float]:
        """The first logit for each text."""
        import torch

        progress, found = Progress("rewards", len(texts), "responses"), []
        with torch.inference_mode():
            for question, text in zip(questions, texts, strict=True):
                ids = torch.tensor([self._ids(question["question"], text)], device=self.model.device)
                found.append(self.model(input_ids=ids).logits[0, 0].item())
                progress.add(1)
        return found

    def _ids(self, question: str, text: str) -> list[int]:
        from mialign.models.chat_template import encode_conversation

        if self.tokenizer.chat_template and not self.template:
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": text}]
            ids = encode_conversation(self.tokenizer, turns, closed=True)
        else:
            asked = fill(self.template, question=question) if self.template else question
            ids = self.tokenizer(asked, text, split_special_tokens=True)["input_ids"]
        context = getattr(self.model.config.get_text_config(), "max_position_embeddings", len(ids))
        if len(ids) > context:
            raise InputError(
                f"{self.folder}: a question and its response have {len(ids)} tokens, more than the {context} that the "
                "reward model reads; lower max_tokens, or take another reward"
            )
        return ids


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
