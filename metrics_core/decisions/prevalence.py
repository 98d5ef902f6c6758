"""Another share of positives than the file has: the same scores, seen where positives are rarer or more frequent.

All of this assumes that only the share differs: positives score here as they score there, and so do negatives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from ..tally import ScoreTally
from ..tally.outcomes import FloatArray

#: Below this difference of recall and false positive rate a decision says too little about the share of positives.
LEAST_DIFFERENCE = 0.1
#: The iteration ends when a step is smaller, or after so many steps.
_STEP, _STEPS = 1e-8, 500


def prevalence_of(tally: ScoreTally) -> FloatArray:
    """Share of positives, ``(...)``; NaN without rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(tally.n_pos / (tally.n_pos + tally.n_neg), dtype=np.float64)


def class_factors(tally: ScoreTally, prevalence: float) -> tuple[FloatArray, FloatArray]:
    """Give the weight of a positive and of a negative row that make positives a wanted share.

    Parameters
    ----------
    tally : ScoreTally
    prevalence : float
        Wanted share, more than 0 and less than 1.

    Returns
    -------
    of_positive, of_negative : (...) float64
        The sum over all rows stays what it was. NaN for those of several tallies that have rows of one class only.

    Raises
    ------
    DataError
        If the share is not between 0 and 1, or the tally is a single one and a class has no rows.
    """
    _check_share(prevalence)
    now = prevalence_of(tally)
    now = np.where((now > 0) & (now < 1), now, np.nan)
    if now.ndim == 0 and np.isnan(now):
        raise DataError("Only one class is present, so positives cannot be made another share. Bring rows of both classes.")  # fmt: skip
    return np.asarray(prevalence / now), np.asarray((1 - prevalence) / (1 - now))


def reweighted(tally: ScoreTally, prevalence: float) -> ScoreTally:
    """Weight the classes so that positives are a wanted share.

    Recall and false positive rate stay as they are; precision, cost, net benefit and flagged rows become those at that
    prevalence. Every row gets a weight, so the squares become those of weights: intervals know that no rows were added.

    Parameters
    ----------
    tally : ScoreTally
        Of any leading axes; each gets its own factors, see ``class_factors``.
    prevalence : float
        Wanted share, more than 0 and less than 1.

    Raises
    ------
    DataError
        If the share is not between 0 and 1, or the tally is a single one and a class has no rows.

    Examples
    --------
    >>> tally = ScoreTally(np.array([0.2, 0.8]), np.array([1, 1]), np.array([2, 0]))
    >>> rare = reweighted(tally, 0.1)
    >>> rare.pos.round(9).tolist(), rare.neg.round(9).tolist()
    ([0.2, 0.2], [3.6, 0.0])
    """
    of_pos, of_neg = (f[..., None] for f in class_factors(tally, prevalence))
    squared = tally if tally.squares is None else tally.squares
    squares = replace(squared, pos=squared.pos * of_pos**2, neg=squared.neg * of_neg**2, squares=None, amounts=None)  # fmt: skip
    amounts = tally.amounts
    if amounts is not None:
        amounts = replace(amounts, pos=amounts.pos * of_pos, neg=amounts.neg * of_neg)
    return replace(tally, pos=tally.pos * of_pos, neg=tally.neg * of_neg, squares=squares, amounts=amounts)


