r"""Any text, made safe for pdfLaTeX: nothing in it is executed, nothing of it disappears, nothing overflows.

The output needs T1 font encoding, textcomp and the macro \unshown (for what the fonts lack); see paper/preamble.tex.
"""

import re
import unicodedata

# The empty group after a character that could join with the next into a ligature keeps them apart.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "-{}",
    ",": ",{}",
    "!": "!{}",
    "?": "?{}",
    "[": "{[}",  # at the head of a cell it, or *, would be taken for an option of the row break before it
    "]": "{]}",
    "*": "{*}",
    "\u00a0": "~",
    "\u2013": r"\textendash{}",
    "\u2014": r"\textemdash{}",
    "\u2018": r"\textquoteleft{}",
    "\u2019": r"\textquoteright{}",
    "\u201a": r"\quotesinglbase{}",
    "\u201c": r"\textquotedblleft{}",
    "\u201d": r"\textquotedblright{}",
    "\u201e": r"\quotedblbase{}",
    "\u2022": r"\textbullet{}",
    "\u2026": r"\textellipsis{}",
    "\u20ac": r"\texteuro{}",
    "\u2122": r"\texttrademark{}",
    "\u00a2": r"\textcent{}",
    "\u00a9": r"\textcopyright{}",
    "\u00ae": r"\textregistered{}",
    "\u00b0": r"\textdegree{}",
    "\u00b6": r"\textparagraph{}",
}

_MATH = {
    "\u00ac": r"\neg",
    "\u00b1": r"\pm",
    "\u00b2": "^2",
    "\u00b3": "^3",
    "\u00b5": r"\mu",
    "\u00b7": r"\cdot",
    "\u00b9": "^1",
    "\u00d7": r"\times",
    "\u00f7": r"\div",
    "\u2032": "'",
    "\u2190": r"\leftarrow",
    "\u2192": r"\rightarrow",
    "\u21d2": r"\Rightarrow",
    "\u2200": r"\forall",
    "\u2203": r"\exists",
    "\u2208": r"\in",
    "\u2211": r"\sum",
    "\u2212": "-",
    "\u221a": r"\surd",
    "\u221e": r"\infty",
    "\u222b": r"\int",
    "\u2248": r"\approx",
    "\u2260": r"\neq",
    "\u2264": r"\leq",
    "\u2265": r"\geq",
}
_GREEK = dict(  # noqa: C408 (shorter than quoted keys)
    α="alpha", β="beta", γ="gamma", δ="delta", ε="epsilon", ζ="zeta", η="eta", θ="theta", ι="iota", κ="kappa",
    λ="lambda", ν="nu", ξ="xi", π="pi", ρ="rho", σ="sigma", τ="tau", υ="upsilon", φ="phi", χ="chi", ψ="psi", ω="omega",
    Γ="Gamma", Δ="Delta", Θ="Theta", Λ="Lambda", Ξ="Xi", Π="Pi", Σ="Sigma", Φ="Phi", Ψ="Psi", Ω="Omega",
)  # fmt: skip
_MATH |= {letter: "\\" + name for letter, name in _GREEK.items()} | {"\u03bc": r"\mu"}


# Letters and marks of Latin-1 and Latin Extended-A that the T1 encoding holds: pdfLaTeX takes them as they are.
_T1 = frozenset(
    "¡£§«»¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿ"
    "ĂăĄąĆćČčĎďĐđĘęĚěĞğİıĹĺĽľŁłŃńŇňŐőŒœŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽž"
)

_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_LONG_WORD = 24  # a run of this many characters without a space gets places where the line may break
_BREAK_EVERY = 8


def escape(text: str) -> str:
    """Text for running text or a table cell: one paragraph, every run of white space one space."""
    return _words(" ".join(_clean(text).split()))


def escape_block(text: str) -> str:
    r"""Text whose lines and indents count (a model's answer): one \par a line, for a box with no paragraph indent."""
    lines = _clean(text).expandtabs(4).split("\n")
    return "\n".join(_line(line) for line in lines)


def shorten(text: str, limit: int) -> str:
    """At most about `limit` characters, saying how many were left out."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()} […{len(text) - limit} more characters]"


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", _NEWLINES.sub("\n", text))


def _line(line: str) -> str:
    body = line.lstrip(" ")
    if not body:
        return r"\mbox{}\par"
    indent = len(line) - len(body)
    # \mbox{} first: white space at the head of a paragraph would vanish.
    lead = r"\mbox{}" + r"\ " * min(indent, 24) if indent else r"\leavevmode{}"
    return f"{lead}{_words(body, keep_spaces=True)}\\par"


def _words(text: str, keep_spaces: bool = False) -> str:
    parts = re.split("( +)", text)
    return "".join(_space(part, keep_spaces) if part.startswith(" ") else _word(part) for part in parts)


def _space(spaces: str, keep: bool) -> str:
    return " " + r"\ " * min(len(spaces) - 1, 24) if keep else " "


def _word(word: str) -> str:
    if len(word) < _LONG_WORD:
        return "".join(map(_character, word))
    pieces = (word[start : start + _BREAK_EVERY] for start in range(0, len(word), _BREAK_EVERY))
    return r"\allowbreak{}".join("".join(map(_character, piece)) for piece in pieces)


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character in _MATH:
        return rf"\ensuremath{{{_MATH[character]}}}"
    if " " < character < "\x7f" or character in _T1:
        return character
    # \allowbreak: a sentence in another script is a long word of boxes.
    return rf"\unshown{{U+{ord(character):04X}}}\allowbreak{{}}"
