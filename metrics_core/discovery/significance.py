"""How far a slice is from all other rows, and how often chance alone brings that about.

Each slice is compared with its complement. Rows that count once each are counted: Fisher's one-sided test for a rate.
Other losses have Welch's test. Sampling weights and amounts enter both the means and how much these spread, and rows
that belong together are added up before anything is said to spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..cases import BoolArray, IntArray
from ..differences import newcombe
from ..tally.outcomes import FloatArray
from .sums import Losses, Sums
from .tails import hypergeometric_tail, saddlepoint_tail

#: Groups of rows that belong together, inside and outside, without which nothing can be said of a slice.
MIN_TOGETHER = 10


@dataclass(frozen=True, eq=False)
class Evidence:
    """M slices against their complements; each ``(M,)`` float64, NaN where nothing can be said.

    Attributes
    ----------
    value, rest : float64
        Mean loss inside and outside.
    z : float64
        Difference in standard errors; with Welch's test its t.
    p : float64
        One-sided: chance of a loss so much higher.
    """

    value: FloatArray
    rest: FloatArray
    z: FloatArray
    p: FloatArray

    @property
    def difference(self) -> FloatArray:
        """``value - rest``."""
        return self.value - self.rest


def test_of(losses: Losses) -> str:
    """Name the test: ``hypergeometric``, ``welch`` or ``weighted``, with ``_groups`` behind it where rows belong together."""
    weighted = losses.of.weight is not None and not losses.of.frequency
    name = "weighted" if weighted else "hypergeometric" if losses.of.is_rate else "welch"
    return name if losses.of.together is None else f"{name}_groups"


def evidence_of(losses: Losses, slices: Sums, whole: Sums) -> Evidence:
    """Compare slices with their complements, as if no rows belonged together (see ``together``).

    Parameters
    ----------
    losses : Losses
    slices : Sums
        Each of shape ``(M,)``.
    whole : Sums
        Each of shape ``()``.
    """
    others = whole - slices
    value, rest = losses.value(slices), losses.value(others)
    if losses.of.weight is not None and not losses.of.frequency:
        z, p = _weighted(losses, slices, others)
    elif losses.of.is_rate:
        z, p = _counted(losses, slices, whole)
    else:
        z, p = _welch(slices, others)
    return Evidence(value, rest, z, p)


def chance_within(losses: Losses, slices: Sums, wider: Sums) -> FloatArray:
    """One-sided p-value of each slice against the other rows of a wider slice it lies in.

    Parameters
    ----------
    losses : Losses
    slices, wider : Sums
        Each of shape ``(M,)``.
    """
    others = wider - slices
    with np.errstate(divide="ignore", invalid="ignore"):
        if test_of(losses).startswith("hypergeometric"):
            k, all_k = losses.errors(slices), losses.errors(wider)
            p = saddlepoint_tail(k - 0.5, slices.weight, all_k, wider.weight, lattice=True)
        else:
            p = _welch(slices, others)[1]
    return np.where(others.rows > 0, p, 1.0)


def difference_ends(losses: Losses, slices: Sums, whole: Sums, level: float) -> tuple[FloatArray, FloatArray, str]:  # fmt: skip
    """Interval of the difference between slices and their complements, and how it was made.

    Returns
    -------
    low, high : (M,) float64
    method : {"newcombe", "newcombe_effective", "welch"}
        Newcombe's for rates, on effective rows where rows weigh; Welch's for other losses.
    """
    others = whole - slices
    value, rest = losses.value(slices), losses.value(others)
    weighted = losses.of.weight is not None and not losses.of.frequency
    if losses.of.is_rate:
        value, rest = np.clip(value, 0.0, 1.0), np.clip(rest, 0.0, 1.0)
        n, m = (
            _effective(losses, s, r) if weighted else s.weight for s, r in ((slices, value), (others, rest))
        )
        low, high = newcombe(value * n, n, rest * m, m, level)
        return low, high, "newcombe_effective" if weighted else "newcombe"
    from scipy.special import stdtrit

    error, df = _welch_error(slices, others)
    half = np.asarray(stdtrit(df, (1 + level) / 2)) * error
    return value - rest - half, value - rest + half, "welch"


def effect_size(slices: Sums, whole: Sums) -> FloatArray:
    """Difference of the means in units of the mean standard deviation, after Slice Finder: 0.2 small, 0.5 medium, 0.8 large.

    References
    ----------
    Chung et al. (2019), doi:10.1109/ICDE.2019.00139
    """
    others = whole - slices
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((_variance(slices) + _variance(others)) / 2)
        return np.where(spread > 0, (slices.loss / slices.weight - others.loss / others.weight) / spread, np.nan)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Together:
    """Rows that belong together, added up.

    Attributes
    ----------
    losses : Losses
        With ``of.together``.
    """

    losses: Losses

    def evidence(self, inside: BoolArray, level: float) -> tuple[float, float, float, float]:
        """Compare one slice with its complement by groups of rows.

        Each group counts once, as the sum of what its rows move the difference.

        Returns
        -------
        design : float
            How many times the variance of the difference is that of independent rows.
        p : float
            1 with fewer than 10 groups inside or outside; the others are then NaN.
        low, high : float
        """
        from scipy.special import stdtr, stdtrit

        of = self.losses.of
        assert of.together is not None
        weight = of.weights
        code, n_groups = self._groups
        n_in, n_out = (np.bincount(code[side], minlength=n_groups) for side in (inside, ~inside))
        fewest = min(int(np.count_nonzero(n_in)), int(np.count_nonzero(n_out)))
        if fewest < MIN_TOGETHER:
            return float("nan"), 1.0, float("nan"), float("nan")
        sides = [weight[side].sum() for side in (inside, ~inside)]
        share = np.where(inside, weight / sides[0], -weight / sides[1])
        means = [
            float((weight[s] * self.losses.centred[s]).sum() / w)
            for s, w in zip((inside, ~inside), sides, strict=True)
        ]
        difference = means[0] - means[1]
        df, scale = fewest - 1, n_groups / (n_groups - 1)
        moved = share * (self.losses.centred - np.where(inside, *means))
        by_group = scale * float((np.bincount(code, weights=moved, minlength=n_groups) ** 2).sum())
        by_row = float((moved**2).sum())
        reach = float(stdtrit(df, (1 + level) / 2)) * by_group**0.5
        low, high = difference - reach, difference + reach
        if of.is_rate:
            low, high = max(low, -1.0), min(high, 1.0)
        if by_group == 0:
            return float("nan"), 1.0, low, high
        return by_group / by_row, float(stdtr(df, -difference / by_group**0.5)), low, high

    @cached_property
    def _groups(self) -> tuple[IntArray, int]:
        """Number the groups that have rows from 0, and count them."""
        names, code = np.unique(np.asarray(self.losses.of.together), return_inverse=True)
        return code, int(names.size)


def _counted(losses: Losses, slices: Sums, whole: Sums) -> tuple[FloatArray, FloatArray]:
    """Score and Fisher's test of rows that count once, or as often as they say."""
    n, m = float(whole.weight), slices.weight
    k, all_k = losses.errors(slices), float(losses.errors(whole))
    rate = all_k / n
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (k / m - rate) / np.sqrt(rate * (1 - rate) * (n - m) / (m * (n - 1)))
    if bool(np.all(m == np.rint(m))):
        return z, hypergeometric_tail(np.rint(k), m, np.rint(all_k), n)
    return z, saddlepoint_tail(k, m, all_k, n, lattice=False)