def transported(score: ArrayLike, prior: float, new_prior: float) -> FloatArray:
    """Find the score that means at the old prevalence what another one means at a new one.

    Parameters
    ----------
    score : array-like of (...)
        Calibrated probability wanted at the new prevalence, such as a threshold.
    prior, new_prior : float
        Old and new share of positives, more than 0 and less than 1.

    Returns
    -------
    (...) float64
        Score of the model, which was calibrated at the old prevalence: its odds are those wanted times the odds of
        the old prevalence over those of the new one.

    Raises
    ------
    DataError
        If a score or a share is not between 0 and 1.

    Examples
    --------
    >>> transported(0.5, prior=0.5, new_prior=0.1).round(9)
    np.float64(0.9)
    """
    _check_share(prior)
    _check_share(new_prior)
    p = np.asarray(score, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise DataError("Only probabilities, 0 to 1, can be carried to another share of positives.")
    up, down = p * prior * (1 - new_prior), (1 - p) * new_prior * (1 - prior)
    return np.asarray(up / (up + down))


@dataclass(frozen=True)
class Estimate:
    """A share of positives that was estimated without labels.

    Attributes
    ----------
    prevalence : float
    steps : int
        Steps of the iteration; 0 without one.
    converged : bool
    """

    prevalence: float
    steps: int = 0
    converged: bool = True


def saerens(tally: ScoreTally, prior: float) -> Estimate:
    """Estimate the share of positives among rows without labels from their calibrated scores.

    Parameters
    ----------
    tally : ScoreTally
        Of the new rows, without leading axes. Their labels are not looked at: all may stand in one class.
    prior : float
        Share of positives at which the scores are calibrated, more than 0 and less than 1.

    Returns
    -------
    Estimate
        The maximum of the likelihood; ends after a step below 1e-8 or 500 steps.

    Raises
    ------
    DataError
        If a score or the share is not between 0 and 1, or there are no rows.

    References
    ----------
    Saerens, Latinne and Decaestecker (2002), doi:10.1162/089976602753284446.
    """
    _check_share(prior)
    rows = np.asarray(tally.pos + tally.neg, dtype=np.float64)
    p, n = tally.middle[rows > 0], rows[rows > 0]
    if not p.size:
        raise DataError("There are no rows to estimate the share of positives from.")
    if not np.all((p >= 0) & (p <= 1)):
        raise DataError("The share of positives is estimated from probabilities only: a score lies outside 0 to 1.")  # fmt: skip
    share, total = prior, n.sum()
    for step in range(1, _STEPS + 1):
        up, down = share / prior * p, (1 - share) / (1 - prior) * (1 - p)
        with np.errstate(
            invalid="ignore"
        ):  # 0/0: the share has come to 0 or 1 and the score rules that class out
            posterior = np.where(up + down > 0, up / (up + down), p)
        before, share = share, float((n * posterior).sum() / total)
        if abs(share - before) < _STEP:
            return Estimate(share, step)
    return Estimate(share, _STEPS, converged=False)


def black_box(flagged_share: float, recall: float, fpr: float) -> Estimate:
    """Estimate the share of positives among rows without labels from how many a rule flags.

    Parameters
    ----------
    flagged_share : float
        Share of the new rows that the rule flags.
    recall, fpr : float
        True and false positive rate of the rule on rows with labels.

    Returns
    -------
    Estimate
        Between 0 and 1; sampling noise beyond the ends is cut off.

    Raises
    ------
    DataError
        If recall is not at least 0.1 above the false positive rate: the answer would be noise.

    References
    ----------
    Lipton, Wang and Smola (2018), Detecting and correcting for label shift with black box predictors, ICML.

    Examples
    --------
    >>> round(black_box(0.26, recall=0.8, fpr=0.2).prevalence, 9)
    0.1
    """
    difference = recall - fpr
    if not difference >= LEAST_DIFFERENCE:
        raise DataError(f"Recall ({recall:.3g}) is not {LEAST_DIFFERENCE:g} or more above the false positive rate ({fpr:.3g}): how many rows are flagged says too little about how many are positive. Choose another threshold.")  # fmt: skip
    return Estimate(min(1.0, max(0.0, (flagged_share - fpr) / difference)))


def _check_share(share: float) -> None:
    """Make sure that a share of positives leaves both classes."""
    if not 0 < share < 1:
        raise DataError(f"A share of positives is more than 0 and less than 1, such as 0.02, not {share:g}.")
