"""How much a response tells of the constitution that it was written under, and how far a policy is from the base."""

import math
from collections.abc import Iterator
from itertools import product
from operator import itemgetter

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.metrics.records import ItemTable, Source, difference, load, source
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "method", "critic", "over", "metric", *ESTIMATE)
FIELDS = ("id", "question_id", "category", "tokens", "sums", "base_sums")
CRITICS = ("mean", "sum")
OVER = {"rows": 1, "columns": 0}  # the dimension of the table that the softmax goes along


def rows(paths: list[str], bootstrap: Bootstrap) -> Iterator[dict]:
    """Rows from files of information, which hold log p(response j | prompt i) of N constitutions a question.

    Per method, critic (log-probability per token: mean, as in SAMI's loss; or of the whole response: sum) and what the
    softmax is over:
    bound, in nat: log N - cross-entropy of the softmax of the critic against the identity (InfoNCE, arXiv 1807.03748);
    accuracy: how often the matched entry is the largest, of several equal ones the first counts (%). Over: rows (which
    of the responses was written under this prompt), columns (under which of the prompts this response was written),
    and for the bound both, their mean. Also difference_<other>, the bound minus that of each other method, paired by
    question and seed. n is questions x seeds.

    columns bounds the mutual information of response and constitution from below, given the question and that one of
    these N was drawn. rows does so for constitutions that are drawn independently; these N differ from each other, so
    it bounds what all N responses tell together.

    With critic mean alone: matched, the log-probability per token of the responses under their own prompts, in
    nat, as the mean over the responses of a question; and matched_difference_<other>, paired as above. A policy's
    responses are its own, so this says how sure it is of what it writes, and nothing of the constitution.

    Without both: cap, log N, which no bound exceeds; and drift, an estimate of KL(policy || base) in nat
    per token: the sum of log p(policy) - log p(base) over the policy's own responses, by their tokens (n). It is a
    Monte Carlo estimate, unbiased only for responses that were sampled at temperature 1 and top_p 1, that no stop
    phrase cut, and whose text, encoded anew, has the tokens that were sampled (that of untrained models often has not).
    """
    sources = [source(path, ("information",)) for path in paths]
    loaded = load(sources, FIELDS)
    _check(sources, loaded)
    measured = {
        key: {seed: [_measured(record) for record in records] for seed, records in seeds.items()}
        for key, seeds in loaded.items()
    }
    for (experiment, method), seeds in measured.items():
        others = {m: s for (e, m), s in measured.items() if e == experiment and method not in ("base", m)}
        table = ItemTable(seeds, what=f"information of {method} ({experiment})")
        for critic, over, metric, estimate in _estimates(table, seeds, others, bootstrap):
            yield dict(zip(COLUMNS, (experiment, method, critic, over, metric, *estimate), strict=True))


def _estimates(
    table: ItemTable, seeds: dict[int, list[dict]], others: dict[str, dict[int, list[dict]]], bootstrap: Bootstrap
) -> Iterator[tuple[str, str, str, Estimate]]:
    for critic in CRITICS:
        for over in (*OVER, "both"):
            yield (
                critic,
                over,
                "bound",
                mean_with_interval(table.values(itemgetter(("bound", critic, over))), bootstrap),
            )
        for over in OVER:
            share = mean_with_interval(table.values(itemgetter(("accuracy", critic, over))), bootstrap, (0, 1))
            yield critic, over, "accuracy", share.scaled(100)
        for (other, theirs), over in product(others.items(), (*OVER, "both")):
            paired = ItemTable(difference(seeds, theirs, ("bound", critic, over)))
            yield (
                critic,
                over,
                f"difference_{other}",
                mean_with_interval(paired.values(itemgetter("difference")), bootstrap),
            )
    yield "mean", "", "matched", mean_with_interval(table.values(itemgetter("matched")), bootstrap)
    for other, theirs in others.items():
        paired = ItemTable(difference(seeds, theirs, "matched"))
        estimate = mean_with_interval(paired.values(itemgetter("difference")), bootstrap)
        yield "mean", "", f"matched_difference_{other}", estimate
    yield "", "", "cap", Estimate(next(iter(table.cells.values()))["cap"], None, None, len(table.cells))
    moved, tokens = (np.nan_to_num(table.values(itemgetter(key))) for key in ("moved", "tokens"))
    yield "", "", "drift", bootstrap.ratio(moved, tokens)


def bounds(sums: np.ndarray, tokens: np.ndarray) -> dict[tuple[str, str], float]:
    """log N - cross-entropy of one question by critic and what the softmax is over, from sums [N, N] and tokens [N]."""
    found = {}
    for critic, scores in _critics(sums, tokens).items():
        for over, dimension in OVER.items():
            entropy = np.logaddexp.reduce(scores, axis=dimension) - scores.diagonal()
            found[critic, over] = math.log(len(scores)) - float(entropy.mean())
        found[critic, "both"] = sum(found[critic, over] for over in OVER) / len(OVER)
    return found


def accuracies(sums: np.ndarray, tokens: np.ndarray) -> dict[tuple[str, str], float]:
    """Share of rows, and of columns, whose largest entry is the matched one, by critic and what the softmax is over."""
    return {
        (critic, over): float((scores.argmax(dimension) == np.arange(len(scores))).mean())
        for critic, scores in _critics(sums, tokens).items()
        for over, dimension in OVER.items()
    }


def _critics(sums: np.ndarray, tokens: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(CRITICS, (sums / tokens, sums), strict=True))


def _measured(record: dict) -> dict:
    """What one question tells, flat, as ItemTable and difference take it."""
    sums, tokens = np.array(record["sums"], float), np.array(record["tokens"], float)
    return {
        "prompt_id": record["id"],
        "category": record["category"],
        **{("bound", *key): value for key, value in bounds(sums, tokens).items()},
        **{("accuracy", *key): value for key, value in accuracies(sums, tokens).items()},
        "matched": float((sums.diagonal() / tokens).mean()),
        "cap": math.log(len(tokens)),
        "moved": float((sums.diagonal() - np.array(record["base_sums"], float)).sum()),
        "tokens": float(tokens.sum()),
    }


def _check(sources: list[Source], loaded: dict) -> None:
    """InputError unless every record has whole tables, and those of one experiment are of one size."""
    sizes: dict[str, int] = {}
    for one in sources:
        records = loaded[one.experiment, one.method][one.seed]
        if not records:
            raise InputError(f"{one.path}: it holds no question; delete the file, and it is made again")
        for number, record in enumerate(records, start=1):
            size = _size(record)
            if size is None:
                raise InputError(
                    f"{one.path}, record {number}: with N constitutions, at least 2, tokens must be N numbers above 0, "
                    "sums N lists of N numbers, and base_sums N numbers; delete the file, and it is made again"
                )
            if sizes.setdefault(one.experiment, size) != size:
                raise InputError(
                    f"{one.path}, record {number}: {size} constitutions, and {sizes[one.experiment]} in the records "
                    f"before it; all of {one.experiment} must have as many"
                )


def _size(record: dict) -> int | None:
    """How many constitutions a record has; None where its tables do not fit each other or hold no numbers."""
    try:
        tokens, *tables = (np.array(record[field], float) for field in ("tokens", "sums", "base_sums"))
    except (TypeError, ValueError):
        return None
    size = tokens.size
    whole = [tokens.shape, *(table.shape for table in tables)] == [(size,), (size, size), (size,)]
    numbers = all(np.isfinite(table).all() for table in tables) and (tokens > 0).all()
    return size if whole and numbers and size > 1 else None