def _welch(slices: Sums, others: Sums) -> tuple[FloatArray, FloatArray]:
    """Welch's t and its one-sided p."""
    from scipy.special import stdtr

    error, df = _welch_error(slices, others)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (slices.loss / slices.weight - others.loss / others.weight) / error
        t = np.where(error > 0, t, np.nan)
        return t, np.asarray(stdtr(df, -t))


def _welch_error(slices: Sums, others: Sums) -> tuple[FloatArray, FloatArray]:
    """Standard error of the difference of two means, and its degrees of freedom after Satterthwaite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n, m = slices.effective, others.effective
        a, b = _mean_variance(slices), _mean_variance(others)
        df = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
        return np.sqrt(a + b), df


def _mean_variance(side: Sums) -> FloatArray:
    """Variance of a weighted mean; of equal weights the usual one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n, mean = side.effective, side.loss / side.weight
        spread = np.maximum(side.squares2 - 2 * mean * side.loss2 + mean**2 * side.weight2, 0.0)
        return spread / side.weight**2 * n / (n - 1)


def _variance(side: Sums) -> FloatArray:
    """Variance of the loss."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n, mean = side.effective, side.loss / side.weight
        return np.maximum(side.squares / side.weight - mean**2, 0.0) * n / (n - 1)


def _weighted(losses: Losses, slices: Sums, others: Sums) -> tuple[FloatArray, FloatArray]:
    """Test means of weighted rows.

    A rate is taken to be the same inside and outside, as in Fisher's test; how much more it spreads than its effective
    rows say, because wrong rows weigh more than others, is learnt from all rows. The p-value is the largest of three:
    of that score, of the table of the effective rows (few wrong rows are skewed), and of Welch's test, which takes the
    spread from the slice itself.
    """
    t, by_slice = _welch(slices, others)
    if not losses.of.is_rate:
        return t, by_slice
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        spread = losses.mean * (1 - losses.mean)
        factor = (slices.squares2 + others.squares2) / (spread * (slices.weight2 + others.weight2))
        n, m = slices.effective / factor, others.effective / factor
        rate, rest = np.clip(losses.value(slices), 0, 1), np.clip(losses.value(others), 0, 1)
        z = (rate - rest) / np.sqrt(spread * (1 / n + 1 / m))
        df = np.maximum(np.minimum(slices.effective, others.effective) - 1, 1.0)
        by_counts = saddlepoint_tail(rate * n, n, rate * n + rest * m, n + m, lattice=False)
        every = np.array([np.asarray(stdtr(df, -z)), by_counts, by_slice])
        return z, np.where(np.isnan(z), np.nan, np.nanmax(np.where(np.isnan(every), 0.0, every), axis=0))


def _effective(losses: Losses, side: Sums, rate: FloatArray) -> FloatArray:
    """Rows of equal weight that would leave a rate as unsure; Kish's number where nothing spreads."""
    with np.errstate(divide="ignore", invalid="ignore"):
        n = rate * (1 - rate) / _mean_variance(side)
    return np.where(np.isfinite(n) & (n > 0), n, side.effective)
