"""How sure the calibration error of many classes is: a sum of distances, each of which chance alone makes larger.

A bin's distance between observed and expected hits is its true one plus noise, whatever the sign. Small distances
grow by that, large ones hardly. How common small ones are is estimated from all bins together, and with it how much
of the sum is chance (empirical Bayes; Efron 2010, doi:10.1017/CBO9780511761362, chapter 1). See ``docs/intervals.md``
for how often such intervals hold the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .cases import ClassCases
from .metrics.counts import ratio
from .rate_interval import z_of
from .resampling import MAX_GROUPS, GroupResampler, chunks
from .tally.bins import ECE_BINS
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: True distances, in units of a bin's noise, that are thought possible, up to one that noise does not change any more;
#: steps to find how common each is.
_DISTANCES, _FAR, _STEPS = 60, 8.0, 60
_INNER_ENDS = np.arange(1, ECE_BINS) / ECE_BINS


def calibration_ends(
    cases: ClassCases,
    value: float,
    *,
    of_classes: bool,
    level: float,
    tail: float,
    seed: int,
    replicates: int,
) -> tuple[float, float]:
    """Compute the ends of the interval of a calibration error.

    Parameters
    ----------
    cases : ClassCases
        With probabilities.
    value : float
        The calibration error.
    of_classes : bool
        Whether it is the mean over the classes, not that of the decision.
    level : float
        0.95 for 95 %.
    tail : float
        Share of the replicates beyond each end.
    seed, replicates : int
        Of the draws.

    Returns
    -------
    low, high : float
    """
    gaps = _count(_scores(cases, of_classes=of_classes), cases)
    n_scores = len(cases.labels) if of_classes else 1
    used = np.flatnonzero(gaps.noise > 0)
    z = z_of(level)
    if used.size == 0:  # no row is wrong or unsure: as many as Wilson's limit for none of n allows may be
        n = cases.effective_n if cases.together is None else float(gaps.sums.shape[0])
        return 0.0, z * z / (n + z * z) * min(1.0, 2 / n_scores)
    gap, noise, stretch = gaps.gap[used], gaps.noise[used], gaps.stretch[used]
    again, along, chance = [], [], []
    for _, part in chunks(GroupResampler(gaps.sums), seed, replicates):
        total = part[:, -1:]
        moved = (
            np.divide(part[:, used], total, out=np.zeros((len(part), used.size)), where=total > 0) - gap
        ) * stretch
        again.append(np.abs(gap + moved).sum(-1))
        along.append(moved @ np.sign(gap))
        chance.append(np.abs(moved).sum(-1))
    drawn, straight, nothing = (np.sort(np.concatenate(x)) for x in (again, along, chance))
    beyond = min(max(int(tail * (drawn.size + 1)), 1), (drawn.size + 1) // 2)
    inflated = float((noise * _inflation(np.abs(gap) / noise)).sum())
    low = value - (inflated + float(drawn[-beyond] - drawn.mean())) / n_scores
    if value * n_scores <= _quantile(nothing, level):  # no more than chance gives, so it may be none at all
        low = 0.0
    # distances that are all large shrink and grow alike, and then the sample may well have shown too little
    reach = max(-float(straight[beyond - 1]), z * sqrt(float((noise**2).sum())))
    return max(low, 0.0), value + reach / n_scores


@dataclass(frozen=True, eq=False)
class _Gaps:
    """Observed minus expected hits of every bin of every score, as a share of all rows.

    Attributes
    ----------
    gap, noise : (S,) float64
        The difference and its standard error.
    stretch : (S,) float64
        What a draw of the groups is multiplied by to vary as much as that.
    sums : sparse (G, S + 1)
        Difference of each group of rows in each bin, in rows, and its weight.
    """

    gap: FloatArray
    noise: FloatArray
    stretch: FloatArray
    sums: csr_matrix


def _scores(cases: ClassCases, *, of_classes: bool) -> Iterable[tuple[FloatArray, NDArray[np.bool_]]]:
    """Give the probability of each class, or of the decision, and in which rows it was right."""
    assert cases.probabilities is not None  # the metric has a value
    if not of_classes:
        return [(cases.of_decision(), ~cases.wrong)]
    return ((p, cases.truth == code) for code, p in enumerate(cases.probabilities.T))


def _count(scores: Iterable[tuple[FloatArray, NDArray[np.bool_]]], cases: ClassCases) -> _Gaps:
    """Add up each bin over groups of rows; single rows, or very many groups, are thrown together into blocks."""
    from scipy.sparse import csr_matrix

    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    squares = w if cases.frequency else w**2
    group, n_groups = _blocks(cases)
    of_group = np.bincount(group, w, n_groups)
    total = float(w.sum())
    rows, columns, values = [np.arange(n_groups)], [], [of_group]
    gap, noise, stretch = [], [], []
    n_scores = 0
    for score, hit in scores:
        bin_of = np.searchsorted(_INNER_ENDS, score, side="left")
        residual = hit - score
        sums = np.bincount(group * ECE_BINS + bin_of, w * residual, n_groups * ECE_BINS).reshape(n_groups, -1)
        at = sums.sum(0) / total
        drawn = np.square(sums - of_group[:, np.newaxis] * at).sum(0)
        single = np.bincount(bin_of, squares * residual**2, ECE_BINS)
        # a bin in which all went well, or all wrong, is not without noise: as if the probabilities were right
        least = np.bincount(bin_of, squares * score * (1 - score), ECE_BINS)
        variance = np.maximum(single, least)
        if (
            cases.together is not None
        ):  # rows that belong together vary together, also where they all went well
            variance = np.maximum(drawn, least * max(1.0, float(ratio(drawn.sum(), single.sum()))))
        gap.append(at)
        noise.append(np.sqrt(variance) / total)
        stretch.append(np.sqrt(np.divide(variance, drawn, out=np.zeros(ECE_BINS), where=drawn > 0)))
        in_group, in_bin = np.nonzero(sums)
        rows.append(in_group)
        columns.append(in_bin + n_scores * ECE_BINS)
        values.append(sums[in_group, in_bin])
        n_scores += 1
    size = n_scores * ECE_BINS
    place = np.concatenate([np.full(n_groups, size), *columns])
    sums_of_all = csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), place)), shape=(n_groups, size + 1)
    )
    return _Gaps(np.concatenate(gap), np.concatenate(noise), np.concatenate(stretch), sums_of_all)


def _blocks(cases: ClassCases) -> tuple[NDArray[np.int64], int]:
    """Number the groups of rows, or blocks of equally many of them."""
    code: NDArray[np.int64] = np.arange(len(cases))
    if cases.together is not None:
        code = np.unique(cases.together, return_inverse=True)[1]
    n = int(code.max(initial=-1)) + 1
    if n <= MAX_GROUPS:
        return code, n
    return np.random.default_rng(0).permutation(n)[code] % MAX_GROUPS, MAX_GROUPS


def _inflation(distance: FloatArray) -> FloatArray:
    """Estimate by how much noise has made each distance larger, in units of that noise, ``(S,)``.

    Each distance is taken for that of a normal draw around a true one. How common every true one is follows from all
    of them (maximum likelihood by EM), and then how likely each is for a bin.
    """
    from scipy.special import ndtr

    def density(x: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-0.5 * x * x))

    true = np.linspace(0.0, _FAR, _DISTANCES)
    far = np.minimum(distance, _FAR)[:, np.newaxis]
    likely = density(far - true) + density(far + true)  # noise has either sign
    common = np.full(true.size, 1 / true.size)
    for _ in range(_STEPS):
        posterior = likely * common
        posterior /= posterior.sum(-1, keepdims=True)
        common = posterior.mean(0)
    grown = 2 * density(true) / sqrt(2 * np.pi) - 2 * true * ndtr(-true)  # mean of |true + noise| minus true
    return np.asarray(posterior @ grown)


def _quantile(ordered: FloatArray, share: float) -> float:
    """Order statistic below which a share of the draws lies."""
    return float(ordered[min(int(share * (ordered.size + 1)), ordered.size) - 1])
