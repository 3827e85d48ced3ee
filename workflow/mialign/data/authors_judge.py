"""What the authors' judge was asked, in their words, and about which questions.

Their win_rates.py draws the order of the two answers question by question, so it can be drawn again only if the
questions are theirs, in their order.
"""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path
from string import Formatter

from mialign.core.errors import InputError
from mialign.core.files import sha256
from mialign.data.authors import listing
from mialign.data.fetch import web
from mialign.data.parsed_python import constants, named, parse

QUESTIONS = 80  # the first turns of MT-Bench
ANSWERS = {"question", "answer_a", "answer_b"}


def check_files(files: dict[str, Path]) -> None:
    """InputError unless each file, by its name in the listing of the judge's, has the checksum given there."""
    for name, path in files.items():
        web.compare(str(path), sha256(path), listing()["files"][listing()["judge"][name]])


def prompts(grading: Path, free: Path, evaluation: Path) -> dict[str, str]:
    """Their prompts by axis, their system message, and the note that stands for an empty answer.

    grading: experiments/mt_bench/prompts.py. free: mt_bench/prompts.py beside it, whose prompt tells of no principles;
    the code that asked it is not released. evaluation: evaluate.py beside it, which puts the note. All are parsed only.
    """
    texts = constants(parse(grading).body)
    return {
        "system": named(texts, "SYSTEM_MESSAGE", grading),
        "principle-aware": _template(texts, "MT_GRADING_PROMPT_SINGLE_TURN", grading, ANSWERS | {"constitution"}),
        "principle-free": _template(constants(parse(free).body), "MT_GRADING_PROMPT", free, ANSWERS),
        "empty": _note(evaluation),
    }


def _template(texts: dict[str, str], name: str, path: Path, wanted: set[str]) -> str:
    """A text to be filled by str.format; InputError unless it has these fields and nothing is asked of them."""
    text = named(texts, name, path)
    try:
        found = {(field, form, turned) for _, field, form, turned in Formatter().parse(text) if field is not None}
    except ValueError as error:
        raise InputError(f"{path}: {name}: {error}") from None
    if found != {(field, "", None) for field in wanted}:
        shown = ", ".join(sorted({field for field, _, _ in found})) or "none"
        raise InputError(f"{path}: {name}: the fields {', '.join(sorted(wanted))} are needed; there are {shown}")
    return text


def _note(path: Path) -> str:
    """The text behind the `or` that replaces an answer without text."""
    found = [
        node.values[-1].value
        for node in ast.walk(parse(path))
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(node.values[-1], ast.Constant)
        if isinstance(node.values[-1].value, str)
    ]
    if len(found) != 1:
        raise InputError(
            f"{path}: one text behind an `or` is needed, which replaces an empty answer; found {len(found)}"
        )
    return found[0]


def check_questions(asked: Iterable[str]) -> None:
    """InputError unless these are the first turns of MT-Bench in their order; blanks around them do not count."""
    texts = [question.strip() for question in asked]
    if hashlib.sha256("\0".join(texts).encode()).hexdigest() != listing()["first_turns"]:
        raise InputError(
            f"compat: authors draws the order of the answers to MT-Bench's {QUESTIONS} first turns in turn; "
            f"these {len(texts)} questions are others or in another order; let questions.benchmark name MT-Bench "
            "alone, whole and as published, or take compat out"
        )
