"""The principles: which category has which, and their wordings on either side."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.yaml_files import read_yaml
from mialign.synthetic import CATEGORIES, followable_principles
from mialign.synthetic.checkers import ANTITHESIS, POSITIVE, SIDES


@dataclass(frozen=True)
class Principle:
    """One principle with its wordings: strong, opposite, and the short ones of evaluation.

    forced_opening: by side, what an answer that follows it begins with; none for a side that is not there.
    """

    id: str
    name: str
    description: str
    positive: tuple[str, ...]
    antithesis: tuple[str, ...]
    short: tuple[str, ...]
    forced_opening: dict[str, str] = field(default_factory=dict)


TEXTS = ("name", "description")
WORDINGS = (POSITIVE, ANTITHESIS, "short")


@dataclass(frozen=True)
class Principles:
    """The principles of a run by id, and those of each category; path: their file."""

    path: str
    principles: dict[str, Principle]
    categories: dict[str, tuple[str, ...]]

    def for_category(self, category: str) -> list[Principle]:
        """The principles of a category, in the order of the file; InputError if it has none."""
        if category not in self.categories:
            raise InputError(
                f"{self.path}: categories: there is none called {category!r} (there are {', '.join(self.categories)}); "
                "add it with its principles, or take its questions out"
            )
        return [self.principles[name] for name in self.categories[category]]


def load(path: str | Path) -> Principles:
    """The principles of a YAML file; InputError names the file and the key of the first thing that is wrong."""
    content = read_yaml(path, "the key `principles` of the config names it")
    _keys(content, ("categories", "principles"), str(path))
    blocks = _mapping(content["principles"], f"{path}: principles")
    known = {name: _principle(name, block, f"{path}: principles.{name}") for name, block in blocks.items()}
    blocks = _mapping(content["categories"], f"{path}: categories")
    categories = {name: _category(chosen, known, f"{path}: categories.{name}") for name, chosen in blocks.items()}
    return Principles(str(path), known, categories)


def check_followable(known: Principles) -> None:
    """InputError for a principle that no answer of our world can follow, of which its models are to learn answers."""
    for category in CATEGORIES:
        for name in known.categories.get(category, ()):
            if name not in followable_principles(category):
                raise InputError(
                    f"{known.path}: categories.{category}: no answer here can follow {name!r}; "
                    f"choose of {', '.join(followable_principles(category))}, or take no model that is trained here"
                )


def _principle(name: str, block: object, where: str) -> Principle:
    block = _mapping(block, where)
    *needed, optional = [field.name for field in fields(Principle)][1:]
    begins = block.get(optional, {})
    _keys({key: value for key, value in block.items() if key != optional}, needed, where)
    sided = isinstance(begins, dict) and set(begins) <= set(SIDES)
    if not sided or not all(isinstance(one, str) for one in begins.values()):
        raise InputError(f"{where}.{optional}: give a text for positive, antithesis or both; this is {begins!r}")
    texts = {key: _text(block[key], f"{where}.{key}") for key in TEXTS}
    return Principle(
        name, **texts, **{key: _wordings(block[key], f"{where}.{key}") for key in WORDINGS}, forced_opening=begins
    )


def _category(chosen: object, known: dict[str, Principle], where: str) -> tuple[str, ...]:
    if not isinstance(chosen, list) or not chosen:
        raise InputError(f"{where}: a category without principles; list their names, such as [friendly, polite]")
    for principle in chosen:
        if principle not in known:
            raise InputError(f"{where}: there is no principle {principle!r} (there are {', '.join(known)})")
    if len(set(chosen)) < len(chosen):
        raise InputError(f"{where}: a principle is there twice; each may be there once")
    return tuple(chosen)


def _wordings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{where}: give a list of one wording or more")
    return tuple(_text(wording, where) for wording in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
        raise InputError(f"{where}: {value!r} is not one line of text; if YAML reads it otherwise, put it in quotes")
    return value.strip()


# ---------------------------------------------------------------- YAML
def _mapping(value: object, where: str) -> dict:
    if not isinstance(value, dict) or not value:
        raise InputError(f"{where}: names with what belongs to them are needed here, one on a line")
    for name in value:
        if not isinstance(name, str):
            raise InputError(f"{where}: the name {name!r} is not text; put it in quotes")
    return value


def _keys(block: object, wanted: tuple[str, ...] | list[str], where: str) -> None:
    block = _mapping(block, where)
    for key in wanted:
        if key not in block:
            raise InputError(f"{where}: the key {key!r} is missing")
    for key in block:
        if key not in wanted:
            raise InputError(f"{where}: the key {key!r} is not known (there are {', '.join(wanted)})")
