"""A stage's digest covers the modules it uses, all of them and no others, and only what they do."""

import ast

import pytest

from mialign.core import code_digests

TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mialign.typed import kind\n"
FILES = {
    "scripts/one.py": "from mialign import tools\nfrom mialign.deep import part\n",
    "scripts/two.py": "import json\n\ndef main(args):\n    from mialign.late import work\n    return work\n",
    "mialign/__init__.py": "",
    "mialign/tools.py": '"""Tools."""\nimport os\nfrom mialign.errors import Error\n' + TYPES,
    "mialign/errors.py": "class Error(Exception):\n    '''An error.'''\n",
    "mialign/late.py": "import mialign.deep.inner\n\nwork = 1\n",
    "mialign/deep/__init__.py": "from .part import thing\n",
    "mialign/deep/part.py": "from ..errors import Error\nthing = 2\n",
    "mialign/deep/inner.py": "from . import part as other\n",
    "mialign/alone.py": "nobody = 'uses me'\n",
    "mialign/typed.py": "kind = 4\n",
}


@pytest.fixture
def workflow(tmp_path):
    """A small workflow, and a function that gives a stage's digest as it now stands."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def digest(script: str) -> str:
        code_digests.digest.cache_clear()
        code_digests.modules.cache_clear()
        code_digests._module.cache_clear()
        return code_digests.digest(script, tmp_path)

    return tmp_path, digest


def test_the_closure_is_exact(workflow):
    folder, _ = workflow
    deep = {"mialign", "mialign.deep", "mialign.deep.part", "mialign.errors"}
    assert set(code_digests.modules("one", folder)) == deep | {"mialign.tools", "scripts.one"}
    assert set(code_digests.modules("two", folder)) == deep | {"mialign.late", "mialign.deep.inner", "scripts.two"}


@pytest.mark.parametrize(
    ("edited", "one", "two"),
    [
        ("mialign/tools.py", True, False),
        ("mialign/late.py", False, True),
        ("mialign/deep/inner.py", False, True),
        ("mialign/deep/__init__.py", True, True),
        ("mialign/errors.py", True, True),
        ("mialign/alone.py", False, False),
        ("mialign/typed.py", False, False),  # imported for its types alone
        ("scripts/two.py", False, True),
    ],
)
def test_an_edit_changes_the_digests_of_its_users(workflow, edited, one, two):
    folder, digest = workflow
    before = digest("one"), digest("two")
    (folder / edited).write_text(FILES[edited] + "\nmore = 3\n")
    assert (digest("one") != before[0], digest("two") != before[1]) == (one, two)


def test_comments_docstrings_and_layout_do_not_count(workflow):
    folder, digest = workflow
    before = digest("one")
    (folder / "mialign/tools.py").write_text(
        '"""Better words."""\n\nimport os  # why\n\n\nfrom mialign.errors import (\n    Error,\n)\n' + TYPES
    )
    (folder / "mialign/errors.py").write_text("class Error(Exception):\n    '''Another.'''\n")
    assert digest("one") == before
    (folder / "mialign/errors.py").write_text("class Error(Exception):\n    x = 'no docstring'\n")
    assert digest("one") != before


def test_every_stage_of_ours_has_a_digest_of_its_own(root):
    stages = sorted(path.stem for path in (root / "workflow/scripts").glob("[a-z]*.py"))
    assert len({code_digests.digest(stage) for stage in stages}) == len(stages) > 0


def test_no_module_of_ours_is_imported_in_a_way_that_cannot_be_followed(root):
    for path in (root / "workflow/mialign").rglob("*.py"):
        if path.name == "doctor.py":
            continue  # it imports the packages of others that it is to look at, and makes no result
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"importlib", "__import__", "exec", "eval"}, path
