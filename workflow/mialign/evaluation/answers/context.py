"""Whether a number stands for itself, or is only a piece of what is said: of a formula, a date, a range, a larger one.

5 is no answer in 5 × 3, 5², 5/2, 5x, 5\\sqrt{2}, 5:30, 5-7, 5 to 7, 5 of 7, 5 feet 3 inches, 5 May, 5 thousand, 5th. So
after a number may come what closes its formatting, words that name its unit, and then the end of a clause, but no
further number to count with. Where that is in doubt, the number does not stand.
"""

import re

from mialign.core.numerals import VULGAR

_LETTER = r"[^\W\d_]"
_GAP = r"(?:[^\S\n]|\\[,;:!> ]|\\q?quad(?![a-z])|~)"
_CLOSERS = r"[$*_`\"”'’»)\]}]|\\[)\]]|\\right[)\]}]"
_CLOSED = rf"(?>(?:{_GAP}|{_CLOSERS})*)"

_COUNT = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_NUMBER = (
    rf"(?>(?:{_GAP}|[\s\\${{(])*)(?:[-+±]\s?)?(?:\\?[$€£]\s?)?"
    rf"(?:\.?[0-9]|[{VULGAR}√]|[dt]?frac|sqrt|(?i:{_COUNT})(?!{_LETTER}))"
)
_DIGITS = rf"(?>(?:{_GAP}|[$*{{])*)[-+±]?(?:\\?[$€£]\s?)?\.?[0-9]"
_VARIABLE = rf"(?>(?:{_GAP}|[\s\\${{(])*)[b-hj-zB-HJ-Z](?![a-zA-Z])"

# ---------------------------------------------------------------- units
_PARTS = "half|halves|thirds?|quarters?(?=\\s+of)|fourths?|(?:fif|six|seven|eigh|nin|ten|hundred|thousand|million)ths?"
_MULTIPLES = "hundreds?|thousands?|(?:m|b|tr)illions?|mil|mio|mln|bn|lakhs?|crores?|dozens?"
_MONTHS = (
    "jan|january|feb|february|mar|march|apr|april|may|june?|july?|aug|august|sept?|september|oct|october|nov|november|"
    "dec|december"
)
_NO_UNITS = (
    rf"(?i:{_PARTS}|{_MULTIPLES}|{_MONTHS}|squared|cubed|factorial|rem|remainder|[ap]m|o['’]clock|sin|cos|tan|log|ln|exp"
    rf"|sqrt|pi|x)(?!-?{_LETTER})"
)
# What ends the naming of a unit: after the first ones no number may follow, since both together say one thing.
_LINKS = "and|or|to|per|by|plus|minus|times|over|through|thru|until|till|mod|modulo|vs|versus|point|choose"
_SPAN = "seconds?|minutes?|hours?|days?|weeks?|months?|years?"
_STOPS = (
    rf"over(?=\s+[0-9]+\s(?:{_SPAN}))|during|"
    "a|an|the|this|that|these|those|which|who|it|he|she|they|we|I|you|his|her|its|their|our|my|your|of|for|in|on|at|from|"
    "than|with|without|as|if|when|where|while|because|since|so|thus|hence|therefore|after|before|not|is|are|was|were|be|has|"
    "have|had|will|would|can|each|every"
)
_POWER = r"(?>(?:\^\{?-?[0-9]\}?|[²³])?)"
_SHORT = r"(?:[kcm]?m|ft|in|yd|mi)(?:\^\{?[23]\}?|[23²³])?|k?g|mg|lbs?|oz|m?[lL]|hrs?|[hsdtCFNJWVA]"
_NAMED = rf"(?!{_NO_UNITS}|(?i:{_LINKS}|{_STOPS})(?!{_LETTER}))(?:(?:{_SHORT})(?!{_LETTER})|{_LETTER}{{2,}})"
_WORD = rf"{_NAMED}(?>(?:['’.-]{_LETTER}+)*){_POWER}(?>(?:\.(?={_DIGITS}))?)"
_TEX = (
    rf"\\(?:text|textbf|textrm|mathrm|mbox|rm|operatorname)(?![a-z])\s?(?:\{{\s*+(?!{_NO_UNITS})[^{{}}]*\}}{_POWER})?"
)
_SIGN = r"\\?[%$€£¢]|per\s?cent|[°′″]|\^?\{?\\(?:circ|degree)(?![a-z])\}?|\^\{?°\}?"
_UNIT = rf"(?:{_SIGN}|{_TEX}|{_WORD}|[0-9]++(?:\.[0-9]++)?-{_LETTER}{{2,}}|-{_LETTER}{{2,}}|/\s?(?![xyz]\b){_LETTER}+)"
_UNITS = rf"(?>(?:{_UNIT}{_CLOSED}(?>(?:(?:{_UNIT}|(?!x){_LETTER}(?!{_LETTER})){_CLOSED})*))?)"
_LONG = rf"(?!{_NO_UNITS}){_LETTER}{{3,}}"  # a word that is written to the number: 3hours, but not 3rd
_ATTACHED = rf"(?:(?:{_SHORT})(?!{_LETTER})|{_LONG}|(?!{_LETTER}))"

