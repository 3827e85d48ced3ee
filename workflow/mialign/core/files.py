"""Files between stages: read with errors that name the line, written whole or not at all."""

import codecs
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import NoneType

from mialign.core.errors import InputError

# Of fields that go by these names in every file.
TYPES = {
    **dict.fromkeys(("text", "prompt_id", "category", "finish", "axis", "verdict"), str),
    "temperature": (int, float),
    "adherence": (int, float, NoneType),
    **dict.fromkeys(("test_tokens", "baseline_tokens"), int),
    "tokens": (int, list),  # of a response, or of each response of a question
    "correct": (bool, NoneType, dict),
    "ended": bool,
}


class Written(float):
    """A float that remembers the `text` that it was read from, which may be another number."""

    def __new__(cls, text: str) -> "Written":
        found = super().__new__(cls, text)
        found.text = text
        return found


def sha256(path: Path) -> str:
    """The sha256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; it takes the place of `path` if the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield beside
        os.replace(beside, path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a write on a full disk does not say of which file
        raise
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """The text in UTF-8, whole or not at all."""
    with writing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: object, indent: int = 2, ensure_ascii: bool = False) -> None:
    """The value as JSON in UTF-8, indented, whole or not at all."""
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=ensure_ascii) + "\n")


def write_jsonl(path: str | Path, records: Iterable[dict]) -> None:
    """One JSON object a line, UTF-8."""
    with writing(path) as beside, beside.open("w", encoding="utf-8") as stream:
        for record in records:
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_jsonl(path: str | Path, required: Iterable[str] = ()) -> list[dict]:
    """The objects of a JSON-lines file; InputError with file and line if one is broken or lacks a required field."""
    return [record for _, record in numbered_jsonl(path, required)]


def numbered_jsonl(
    path: str | Path, required: Iterable[str] = (), decimal: type[float] = float
) -> list[tuple[int, dict]]:
    """The same with the line of each, from 1. A byte order mark at the head, as editors leave one, is passed over.

    decimal: what numbers with decimals or an exponent become.
    """
    try:
        data = Path(path).read_bytes().removeprefix(codecs.BOM_UTF8)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    records = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        record = _parse(line, f"{path}, line {number}", decimal)
        for field in required:
            where = f"{path}, line {number}: the field {field!r}"
            if field not in record:
                raise InputError(f"{where} is missing (there are {', '.join(record)})")
            if field in TYPES and not isinstance(record[field], TYPES[field]):
                raise InputError(f"{where} cannot be {record[field]!r}; mend the line, or make the file again")
        records.append((number, record))
    return records


def read_json(path: str | Path) -> dict:
    """The object that a file holds; InputError where it is no JSON object."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path}: not JSON ({error}); the file is cut short or damaged, fetch or make it again"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: a JSON object is needed; the file is damaged, fetch or make it again")
    return found


def _parse(line: bytes, where: str, decimal: type[float]) -> dict:
    try:
        record = json.loads(line.decode("utf-8"), parse_float=decimal)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 at byte {error.start} of the line; save the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where}: not a JSON object ({error.msg} at column {error.colno}); mend or remove the line"
        ) from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, or nesting as deep
        raise InputError(f"{where}: this JSON cannot be read ({error}); mend or remove the line") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: a JSON object is needed, this is a {type(record).__name__}")
    return record
