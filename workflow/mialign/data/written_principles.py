"""Principles that a model writes: what it is asked, what of its texts can be used, and the principles that they make.

In original SAMI (arXiv 2404.14313) a model writes the principles of the constitutions, and their antitheses, from a
description of the task. Here it writes the strong wordings of either side from the description of each principle. The
short wordings stay those of the principles file: evaluation asks with them.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace

import yaml

from mialign.core.errors import InputError
from mialign.data.principles import ANTITHESIS, POSITIVE, SIDES, Principles

FIELD = "{description}"
COLUMNS = ["principle", "side", "text", "wording", "outcome"]
USED = "used"
# Why a text is not used, in the order in which that is looked at.
REASONS = {
    "empty": "without a word",
    "cut_off": "did not end",
    "unprintable": "not printable",
    "too_long": "too long",
    "description": "only the description",
    "other_side": "also of the other side",
    "duplicate": "written before",
}

_MARK = re.compile(r"(?:\(?\d{1,3}[.):]|[-+*•–—]|#{1,6})\s+")  # of a numbered line, or of one in a list
_WORD = re.compile(r"[^\W\d_]{2}")  # two letters
_BROKEN = "\N{REPLACEMENT CHARACTER}"  # what bytes that make no character are decoded to
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’", "«": "»", "`": "`", "*": "*"}  # by what opens them


def check_templates(templates: dict[str, str]) -> None:
    """InputError unless both templates have a place for the description, and differ."""
    for side in SIDES:
        if FIELD not in templates[side]:
            raise InputError(f"{side}: the field {FIELD} is missing")
    if templates[POSITIVE] == templates[ANTITHESIS]:
        raise InputError("positive and antithesis are the same; word them apart")


def prompts(known: Principles, templates: dict[str, str]) -> list[tuple[str, str, str]]:
    """Principle, side and prompt, for both sides of every principle; templates: by side, with the field FIELD."""
    return [
        (one.id, side, templates[side].replace(FIELD, one.description))
        for one in known.principles.values()
        for side in SIDES
    ]


def wording(text: str) -> str:
    """The first line that is not empty, without number, list mark, quotes and final full stop; "" if it has no word."""
    line = " ".join(text.lstrip().partition("\n")[0].split())
    while (bare := _bare(line)) != line:
        line = bare
    return line if _WORD.search(line) else ""


def _bare(line: str) -> str:
    if mark := _MARK.match(line):
        line = line[mark.end() :]
    if len(line) > 1 and _QUOTES.get(line[0]) == line[-1]:
        line = line[1:-1]
    return line.strip().removesuffix(".").rstrip()


def outcomes(known: Principles, written: Iterable[dict], longest: int) -> list[dict]:
    """What became of each text, in COLUMNS: "used", or the first of REASONS why not.

    written: {principle, side, text, finish} of every text. longest: the most characters of a wording.
    """
    rows = [{**one, "wording": wording(one["text"])} for one in written]
    by_hand = {place: set(map(_alike, _wordings(known, *place))) for place in _places(known)}
    said = {place: {_alike(row["wording"]) for row in rows if _place(row) == place} for place in _places(known)}
    found, seen = [], set()
    for row in rows:
        alike, own, other = _alike(row["wording"]), _place(row), (row["principle"], _other(row["side"]))
        faults = {
            "empty": not row["wording"],
            "cut_off": row["finish"] == "length" and "\n" not in row["text"].lstrip(),
            "unprintable": not row["wording"].isprintable() or _BROKEN in row["wording"],
            "too_long": len(row["wording"]) > longest,
            "description": alike == _alike(known.principles[row["principle"]].description),
            # A text that was written for both sides speaks for neither, unless its own is known to have it.
            "other_side": alike in by_hand[other] | (said[other] - by_hand[own]),
            "duplicate": (own, alike) in seen,
        }
        outcome = next((reason for reason in REASONS if faults[reason]), USED)
        if outcome == USED:
            seen.add((own, alike))
        found.append({**{key: row[key] for key in COLUMNS[:-1]}, "outcome": outcome})
    return found


def _places(known: Principles) -> list[tuple[str, str]]:
    return [(principle, side) for principle in known.principles for side in SIDES]


def _place(row: dict) -> tuple[str, str]:
    return row["principle"], row["side"]


def _wordings(known: Principles, principle: str, side: str) -> tuple[str, ...]:
    return getattr(known.principles[principle], side)


def _alike(text: str) -> str:
    """What two texts have in common if they say the same: capitals and a final full stop do not count."""
    return wording(text).casefold()


def _other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def unwritten(known: Principles, rows: Iterable[dict]) -> list[tuple[str, str]]:
    """The principles and sides of which no text is used, and which keep the wordings of the principles file."""
    written = {_place(row) for row in rows if row["outcome"] == USED}
    return [place for place in _places(known) if place not in written]


def rewritten(known: Principles, rows: list[dict]) -> Principles:
    """The principles with the wordings that are used; a side without one stays as it was, InputError if all do."""
    if unwritten(known, rows) == _places(known):
        raise InputError(_nothing_usable(rows))
    used: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in rows:
        if row["outcome"] == USED:
            used[_place(row)] = (*used.get(_place(row), ()), row["wording"])
    sides = {
        name: {side: used.get((name, side), _wordings(known, name, side)) for side in SIDES}
        for name in known.principles
    }
    return replace(known, principles={name: replace(one, **sides[name]) for name, one in known.principles.items()})


def _nothing_usable(rows: list[dict]) -> str:
    counted = Counter(row["outcome"] for row in rows)
    why = ", ".join(f"{number} {REASONS[reason]}" for reason, number in counted.items())
    return (
        f"the writer wrote nothing usable: of {len(rows)} texts {why}; the first is {rows[0]['text'][:80]!r}. Take "
        "another model for principles.from of the sets of pairs, change principle_writer (templates, sampling, "
        "longest), or take principles out of the sets, which then have those of the principles file"
    )


def as_yaml(known: Principles) -> str:
    """The principles as a file that mialign.data.principles.load reads."""
    content = {
        "categories": {name: list(chosen) for name, chosen in known.categories.items()},
        "principles": {
            name: {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(one).items()}
            for name, one in known.principles.items()
        },
    }
    for block in content["principles"].values():
        del block["id"]
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
