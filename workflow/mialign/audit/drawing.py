"""The graph of jobs as a picture (SVG), which needs no program but a browser, as text for mermaid, and as a table."""

import xml.etree.ElementTree as xml
from itertools import pairwise
from pathlib import Path

from mialign.audit.graph import Graph, Place, Rule, graph
from mialign.audit.lineage import Lineage
from mialign.core import csv_files
from mialign.core.files import write_text

_WIDTH, _HEIGHT = 150, 40  # pixels of a box
_ACROSS, _DOWN, _AROUND = 46, 14, 10  # pixels between boxes, and around all
_STYLE = (
    "text{font:13px sans-serif}.told{font-size:11px;fill:#555}rect{fill:#f4f6fa;stroke:#5b6b8c}"
    "path{fill:none;stroke:#8a94a8}.head{fill:#8a94a8}.back{stroke-dasharray:4 3}"
)
NAMES = ("audit/graph.svg", "audit/graph.mmd", "audit/jobs.csv")


def write(folder: Path) -> None:
    """Write all three, of what the jobs of the folder noted; InputError where they noted nothing."""
    lineage = Lineage(folder)
    lineage.check_noted()
    drawn = graph(lineage)
    for name, text in zip(NAMES, (svg(drawn), mermaid(drawn), table(lineage)), strict=True):
        write_text(folder / name, text)


def table(lineage: Lineage) -> str:
    """A CSV of the jobs in the order in which they started."""
    rows = (
        (lineage.title(job), job["started"], job["seconds"], len(job["inputs"]), len(job["outputs"]))
        for job in lineage.own
    )
    return csv_files.text(("job", "started", "seconds", "files_read", "files_written"), rows)


def mermaid(drawn: Graph) -> str:
    """A flowchart. Rules are numbered in it, since a name could be a word of mermaid."""
    numbers = {rule.name: f"rule{number}" for number, rule in enumerate(drawn.rules, start=1)}
    boxes = [f'  {numbers[rule.name]}["{rule.name}<br>{took(rule)}"]' for rule in drawn.rules]
    arrows = [f"  {numbers[read]} --> {numbers[name]}" for read, name in drawn.arrows]
    return "\n".join(("flowchart LR", *boxes, *arrows)) + "\n"


def svg(drawn: Graph) -> str:
    """A box for each rule, and an arrow to each rule that reads its files. The title of a box says what it reads."""
    tops = [_corner(place)[1] for way in drawn.arrows.values() for place in way]
    tops += [_corner(rule.place)[1] for rule in drawn.rules]
    width = max(_corner(rule.place)[0] for rule in drawn.rules) + _WIDTH + _AROUND
    height = max(tops) - min(tops) + _HEIGHT + 2 * _AROUND
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}"}
    view = f"0 {min(tops) - _AROUND:.1f} {width:.1f} {height:.1f}"
    root = xml.Element("svg", size, xmlns="http://www.w3.org/2000/svg", viewBox=view)
    _inside(root, "title", "The rules of the run. An arrow leads from a rule to one that reads its files.")
    _inside(root, "style", _STYLE)
    for way in drawn.arrows.values():
        _arrow(root, way)
    for rule in drawn.rules:
        _box(root, rule)
    xml.indent(root, " ")
    return xml.tostring(root, encoding="unicode") + "\n"


def took(rule: Rule) -> str:
    """How many jobs it has, and their seconds."""
    return f"{rule.jobs} job{'s' if rule.jobs > 1 else ''}, {rule.seconds:.1f} s"


def _corner(place: Place) -> tuple[float, float]:
    """The upper left corner of a box there."""
    return _AROUND + place[0] * (_WIDTH + _ACROSS), place[1] * (_HEIGHT + _DOWN)


def _arrow(root: xml.Element, way: list[Place]) -> None:
    """From the right side of the first place to the left of the last; in a column between it runs level."""
    corners = [(left, top + _HEIGHT / 2) for left, top in map(_corner, way)]
    path = []
    for (left, from_), (until, to) in pairwise(corners):
        right, half = left + _WIDTH, _ACROSS / 2
        path.append(f"{'L' if path else 'M'}{right:.1f},{from_:.1f}")
        path.append(f"C{right + half:.1f},{from_:.1f} {until - half:.1f},{to:.1f} {until:.1f},{to:.1f}")
    back = {"class": "back"} if way[-1][0] <= way[0][0] else {}
    _inside(root, "path", d=" ".join(path), **back)
    _inside(root, "path", d="M{:.1f},{:.1f} l-8,-3.5 v7 z".format(*corners[-1]), **{"class": "head"})


def _box(root: xml.Element, rule: Rule) -> None:
    left, top = _corner(rule.place)
    box = _inside(root, "g")
    reads = ", ".join(f"{name} ({files} file{'s' if files > 1 else ''})" for name, files in rule.reads.items())
    _inside(box, "title", f"{rule.name}: {took(rule)}; reads {reads or 'no other rule'}")
    size = {"width": f"{_WIDTH}", "height": f"{_HEIGHT}"}
    _inside(box, "rect", x=f"{left:.1f}", y=f"{top:.1f}", rx="5", **size)
    _inside(box, "text", rule.name, x=f"{left + 9:.1f}", y=f"{top + 17:.1f}")
    _inside(box, "text", took(rule), x=f"{left + 9:.1f}", y=f"{top + 32:.1f}", **{"class": "told"})


def _inside(parent: xml.Element, name: str, text: str | None = None, **attributes: str) -> xml.Element:
    found = xml.SubElement(parent, name, attributes)
    found.text = text
    return found
