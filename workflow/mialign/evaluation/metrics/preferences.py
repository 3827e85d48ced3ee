"""Policies under preference vectors: their rewards by vector, and how well and how surely a vector steers them.

Normalised rewards are in standard deviations of the base's responses, from their mean: over all questions, vectors and
seeds of the experiment and temperature. Intervals are of the bootstrap over questions and seeds; a question is drawn
with its answers under all vectors.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mialign.core.errors import InputError
from mialign.evaluation.hypervolume import hypervolume
from mialign.evaluation.metrics.records import ItemTable, at_temperature, joined, load, source, temperatures
from mialign.evaluation.metrics.tidy import ESTIMATE
from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import mean_with_interval
from mialign.evaluation.statistics.rates import Estimate

COLUMNS = ("experiment", "method", "temperature", "preference", "reward", "metric", *ESTIMATE)
ALL = "all"
WORST = -1.0  # the reference point of the hypervolume, in every normalised reward: one deviation below the base's mean
HALF = 0.5  # of all weight
EDGES = np.arange(-3.0, 3.01, 0.5)  # of the bins in which distributions of normalised rewards are compared


@dataclass(frozen=True)
class Answers:
    """Rewards of a policy, [questions, seeds, vectors, rewards], which answers ended, and the vectors [V, K]."""

    rewards: np.ndarray
    ended: np.ndarray
    vectors: np.ndarray

    @property
    def n(self) -> int:
        """The number of answers."""
        return self.ended.size


def rows(paths: list[str], bootstrap: Bootstrap, *, rewards: dict[str, list[str]]) -> Iterator[dict]:
    """Rows from files rewards/responses/EXPERIMENT/METHOD/seedN.jsonl; METHOD.POINT is a part of METHOD.

    rewards: the names by experiment in the order of the weights.
    By vector and reward: reward (as scored) and normalised_reward; by vector: ended (%). By reward, over all vectors:
    slope (of the mean normalised reward on its weight, by least squares; above 0: more weight gives more of it),
    slope_below_half and slope_above_half (the same over the vectors with a weight of at most, and of at least, 1/2,
    where these differ) and overlap (of the distributions under two vectors, averaged over all pairs of vectors: the
    sum over bins of the smaller share; 1: the vector changes nothing). Over all: hypervolume (of the mean normalised
    rewards by vector, above -1), mip (mean over vectors of w . s) and crd (mean over vectors of det Cov(s | w)), as
    MI-EPO (arXiv 2607.01392) has them. Overlap and hypervolume are corrected for what noise alone does to them. All of
    these also as METRIC_difference_OTHER, minus that of each other method, paired by question and seed.
    """
    fields = ("prompt_id", "question_id", "temperature", "preference", "ended", "rewards")
    policies = joined(load((source(path, ("responses",)) for path in paths), fields))
    for experiment in dict.fromkeys(experiment for experiment, _ in policies):
        names = rewards[experiment]
        methods = {method: seeds for (title, method), seeds in policies.items() if title == experiment}
        if "base" not in methods:
            raise InputError(f"{experiment}: the base has no rewards, and those of others are normalised by its own")
        for temperature in temperatures(methods["base"]):
            measured = _measured(experiment, methods, temperature, names, bootstrap)
            for method, policy in measured.items():
                others = {other: one.overall for other, one in measured.items() if method not in ("base", other)}
                for preference, reward, metric, estimate in _of_policy(policy, others, names, bootstrap):
                    keys = (experiment, method, temperature, preference, reward, metric, *estimate)
                    yield dict(zip(COLUMNS, keys, strict=True))


def _answers(seeds: dict[int, list[dict]], temperature: float, names: list[str], what: str) -> Answers:
    """InputError unless every question has one answer under every vector in every seed."""
    at = at_temperature(seeds, temperature)
    vectors = sorted({tuple(record["preference"]) for records in at.values() for record in records})
    if not vectors:
        raise InputError(
            f"{what}: there are none at temperature {temperature:g}; delete them and run the workflow again"
        )
    parts = {
        vector: ItemTable(
            {seed: [r for r in records if tuple(r["preference"]) == vector] for seed, records in at.items()},
            key="question_id",
            what=what,
        )
        for vector in vectors
    }
    first = parts[vectors[0]]
    for vector, table in parts.items():
        if list(table.items) != list(first.items) or len(table.cells) != len(first.items) * len(first.seeds):
            raise InputError(
                f"{what}: not every question has an answer under {list(vector)} in every seed; is a file cut short? "
                "Delete it and run the workflow again"
            )
    rewards = [
        [table.values(lambda record, n=name: record["rewards"][n]) for name in names] for table in parts.values()
    ]
    ended = [table.values(lambda record: record["ended"]) for table in parts.values()]
    return Answers(
        np.moveaxis(np.array(rewards), (0, 1), (2, 3)), np.moveaxis(np.array(ended), 0, 2), np.array(vectors)
    )


def _moments(base: Answers, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each reward over the base's answers."""
    flat = base.rewards.reshape(-1, len(names))
    for name, low, high in zip(names, flat.min(0), flat.max(0), strict=True):
        if low == high:
            raise InputError(
                f"rewards.{name}: the score is {low:g} for all answers of the base, so it cannot be normalised; take "
                "another reward"
            )
    return flat.mean(0), flat.std(0)


