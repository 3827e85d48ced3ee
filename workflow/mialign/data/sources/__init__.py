"""Where questions come from: our small world, or files of JSON lines in whatever form their publisher gives them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mialign.core.errors import complaint_prefix
from mialign.data.gold_answers import answer_kind
from mialign.data.sources import files

SYNTHETIC_ANSWERS = {"maths": "number", "choices": "letter"}  # the kinds of answers of tasks of our world
CHECKED_AT_ONCE = 10_000_000  # bytes; a larger file is read by its rule only, so that Snakemake starts at once


class Found(NamedTuple):
    """What a source holds, as far as it is known before any job."""

    size: int
    categories: set[str]
    texts: dict[str, str]  # question: its file and line
    answers: dict[
        str | None, str
    ]  # number, letter, or None for others: where the first question with such an answer is
    origin: str  # task and split of our world, or the source itself: what may serve only one use of an experiment


def questions(name: str, entry: dict, data: str | Path, categories: Iterable[str] = ()) -> list[dict]:
    """The records of questions/{name}.jsonl: id, source, category, question, reference and, where asked for, stored.

    With users they have user and context, too.

    `entry` is the source's block of the config, `data` the folder of the files; with `categories` any other is refused.
    """
    if "synthetic" in entry:
        from mialign import synthetic

        with complaint_prefix(f"sources.{name}.size: "):
            records = synthetic.questions(entry["synthetic"], entry["split"], entry["size"], entry["seed"])
        told = {one["id"]: synthetic.stored_answer(one, entry["seed"]) for one in records if entry.get("stored")}
        return [files.record(name, **record, stored=told.get(record["id"])) for record in records]
    return [record for _, record in files.chosen(name, entry, Path(data), set(categories))]


def check(name: str, entry: dict, data: str | Path, categories: set[str]) -> Found | None:
    """Look a source over before any job starts; None if it is yet to be fetched, or too large to be read for that."""
    if "synthetic" in entry:
        from mialign import synthetic

        task = entry["synthetic"]
        answers = {SYNTHETIC_ANSWERS.get(task): f"sources.{name} (synthetic: {task})"}
        return Found(entry["size"], set(synthetic.TASKS[task]), {}, answers, f"{task}, {entry['split']}")
    if any("dataset" in one for one in (entry, entry.get("users", {}))):
        return None
    path = files.existing(name, entry, Path(data))
    if path.stat().st_size > CHECKED_AT_ONCE:
        return None
    chosen = files.chosen(name, entry, Path(data), categories)
    texts = {" ".join(record["question"].split()): f"{path}, line {line}" for line, record in chosen}
    answers = {answer_kind(record["reference"]): f"{path}, line {line}" for line, record in reversed(chosen)}
    return Found(len(chosen), {record["category"] for _, record in chosen}, texts, answers, name)
