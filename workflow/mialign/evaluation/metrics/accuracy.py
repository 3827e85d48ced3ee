"""Accuracy in k attempts, its paired differences, and how it splits by the format of the answer."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mialign.core.errors import InputError
from mialign.data.filters import ENDED
from mialign.evaluation.metrics.records import Source, load, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.evaluation.statistics.pass_at_k import any_of, maj_at_k, pass_at_k
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "method", "temperature", "attempts", "extractor", "metric", *ESTIMATE)


@dataclass
class Attempts:
    """All attempts of a method at one temperature: arrays [questions, seeds, attempts]."""

    questions: list[str]
    seeds: list[int]
    steps: np.ndarray
    ended: np.ndarray
    correct: dict[str, np.ndarray]
    answers: dict[str, np.ndarray]
    sources: list[str]  # of each question; all alike where attempts do not say it

    @property
    def extractors(self) -> list[str]:
        """The ways in which answers were extracted, which depend on whether they are numbers or letters."""
        return list(self.correct)

    @property
    def number(self) -> int:
        """How many attempts there are at each question with each seed."""
        return self.steps.shape[2]


def rows(paths: list[str], bootstrap: Bootstrap, *, attempts: dict[str, list[int]]) -> Iterator[dict]:
    """Rows from attempt files.

    Per method, temperature, number of attempts k (of attempts[experiment], those that the temperature has)
    and extractor: accuracy (any of the first k correct, %), difference_<other> (accuracy minus that of each other
    method, paired by question and seed, points), pass_at_k (from all attempts) and maj_at_k (of the first k); n is
    questions x seeds. A k that no temperature of the experiment has is refused.
    Over all attempts of a temperature: steps_share, accuracy_given_steps, accuracy_given_concise, share_ended (those
    that were not cut for length; all in %), and each of these minus that of each other method, paired likewise, as
    <share>_difference_<other> (points); n is the number of responses counted, of the method itself.
    Where the questions are of several sources also accuracy_of_<source>, in k attempts (%).
    """
    tables = by_method(paths)
    numbers = {experiment: _numbers(attempts[experiment], experiment, tables) for experiment, _ in tables}
    for (experiment, method), by_temperature in tables.items():
        others = {m: t for (e, m), t in tables.items() if e == experiment and m != method}
        for temperature, table in by_temperature.items():
            keys = {"experiment": experiment, "method": method, "temperature": temperature}
            at_same = {m: t[temperature] for m, t in others.items() if method != "base" and temperature in t}
            for number, extractor, metric, estimate in _table_rows(table, numbers[experiment], at_same, bootstrap):
                row = keys | {"attempts": number, "extractor": extractor, "metric": metric}
                yield row | estimate._asdict()


def by_method(paths: list[str]) -> dict[tuple[str, str], dict[float, Attempts]]:
    """Attempts by (experiment, method) and temperature, from attempt files in their order."""
    fields = ("question_id", "temperature", "attempt", "finish", "steps", "answers", "correct")
    sources = [source(path, ("attempts",)) for path in paths]
    loaded = load(sources, fields)
    return {
        key: {temperature: _table(key, seeds, temperature, sources) for temperature in temperatures(seeds)}
        for key, seeds in loaded.items()
    }


def _numbers(wanted: list[int], experiment: str, tables: dict) -> list[int]:
    most = max(table.number for (e, _), by in tables.items() if e == experiment for table in by.values())
    if max(wanted) > most:
        raise InputError(
            f"attempts of {experiment}: {max(wanted)} are asked for, the attempt files hold {most} a question"
        )
    return sorted(wanted)


def _table(key: tuple[str, str], seeds: dict[int, list[dict]], temperature: float, sources: list[Source]) -> Attempts:
    at = {seed: [r for r in seeds[seed] if r["temperature"] == temperature] for seed in sorted(seeds)}
    questions = list(dict.fromkeys(r["question_id"] for records in at.values() for r in records))
    number = 1 + max(r["attempt"] for records in at.values() for r in records)
    shape = (len(questions), len(at), number)
    extractors = list(next(r for records in at.values() for r in records)["correct"])
    origins = {r["question_id"]: r.get("source", "") for records in at.values() for r in records}
    table = Attempts(
        questions,
        list(at),
        np.zeros(shape, bool),
        np.zeros(shape, bool),
        {extractor: np.zeros(shape, bool) for extractor in extractors},
        {extractor: np.full(shape, None, object) for extractor in extractors},
        [origins[question] for question in questions],
    )
    seen = np.zeros(shape, int)
    rows = {question: row for row, question in enumerate(questions)}
    for column, records in enumerate(at.values()):
        for record in records:
            cell = rows[record["question_id"]], column, record["attempt"]
            seen[cell] += 1
            table.steps[cell] = record["steps"]
            table.ended[cell] = record["finish"] in ENDED
            for extractor in extractors:
                table.correct[extractor][cell] = record["correct"][extractor]
                table.answers[extractor][cell] = record["answers"][extractor]
    if (seen != 1).any():
        question, column, attempt = np.argwhere(seen != 1)[0]
        path = next(s.path for s in sources if (s.experiment, s.method) == key and s.seed == table.seeds[column])
        times = "missing" if seen[question, column, attempt] == 0 else "there twice"
        which = f"attempt {attempt} of question {questions[question]!r} at temperature {temperature}"
        raise InputError(f"{path}: {which} is {times}")
    return table


def _table_rows(
    table: Attempts, numbers: list[int], others: dict[str, Attempts], bootstrap: Bootstrap
) -> Iterator[tuple[int, str, str, Estimate]]:
    for extractor in table.extractors:
        correct = table.correct[extractor]
        for k in (k for k in numbers if k <= table.number):
            solved = any_of(correct, k).astype(float)
            yield k, extractor, "accuracy", mean_with_interval(solved, bootstrap, (0, 1), proportion=True).scaled(100)
            for other, theirs in others.items():
                if k <= theirs.number:
                    yield k, extractor, f"difference_{other}", _difference(table, theirs, extractor, k, bootstrap)
            expected = pass_at_k(table.number, correct.sum(axis=2), k)
            chance = mean_with_interval(expected, bootstrap, (0, 1), table.number == 1)
            yield k, extractor, "pass_at_k", chance.scaled(100)
            majority = _majority(table, extractor, k)
            yield k, extractor, "maj_at_k", mean_with_interval(majority, bootstrap, (0, 1), proportion=True).scaled(100)
            for name, rows in _by_source(table.sources).items():
                of_source = mean_with_interval(solved[rows], bootstrap, (0, 1), proportion=True)
                yield k, extractor, f"accuracy_of_{name}", of_source.scaled(100)
    for extractor in table.extractors:
        for metric, estimate in _by_format(table, extractor, bootstrap):
            yield table.number, extractor, metric, estimate
        for other, theirs in others.items():
            for metric, estimate in _format_differences(table, theirs, extractor, bootstrap):
                yield table.number, extractor, f"{metric}_difference_{other}", estimate


def _by_source(sources: list[str]) -> dict[str, np.ndarray]:
    """Source -> which questions are of it; empty where all are of one."""
    names = dict.fromkeys(sources)
    return {name: np.array(sources) == name for name in names} if len(names) > 1 else {}


def _majority(table: Attempts, extractor: str, k: int) -> np.ndarray:
    answers, correct = table.answers[extractor], table.correct[extractor]
    return np.array(
        [[maj_at_k(a, c, k) for a, c in zip(*pair, strict=True)] for pair in zip(answers, correct, strict=True)], float
    )


def _difference(mine: Attempts, theirs: Attempts, extractor: str, k: int, bootstrap: Bootstrap) -> Estimate:
    """Accuracy of mine minus theirs, in points, over the questions and seeds that both have."""
    return mean_with_interval(gains(mine, theirs, extractor, k), bootstrap, (-1, 1)).scaled(100)


def gains(mine: Attempts, theirs: Attempts, extractor: str, k: int) -> np.ndarray:
    """1 where any of the first k attempts of mine alone is correct, -1 where one of theirs alone is, and 0 elsewhere.

    Over the questions and seeds that both have, [questions, seeds].
    """
    here, there = _shared(mine, theirs)
    return any_of(mine.correct[extractor], k)[here].astype(float) - any_of(theirs.correct[extractor], k)[there]


def _shared(mine: Attempts, theirs: Attempts) -> tuple[tuple, tuple]:
    """Where each of the two has the questions and seeds that both have: indices of their arrays."""
    seeds = [seed for seed in mine.seeds if seed in theirs.seeds]
    in_theirs = set(theirs.questions)
    questions = [question for question in mine.questions if question in in_theirs]
    cells = []
    for table in (mine, theirs):
        rows = {question: row for row, question in enumerate(table.questions)}
        cells.append(np.ix_([rows[question] for question in questions], [table.seeds.index(seed) for seed in seeds]))
    return cells[0], cells[1]


def _by_format(table: Attempts, extractor: str, bootstrap: Bootstrap) -> Iterator[tuple[str, Estimate]]:
    for metric, (above, below) in _counted(table, extractor).items():
        yield metric, bootstrap.ratio(above, below, (0, 1), proportion=True).scaled(100)


def _format_differences(
    mine: Attempts, theirs: Attempts, extractor: str, bootstrap: Bootstrap
) -> Iterator[tuple[str, Estimate]]:
    here, there = _shared(mine, theirs)
    other = _counted(theirs, extractor)
    for metric, counts in _counted(mine, extractor).items():
        sides = [tuple(one[cells] for one in of) for of, cells in ((counts, here), (other[metric], there))]
        yield metric, bootstrap.difference(*sides, bounds=(0, 1)).scaled(100)


def _counted(table: Attempts, extractor: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Shares of answers as what is counted and out of how many, [questions, seeds]."""
    correct, steps = table.correct[extractor], table.steps
    counted = {
        "steps_share": (steps, np.ones_like(steps)),
        "accuracy_given_steps": (correct & steps, steps),
        "accuracy_given_concise": (correct & ~steps, ~steps),
        "share_ended": (table.ended, np.ones_like(steps)),
    }
    return {metric: (above.sum(axis=2), below.sum(axis=2)) for metric, (above, below) in counted.items()}
