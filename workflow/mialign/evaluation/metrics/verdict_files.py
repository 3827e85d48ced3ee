"""Files of verdicts, whole and known."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mialign.core.errors import InputError
from mialign.core.files import numbered_jsonl
from mialign.evaluation.judge import AXES
from mialign.evaluation.judge.settings import whose_verdicts
from mialign.evaluation.metrics.records import ItemTable, Source, at_temperature, load, temperatures
from mialign.evaluation.statistics.win_points import POINTS

FIELDS = ("prompt_id", "category", "temperature", "axis", "verdict", "test_tokens", "baseline_tokens")


def load_verdicts(sources: Iterable[Source]) -> dict[tuple[str, str], dict[int, list[dict]]]:
    """Records by (folder, TEST-vs-BASELINE) and seed, in the order of the sources; `whose_verdicts` reads the folder.

    InputError, with file and line, for a record without one of FIELDS, or of an axis or a verdict that there is not.
    """
    return load(sources, FIELDS, _read)


def compared(verdicts: dict[tuple[str, str], dict[int, list[dict]]]) -> Iterator[tuple[dict, ItemTable]]:
    """What is compared, and the verdicts on it, which may be none: those of the judge that decides on the axis.

    Of each comparison, axis and temperature its experiment, method, baseline, axis, temperature and judge.
    """
    deciding = _deciding_judges(verdicts)
    for (folder, pair), seeds in verdicts.items():
        experiment, judge = whose_verdicts(folder)
        method, baseline = pair.split("-vs-")
        for axis in (axis for axis in AXES if deciding.get((experiment, axis)) == judge):
            for temperature in temperatures(seeds):
                about = {"experiment": experiment, "method": method, "baseline": baseline, "axis": axis}
                table = ItemTable(at_temperature(seeds, temperature, axis), what=f"verdicts of {pair}, {axis}")
                yield about | {"temperature": temperature, "judge": judge}, table


def _deciding_judges(verdicts: dict[tuple[str, str], dict[int, list[dict]]]) -> dict[tuple[str, str], str]:
    """The judge whose verdicts count, by (experiment, axis): the first that has any on it, in the order of verdicts."""
    found: dict[tuple[str, str], str] = {}
    for (folder, _), seeds in verdicts.items():
        experiment, judge = whose_verdicts(folder)
        for axis in {record["axis"] for records in seeds.values() for record in records}:
            found.setdefault((experiment, axis), judge)
    return found


def _read(path: Path, required: Iterable[str]) -> list[dict]:
    if path.parent.name.count("-vs-") != 1:
        raise InputError(f"{path}: its folder must be named TEST-vs-BASELINE")
    records = numbered_jsonl(path, required)
    for line, record in records:
        for field, known in (("verdict", POINTS), ("axis", AXES)):
            if record[field] not in known:
                raise InputError(f"{path}, line {line}: {field} {record[field]!r} is not one of {', '.join(known)}")
    return [record for _, record in records]
