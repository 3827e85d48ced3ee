"""Numbers as people, programs and TeX write them, and their one form.

A number may have thousands (1,234, 1 234, 1'234, 1.234.567, 12,34,567; in TeX 1{,}234, 1,\\!234, 1\\,234), decimals, a
power of ten (1.5e3, 1.5 × 10³, 1.5 \\times 10^{3}), or a fraction after it: 5 1/2, 5½, 5\\frac{1}{2}.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

ZEROS = 1000  # that a power of ten may stand for; 1e999999999 would fill the memory

# What may stand between thousands, beside the ordinary comma and space: other spaces, and what TeX writes there.
_SPACES = r"\u00a0\u2000-\u200b\u202f\u205f"
_COMMAS = r"\{,(?:\\!)?\}|,\\!|\\!,|\\(?:text|mathpunct|mathord)\{,\}"
_GROUPS = rf"['’_{_SPACES}]|\\[,;:! ]|\\thinspace\s?|\{{(?:\\,|\.)\}}|&(?:nbsp|thinsp|\#160);"
_AFTER, _BEFORE = r"(?<=[0-9])", r"(?=[0-9]{3}(?![0-9]))"
_COMMA, _GROUP = re.compile(f"{_AFTER}(?:{_COMMAS}){_BEFORE}"), re.compile(f"{_AFTER}(?:{_GROUPS}){_BEFORE}")

_UP = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED = "[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]++"
VULGAR = "".join(chr(c) for c in (0xBC, 0xBD, 0xBE, *range(0x2150, 0x215F)))  # ¼, ½, ¾ and so on
# Groups that give nothing back are atomic, (?>(?:...)*), not possessive: Python before 3.11.5, as Debian 12 has it,
# matches a possessive group wrongly (its issue 106052).
_GAP = r"(?>(?:\s|\\[,;:! ]|~)*)"
_SPACE = rf"(?:[ ~{_SPACES}]|\\[,;: ])"

# `_` stands for the marks of _GROUPS once `plain` has been there.
_DIGITS = "|".join(
    (
        r"[0-9]{1,3}(?>(?:,[0-9]{3}(?![0-9]))+)(?>(?:\.[0-9]++)?)",
        r"[1-9][0-9]{0,2}(?:(?>(?:[ ][0-9]{3}(?![0-9]|-[A-Za-z]))+)|(?>(?:_[0-9]{3}(?![0-9]))+))(?>(?:\.[0-9]++)?)",
        r"[1-9][0-9]?(?>(?:,[0-9]{2}(?![0-9]))+),[0-9]{3}(?![0-9])(?>(?:\.[0-9]++)?)",
        r"[1-9][0-9]{0,2}(?:(?>(?:\.[0-9]{3}(?![0-9])){2,})(?>(?:,[0-9]++)?)|(?:\.[0-9]{3})+,[0-9]++)(?![.,][0-9])",
        r"[0-9]++(?>(?:\.[0-9]{3}(?>(?:_[0-9]{3}(?![0-9]))+)|\.[0-9]++)?)",
        r"(?<![0-9])\.[0-9]++",
    )
)
_TEN = (
    r"[eE](?P<e>[+-]?[0-9]++)(?![A-Za-z])"
    rf"|{_GAP}(?:[×⋅·∙∗*x]|\\(?:times|cdot)){_GAP}10(?:{_GAP}(?:\^|\*\*){_GAP}"
    rf"(?:\{{{_GAP}(?P<braced>[+-]?[0-9]++){_GAP}\}}|(?P<bare>[+-]?[0-9]++)(?![.,][0-9]))"
    rf"|(?P<raised>{_RAISED}))"
)
_PART = (
    rf"\s?(?P<vulgar>[{VULGAR}])"
    rf"|{_SPACE}(?P<over>[0-9]{{1,4}})[/⁄](?P<under>[1-9][0-9]{{0,3}})(?![0-9/]|[.,][0-9])"
    rf"|{_GAP}\\[dt]?frac(?:\{{(?P<top>[0-9]{{1,4}})\}}\{{(?P<bottom>[1-9][0-9]{{0,3}})\}}|(?P<one>[0-9])(?P<other>[1-9]))"
)
NUMBER = rf"(?P<digits>{_DIGITS})(?>(?:{_TEN}|{_PART})?)"
_WHOLE = re.compile(rf"(?P<sign>[+-])?{NUMBER}\.?")


def canonical(number: str) -> str:
    """The one way to write this value: canonical("007.50") == "7.5".

    InvalidOperation if it is no finite number, or one whose power of ten is beyond ZEROS.
    """
    value = Decimal(number)
    if not value.is_finite() or max(abs(value.adjusted()), -value.as_tuple().exponent) > len(number) + ZEROS:
        raise InvalidOperation(number)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def plain(text: str) -> str:
    """The text with one sign for minus and one for each kind of mark between thousands, as NUMBER wants it."""
    return _GROUP.sub("_", _COMMA.sub(",", text.replace("\N{MINUS SIGN}", "-")))


def value(match: re.Match) -> str | None:
    """What a match of NUMBER, with a group `sign` before it, says; None if no decimal says it."""
    digits, part = _digits(match["digits"]), _part(match)
    power = match["e"] or match["braced"] or match["bare"] or (match["raised"] or "").translate(_UP) or "0"
    if part is not None and ("." in digits or not part):
        return None
    try:
        return canonical(f"{match['sign'] or ''}{digits}{part or ''}e{power}")
    except InvalidOperation:
        return None


def number(text: str) -> str | None:
    """The number that the text is, in its one form; None if it is something else, or more than one number."""
    match = _WHOLE.fullmatch(plain(text.strip()))
    return match and value(match)


def _digits(written: str) -> str:
    """Without the marks between thousands, and with a point before the decimals."""
    if written.count(".") > 1 or ("," in written and "." in written and written.rindex(".") < written.rindex(",")):
        return written.replace(".", "").replace(",", ".")
    return re.sub("[,_ ]", "", written)


def _part(match: re.Match) -> str | None:
    """The fraction after the digits as decimals: ".5", or "" if it has none, as 1/3; None without a fraction."""
    if match["vulgar"]:
        over, _, under = unicodedata.normalize("NFKC", match["vulgar"]).partition("\N{FRACTION SLASH}")
    else:
        over, under = match["over"] or match["top"] or match["one"], match["under"] or match["bottom"] or match["other"]
    if over is None:
        return None
    quotient = Decimal(over) / Decimal(under)
    exact = quotient < 1 and quotient * Decimal(under) == Decimal(over)
    return format(quotient, "f")[1:] if exact else ""
