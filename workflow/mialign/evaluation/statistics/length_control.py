"""A win rate at equal lengths, by a logistic regression on the difference of lengths."""

import warnings

import numpy as np
from scipy.special import expit

from mialign.evaluation.statistics.bootstrap import Bootstrap
from mialign.evaluation.statistics.effects import effect
from mialign.evaluation.statistics.rates import Estimate

LEAST = 10  # observations on each side of one half of the points; below it a regression fits what there is, and no more


def length_controlled(points: np.ndarray, difference: np.ndarray, bootstrap: Bootstrap) -> Estimate | None:
    """The win rate if both responses were equally long; points (1, 0.5 or 0) and differences of tokens [items, seeds].

    P(win) = sigmoid(b0 + b1 tanh(d / sd(d))), d the difference, and the rate is sigmoid(b0): the part about lengths of
    AlpacaEval 2 (Dubois et al. 2024, arXiv 2404.04475). The interval is that of `effect` of each observation's
    influence on b0, so that seeds are a random effect here too. None where lengths do not differ, where there are too
    few wins or losses for a regression, or where lengths decide all verdicts.
    """
    from statsmodels.api import GLM, families

    spread = difference.std()
    if spread == 0 or min((points > 0.5).sum(), (points < 0.5).sum()) < LEAST:
        return None
    of_length = np.tanh(difference / spread).ravel()
    inputs = np.column_stack([np.ones_like(of_length), of_length])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that lengths decide all is seen below
        fitted = GLM(points.ravel(), inputs, family=families.Binomial()).fit()
    if not fitted.converged or np.abs(fitted.params).max() > 20:
        return None
    mean = fitted.fittedvalues
    information = inputs.T @ (inputs * (mean * (1 - mean))[:, None])
    influence = (inputs * (points.ravel() - mean)[:, None]) @ np.linalg.inv(information)[0] * points.size
    rate = expit(fitted.params[0])
    values = rate + rate * (1 - rate) * influence  # their mean is the rate
    return effect(values.reshape(points.shape), 0.5, (0, 1), bootstrap).estimate
