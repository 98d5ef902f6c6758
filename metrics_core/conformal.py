"""What split conformal prediction would do to predicted intervals: one correction for all rows, or one for each group."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from .number_bands import FOLDS, conformal, folds, outside
from .number_cases import NumberCases
from .number_units import weights
from .tally.outcomes import FloatArray


@dataclass(frozen=True, eq=False)
class GroupWidening:
    """Intervals of one level in the groups of a column, now and corrected; each array ``(G,)``, one entry a group.

    Attributes
    ----------
    level : float
    rows : int64
    coverage : float64
        Share of the truths inside now; NaN in a group without weight.
    width : float64
        Mean width now, in the unit of the target.
    with_all : float64
        Coverage when every row is corrected by what the rows of all groups ask for, measured on rows that the correction
        was not made from.
    with_own : float64
        Coverage when every row is corrected by what the rows of its own group ask for, measured likewise; NaN in a group
        that is too small.
    moved : float64
        By how much the group's own correction moves both ends outwards, below 0 inwards; infinite in a group that is too
        small.
    width_after : float64
        Mean width with the group's own correction; infinite in a group that is too small.
    moved_all : float
        By how much the correction for all rows moves both ends.
    fewest : int
        Rows that a group needs for a correction of its own, here on four of five parts.
    """

    level: float
    rows: NDArray[np.int64]
    coverage: FloatArray
    width: FloatArray
    with_all: FloatArray
    with_own: FloatArray
    moved: FloatArray
    width_after: FloatArray
    moved_all: float
    fewest: int


def widening_by_group(cases: NumberCases, place: int, code: NDArray[np.integer], n_groups: int, *, seed: int = 0) -> GroupWidening:  # fmt: skip
    """Preview one correction for all rows and one for each group (Mondrian conformal prediction).

    One correction for all holds its level over all rows, and may hold too little in one group and too much in another.
    Corrections of groups hold it in each, and need enough rows in each.

    Parameters
    ----------
    cases : NumberCases
        With predicted intervals; rows should not be those the model learnt from.
    place : int
        Which of ``cases.levels``.
    code : (n,) integer
        Group of each row, 0 to ``n_groups - 1``; other rows, below 0, only count for the correction of all.
    n_groups : int
    seed : int
        Deals the rows into parts.

    References
    ----------
    Vovk, Gammerman and Shafer (2005), doi:10.1007/b106715, section 4.5
    """
    if cases.lower is None or cases.upper is None:
        raise ValueError("there are no predicted intervals")
    level, w = cases.levels[place], weights(cases)
    score = outside(cases, place)
    width = cases.upper[:, place] - cases.lower[:, place]
    part = folds(cases, seed)
    order = np.argsort(score, kind="stable")  # whatever is sorted again below is in order already
    score, w, width, part, code = score[order], w[order], width[order], part[order], code[order]
    by_group = np.argsort(code, kind="stable")
    ends = np.searchsorted(code[by_group], np.arange(n_groups + 1))
    held = np.zeros((2, n_groups))
    small = np.zeros(n_groups, dtype=bool)
    of_all = [conformal(score[part != fold], w[part != fold], level) for fold in range(FOLDS)]
    weight, inside, wide, moved, after = (np.zeros(n_groups) for _ in range(5))
    rows = np.zeros(n_groups, dtype=np.int64)
    for g in range(n_groups):
        own = by_group[ends[g] : ends[g + 1]]
        own = own[w[own] > 0]
        rows[g], weight[g] = own.size, w[own].sum()
        inside[g], wide[g] = w[own] @ (score[own] <= 0), w[own] @ width[own]
        moved[g] = conformal(score[own], w[own], level)
        after[g] = w[own] @ np.maximum(width[own] + 2 * moved[g], 0.0) if np.isfinite(moved[g]) else np.inf
        for fold in range(FOLDS):
            mine, others = own[part[own] == fold], own[part[own] != fold]
            q = conformal(score[others], w[others], level)
            small[g] |= mine.size > 0 and not np.isfinite(q)
            held[0, g] += w[mine] @ (score[mine] <= of_all[fold])
            held[1, g] += w[mine] @ (score[mine] <= q)
    safe = np.where(weight > 0, weight, np.nan)
    all_known = bool(np.isfinite(of_all).all())
    return GroupWidening(
        level, rows, inside / safe, wide / safe, held[0] / safe if all_known else np.full(n_groups, np.nan),
        np.where(small, np.nan, held[1] / safe), np.where(weight > 0, moved, np.inf), after / safe,
        conformal(score, w, level), ceil(level / (1 - level) * FOLDS / (FOLDS - 1) - 1e-9),
    )  # fmt: skip
