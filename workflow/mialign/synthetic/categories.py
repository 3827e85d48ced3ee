"""Questions of both worlds by split, and answers to them."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from mialign.core.errors import InputError
from mialign.core.seeds import derive
from mialign.synthetic import coding, humanities_roleplay, math, reasoning, stem, word_problems, writing_extraction
from mialign.synthetic.splits import SHARES, split_of
from mialign.synthetic.text import last_number
from mialign.synthetic.tone import MANNERS, speak


class Part(NamedTuple):
    """One kind of question: a drawer of questions, a teller of answers, a checker of their content."""

    draw: Callable[[Random], tuple[tuple, dict]]
    tell: Callable[[dict, dict[str, bool], Random, bool], str]
    correct: Callable[[dict, str], bool]
    voices: tuple[str, ...]  # the principles that its answers can follow or oppose


MANNERED = tuple(MANNERS)
# In the order of the paper's first figure.
MULTITASK = {
    "writing": Part(
        writing_extraction.draw_writing, writing_extraction.tell_writing, writing_extraction.right_writing, MANNERED
    ),
    "roleplay": Part(
        humanities_roleplay.draw_roleplay,
        humanities_roleplay.tell_roleplay,
        humanities_roleplay.correct,
        ("persona", *MANNERED),
    ),
    "reasoning": Part(reasoning.draw, reasoning.tell, reasoning.correct, ("steps", *MANNERED)),
    "math": Part(math.draw, math.tell, math.correct, ("steps", "tex")),
    "coding": Part(coding.draw, coding.tell, coding.correct, ("plan", "markdown")),
    "extraction": Part(
        writing_extraction.draw_extraction,
        writing_extraction.tell_extraction,
        writing_extraction.right_extraction,
        ("complete", "relevant"),
    ),
    "stem": Part(stem.draw, stem.tell, stem.correct, ("steps", *MANNERED)),
    "humanities": Part(
        humanities_roleplay.draw_humanities, humanities_roleplay.tell_humanities, humanities_roleplay.correct, MANNERED
    ),
}
MATHS = Part(word_problems.draw, word_problems.tell, math.correct, ("steps", "tex"))
CATEGORIES = tuple(MULTITASK)
WORLDS = ("multitask", "maths")


def voices(category: str) -> tuple[str, ...]:
    """The principles that our world's answers in a category can follow or oppose."""
    return MULTITASK[category].voices


def draw(part: Part, split: str, rng: Random, seen: set[str] | None = None) -> dict:
    """A question of the split; with `seen`, one whose text is not in it, and its text is added."""
    for _ in range(20_000):
        key, question = part.draw(rng)
        if split_of(key) == split and (seen is None or question["question"] not in seen):
            if seen is not None:
                seen.add(question["question"])
            return question
    raise InputError(
        f"the world has hardly more than {len(seen or ())} different questions of category {question['category']!r} "
        f"in the split {split!r}; ask for fewer"
    )


def questions(world: str, split: str, size: int, seed: int) -> list[dict]:
    """`size` different questions (id, category, question, reference), as many of one category as of the next."""
    if world not in WORLDS:
        raise InputError(f"there is no world {world!r} (there are {', '.join(WORLDS)})")
    if split not in SHARES:
        raise InputError(f"there is no split {split!r} (there are {', '.join(SHARES)})")
    parts = [MATHS] if world == "maths" else list(MULTITASK.values())
    streams = [Random(derive(seed, world, split, number)) for number in range(len(parts))]
    seen = [set() for _ in parts]
    turns = [number % len(parts) for number in range(size)]
    return [draw(parts[turn], split, streams[turn], seen[turn]) for turn in turns]


def respond(question: dict, sides: dict[str, bool], rng: Random, correct: bool = True) -> str:
    """An answer that takes the positive side of each principle that is true in `sides`, and the opposite of the others.

    Its content is right or, plausibly, wrong. The wordings vary with `rng`. Manners not in `sides` are left out.
    """
    part = _part(question)
    content = part.tell(question["reference"], sides, rng, correct)
    return speak(content, sides, rng)


def correct(question: dict, text: str) -> bool | None:
    """Whether the content is right; None if the question has no reference to tell by."""
    reference = question.get("reference")
    if isinstance(reference, dict):
        return _part(question).correct(reference, text) if "kind" in reference else None
    if reference is None or not str(reference).strip():
        return None
    gold = last_number(str(reference))
    if gold is not None and not any(letter.isalpha() for letter in str(reference)):
        return last_number(text) == gold
    return " ".join(str(reference).lower().split()) in " ".join(text.lower().split())


def _part(question: dict) -> Part:
    return MATHS if question["reference"]["kind"] == "days" else MULTITASK[question["category"]]
