"""How far policies are from the base: KL per token of their own sampled answers."""

from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.metrics.records import ItemTable, joined, load, source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap

COLUMNS = ("experiment", "method", "metric", *ESTIMATE)


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """One row a method, drift: the sum of KL(policy || base) at the tokens of its answers by their number (n), in nat.

    At each token it is the whole divergence and no estimate, so it is never below 0; what is estimated is the mean over
    what the policy writes. That is the divergence of policy and base per token if the answers were sampled at
    temperature 1 and top_p 1. With a smaller top_p it is the mean over the texts that are written then. A question is
    drawn with all its answers, such as those under several vectors. The policies of a soup, METHOD.POINT, count as one.
    """
    loaded = joined(load([source(path, ("drift",)) for path in paths], ("question_id", "category", "tokens", "kl")))
    for (experiment, method), seeds in loaded.items():
        for seed, records in seeds.items():
            if not records:
                raise InputError(
                    f"drift/{experiment}/{method}, seed {seed}: no response was measured; give the experiment more "
                    "drift.responses"
                )
        by_question = {seed: _by_question(records) for seed, records in seeds.items()}
        table = ItemTable(by_question, "question_id", f"drift of {method} ({experiment})")
        moved, tokens = (np.nan_to_num(table.values(itemgetter(key))) for key in ("kl", "tokens"))
        estimate = bootstrap.ratio(moved, tokens)
        yield dict(zip(COLUMNS, (experiment, method, "drift", *estimate), strict=True))


def _by_question(records: list[dict]) -> list[dict]:
    """The sums over the answers to each question."""
    found: dict[str, dict] = {}
    for one in records:
        first = {"question_id": one["question_id"], "category": one["category"], "kl": 0.0, "tokens": 0}
        total = found.setdefault(one["question_id"], first)
        total["kl"] += one["kl"]
        total["tokens"] += one["tokens"]
    return list(found.values())
