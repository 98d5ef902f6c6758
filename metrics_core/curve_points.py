"""What a curve is as data: equally long arrays, one entry a point, each with its threshold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import floor, log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd


class _Columns:
    """A dataclass of equally long arrays that can be had as a frame."""

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame, one row a point; the ends of the band where there is one."""
        import pandas as pd

        columns = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]  # only dataclasses inherit
        return pd.DataFrame({name: x for name, x in columns.items() if isinstance(x, np.ndarray)})


@dataclass(frozen=True, eq=False)
class RocCurve(_Columns):
    """Points from (0, 0) to (1, 1).

    Attributes
    ----------
    fpr, tpr : (m,) float64
    threshold : (m,) float64
        The rule ``score >= threshold`` gives the point; infinite at (0, 0).
    tpr_low, tpr_high : (m,) float64, optional
        Pointwise band of ``tpr`` at the point's ``fpr``.
    """

    fpr: FloatArray
    tpr: FloatArray
    threshold: FloatArray
    tpr_low: FloatArray | None = None
    tpr_high: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class PrCurve(_Columns):
    """Points by ascending recall, starting at recall 0 with precision 1 by convention.

    Attributes
    ----------
    recall, precision : (m,) float64
    threshold : (m,) float64
        Infinite at recall 0.
    precision_low, precision_high : (m,) float64, optional
        Pointwise band of ``precision`` at the point's ``recall``; from 0 to 1 where no row is flagged.
    """

    recall: FloatArray
    precision: FloatArray
    threshold: FloatArray
    precision_low: FloatArray | None = None
    precision_high: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class GainsCurve(_Columns):
    """Cumulative gains: points from (0, 0) to (1, 1).

    A random order finds as large a share of the positives as it flags of the rows: ``found = flagged``.

    Attributes
    ----------
    flagged : (m,) float64
        Share of all rows with a score at or above the threshold.
    found : (m,) float64
        Share of the positives among them.
    threshold : (m,) float64
        Infinite at (0, 0).
    prevalence : float
        Share of the positives among all rows.
    found_low, found_high : (m,) float64, optional
        Pointwise band of ``found`` at the point's ``flagged``.
    """

    flagged: FloatArray
    found: FloatArray
    threshold: FloatArray
    prevalence: float
    found_low: FloatArray | None = None
    found_high: FloatArray | None = None

    def perfect(self) -> tuple[FloatArray, FloatArray]:
        """Return the corners of the line of an order without error: every flagged row is positive until all are found."""
        return np.array([0.0, self.prevalence, 1.0]), np.array([0.0, 1.0, 1.0])


#: Of rarer positives nearly all of a lift curve lies at its left end: a figure draws the shares by decades.
RARE = 0.1


@dataclass(frozen=True, eq=False)
class LiftCurve(_Columns):
    """How many times more positives the flagged rows hold than as many rows drawn at random; random order has lift 1.

    Attributes
    ----------
    flagged : (m,) float64
        Share of all rows with a score at or above the threshold, ascending from 0.
    lift : (m,) float64
        Precision over prevalence; NaN where no row is flagged.
    threshold : (m,) float64
        Infinite where no row is flagged.
    prevalence : float
        Share of the positives among all rows; no lift is above its inverse.
    lift_low, lift_high : (m,) float64, optional
        Pointwise band of ``lift`` at the point's ``flagged``.
    """

    flagged: FloatArray
    lift: FloatArray
    threshold: FloatArray
    prevalence: float
    lift_low: FloatArray | None = None
    lift_high: FloatArray | None = None

    @property
    def start(self) -> float:
        """Least flagged share in a figure: 0, or of rare positives a power of ten at or below a tenth of the prevalence."""
        return lift_start(self.prevalence)


def lift_start(prevalence: float) -> float:
    """Say where the axis of a lift curve starts; above 0 it goes by decades.

    Examples
    --------
    >>> lift_start(0.3), lift_start(0.015)
    (0.0, 0.001)
    """
    return 0.0 if prevalence >= RARE else 10.0 ** (floor(log10(prevalence)) - 1)


@dataclass(frozen=True, eq=False)
class DetCurve(_Columns):
    """Detection error trade-off: points by ascending false positive rate, from (0, 1) to (1, 0).

    The rates are shares; a figure spaces them by ``normal_deviate``.

    Attributes
    ----------
    fpr, fnr : (m,) float64
    threshold : (m,) float64
        Infinite at (0, 1).
    fnr_low, fnr_high : (m,) float64, optional
        Pointwise band of ``fnr`` at the point's ``fpr``.
    """

    fpr: FloatArray
    fnr: FloatArray
    threshold: FloatArray
    fnr_low: FloatArray | None = None
    fnr_high: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class ScoreHistogram(_Columns):
    """Rows of both classes by score.

    Attributes
    ----------
    low, high : (b,) float64
        Ends of each bin; a bin holds ``low <= score < high``, the last one its upper end too.
    pos, neg : (b,) rows or sums of weights
    """

    low: FloatArray
    high: FloatArray
    pos: NDArray[np.float64]
    neg: NDArray[np.float64]