@dataclass(frozen=True)
class _Normalised:
    """Normalised rewards [questions, seeds, V, K], and their means by vector: [V, K], and [resamples, V, K].

    covariance, drawn_covariance: of the rewards under each vector, [V, K, K] and [resamples, V, K, K].
    """

    values: np.ndarray
    means: np.ndarray
    drawn: np.ndarray
    covariance: np.ndarray
    drawn_covariance: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, bootstrap: Bootstrap) -> "_Normalised":
        moments = np.concatenate([values[..., None], values[..., :, None] * values[..., None, :]], axis=-1)
        centre, drawn = moments.mean((0, 1)), bootstrap.means(moments)
        covariances = (found[..., 1:] - found[..., :1] * found[..., None, :, 0] for found in (centre, drawn))
        return cls(values, centre[..., 0], drawn[..., 0], *covariances)


@dataclass(frozen=True)
class _Drawn:
    """A number over all vectors: of what was answered, and of every resample.

    one_sided: noise alone shifts it to one side (see _corrected); bounds: between which it lies.
    """

    value: float
    replicates: np.ndarray
    one_sided: bool = False
    bounds: tuple[float, float] = (-float("inf"), float("inf"))

    def estimate(self, bootstrap: Bootstrap, n: int) -> Estimate:
        low, high = bootstrap.interval(self.replicates)
        if not self.one_sided:
            return Estimate(float(self.value), low, high, n)
        return _corrected(float(self.value), float(self.replicates.mean()), low, high, self.bounds, n)

    def minus(self, other: "_Drawn") -> "_Drawn":
        """The difference, drawn in pairs: resamples draw the same questions and seeds for both."""
        return _Drawn(self.value - other.value, self.replicates - other.replicates, self.one_sided)


@dataclass(frozen=True)
class _Policy:
    """What was measured of one policy; overall: its numbers over all vectors by reward and metric."""

    answers: Answers
    rewards: _Normalised
    moments: tuple[np.ndarray, np.ndarray]
    overall: dict[tuple[str, str], _Drawn]


def _measured(
    experiment: str, methods: dict[str, dict], temperature: float, names: list[str], bootstrap: Bootstrap
) -> dict[str, _Policy]:
    answered = {
        method: _answers(seeds, temperature, names, f"rewards of {method} ({experiment})")
        for method, seeds in methods.items()
    }
    mean, deviation = _moments(answered["base"], names)
    found = {}
    for method, answers in answered.items():
        rewards = _Normalised.of((answers.rewards - mean) / deviation, bootstrap)
        found[method] = _Policy(answers, rewards, (mean, deviation), _overall(answers, rewards, names, bootstrap))
    return found


