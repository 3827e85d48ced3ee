"""The questions that a source takes from its file of JSON lines: read, cut to shape, filtered, and a slice of them."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from mialign.core.errors import InputError
from mialign.core.files import Written, numbered_jsonl
from mialign.core.seeds import derive
from mialign.data.gold_answers import LETTERS
from mialign.data.sources import dialogue, fields

ASCII = 0x7F


def path(entry: dict, data: str | Path) -> Path:
    """The file of a source: one that the user put into the data folder, or one that is fetched into it."""
    return Path(data) / (f"datasets/{entry['dataset']}.jsonl" if "dataset" in entry else entry["file"])


def paths(entry: dict, data: str | Path) -> list[Path]:
    """The files of a source: that of its questions, and that of the users who ask them, if it has one."""
    return [path(one, data) for one in (entry, entry.get("users")) if one]


def existing(name: str, entry: dict, data: Path) -> Path:
    """The source's file; InputError, saying where it is had, if it is not there."""
    found = path(entry, data)
    if found.is_file():
        return found
    if "dataset" in entry:
        raise InputError(f"sources.{name}.dataset: {found}: no such file; fetch it with `make fetch CONFIG=FILE`")
    if found.is_dir():
        raise InputError(f"sources.{name}.file: {found}: this is a folder; name a file of JSON lines in it")
    where = f"get it from {entry['homepage']} and put it there" if "homepage" in entry else "put it there"
    raise InputError(
        f"sources.{name}.file: {found}: no such file; {where}, or name its folder with --config data=FOLDER"
    )


def chosen(name: str, entry: dict, data: Path, categories: set[str]) -> list[tuple[int, dict]]:
    """The questions that the source takes from its file, with their lines."""
    file = existing(name, entry, data)
    stated = _stated(name, entry, data) if "users" in entry else {}
    records = list(_records(name, entry, file, categories, stated))
    if not records:
        raise InputError(f"{file}: the file holds no questions{_by_filters(entry, 'where', 'skip_empty')}")
    if "reference" in entry["fields"] and all(record["reference"] is None for _, record in records):
        raise InputError(
            f"{file}: no line has the field {entry['fields']['reference']!r} (sources.{name}.fields.reference)"
        )
    kept = [item for item in records if _may_stay(item[1]["question"], entry)]
    if "shuffle" in entry:
        Random(derive(entry["shuffle"], "sources", entry.get("dataset") or entry["file"])).shuffle(kept)
    taken = _slice(name, entry, file, kept)
    if "stored" in entry["fields"]:
        _check_stored(name, entry, file, taken)
    return taken


def _check_stored(name: str, entry: dict, file: Path, taken: list[tuple[int, dict]]) -> None:
    """InputError unless every question that is taken has a stored answer."""
    if missing := [line for line, record in taken if "stored" not in record]:
        raise InputError(
            f"{file}, line {missing[0]}: the field {entry['fields']['stored']!r} (sources.{name}.fields.stored) holds "
            "no text; take other questions, or the key out"
        )


def _may_stay(question: str, entry: dict) -> bool:
    if len(question) > entry.get("longest", len(question)):
        return False
    return "non_ascii" not in entry or sum(ord(letter) > ASCII for letter in question) <= entry["non_ascii"]


def _slice(name: str, entry: dict, file: Path, records: list) -> list:
    """`size` of the questions after the first `skip`, no fewer; or `at_most` so many, as far as there are any."""
    skip = entry.get("skip", 0)
    there = max(len(records) - skip, 1)
    size = entry.get("size", min(entry.get("at_most", there), there))
    if skip + size > len(records):
        has = f"{file} has {len(records)}{_by_filters(entry, 'longest', 'non_ascii')}"
        raise InputError(f"sources.{name}.size: skip {skip} and size {size} need {skip + size} questions; {has}")
    return records[skip : skip + size]


def _by_filters(entry: dict, *keys: str) -> str:
    words = {"longest": "of at most {} characters", "non_ascii": "with at most {} beyond ASCII"}
    words |= {"where": "where {}", "skip_empty": "with a text"}
    return "".join(f" {words[key].format(entry[key])}" for key in keys if key in entry)


# ---------------------------------------------------------------- lines
def _records(
    name: str, entry: dict, file: Path, categories: set[str], stated: dict[str, str]
) -> Iterator[tuple[int, dict]]:
    """The number and record of every line that counts; InputError names the file and the line.

    stated: what each user states, by id, where the source has users.
    """
    ways, lines, seen = entry["fields"], {}, set()
    if "category" not in entry and "category" not in ways:
        raise InputError(
            f"sources.{name}.category: name the category of all questions, or its field in fields.category"
        )
    for number, row in _numbered(file):
        where = f"{file}, line {number}"
        if not _counts(row, entry, where):
            continue
        asker = _asker(row, entry, stated, where)
        again = fields.identity(row, entry["unique"], where) if "unique" in entry else None
        if asker is None or again in seen:
            continue
        asked = _cut(_question(row, entry, where), entry)
        if not asked and entry.get("skip_empty"):
            continue
        if not asked:
            raise InputError(f"{where}: nothing is left of the field {ways['question']!r}; set skip_empty: true")
        if again is not None:
            seen.add(again)
        own = _own_id(row, entry, number, lines, where)
        category = _category(row, entry, categories, where)
        reference = fields.reference(row, ways.get("reference"), entry.get("answer_after"), where)
        if "choices" in ways:
            asked, reference = _with_choices(asked, reference, row, ways, where)
        question = entry.get("before", "") + asked + entry.get("after", "")
        stored = fields.stored(row, ways["stored"], where) if "stored" in ways else None
        yield number, record(name, f"{name}-{own}", category, question, reference, stored) | asker


