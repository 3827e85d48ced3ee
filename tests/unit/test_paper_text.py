"""The source of the paper: at most one choice a sentence; what an outcome decides is defined once, in sentences."""

import itertools
import re
import shutil
from collections import Counter

import made_up_run
import pytest
from test_numbers import TYPED

from mialign.paper.compile_pdf import Results, compile_paper

PAPER = made_up_run.ROOT / "paper"

CHOICES = {"bysign": 5, "ifabove": 3, "ifhas": 3, "IfFileExists": 3, "verdict": 1}  # each with its arguments
ENDS = re.compile(r"[.?!](?=[\s}])|\n\s*\n|\n(?=\\new)|\\item\b|\\(?:caption|paragraph|section|begin|end|label)\{")


def source(folder: str) -> str:
    """The text of a folder below paper/, without comments."""
    files = sorted((PAPER / folder).glob("*.tex"))
    return "\n\n".join(re.sub(r"(?<!\\)%.*\n\s*", "", path.read_text(encoding="utf-8")) for path in files)


PROSE, OUTCOMES = source("sections"), source("outcomes")
SENTENCES = re.findall(r"\\newsentence\{\\([A-Za-z]+)\}", OUTCOMES)
WORDS = re.findall(r"\\newcommand\{\\([A-Za-z]+)\}", OUTCOMES)


def choices(text: str) -> list[str]:
    """The commands in a text that choose: those of mialign.sty, and words that a choice stands behind."""
    return re.findall(rf"(?<!\\newcommand{{)\\({'|'.join([*CHOICES, *WORDS])})(?![A-Za-z])", text)


def sentences(text: str) -> list[str]:
    """Its sentences; a macro that stands for whole sentences is none."""
    return ENDS.split(re.sub(rf"\\(?:{'|'.join(SENTENCES)})(?![A-Za-z])", ". ", text))


