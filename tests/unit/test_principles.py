"""config/principles.yaml and what may be wrong with such a file."""

import pytest
import yaml

from mialign import synthetic
from mialign.core.errors import InputError
from mialign.data import principles


@pytest.fixture
def content(root):
    return yaml.safe_load((root / "config/principles.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def loading(tmp_path):
    def load(content):
        path = tmp_path / "principles.yaml"
        path.write_text(
            content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8"
        )
        return principles.load(path)

    return load


def test_our_principles(root):
    known = principles.load(root / "config/principles.yaml")
    assert tuple(known.categories) == synthetic.CATEGORIES
    assert set(known.principles) == set(synthetic.CHECKERS)
    assert [one.id for one in known.for_category("math")] == ["steps", "tex"]
    assert all(len(chosen) == 2 for chosen in known.categories.values())
    wordings = [wording for one in known.principles.values() for wording in one.positive + one.antithesis + one.short]
    assert len(set(wordings)) == len(wordings) == 9 * 6
    assert all(len(wording.split()) <= 8 for wording in wordings)


def test_a_category_without_principles_is_named(root, content, loading):
    with pytest.raises(InputError, match=r"principles.yaml: categories: there is none called 'cooking'"):
        principles.load(root / "config/principles.yaml").for_category("cooking")
    for nothing in (None, [], {}):
        content["categories"]["math"] = nothing
        with pytest.raises(InputError, match=r"categories.math: a category without principles"):
            loading(content)


def test_a_category_of_ones_own(content, loading):
    content["categories"]["cooking"] = ["steps", "polite"]
    assert [one.id for one in loading(content).for_category("cooking")] == ["steps", "polite"]
    content["categories"]["stem"] = ["steps", "polite"]
    assert [one.id for one in loading(content).for_category("stem")] == ["steps", "polite"]


def test_a_principle_that_no_checker_knows(content, loading):
    content["principles"]["charm"] = content["principles"]["polite"]
    content["categories"]["cooking"] = ["charm", "polite"]
    assert [one.id for one in loading(content).for_category("cooking")] == ["charm", "polite"]


def _set(content, way, value):
    *path, last = way
    for key in path:
        content = content[key]
    if value is ...:
        del content[last]
    else:
        content[last] = value


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        (
            ("categories", "math"),
            ["steps", "charm"],
            r"categories.math: there is no principle 'charm' \(there are steps, ",
        ),
        (("categories", "math"), ["steps", "steps"], r"categories.math: a principle is there twice"),
        (("categories", "math"), "steps", r"categories.math: a category without principles"),
        (("categories",), ..., r"the key 'categories' is missing"),
        (("categories",), ["math"], r"categories: names with what belongs to them"),
        (("principles", "steps"), None, r"principles.steps: names with what belongs"),
        (("principles", "steps", "short"), ..., r"principles.steps: the key 'short' is missing"),
        (("principles", "steps", "shrot"), ["x"], r"principles.steps: the key 'shrot' is not known"),
        (("principles", "steps", "short"), [], r"principles.steps.short: give a list of one wording or more"),
        (("principles", "steps", "short"), "Go in steps", r"principles.steps.short: give a list"),
        (("principles", "steps", "short"), [True], r"principles.steps.short: True is not one line of text.*quotes"),
        (("principles", "steps", "short"), ["  "], r"principles.steps.short: '  ' is not one line"),
        (("principles", "steps", "short"), ["a\nb"], r"principles.steps.short: 'a\\nb' is not one line"),
        (("principles", "steps", "name"), 7, r"principles.steps.name: 7 is not one line"),
        (("principles", True), {}, r"principles: the name True is not text"),
        (("extra",), 1, r"the key 'extra' is not known"),
    ],
)
def test_what_is_wrong_is_named(way, value, message, content, loading):
    _set(content, way, value)
    with pytest.raises(InputError, match=message):
        loading(content)


def test_answers_of_our_world_must_be_able_to_follow_what_its_models_learn(root, content, loading):
    principles.check_followable(loading(content))
    content["categories"] |= {"cooking": ["tex", "polite"], "math": ["steps", "markdown"]}
    with pytest.raises(InputError, match=r"categories.math: no answer here can follow 'markdown'; choose of"):
        principles.check_followable(loading(content))
    with pytest.raises(InputError, match=r"categories.writing: no answer here can follow 'greeting'"):
        principles.check_followable(principles.load(root / "config/principles_checkable.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names with what belongs"),
        ("categories: [", r"line 1.*not valid YAML"),
        ("categories:\n  math: [steps]\n  math: [tex]\n", r"line 3.*the key 'math' is there twice"),
        ("? [a]\n: 1\n", "not valid YAML|not text"),
    ],
)
def test_broken_files(text, message, loading):
    with pytest.raises(InputError, match=message):
        loading(text)


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        principles.load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("categories: é".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        principles.load(tmp_path / "latin.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        principles.load(tmp_path)