def _own_id(row: dict, entry: dict, number: int, lines: dict[str, int], where: str) -> str:
    """The id of a row, by default the number of its line, noted in `lines`; InputError if an earlier line has it."""
    ways = entry["fields"]
    own = fields.identity(row, ways["id"], where) if "id" in ways else str(number)
    if own in lines:
        raise InputError(f"{where}: the id {own!r} stands already in line {lines[own]}; ids must differ")
    lines[own] = number
    return own


def _category(row: dict, entry: dict, categories: set[str], where: str) -> str:
    """The category of a row; InputError if categories are given and it is none of them."""
    ways = entry["fields"]
    category = fields.text(row, ways["category"], where) if "category" in ways else entry["category"]
    if categories and category not in categories:
        raise InputError(
            f"{where}: the category {category!r} has no principles (there are {', '.join(sorted(categories))}); "
            "give it some under categories of the principles file, give the source another category, or leave such "
            "lines out (where)"
        )
    return category


def _with_choices(asked: str, reference: str | None, row: dict, ways: dict, where: str) -> tuple[str, str | None]:
    """The question with its choices below it, and the letter of the correct one where there is an answer."""
    choices = fields.choices(row, ways["choices"], where)
    lines = "".join(f"\n{one}. {text}" for one, text in zip(LETTERS, choices.values(), strict=False))
    return asked + lines, fields.letter(reference, list(choices), ways.get("reference"), where)


def _counts(row: dict, entry: dict, where: str) -> bool:
    """Whether the fields of `where` have one of the values asked for."""
    return all(fields.value(row, way, where) in wanted for way, wanted in entry.get("where", {}).items())


def _asker(row: dict, entry: dict, stated: dict[str, str], where: str) -> dict | None:
    """{user, context}: who asks and what they state, or nothing where the source has no users.

    None if the user states nothing and such questions are left out; InputError if they are not.
    """
    if "users" not in entry:
        return {}
    user = fields.identity(row, entry["fields"]["user"], where)
    if user not in stated:
        raise InputError(f"{where}: the file of the users has no {user!r}; add the user or take the line out")
    if stated[user]:
        return {"user": user, "context": stated[user]}
    if entry["users"].get("skip_empty"):
        return None
    raise InputError(
        f"{where}: the user {user!r} states nothing (users.states: {entry['users']['states']!r}); set "
        "users.skip_empty: true to leave out the questions of such users"
    )


def _stated(name: str, entry: dict, data: Path) -> dict[str, str]:
    """What each user states, by id; an empty text if that is nothing."""
    users, file, stated = entry["users"], existing(f"{name}.users", entry["users"], data), {}
    for number, row in _numbered(file):
        where = f"{file}, line {number}"
        user = fields.identity(row, users["id"], where)
        if user in stated:
            raise InputError(f"{where}: the user {user!r} stands there already; ids must differ")
        stated[user] = "" if _is_empty(row, users["states"], where) else fields.text(row, users["states"], where)
    return stated


def _is_empty(row: dict, way: str, where: str) -> bool:
    found = fields.value(row, way, where)
    return found is None or (isinstance(found, str) and not found.strip())


def _question(row: dict, entry: dict, where: str) -> str:
    way = entry["fields"]["question"]
    if entry.get("skip_empty") and _is_empty(row, way, where):
        return ""
    text = fields.text(row, way, where)
    below = entry["fields"].get("input")
    if below and not _is_empty(row, below, where):
        text = f"{text}\n\n{str(fields.value(row, below, where)).strip()}"
    return dialogue.human_turns(text, **entry["dialogue"], where=where) if "dialogue" in entry else text


def _cut(text: str, entry: dict) -> str:
    """Without the marks that its publisher put around it."""
    text = text.removeprefix(entry.get("drop_prefix", "")).removesuffix(entry.get("drop_suffix", ""))
    return (text.split(entry["cut_before"])[0] if "cut_before" in entry else text).strip()


def _numbered(file: Path) -> list[tuple[int, dict]]:
    try:
        return numbered_jsonl(file, decimal=Written)
    except PermissionError:
        raise InputError(f"{file}: the file may not be read; give yourself the right to (chmod u+r)") from None


def record(source: str, id: str, category: str, question: str, reference, stored: str | None = None) -> dict:
    """A record of questions/; stored: an answer that comes with the question, if there is one."""
    about = {"id": id, "source": source, "category": category, "question": question, "reference": reference}
    return about | ({"stored": stored} if stored else {})
