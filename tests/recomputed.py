"""Numbers of the paper counted anew from verdicts, scores and attempts: slowly, in plain Python, by the definitions."""

import math
from collections import Counter, defaultdict
from pathlib import PurePosixPath
from statistics import fmean

POINTS = {"test": 1.0, "tie": 0.5, "baseline": 0.0}
COUNTS = {"wins": "test", "ties": "tie", "losses": "baseline", "invalid": "invalid"}


def recompute(row: dict, files: dict[str, list[dict]]) -> tuple[float, int]:
    """The value and n of a row of metrics/comparisons.csv, qualities.csv or accuracy.csv.

    files: the records of each file that the row is said to count, by path.
    """
    if "attempts" in row:
        return _of_attempts(row, files)
    return _of_comparison(row, files) if "baseline" in row else _of_scores(row, files)


def _fitting(records: list[dict], row: dict) -> list[dict]:
    wanted = {name: row[name] for name in ("axis", "temperature", "category") if row.get(name) not in (None, "", "all")}
    return [one for one in records if all(one.get(name, value) == value for name, value in wanted.items())]


def _of_comparison(row: dict, files: dict[str, list[dict]]) -> tuple[float, int]:
    metric = row["metric"]
    if metric.endswith("_difference"):
        return _mean(_differences(row, files, metric.removesuffix("_difference")), 100)
    verdicts = [one for records in files.values() for one in _fitting(records, row)]
    valid = [one for one in verdicts if one["verdict"] in POINTS]
    if metric in COUNTS:
        return sum(one["verdict"] == COUNTS[metric] for one in verdicts), len(
            verdicts if metric == "invalid" else valid
        )
    strata = [
        [POINTS[one["verdict"]] for one in valid if (one["test_tokens"] - one["baseline_tokens"]) * side > 0]
        for side in (1, -1)
    ]
    if metric == "win_rate_length_controlled":
        return 100 * fmean(map(fmean, strata)), sum(map(len, strata))
    if metric in ("win_rate_longer", "win_rate_shorter"):
        return _mean(strata[metric == "win_rate_shorter"], 100)
    return _mean([POINTS[one["verdict"]] for one in valid], 100)


def _differences(row: dict, files: dict[str, list[dict]], field: str) -> list[float]:
    sides: dict[str, dict] = {row["method"]: {}, row["baseline"]: {}}
    for name, records in files.items():
        path = PurePosixPath(name)
        for one in _fitting(records, row):
            if one[field] is not None:
                sides[path.parts[-2]][path.stem, one["prompt_id"]] = float(one[field])
    mine, theirs = sides[row["method"]], sides[row["baseline"]]
    return [mine[item] - theirs[item] for item in mine.keys() & theirs.keys()]


def _of_scores(row: dict, files: dict[str, list[dict]]) -> tuple[float, int]:
    values = [one[row["metric"]] for records in files.values() for one in _fitting(records, row)]
    return _mean([float(one) for one in values if one is not None], 1 if row["metric"] == "tokens" else 100)


def _of_attempts(row: dict, files: dict[str, list[dict]]) -> tuple[float, int]:
    k, metric = round(row["attempts"]), row["metric"]
    tried: dict[str, dict] = defaultdict(lambda: defaultdict(list))  # method -> (seed, question) -> its attempts
    for name, records in files.items():
        path = PurePosixPath(name)
        for one in sorted(_fitting(records, row), key=lambda one: one["attempt"]):
            tried[path.parts[-2]][path.stem, one["question_id"]].append(one)
    mine = tried[row["method"]]
    share, _, other = metric.partition("_difference_")
    if share in ("steps_share", "accuracy_given_steps", "accuracy_given_concise", "share_ended"):
        value, n = _share(share, mine, row["extractor"])
        return (value - _share(share, tried[other], row["extractor"])[0] if other else value), n
    if metric.startswith("difference_"):
        theirs = tried[metric.removeprefix("difference_")]
        gains = [_solved(mine[item], k, row["extractor"]) - _solved(theirs[item], k, row["extractor"]) for item in mine]
        return _mean(gains, 100)
    return _mean([_MEASURES[metric](attempts, k, row["extractor"]) for attempts in mine.values()], 100)


def _solved(attempts: list[dict], k: int, extractor: str) -> float:
    return float(any(one["correct"][extractor] for one in attempts[:k]))


def _pass_at_k(attempts: list[dict], k: int, extractor: str) -> float:
    """The share of all choices of k attempts that have a right one."""
    n, right = len(attempts), sum(one["correct"][extractor] for one in attempts)
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def _maj_at_k(attempts: list[dict], k: int, extractor: str) -> float:
    """Whether the most frequent answer is right; of several the one that was given first."""
    votes = Counter(one["answers"][extractor] for one in attempts[:k] if one["answers"][extractor] is not None)
    if not votes:
        return 0.0
    winner = votes.most_common(1)[0][0]
    return float(next(one["correct"][extractor] for one in attempts if one["answers"][extractor] == winner))


_MEASURES = {"accuracy": _solved, "pass_at_k": _pass_at_k, "maj_at_k": _maj_at_k}


def _share(metric: str, tried: dict, extractor: str) -> tuple[float, int]:
    """In per cent: attempts that go step by step, that ended, or right ones of those that go so, or that do not."""
    attempts = [one for of_question in tried.values() for one in of_question]
    if metric == "steps_share":
        return _mean([float(one["steps"]) for one in attempts], 100)
    if metric == "share_ended":
        return _mean([float(one["finish"] != "length") for one in attempts], 100)
    steps = metric == "accuracy_given_steps"
    return _mean([float(one["correct"][extractor]) for one in attempts if one["steps"] == steps], 100)


def _mean(values: list[float], scale: float) -> tuple[float, int]:
    return (scale * fmean(values), len(values)) if values else (math.nan, 0)
