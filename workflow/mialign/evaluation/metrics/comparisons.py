"""Win rates of one method over another, from verdicts, and paired differences of what the verdicts compare."""

from collections.abc import Collection, Iterator

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation import held_out_adherence
from mialign.evaluation.judge import COMPARED
from mialign.evaluation.judge.settings import MAIN
from mialign.evaluation.metrics.records import ItemTable, at_temperature, difference, load, source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.metrics.verdict_files import compared, load_verdicts
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.evaluation.statistics.rates import Estimate
from mialign.evaluation.statistics.win_points import POINTS

COLUMNS = ("experiment", "method", "baseline", "axis", "temperature", "category", "metric", *ESTIMATE, "judge")


def rows(paths: list[str], bootstrap: Bootstrap, *, ties_won: Collection[str] = ()) -> Iterator[dict]:
    """Rows from verdict files, and from score files if there are any.

    Per comparison, axis, temperature and category: win_rate (wins + half the ties, of the valid verdicts, %),
    wins, ties, losses, invalid (counts; n is the number of valid verdicts, for invalid of all), and, where
    both methods' scores are given, adherence_difference or correct_difference (paired, points); on the axis
    principle-aware, where principles are held out, also adherence_trained_difference and adherence_held_out_difference.
    For category "all" also win_rate_seed<n>, win_rate_longer and win_rate_shorter (verdicts where the
    test's response is longer than the baseline's, or shorter) and win_rate_length_controlled, their mean; answers of
    equal length count in neither, so that a comparison turned round gives 100 less its rate.
    For the experiments of ties_won also win_rate_ties_won, of every category.

    The verdicts of a further judge (see agreement) count on an axis on which those before it in the order of the paths
    have none; each row says whose verdicts it is about.
    """
    sources = [source(path, ("verdicts", "scores")) for path in paths]
    verdicts = load_verdicts(s for s in sources if s.stage == "verdicts")
    scores = load((s for s in sources if s.stage == "scores"), _SCORES)
    _check_whole(verdicts, scores)
    for about, table in compared(verdicts):
        experiment, axis = about["experiment"], about["axis"]
        for category, metric, estimate in _verdict_rows(table, bootstrap, experiment in ties_won):
            yield about | {"category": category, "metric": metric} | estimate._asdict()
        scored = [scores.get((experiment, about[side])) for side in ("method", "baseline")]
        if not (table.items and all(scored) and about["judge"] == MAIN):
            continue
        sides = [at_temperature(side, about["temperature"]) for side in scored]
        for field in (COMPARED[axis], *_held_out(axis, sides)):
            for category, estimate in _difference_rows(difference(*sides, field), bootstrap):
                yield about | {"category": category, "metric": f"{field}_difference"} | estimate._asdict()


_SCORES = ("prompt_id", "category", "temperature", *COMPARED.values())


def _check_whole(verdicts: dict, scores: dict) -> None:
    """Where there are scores, every scored item has its verdict."""
    for (experiment, pair), seeds in verdicts.items():
        scored = scores.get((experiment, pair.split("-vs-")[0]), {})
        for seed in seeds.keys() & scored.keys():
            items = {(r["prompt_id"], r["temperature"]) for r in scored[seed]}
            judged = {(r["prompt_id"], r["temperature"]) for r in seeds[seed] if r["axis"] == "principle-aware"}
            if items != judged:
                raise InputError(
                    f"verdicts/{experiment}/{pair}/seed{seed}.jsonl: {len(judged)} of {len(items)} scored answers "
                    "have a verdict; is the file cut short? Delete it and run the workflow again"
                )


def _verdict_rows(table: ItemTable, bootstrap: Bootstrap, ties_won: bool) -> Iterator[tuple[str, str, Estimate]]:
    if not table.items:
        return
    points = table.values(lambda record: POINTS[record["verdict"]])
    invalid = table.values(lambda record: record["verdict"] == "invalid")
    longer = table.values(lambda record: float(np.sign(record["test_tokens"] - record["baseline_tokens"])))
    for category, members in table.groups():
        of_category = points[members]
        yield category, "win_rate", _win_rate(of_category, bootstrap)
        if ties_won:
            yield category, "win_rate_ties_won", _win_rate_ties_won(of_category, bootstrap)
        valid = int((~np.isnan(of_category)).sum())
        for metric, verdict in (("wins", "test"), ("ties", "tie"), ("losses", "baseline")):
            yield category, metric, _count(int((of_category == POINTS[verdict]).sum()), valid)
        yield category, "invalid", _count(int(np.nansum(invalid[members])), int((~np.isnan(invalid[members])).sum()))
    for column, seed in enumerate(table.seeds):
        yield "all", f"win_rate_seed{seed}", _win_rate(points[:, [column]], bootstrap)
    for metric, estimate in _by_length(points, longer, bootstrap):
        yield "all", metric, estimate


def _win_rate(points: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    return mean_with_interval(points, bootstrap, (0, 1)).scaled(100)


def _win_rate_ties_won(points: np.ndarray, bootstrap: Bootstrap) -> Estimate:
    """The win rate as MIPO's evaluation counts it (arXiv 2603.19294): the share of responses that are at least as good
    as the stored one of the baseline, %. A tie is a win, so two equal methods have 100 and the rate is held against
    nothing; `points` [items, seeds] are those of POINTS, nan where a verdict is invalid.
    """
    won = np.where(np.isnan(points), np.nan, points > POINTS["baseline"])
    return mean_with_interval(won, bootstrap, (0, 1), proportion=True).scaled(100)


def _count(count: int, n: int) -> Estimate:
    return Estimate(count, None, None, n)


def _by_length(points: np.ndarray, longer: np.ndarray, bootstrap: Bootstrap) -> Iterator[tuple[str, Estimate]]:
    """The win rate in each stratum of length, and the mean of the two (undefined if one is empty)."""
    strata = [np.where(longer == side, points, np.nan) for side in (1, -1)]
    for metric, stratum in zip(("win_rate_longer", "win_rate_shorter"), strata, strict=True):
        yield metric, bootstrap.mean(stratum, (0, 1)).scaled(100)
    sums = [(np.nan_to_num(stratum), (~np.isnan(stratum)).astype(float)) for stratum in strata]
    yield "win_rate_length_controlled", bootstrap.middle(*sums, bounds=(0, 1)).scaled(100)


def _held_out(axis: str, sides: list[dict[int, list[dict]]]) -> tuple[str, ...]:
    """What scores say of principles held out from training, on the axis that is about principles."""
    records = (record for side in sides for seed in side.values() for record in seed)
    return held_out_adherence.measured(records) if COMPARED[axis] == "adherence" else ()


def _difference_rows(differences: dict[int, list[dict]], bootstrap: Bootstrap) -> Iterator[tuple[str, Estimate]]:
    table = ItemTable(differences, what="scores")
    if table.items:
        values = table.values(lambda record: record["difference"])
        for category, members in table.groups():
            yield category, mean_with_interval(values[members], bootstrap, (-1, 1)).scaled(100)
