"""Questions of all tasks by split, and answers to them."""

from collections.abc import Callable
from hashlib import blake2b
from random import Random
from typing import NamedTuple

from mialign.core.errors import InputError
from mialign.core.numerals import number
from mialign.core.seeds import derive
from mialign.synthetic import (
    choices,
    coding,
    humanities_roleplay,
    math,
    reasoning,
    stem,
    word_problems,
    writing_extraction,
)
from mialign.synthetic.text import any_of, last_number
from mialign.synthetic.tone import TONES, speak


class Part(NamedTuple):
    """One kind of question: a drawer of questions, a teller of answers, a checker of their content."""

    draw: Callable[[Random], tuple[tuple, dict]]
    tell: Callable[[dict, dict[str, bool], Random, bool], str]
    correct: Callable[[dict, str], bool]
    principles: tuple[str, ...]  # the principles that its answers can follow or oppose
    distinct: bool = False  # no two benchmark questions have one key: intervals take questions for independent


WITH_TONES = tuple(TONES)
# In the order of the paper's first figure.
MULTITASK = {
    "writing": Part(
        writing_extraction.draw_writing, writing_extraction.tell_writing, writing_extraction.correct_writing, WITH_TONES
    ),
    "roleplay": Part(
        humanities_roleplay.draw_roleplay,
        humanities_roleplay.tell_roleplay,
        humanities_roleplay.correct,
        ("persona", *WITH_TONES),
    ),
    "reasoning": Part(reasoning.draw, reasoning.tell, reasoning.correct, ("steps", *WITH_TONES)),
    "math": Part(math.draw, math.tell, math.correct, ("steps", "tex")),
    "coding": Part(coding.draw, coding.tell, coding.correct, ("plan", "markdown")),
    "extraction": Part(
        writing_extraction.draw_extraction,
        writing_extraction.tell_extraction,
        writing_extraction.correct_extraction,
        ("complete", "relevant"),
    ),
    "stem": Part(stem.draw, stem.tell, stem.correct, ("steps", *WITH_TONES)),
    "humanities": Part(
        humanities_roleplay.draw_humanities,
        humanities_roleplay.tell_humanities,
        humanities_roleplay.correct,
        WITH_TONES,
    ),
}
MATHS = Part(word_problems.draw, word_problems.tell, math.correct, ("steps", "tex"))
CHOICES = Part(choices.draw, choices.tell, choices.correct, ("steps",), distinct=True)
CATEGORIES = tuple(MULTITASK)
TASKS = {"multitask": MULTITASK, "maths": {"math": MATHS}, "choices": {"stem": CHOICES}}
# Of questions whose category has others too, by the kind of their reference.
OF_KIND = {"days": MATHS, "choice": CHOICES}
# The splits, each with the upper end of its share of all keys. A key decides, so no question can be in two splits.
SHARES = {"corpus": 0.60, "train": 0.80, "validation": 0.85, "benchmark": 1.0}


def followable_principles(category: str) -> tuple[str, ...]:
    """The principles that our world's answers in a category can follow or oppose."""
    return MULTITASK[category].principles


def split_of(key: tuple) -> str:
    """The split of a question.

    Its key is a function of its text that leaves out what only words it differently: order, setting, the story's names.
    What must be kept so that every split has questions enough, and the corpus all facts, is said where keys are made.
    """
    digest = blake2b("/".join(map(str, key)).encode(), digest_size=7).digest()
    place = int.from_bytes(digest, "big") / 256**7
    return next(split for split, end in SHARES.items() if place < end)


def draw(part: Part, split: str, rng: Random, seen: set | None = None) -> dict:
    """A question of the split; with `seen`, one whose text (or key: see Part) is not in it, and that is added."""
    for _ in range(20_000):
        key, question = part.draw(rng)
        mark = key if part.distinct and split == "benchmark" else question["question"]
        if split_of(key) == split and (seen is None or mark not in seen):
            if seen is not None:
                seen.add(mark)
            return question
    raise InputError(
        f"the world has hardly more than {len(seen or ())} different questions of category {question['category']!r} "
        f"in the split {split!r}; ask for fewer"
    )


def questions(task: str, split: str, size: int, seed: int) -> list[dict]:
    """`size` different questions (id, category, question, reference), as many of one category as of the next."""
    if task not in TASKS:
        raise InputError(f"there is no task {task!r} (there are {', '.join(TASKS)})")
    if split not in SHARES:
        raise InputError(f"there is no split {split!r} (there are {', '.join(SHARES)})")
    parts = list(TASKS[task].values())
    streams = [Random(derive(seed, task, split, number)) for number in range(len(parts))]
    seen = [set() for _ in parts]
    turns = [number % len(parts) for number in range(size)]
    return [draw(parts[turn], split, streams[turn], seen[turn]) for turn in turns]


def respond(question: dict, sides: dict[str, bool], rng: Random, correct: bool = True) -> str:
    """An answer that takes the positive side of each principle that is true in `sides`, and the opposite of the others.

    Its content is correct or, plausibly, wrong. The wordings vary with `rng`. Tones not in `sides` are left out.
    """
    part = _part(question)
    content = part.tell(question["reference"], sides, rng, correct)
    return speak(content, sides, rng)


def stored_answer(question: dict, seed: int) -> str:
    """A correct answer that was written for nobody in particular: each side is taken by chance."""
    rng = Random(derive(seed, "stored", question["id"]))
    return respond(question, {name: rng.random() < 0.5 for name in _part(question).principles}, rng)


def correct(question: dict, text: str) -> bool | None:
    """Whether the content is correct; None if the question has no reference to tell by.

    Of a question from a file: whether the last number is the reference, or a reference in words stands in the text.
    Other references, such as 3/4 or 10:30, are not looked for.
    """
    reference = question.get("reference")
    if isinstance(reference, dict):
        return _part(question).correct(reference, text) if "kind" in reference else None
    if reference is None or not str(reference).strip():
        return None
    gold = " ".join(str(reference).split()).lstrip("$€£ ").rstrip("%. ")
    if (known := number(gold)) is not None:
        return last_number(text) == known if last_number(gold) == known else None
    return bool(any_of((gold,)).search(text)) if any(letter.isalpha() for letter in gold) else None


def _part(question: dict) -> Part:
    return OF_KIND.get(question["reference"]["kind"]) or MULTITASK[question["category"]]
