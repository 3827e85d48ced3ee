"""How far policies are from the start: KL per token of their own sampled answers."""

from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.metrics.records import ItemTable, load, source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap

COLUMNS = ("experiment", "method", "metric", *ESTIMATE)
SETTINGS: set[str] = set()


def rows(paths: list[str], settings: dict, bootstrap: Bootstrap) -> Iterator[dict]:
    """One row a method, drift: the sum of KL(policy || start) at the tokens of its answers by their number (n), in nat.

    At each token it is the whole divergence and no estimate, so it is never below 0; what is estimated is the mean over
    what the policy writes. That is the divergence of policy and start per token if the answers were sampled at
    temperature 1 and top_p 1. With a smaller top_p it is the mean over the texts that are written then.
    """
    sources = [source(path, ("drift",)) for path in paths]
    loaded = load(sources, ("prompt_id", "category", "tokens", "kl"))
    for one in sources:
        if not loaded[one.experiment, one.method][one.seed]:
            raise InputError(f"{one.path}: it holds no response; delete the file, and it is made again")
    for (experiment, method), seeds in loaded.items():
        table = ItemTable(seeds, what=f"drift of {method} ({experiment})")
        moved, tokens = (np.nan_to_num(table.values(itemgetter(key))) for key in ("kl", "tokens"))
        estimate = bootstrap.ratio(moved, tokens)
        yield dict(zip(COLUMNS, (experiment, method, "drift", *estimate), strict=True))
