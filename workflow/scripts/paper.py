"""The paper as a PDF: the LaTeX source with the figures, tables and numbers of one run."""

from pathlib import Path

from mialign.core.files import writing
from mialign.paper.compile_pdf import compile_paper


def arguments(parser):
    parser.add_argument("--document", type=Path, default=Path("paper/main.tex"), help="the LaTeX source")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="the figures (PDF)")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="the tables (.tex)")
    parser.add_argument("--numbers", type=Path, required=True, help="numbers.tex")
    parser.add_argument("--out", type=Path, required=True, help="the PDF")


def main(args):
    pdf = compile_paper(args.document, args.figures, args.tables, args.numbers)
    with writing(args.out) as beside:
        beside.write_bytes(pdf)
