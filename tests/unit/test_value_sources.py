"""Every value of the full-size configurations says where it is from: the papers, their code, or us."""

import re

import pytest
import yaml

# What the heads of the configurations explain.
MARK = re.compile(r"\((?:(?:text|figure|code|files|assumed)(?:, )?)+\)|\b[Oo]urs?\b")
AT_ONCE = re.compile(rf"(?:[\w ]+: )?(?:{MARK.pattern})")
# Names that a run or its tables have, names of other blocks of the same file, and works that are cited.
NAMES = {"laid_over", "run", "document", "label", "dataset", "data", "questions"}


class Comments:
    """The comments of a YAML text, by line."""

    def __init__(self, text: str):
        self.of: list[str] = []
        self.alone: list[bool] = []
        for line in text.splitlines():
            code, mark, comment = re.sub(r'"(?:[^"\\]|\\.)*"', '""', f" {line}").partition(" #")
            self.of.append(comment.strip())
            self.alone.append(bool(mark) and not code.strip())

    def above(self, line: int) -> str:
        """The lines of comment that end right above a line, as one text."""
        first = line
        while first and self.alone[first - 1]:
            first -= 1
        return " ".join(self.of[first:line])

    def mark_line(self, line: int) -> bool:
        return bool(MARK.search(self.of[line]) or MARK.search(self.above(line)))

    def mark_block(self, line: int) -> bool:
        """Whether the head of a block speaks for its lines: with a mark beside it, or first in the comment above."""
        return bool(MARK.search(self.of[line]) or AT_ONCE.match(self.above(line)))


def without_source(text: str) -> list[str]:
    """`line number: path` of each value whose line has no mark, nor the head of the block that the line stands in.

    A list or map in braces belongs to its line. `null` takes a key away and is no value.
    """
    comments, seen, found = Comments(text), set(), []

    def visit(node: yaml.Node, path: tuple[str, ...], marked: bool) -> None:
        if id(node) in seen:  # an alias: its source stands where the anchor does
            return
        seen.add(id(node))
        line = node.start_mark.line
        if isinstance(node, yaml.ScalarNode):
            named = path[-1] in NAMES or path[0] == "cite" or node.tag.endswith(":null")
            if not (named or marked or comments.mark_line(line)):
                found.append(f"{line + 1}: {'.'.join(path)}")
        elif node.flow_style:
            for name, value in children(node, path):
                visit(value, name, marked or comments.mark_line(line))
        else:
            for (name, value), head in zip(children(node, path), heads(node), strict=True):
                if isinstance(value, yaml.ScalarNode) or value.flow_style:
                    visit(value, name, marked or comments.mark_line(head))
                elif isinstance(node, yaml.SequenceNode):
                    visit(value, name, marked)
                else:
                    visit(value, name, comments.mark_block(head))

    visit(yaml.compose(text), (), False)
    return found


def children(node: yaml.Node, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return [((*path, key.value), value) for key, value in node.value]
    return [(path, value) for value in node.value]


def heads(node: yaml.Node) -> list[int]:
    """The lines on which the children of a block begin: those of their keys, or of the items themselves."""
    items = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else node.value
    return [item.start_mark.line for item in items]


@pytest.mark.parametrize("name", ["full_size", "sami", "sami_mixtral", "mipo", "miepo"])
def test_every_value_has_its_source(root, name):
    assert without_source((root / f"config/{name}.yaml").read_text()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run: mine\nseeds: [42]    # (code)\nclip: 0.4", ["3: clip"]),
        # In braces, behind an anchor, and in a list of a list.
        ("a: &a {b: 1, c: {d: [2, 3]}}\ne: *a", ["1: a.b", "1: a.c.d", "1: a.c.d"]),
        ("a: &a {b: 1}    # ours\ne: {<<: *a, c: 2}\n", ["2: e.c"]),
        ('a: "one # (text)"', ["1: a"]),
        ("a:\n  # (text, code), but in part\n  b: 1\n  c: 2", ["4: a.c"]),
        ("a:\n  - {b: 1}    # (text)\n  - {b: 2}", ["3: a.b"]),
        ("a: |-    # (files)\n  text\nb: |-\n  text", ["3: b"]),
        # The head of a block speaks for its lines, not for the blocks within.
        ("a: # (assumed)\n  b: 1\n  c: {d: 1}\n  e:\n    f: 1", ["5: a.e.f"]),
        ("a: # (text)\n  - b: 1\n    c: 2\n", []),
        # A sentence above a block that has a mark somewhere is about a part of it.
        ("# Long ones are left out (assumed).\na:\n  b: 1\n", ["3: a.b"]),
        ("# (assumed) Of what fits.\na:\n  b: 1\n", []),
        ("a: null\nlabel: x\ndata: y\nb: (text)", ["4: b"]),
    ],
)
def test_a_value_without_a_source_is_seen(text, expected):
    assert without_source(text) == expected
