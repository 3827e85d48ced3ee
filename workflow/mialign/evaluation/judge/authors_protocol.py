"""The judge of the paper's authors, as their code has it (experiments/mt_bench/win_rates.py at commit 0060003).

Every comparison is asked about once. Which answer is A is drawn by their seed, question by question in the order of
MT-Bench. The verdict is the letter found where their prompt wants it; none or both count half.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mialign.core.errors import InputError
from mialign.data.authors_judge import check_questions
from mialign.evaluation.judge import Case
from mialign.evaluation.judge.position_swap import OTHER
from mialign.evaluation.judge.prompt_template import KEYS, unusable

SEED = 1  # of numpy, in their code
AUTHORS_FIRSTS = ("baseline", "test")  # what a draw of 0 or 1 puts first, as A
MARK = "Final Response:"
BRACKETED = re.compile(r"\[\[([ABC])\]\]")
UNREAD = "names neither A nor B, or both"


@dataclass(frozen=True)
class AuthorsPrompts:
    """texts: their system message, their prompts by axis, and `empty`, the note in the place of an empty answer."""

    texts: dict[str, str]

    def messages(self, case: Case, first: str) -> list[dict]:
        """What is said of a case with this side's answer as A. The constitution is the one that its baseline answered
        under, as in their code.
        """
        answers = {
            field: getattr(case, side)["text"].strip() or self.texts["empty"]
            for field, side in (("answer_a", first), ("answer_b", OTHER[first]))
        }
        constitution = case.baseline.get("constitution", case.prompt["constitutions"][0]["text"])
        user = self.texts[case.axis].format(question=case.prompt["question"], constitution=constitution, **answers)
        return [{"role": "system", "content": self.texts["system"]}, {"role": "user", "content": user}]


class AuthorsJudge:
    """`ask` takes messages and gives a record with text, finish and perhaps aside to each (see chat_request)."""

    def __init__(self, name: str, prompts: AuthorsPrompts, ask: Callable[[list[list[dict]]], list[dict]]):
        self.name, self.prompts, self.ask = name, prompts, ask

    def verdicts(self, cases: Sequence[Case]) -> list[dict]:
        """See Judge; InputError unless each axis and temperature has the questions of MT-Bench in their order."""
        firsts = draw_firsts(cases)
        said = self.ask([self.prompts.messages(case, first) for case, first in zip(cases, firsts, strict=True)])
        records = [_record(*one) for one in zip(cases, firsts, said, strict=True)]
        _tell_unread(records)
        return records


def draw_firsts(cases: Sequence[Case]) -> list[str]:
    """Which answer is A in each case: their one draw for each question, anew for every axis and temperature."""
    groups = defaultdict(list)
    for place, case in enumerate(cases):
        groups[case.axis, float(case.test["temperature"])].append(place)
    firsts = [""] * len(cases)
    for places in groups.values():
        check_questions(cases[place].prompt["question"] for place in places)
        for place, drawn in zip(places, draws(len(places), SEED), strict=True):
            firsts[place] = AUTHORS_FIRSTS[drawn]
    return firsts


def draws(items: int, seed: int) -> list[int]:
    """Their draw of 0 or 1 for each of so many items."""
    random = np.random.RandomState(seed)  # the generator that the judges of the original and of SAMI seed
    return [random.randint(2) for _ in range(items)]


def read_verdict(axis: str, answer: str) -> str | None:
    """ "A" or "B", if that letter alone stands where it is to stand; else None.

    principle-aware: anywhere between the first and a second MARK, as in their code. principle-free: in double brackets,
    as their prompt wants it (how they read it is not released).
    """
    if axis == "principle-aware":
        said = answer.partition(MARK)[2].partition(MARK)[0]
        named = {letter for letter in "AB" if letter in said}
    else:
        named = set(BRACKETED.findall(answer))
    letter = named.pop() if len(named) == 1 else None
    return letter if letter != "C" else None


def _record(case: Case, first: str, said: dict) -> dict:
    letter = read_verdict(case.axis, said["text"])
    winner = {"A": first, "B": OTHER[first], None: None}[letter]
    record = {"verdict": winner or "tie", "first": [first], "winners": [winner], "answers": [said["text"]]}
    if letter is None:
        record["reasons"] = [unusable(said["text"], said.get("finish"), said.get("aside", [])) or UNREAD]
    return record


def _tell_unread(records: list[dict]) -> None:
    """How many answers count half, and why: their protocol refuses none, however many there are."""
    reasons = Counter(reason for record in records for reason in record.get("reasons", []))
    for reason, count in reasons.most_common():
        print(f"judge: {count} of {len(records)} answers count half: {reason}", file=sys.stderr)


def load(path: Path) -> AuthorsPrompts:
    """The texts that the stage authors_judge wrote."""
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); the stage authors_judge writes it") from None
    if not isinstance(texts, dict) or texts.keys() != set(KEYS):
        raise InputError(f"{path}: the keys {', '.join(KEYS)} are needed here; the stage authors_judge writes them")
    return AuthorsPrompts(texts)
