"""Whatever a model writes, LaTeX sets it: compiled with the real pdflatex, read back with pymupdf."""

import re
import shutil
import string
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mialign.paper import tex_escape

NASTY = [
    "",
    "\n\n\n",
    "   indented\n\ttab\n  ",
    r"\input{/etc/passwd} \write18{rm -rf ~} \end{document} \catcode`\%=12",
    "100% of $5 & #1 {unbalanced }} __ ^^M ^^5c ~ \\\\ \\",
    "-- --- ,, << >> ?` !` `` '' \"quoted\" fi ffl",
    "%" * 200,
    "a" * 3000,
    "https://example.org/" + "path_segment/" * 40,
    "\x00\x01\x07\x1b[31m\x7f\x80\x9f",
    "lone surrogate \ud800 and \udfff",
    "naïve façade – “quotes” ‘single’ … € × ÷ ± √ π Σ ½ ¼ ™",
    "日本語の文、 русский текст, العربية, हिन्दी, 🙂👩‍👩‍👧",
    "e\u0301 a\u0323\u0302 \u202eright to left\u202c \u200b\ufeff",
    "<script>alert(1)</script> $(reboot) `reboot` ; rm -rf /",
    "\\begin{verbatim} \\verb|x| \\def\\par{} \\csname",
    "[optional] *star \\[4pt] \\hline & \\\\",
    "line\r\nline\rline\u2028line\x0bline\x0cline",
    "".join(sorted(tex_escape._T1)) + " " + "".join(tex_escape._SPECIAL) + " " + "".join(tex_escape._MATH),
    string.printable,
]

# As paper/preamble.tex and paper/mialign.sty have it.
PREAMBLE = r"""\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage{lmodern}
\input{glyphtounicode}
\pdfgentounicode=1
\providecommand{\unshown}[1]{\textrm{\scriptsize\textlangle#1\textrangle}}
"""

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


def compile_texts(texts, folder, block=True):
    """One page a text; the text of every page as pymupdf reads it."""
    import pymupdf

    body = "\n".join(
        rf"\noindent {{\ttfamily {tex_escape.escape_block(text)}}}\par "
        rf"\escapedcell{{{tex_escape.escape(text)}}}\clearpage"
        if block
        else rf"\mbox{{}}{tex_escape.escape(text)}\clearpage"
        for text in texts
    )
    source = (
        "\\documentclass{article}\n"
        + PREAMBLE
        + "\\setlength{\\parindent}{0pt}\\newcommand{\\escapedcell}[1]{\\begin{tabular}{p{6cm}}#1\\\\\\end{tabular}}\n"
        + f"\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )
    (folder / "doc.tex").write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "doc.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    with pymupdf.open(folder / "doc.pdf") as document:
        return [page.get_text(flags=0) for page in document]


@needs_latex
def test_nasty_texts_compile(tmp_path):
    compile_texts(NASTY, tmp_path)


@needs_latex
def test_plain_ascii_is_recovered(tmp_path):
    texts = [
        "x" + "".join(chr(code) for code in range(33, 127)) + "x",
        'The 3 fishers\' office: "5 + 7 = 12", -- then $4.50, 10%.',
        "a_b^c~d\\e{f}|g<h>i`j'k#l&m-n,,o!?p",
    ]
    pages = compile_texts(texts, tmp_path, block=False)
    for text, page in zip(texts, pages, strict=True):
        found = re.sub(r"\s+", "", page)
        assert re.sub(r"\s+", "", text) in found


@needs_latex
def test_random_texts_compile(tmp_path):
    batch = []

    @settings(max_examples=150, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.text(st.characters(), max_size=60) | st.text("\\{}$&#%_^~ab \n", max_size=60))
    def collect(text):
        batch.append(text)

    collect()
    compile_texts(batch, tmp_path)


@given(st.text(st.characters()))
def test_no_active_character_survives(text):
    """Outside our own macros no special character is left, and the result can be written as UTF-8."""
    for escaped in (tex_escape.escape(text), tex_escape.escape_block(text)):
        escaped.encode("utf-8")
        bare = re.sub(r"\\(textbackslash|[a-zA-Z]+|[{}$&#%_ ])", "", escaped)
        assert not set(bare) & set('$&#%\\"<>|`')


def test_lines_and_indents_are_kept():
    block = tex_escape.escape_block("one\n\n  two  words")
    assert block.split("\n") == [r"\leavevmode{}one\par", r"\mbox{}\par", r"\mbox{}\ \ two \ words\par"]


def test_inline_text_is_one_paragraph():
    assert tex_escape.escape(" a\n\nb\t c ") == "a b c"


def test_long_words_can_break():
    assert tex_escape.escape("a" * 30).count(r"\allowbreak") == 3
    assert r"\allowbreak" not in tex_escape.escape("a" * 23)


def test_what_fonts_lack_is_shown_as_code_point():
    assert tex_escape.escape("中\x00") == r"\unshown{U+4E2D}\allowbreak{}\unshown{U+0000}\allowbreak{}"


def test_shorten_says_how_much_is_missing():
    assert tex_escape.shorten("abc", 3) == "abc"
    assert tex_escape.shorten("abcdefgh", 3) == "abc […5 more characters]"
