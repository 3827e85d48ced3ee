"""What the responses of each method are like: whether they follow, are correct, end, and how long they are."""

from collections.abc import Iterator
from operator import itemgetter

from mialign.evaluation import held_out_adherence
from mialign.evaluation.metrics.records import ItemTable, at_temperature, load, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval

COLUMNS = ("experiment", "method", "temperature", "category", "metric", *ESTIMATE)
METRICS = ("adherence", "correct", "ended", "tokens")


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from score files: adherence, correct (of those that can be correct or wrong) and ended in %, mean tokens.

    Where principles are held out from training, also adherence to the trained and to the held-out principles, in %.
    """
    fields = ("prompt_id", "category", "temperature", *METRICS)
    scores = load((source(path, ("scores",)) for path in paths), fields)
    for (experiment, method), seeds in scores.items():
        metrics = (*METRICS, *held_out_adherence.measured(record for records in seeds.values() for record in records))
        for temperature in temperatures(seeds):
            at = at_temperature(seeds, temperature)
            table = ItemTable(at, what=f"scores of {method} ({experiment})")
            arrays = {metric: table.values(itemgetter(metric)) for metric in metrics}
            for category, members in table.groups():
                for metric, array in arrays.items():
                    rate = metric != "tokens"
                    estimate = mean_with_interval(
                        array[members], bootstrap, (0, 1) if rate else None, proportion=metric in ("correct", "ended")
                    ).scaled(100 if rate else 1)
                    keys = (experiment, method, temperature, category, metric)
                    yield dict(zip(COLUMNS, (*keys, *estimate), strict=True))