def arguments(text: str, start: int, count: int) -> str:
    """What `count` pairs of braces from `start` on hold."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        count -= text[place] == "}" and depth == 0
        if not count:
            return text[start:place]
    raise ValueError(f"too few arguments: {text[start : start + 60]}")


def nested(text: str) -> list[str]:
    """The choices that hold another one."""
    found = []
    for match in re.finditer(rf"\\({'|'.join(CHOICES)})(?=\{{)", text):
        held = arguments(text, match.end(), CHOICES[match[1]])
        found += [match[0] + held] if choices(held) else []
    return found


@pytest.mark.parametrize(
    ("text", "most", "within"),
    [
        (r"It is \rate{a}\verdict{a}. It is \rate{b}\verdict{b}.", 1, 0),
        (r"It is \rate{a}\verdict{a}, and \ifhas{b}{so}{not}.", 2, 0),
        (r"\ifabove{a}{One. It is \verdict{b}.}{}", 1, 1),
        (r"\ifabove{a}{It is \verdict{b}.}{}", 2, 1),
        (r"\ifabove{a}{}{} \ifhas{b}{c}{d}", 2, 0),
        ("It is \\runJudge{}.\n\n\\outcomeContent\n\\runJudge{} is it.", 1, 0),
    ],
)
def test_what_counts_as_choices_of_a_sentence(text, most, within):
    assert max(len(choices(one)) for one in sentences(text)) == most
    assert len(nested(text)) == within


@pytest.mark.parametrize("text", [PROSE, OUTCOMES], ids=["prose", "outcomes"])
def test_no_sentence_has_more_than_one_choice(text):
    assert [one for one in sentences(text) if len(choices(one)) > 1] == []
    assert nested(text) == []


def test_what_an_outcome_decides_is_defined_once_and_used():
    defined = Counter(SENTENCES + WORDS)
    assert len(defined) > 50
    assert set(defined.values()) == {1}
    used = re.findall(r"\\((?:run|outcome)[A-Z][A-Za-z]*)", re.sub(r"\\new\w+\{\\\w+\}", "", PROSE + OUTCOMES))
    assert set(used) == set(defined)


def test_no_result_is_typed_into_the_sentences_that_an_outcome_decides():
    assert set(TYPED.findall(OUTCOMES)) <= {"thousands", "billions"}


def definition(name: str) -> str:
    start = OUTCOMES.index(rf"\newsentence{{\{name}}}")
    return arguments(OUTCOMES, start + len(rf"\newsentence{{\{name}}}"), 1)


def numbers_of(name: str) -> dict[str, tuple]:
    """The numbers that decide what a sentence says, and the states of each; the empty state is that there is none."""
    body, found = definition(name), {}
    for command, number in re.findall(r"\\(bysign|ifabove|ifhas)\{(\w+)\}", body):
        found |= {number: ("", "1.0")} if command == "ifhas" else {f"{number}Sign": ("", "above", "below", "unclear")}
    for other in re.findall(rf"\\({'|'.join(SENTENCES)})(?![A-Za-z])", body):
        found |= numbers_of(other)
    return found


def in_every_way(name: str) -> list[str]:
    """TeX: the sentence between two others, once for all states of the numbers that decide what it says."""
    numbers = numbers_of(name)
    lines = []
    for states in itertools.product(*numbers.values()):
        known = (rf"\long\@namedef{{{one}}}{{{state}}}" for one, state in zip(numbers, states, strict=True) if state)
        lines.append(rf"{{{''.join(known)}Before. \{name} After.\par}}")
    return lines


def typeset(folder, lines: list[str]) -> list[str]:
    """The lines of a page wide enough for each."""
    import pymupdf

    shutil.copy(PAPER / "mialign.sty", folder)
    shutil.copytree(PAPER / "outcomes", folder / "outcomes")
    inputs = [rf"\input{{{path.relative_to(PAPER)}}}" for path in sorted((PAPER / "outcomes").glob("*.tex"))]
    head = r"""\documentclass{article}
        \usepackage[T1]{fontenc}
        \usepackage{lmodern,mialign}
        \input{glyphtounicode}
        \pdfgentounicode=1
        \paperwidth=500cm
        \textwidth=490cm
        \parindent=0pt
        \makeatletter"""
    (folder / "main.tex").write_text("\n".join([head, *inputs, r"\begin{document}", *lines, r"\end{document}"]))
    (folder / "numbers.tex").touch()
    pdf = compile_paper(folder / "main.tex", Results([], [], folder / "numbers.tex"))
    with pymupdf.open(stream=pdf) as document:
        return [line for page in document for line in page.get_text(flags=0).splitlines() if line.startswith("Before")]


needs_tex = pytest.mark.skipif(shutil.which("latexmk") is None, reason="LaTeX is not installed")


@needs_tex
def test_whatever_the_outcome_whole_sentences_come_out(tmp_path):
    lines = [line for name in SENTENCES for line in in_every_way(name)]
    said = typeset(tmp_path, lines)
    assert len(said) == len(lines) > 300
    assert "Before. SFT continued is ahead of SAMI. After." in said
    bad = re.compile(r"\.\.| [.,]|[.?!][A-Z]|\. [a-z]")
    assert [line for line in said if bad.search(line) or not re.fullmatch(r"Before\. ([A-Z].*\. )?After\.", line)] == []


@needs_tex
def test_a_sentence_that_says_nothing_leaves_one_space(tmp_path):
    new = [r"\newsentence{\nothing}{}", r"\newsentence{\something}{One.}", r"\newsentence{\both}{Two. \nothing}"]
    pairs = [(r"A. \nothing B", "A. B"), (r"A. \something B", "A. One. B"), (r"A. \both B", "A. Two. B")]
    lines = [rf"Before \setbox0\hbox{{{one}}}\the\wd0: \setbox0\hbox{{{two}}}\the\wd0\par" for one, two in pairs]
    widths = [line.split()[1:] for line in typeset(tmp_path, [*new, *lines])]
    assert [one.rstrip(":") == two for one, two in widths] == [True] * 3
