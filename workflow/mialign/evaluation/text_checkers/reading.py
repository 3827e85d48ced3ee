"""How checkers of any text read it: prose without code, lines, sentences, words, and whether it says something."""

import re

from mialign.evaluation.ngrams import ngrams

NGRAM = 4  # words of the n-grams of which repetition is told

# What code has at the beginning of a line, or as a whole line, in the languages that models write most.
CODE_LINE = re.compile(
    r"^[ \t]*(?:(?:def|class|function|fn|func) +\w+ *[({:]|import +[\w.{*]+ *(?:;|$|as |from )|from +[\w.]+ +import "
    r"|#include|using namespace |public |private |static |(?:var|let|const|int|float|double|auto) +\w+ *[=;(\[]"
    r"|print(?:f|ln)?\(|return\b[^.]*;?$|(?:for|while|if|elif|switch) *\(.*\) *\{?$|(?:for|while|if|elif) .*:$"
    r"|else *[:{]|try *[:{]|[}\]]+;?$|.*[;{]$|<[/!a-zA-Z][^>\n]*>|SELECT .+ FROM "
    r"|[A-Za-z_][\w.\[\]]* *[-+*/]?= *.*[()\[\]{}'\"]|[A-Za-z_][\w.]*\([^()\n]*\)$)",
    re.MULTILINE,
)

_FENCED = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n.*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`[^`\n]*`")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_CLOSING = "\"'”’)\\]*_»"
_END = re.compile(rf"[.!?…]+[{_CLOSING}]*(?=\s|$)")
# What has a full stop and ends no sentence: abbreviations, and initials before a name, as in J. K. Rowling.
_SHORTENED = re.compile(
    r"(?<![\w.])(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|approx|Fig|Vol|cf|ca|Inc|Ltd"
    r"|e\.g|i\.e|a\.m|p\.m|(?:[A-Z]\.)+[A-Z])\.$"
)
_INITIAL = re.compile(r"(?<![\w.])[A-HJ-Z]\.$")
_NAME = re.compile(
    r"(?!(?:The|This|That|These|Those|It|Its|So|Then|Therefore|Thus|Hence|But|And|If|In|He|She|They|We|You|What|Which|How"
    r"|Who|Why|When|Is|Are|Does|Do|There|Here|Now|To|For)\b)[A-Z](?:\.|[a-z'’])"
)
_ITEM_MARK = re.compile(r"^[ \t]*(?:[-*•+–—]|\d{1,3}[.)])[ \t]+")
_CLOSED = re.compile(rf"[.!?…][{_CLOSING}]*$")


def trimmed(text: str) -> str:
    """The text without white space around it and at the ends of its lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def prose(text: str) -> str:
    """The text without what stands in Markdown fences or between backticks."""
    return _INLINE.sub(" ", _FENCED.sub("\n", text))


def lines(text: str) -> list[str]:
    """The lines that have a letter or a digit, without white space around them."""
    return [line.strip() for line in text.splitlines() if _WORD.search(line)]


def words(text: str) -> list[str]:
    """Words and numbers in lower case."""
    return _WORD.findall(text.lower())


def sentences(text: str) -> list[str]:
    """The sentences, without marks of list items; the end of a line ends one too."""
    return [one for line in lines(text) for one in _of_line(_ITEM_MARK.sub("", line)) if _WORD.search(one)]


def whole_sentences(text: str) -> list[str]:
    """The sentences of four words or more that are closed: by a full stop, a question mark or the like."""
    return [one for one in sentences(text) if len(words(one)) >= 4 and _CLOSED.search(one)]


def says_something(text: str) -> bool:
    """A word or number; and of four or more n-grams of NGRAM words, numbers left out, at least half are different."""
    found = [word for word in words(text) if not word.isdigit()]
    there = ngrams(found, NGRAM)
    return bool(words(text)) and (len(there) < 4 or 2 * len(set(there)) >= len(there))


def _of_line(line: str) -> list[str]:
    found, start = [], 0
    for match in _END.finditer(line):
        following = line[match.end() :].lstrip()
        if following and (following[0].islower() or _shortened(line[start : match.end()], following)):
            continue
        found.append(line[start : match.end()].strip())
        start = match.end()
    return [*found, line[start:].strip()]


def _shortened(so_far: str, following: str) -> bool:
    return bool(_SHORTENED.search(so_far) or (_INITIAL.search(so_far) and _NAME.match(following)))
