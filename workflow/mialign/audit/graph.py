"""The graph of a run's jobs, by rule: which rule read what which wrote, as the jobs themselves noted it.

A run has hundreds of jobs, and so the nodes are rules. Where a node stands follows from the arrows alone: in columns
from left to right, and in a column beside what it is joined to (layers as of Sugiyama, Tagawa and Toda, 1981).
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from mialign.audit.lineage import Lineage

SWEEPS = 8  # through all columns, to put what is joined side by side
BEND = 0.4  # of the height of a rule

Place = tuple[int, float]  # column and row; the middle of a column is row 0
Node = tuple[str, int]  # a rule, or a bend of its arrows, and the column


@dataclass(frozen=True)
class Rule:
    """All jobs of one rule: how many, their seconds together, and of each rule that they read how many files."""

    name: str
    jobs: int
    seconds: float
    reads: dict[str, int]
    place: Place


@dataclass(frozen=True)
class Graph:
    """rules: in the order in which the first job of each started. arrows: (read, reader) -> the places it passes."""

    rules: list[Rule]
    arrows: dict[tuple[str, str], list[Place]]


def graph(lineage: Lineage) -> Graph:
    """The graph of the jobs of a folder; it has no rules where the folder has no provenance."""
    names = [lineage.rule(job) for job in lineage.own]
    maker = {file: name for name, job in zip(names, lineage.own, strict=True) for file in job["outputs"]}
    reads: dict[str, dict[str, set[str]]] = {name: {} for name in names}
    for name, job in zip(names, lineage.own, strict=True):
        for file in job["inputs"]:
            if maker.get(file, name) != name:
                reads[name].setdefault(maker[file], set()).add(file)
    columns = _columns({name: sorted(read) for name, read in reads.items()})
    ways = {(read, name): _way(columns, read, name) for name in reads for read in sorted(reads[name])}
    places = _places([*([(name, columns[name])] for name in reads), *ways.values()])
    jobs, seconds = Counter(names), Counter()
    for name, job in zip(names, lineage.own, strict=True):
        seconds[name] += job["seconds"]
    rules = [
        Rule(
            name,
            jobs[name],
            round(seconds[name], 2),
            {read: len(files) for read, files in sorted(reads[name].items())},
            places[name, columns[name]],
        )
        for name in reads
    ]
    return Graph(rules, {arrow: [places[node] for node in way] for arrow, way in ways.items()})


def _columns(reads: dict[str, list[str]]) -> dict[str, int]:
    """A rule stands right of all that it reads; of a circle, the arrow that closes it counts for nothing."""
    columns: dict[str, int] = {}

    def column(name: str, path: tuple[str, ...]) -> int:
        if name not in columns:
            before = [column(read, (*path, name)) for read in reads[name] if read not in (*path, name)]
            columns[name] = max(before, default=-1) + 1
        return columns[name]

    read = {one for names in reads.values() for one in names}
    for name in (*(name for name in reads if name not in read), *reads):  # first what no other reads
        column(name, ())
    return columns


def _way(columns: dict[str, int], read: str, name: str) -> list[Node]:
    """What an arrow passes: its ends, and in each column between them a bend, the same for all arrows from its rule."""
    bends = [(f"from {read}", column) for column in range(columns[read] + 1, columns[name])]
    return [(read, columns[read]), *bends, (name, columns[name])]


def _places(ways: list[list[Node]]) -> dict[Node, Place]:
    joined: dict[Node, dict[Node, None]] = {node: {} for way in ways for node in way}
    for way in ways:
        for one, other in pairwise(way):
            joined[one][other] = joined[other][one] = None
    width = 1 + max((column for _, column in joined), default=-1)
    columns = [[node for node in joined if node[1] == column] for column in range(width)]
    rows = {node: row for nodes in columns for node, row in _spread(nodes)}
    for sweep in range(SWEEPS):
        for nodes in columns if sweep % 2 == 0 else columns[::-1]:
            nodes.sort(key=lambda node: fmean(rows[other] for other in joined[node] or [node]))
            rows |= _spread(nodes)
    return {node: (node[1], row) for node, row in rows.items()}


def _spread(nodes: list[Node]) -> list[tuple[Node, float]]:
    """One below the other, a bend in less room than a rule."""
    heights = [BEND if " " in name else 1 for name, _ in nodes]
    tops = [sum(heights[:at]) for at in range(len(nodes))]
    return [
        (node, round(top + (own - sum(heights)) / 2, 3)) for node, top, own in zip(nodes, tops, heights, strict=True)
    ]
