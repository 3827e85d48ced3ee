"""docs/fidelity.md describes config/full_size.yaml as it is: every value, and every setting of the experiments."""

import re
from itertools import product

import pytest
import yaml

from copies import ROOT, lay_over

LONG = "…"  # stands for a text of the config, or a list


def leaves(block, path: str = "") -> dict:
    """Path -> value of all that is not a block itself."""
    if not isinstance(block, dict):
        return {path: block}
    found = {}
    for key, value in block.items():
        found |= leaves(value, f"{path}.{key}" if path else str(key))
    return found


def fits(pattern: str) -> re.Pattern:
    """`*` is any one key, `{a,b}` is a or b."""
    parts = [part[1:-1].split(",") if part[0] == "{" else [part] for part in re.findall(r"\{.*?\}|[^{]+", pattern)]
    patterns = (re.escape("".join(one)).replace(r"\*", "[^.]+") for one in product(*parts))
    return re.compile("|".join(patterns))


def wrong(page: str, config: dict) -> list[str]:
    """Rows of the page that are not true of the config, and rows that it lacks, ready to be filled in."""
    known, found, described = leaves(config), [], set()
    for pattern, given in re.findall(r"^\| `([\w.*{},]+)` \| `(.+?)` \|", page, re.MULTILINE):
        paths = [path for path in known if fits(pattern).fullmatch(path)]
        described |= set(paths)
        found += [] if paths else [f"{pattern}: the config has no such setting"]
        value = yaml.safe_load(given)
        found += [
            f"{path}: {given} on the page, {shown(known[path])} in the config"
            for path in paths
            if known[path] != value and not (value == LONG and isinstance(known[path], str | list))
        ]
    given = (path for path, value in known.items() if value is not None)  # null takes a key of config.yaml out
    missing = [path for path in given if path.startswith("experiments.") and path not in described]
    return found + [f"| `{path}` | `{shown(known[path])}` | text | code | effect |" for path in missing]


def shown(value) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=1000, allow_unicode=True).removesuffix("...\n").strip()
    return text if len(text) < 100 else LONG


@pytest.fixture(scope="module")
def config() -> dict:
    merged = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    lay_over(merged, yaml.safe_load((ROOT / "config/full_size.yaml").read_text(encoding="utf-8")))
    return merged


def test_the_page_is_true_of_the_config_and_leaves_no_setting_of_the_experiments_out(config):
    found = wrong((ROOT / "docs/fidelity.md").read_text(encoding="utf-8"), config)
    assert not found, "docs/fidelity.md, correct or add these rows:\n" + "\n".join(found)


SMALL = {"seeds": [1], "experiments": {"one": {"steps": 5, "rate": 5e-7, "text": "a\nb"}, "two": {"steps": 5}}}


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("| `experiments.*.steps` | `5` |\n| `experiments.one.{rate,text}` | `…` |", ["experiments.one.rate: …"]),
        ("| `experiments.*.steps` | `6` |\n| `experiments.one.*` | `5` |", ["e", "e", "e", "e"]),
        (
            "| `experiments.*` | `5` |",
            ["experiments.*: the config has no such setting", "| `e", "| `e", "| `e", "| `e"],
        ),
        (
            "| `experiments.one.rate` | `5.0e-7` |\n| `experiments.one.text` | `…` |",
            ["| `", "| `experiments.two.steps"],
        ),
        (
            "| `experiments.{one,two}.steps` | `5` |\n| `experiments.one.rate` | `5.0e-7` |\n"
            '| `experiments.one.text` | `"a\\nb"` |\n| `seeds` | `[1]` |',
            [],
        ),
    ],
)
def test_wrong_values_and_missing_rows_are_named(page, expected):
    found = wrong(page, SMALL)
    assert len(found) == len(expected)
    assert all(map(str.startswith, found, expected))
