"""The turns of a dialogue that its publisher wrote down as one text, such as HH-RLHF (Anthropic/hh-rlhf)."""

import re

from mialign.core.errors import InputError


def human_turns(text: str, human: str, assistant: str, keep: str, where: str) -> str:
    """The first human turn without its mark (`keep: first`), or all up to the end of the last one (`keep: all`).

    A turn begins where a paragraph begins with the mark of the one who speaks. InputError without any human turn.
    """
    marks = "|".join(map(re.escape, sorted((human, assistant), key=len, reverse=True)))
    begins = list(re.finditer(rf"(?:\A|(?<=\n\n))(?:{marks})", text))
    ends = [*(begin.start() for begin in begins[1:]), len(text)]
    turns = [(begin, end) for begin, end in zip(begins, ends, strict=True) if begin[0] == human]
    if not turns:
        raise InputError(f"{where}: no paragraph begins with {human!r}; mend or take out the line")
    if keep == "first":
        (begin, end), *_ = turns
        return text[begin.end() : end].strip()
    return text[: turns[-1][1]].strip()
