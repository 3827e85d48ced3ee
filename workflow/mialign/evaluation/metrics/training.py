"""All training curves in one table."""

from collections.abc import Iterator
from pathlib import Path

from mialign.core import csv_files
from mialign.core.errors import InputError
from mialign.evaluation.metrics.records import source
from mialign.evaluation.statistics.bootstrap import Bootstrap

COLUMNS = ("experiment", "method", "seed", "step", "metric", "value")


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows of training/<experiment>/<method>/seed<n>.csv; training/collapse/<curve>.csv counts as
    experiment "collapse", method <curve>, without a seed. Values have six significant digits.
    """
    for path in map(Path, paths):
        if path.parts[-3:-1] == ("training", "collapse"):
            keys = {"experiment": "collapse", "method": path.stem, "seed": None}
        else:
            one = source(path, ("training",))
            keys = {"experiment": one.experiment, "method": one.method, "seed": one.seed}
        for row in csv_files.rows(path, ("step", "metric", "value")):
            if row["step"] is None:
                raise InputError(f"{path}: a row of {row['metric']!r} has no step")
            value = "" if row["value"] is None else f"{row['value'] + 0.0:.6g}"
            yield keys | {"step": row["step"], "metric": row["metric"], "value": value}
