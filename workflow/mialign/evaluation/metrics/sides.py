"""Which side of each principle the responses of a method follow, of principles that a program checks on any text."""

from collections.abc import Iterator

from mialign.evaluation.metrics.records import ItemTable, at_temperature, load, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval

COLUMNS = ("experiment", "method", "temperature", "category", "principle", "metric", *ESTIMATE)
METRICS = ("followed", "positive", "antithesis", "both", "neither")


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from score files, in % of the responses whose constitution has the principle.

    Those in writer_scores/ are of what was written for a set of pairs; their method is writer.SET.

    followed: the side that was asked for holds, alone or with the other.
    positive, antithesis, both, neither: what holds; the four add up to 100. A response that was cut counts as written.
    """
    fields = ("prompt_id", "category", "temperature")
    scores = load((source(path, ("scores", "writer_scores")) for path in paths), fields)
    for (experiment, method), seeds in scores.items():
        for temperature in temperatures(seeds):
            at = at_temperature(seeds, temperature)
            for principle, having in _by_principle(at).items():
                table = ItemTable(having, what=f"scores of {method} ({experiment})")
                arrays = {metric: table.values(lambda one, metric=metric: _value(one, metric)) for metric in METRICS}
                for category, members in table.groups():
                    for metric, array in arrays.items():
                        estimate = mean_with_interval(array[members], bootstrap, (0, 1), proportion=True).scaled(100)
                        keys = (experiment, method, temperature, category, principle, metric)
                        yield dict(zip(COLUMNS, (*keys, *estimate), strict=True))


def _by_principle(at: dict[int, list[dict]]) -> dict[str, dict[int, list[dict]]]:
    """Principle -> seed -> its records, with the side `asked` for and what `held`."""
    found: dict[str, dict[int, list[dict]]] = {}
    for seed, records in at.items():
        for record in records:
            for principle, asked, held in record.get("sides", ()):
                of_seeds = found.setdefault(principle, {one: [] for one in at})
                of_seeds[seed].append({**record, "asked": asked, "held": held})
    return found


def _value(record: dict, metric: str) -> float | None:
    if metric == "followed":
        return float(record["held"] in (record["asked"], "both"))
    return float(record["held"] == metric)
