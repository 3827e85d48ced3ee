"""The names of macros: letters only, put together from what is measured."""

import re
from functools import cache

from mialign.core.csv_files import cell_text

SMALL = (
    *("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"),
    *("Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"),
)
TENS = ("", "Ten", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
# Columns that tell what a row of a metrics file is about.
KEYS = ("experiment", "method", "baseline", "axis", "temperature", "category", "attempts", "extractor", "metric")
DIGITS = dict(zip("0123456789", SMALL, strict=False)) | {".": "Point", "-": "Minus"}


def words(*parts: object) -> str:
    """Parts joined in capitals, numbers spelt out, letters only: words("sft_more", 10) is SftMoreTen."""
    return "".join(_joined(cell_text(part)) for part in parts)


@cache  # the same few parts make up thousands of names
def _joined(text: str) -> str:
    return "".join(map(_word, re.findall(r"[A-Za-z]+|-?[0-9]+(?:\.[0-9]+)?", text)))


def _word(piece: str) -> str:
    if piece.isalpha():
        return piece[0].upper() + piece[1:]
    if piece.isdigit() and int(piece) < 20:
        return SMALL[int(piece)]
    if piece.isdigit() and int(piece) < 100:
        return TENS[int(piece) // 10] + (SMALL[int(piece) % 10] if int(piece) % 10 else "")
    return "".join(DIGITS[digit] for digit in piece)


def name(*parts: object) -> str:
    """The name of a macro: `words` with a small first letter."""
    joined = words(*parts)
    return joined[:1].lower() + joined[1:]


def key(row: dict) -> str:
    """What a row of a metrics file is about, for the origin of a number."""
    return " ".join(cell_text(row[column]) for column in KEYS if row.get(column) not in (None, ""))