def _overall(
    answers: Answers, rewards: _Normalised, names: list[str], bootstrap: Bootstrap
) -> dict[tuple[str, str], _Drawn]:
    vectors, found = answers.vectors, {}
    for number, name in enumerate(names):
        for metric, part in _slopes(vectors[:, number]).items():
            slopes = (
                _slope(vectors[part, number], means[..., part, number]) for means in (rewards.means, rewards.drawn)
            )
            found[name, metric] = _Drawn(*slopes)
        found[name, "overlap"] = _overlap(rewards.values[..., number], bootstrap)
    volumes = (hypervolume(means, WORST) for means in (rewards.means, rewards.drawn))
    found[ALL, "hypervolume"] = _Drawn(*volumes, one_sided=True, bounds=(0.0, float("inf")))
    products = ((means * vectors).sum(-1).mean(-1) for means in (rewards.means, rewards.drawn))
    found[ALL, "mip"] = _Drawn(*products)
    determinants = (np.linalg.det(found).mean(-1) for found in (rewards.covariance, rewards.drawn_covariance))
    found[ALL, "crd"] = _Drawn(*determinants)
    return found


def _of_policy(
    policy: _Policy, others: dict[str, dict], names: list[str], bootstrap: Bootstrap
) -> Iterator[tuple[str, str, str, Estimate]]:
    """Preference, reward, metric and estimate of every number of a policy at a temperature."""
    yield from _by_vector(policy, names, bootstrap)
    n = policy.answers.n
    for (reward, metric), drawn in policy.overall.items():
        yield ALL, reward, metric, drawn.estimate(bootstrap, n)
        for other, theirs in others.items():
            yield (
                ALL,
                reward,
                f"{metric}_difference_{other}",
                drawn.minus(theirs[reward, metric]).estimate(bootstrap, n),
            )


def _by_vector(policy: _Policy, names: list[str], bootstrap: Bootstrap) -> Iterator[tuple[str, str, str, Estimate]]:
    answers, rewards, (mean, deviation) = policy.answers, policy.rewards, policy.moments
    n = answers.n // len(answers.vectors)
    for place, vector in enumerate(answers.vectors):
        preference = " ".join(f"{weight:.1f}" for weight in vector)
        for number, name in enumerate(names):
            found = _Drawn(rewards.means[place, number], rewards.drawn[:, place, number]).estimate(bootstrap, n)
            raw = (float(end * deviation[number] + mean[number]) for end in found[:3])
            yield preference, name, "reward", Estimate(*raw, n)
            yield preference, name, "normalised_reward", found
        yield (
            preference,
            ALL,
            "ended",
            mean_with_interval(answers.ended[:, :, place], bootstrap, (0, 1), proportion=True).scaled(100),
        )


def _slopes(weights: np.ndarray) -> dict[str, np.ndarray]:
    """The slopes by metric, and which vectors each is taken over; none over a single weight."""
    parts = {"slope": weights >= 0, "slope_below_half": weights <= HALF, "slope_above_half": weights >= HALF}
    return {metric: part for metric, part in parts.items() if len(set(weights[part])) > 1}


def _slope(weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Of means [..., V] on weights [V], by least squares."""
    centred = weights - weights.mean()
    return (means * centred).sum(-1) / (centred**2).sum()


def _overlap(values: np.ndarray, bootstrap: Bootstrap) -> _Drawn:
    """Of values [questions, seeds, V]: the mean over pairs of vectors of what their distributions have in common."""
    bins = np.digitize(values, EDGES)[..., None] == np.arange(len(EDGES) + 1)
    shares = bins.astype(float)
    pairs = np.array(list(combinations(range(values.shape[2]), 2)))

    def common(distributions: np.ndarray) -> np.ndarray:
        return np.minimum(distributions[..., pairs[:, 0], :], distributions[..., pairs[:, 1], :]).sum(-1).mean(-1)

    drawn = common(bootstrap.means(shares))
    return _Drawn(float(common(shares.mean((0, 1)))), drawn, one_sided=True, bounds=(0.0, 1.0))


def _corrected(value: float, mean: float, low: float, high: float, bounds: tuple[float, float], n: int) -> Estimate:
    """The estimate of what noise shifts to one side: with noise, distributions overlap less and fronts reach further.

    Resamples, with this mean and interval, shift it once more by about as much. So the value is 2 v - mean, and the
    interval the basic one, 2 v - replicates, both kept within the bounds.
    """
    return Estimate(*(min(bounds[1], max(bounds[0], 2 * value - end)) for end in (mean, high, low)), n)