# ---------------------------------------------------------------- ends
_AFTER_STOP = rf"(?=\s|\Z|{_CLOSERS}|[<A-Z])"
_COUNTED = r"[-+*/^=×÷·⋅∙∗–—<>≤≥≈≠±|&→⇒]"
_ENDS = "|".join(
    (
        rf"\Z|\n(?!{_GAP}*+{_COUNTED}{_NUMBER})",
        rf"[.?…]++{_AFTER_STOP}",
        rf"!++{_AFTER_STOP}(?![$}}]|\\|\s*[+*/×÷·=^-])",  # and no factorial
        rf"[,;](?!{_GAP}*+(?:(?i:and)\s+)?{_DIGITS})",
        rf"(?<!\s):(?=\s)|(?<=\s):(?=\s)(?!{_NUMBER})",
        r"(?<=\s)[(\[]",
        rf"[-–—]++(?=\s)(?!{_NUMBER}|{_VARIABLE})|[–—](?={_LETTER}{{2}})",
        rf"[=|&](?!{_NUMBER}|{_VARIABLE})|<(?=[a-zA-Z/|!])",
        rf"(?i:{_LINKS})(?!{_LETTER})(?!\s+(?:{_NUMBER}|an?[\s-](?:{_PARTS})\b|the\s+(?:\w+\s+)?power\b))",
        rf"(?i:{_STOPS})(?!{_LETTER})(?!\s+(?:an?\s+)?rem(?:ainder)?\b)",
        r"\\\\|\\(?:end|par|newline|hfill|n)(?![a-z])",
        r"[^\w\s.,;:!?…()\[\]{}\\+*/^=×÷·⋅∙∗–—<>≤≥≈≠±∓√∞‰|&→⇒⁄∕~-]",
    )
)
# What takes the number with a second one, but ends the naming of a unit: 1 in 4, but 240 in 20 days or 4 packs of 10.
_PAIRED = (
    rf"in\s+{_NUMBER}[0-9.,]*+(?!\s(?:{_SPAN}))|(?:out\s+|(?:\\?%|per\s?cent(?:age)?)\s*)?of\s+{_NUMBER}"
    rf"|(?:more|less|fewer|greater)\s+than\s+{_NUMBER}|[ap]\.\s?m"
)
_STANDS = re.compile(rf"(?!{_CLOSED}(?i:{_PAIRED})){_ATTACHED}{_CLOSED}{_UNITS}(?:{_ENDS})")


def stands(match: re.Match) -> bool:
    """Whether the number that a match of NUMBER ends with is all that is said there."""
    cut_off = "." in match["digits"] and match.string.startswith(("...", "…"), match.end())
    return not cut_off and _STANDS.match(match.string, match.end()) is not None
