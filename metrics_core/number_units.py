"""Independent units of predicted numbers: single rows, or rows that belong together, and how sums over them vary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .number_cases import NumberCases
from .renumbered import renumbered
from .resampling import MAX_GROUPS
from .tally.outcomes import FloatArray


def weights(cases: NumberCases) -> FloatArray:
    """Return the weight of each row, ``(n,)``; 1 where there are none."""
    return np.ones(len(cases)) if cases.weight is None else cases.weight


def counted(cases: NumberCases) -> NumberCases:
    """Keep the rows that weigh something."""
    if cases.weight is None or bool((cases.weight > 0).all()):
        return cases
    return cases.at(np.flatnonzero(cases.weight > 0))


def n_units(cases: NumberCases) -> float:
    """Return how many independent units there are: effective rows, or groups of rows that belong together."""
    if cases.together is None:
        return cases.effective_n
    used = cases.together if cases.weight is None else cases.together[cases.weight > 0]
    return float(np.unique(used).size)


def blocks(cases: NumberCases, most: int = MAX_GROUPS) -> tuple[NDArray[np.int64], int]:
    """Number the units; where there are more than ``most`` they are thrown together at random into so many blocks.

    Blocks of equally many units are as independent as the units, and their sums vary as much.

    Returns
    -------
    code : (n,) int64
    n_blocks : int
    """
    code: NDArray[np.int64] = np.arange(len(cases), dtype=np.int64)
    if cases.together is not None:
        code = renumbered(cases.together)[1]
    n = int(code.max(initial=-1)) + 1
    if n <= most:
        return code, n
    return (np.random.default_rng(0).permutation(n)[code] % most).astype(np.int64), most


def covariance(cases: NumberCases, influence: FloatArray) -> FloatArray:
    """Covariance of weighted means that rows move by their influences.

    Parameters
    ----------
    cases : NumberCases
    influence : (n, k) float64
        What a row changes a number by, for each share of the weight it gets; their weighted mean is 0.

    Returns
    -------
    (k, k) float64
        With the factor n / (n - 1) for n units; NaN with fewer than two.
    """
    w, n = weights(cases), n_units(cases)
    if n < 2:
        return np.full((influence.shape[1],) * 2, np.nan)
    sums: FloatArray
    if cases.together is not None:
        code, size = blocks(cases, len(cases))
        sums = np.stack(
            [np.bincount(code, weights=w * x, minlength=size).astype(np.float64) for x in influence.T], axis=1
        )
    else:
        sums = influence * (np.sqrt(w) if cases.frequency else w)[:, np.newaxis]
    return np.asarray(sums.T @ sums * (n / (n - 1)) / w.sum() ** 2)
