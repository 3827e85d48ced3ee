"""The paper as a PDF: the LaTeX source with the figures, tables and numbers of one run."""

from pathlib import Path

from mialign.core.files import writing
from mialign.paper.compile_pdf import Results, compile_paper


def arguments(parser):
    parser.add_argument("--document", type=Path, default=Path("paper/main.tex"), help="the LaTeX source")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="the figures (PDF)")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="the tables (.tex)")
    parser.add_argument("--numbers", type=Path, required=True, help="numbers.tex")
    parser.add_argument("--chapter", type=Path, help="folder of another run, whose results a chapter of its own shows")
    parser.add_argument("--out", type=Path, required=True, help="the PDF")


def main(args):
    chapters = {"neighbours": Results.of_run(args.chapter)} if args.chapter else {}
    pdf = compile_paper(args.document, Results(args.figures, args.tables, args.numbers), chapters)
    with writing(args.out) as beside:
        beside.write_bytes(pdf)
