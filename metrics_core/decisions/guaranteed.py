"""Precision and recall that hold at many cuts at once, whatever target somebody has in mind.

Precision goes up and down along the cut, so it is known only at cuts that were laid down before a label was seen: here
those after twenty numbers of flagged rows. Of two neighbouring rows the upper one is the cut, because the rule is ``score >= cut``,
and counts as no evidence for itself. That makes the bound exact for every distribution of scores. Given the score v
of the first row that is not flagged, the m rows above it are independent draws from above v. Their lowest score t is the
cut. Where t is a single row, the other m - 1 are draws from what the cut flags. Where many rows share t, look at the rows
one by one until the first with t: the ones before it come from above t, the ones after it from t or above. Either t
has the higher precision, then m - 1 rows are false alarms no less often than the cut's precision says; or it
has the lower one, then knowing that one row has t makes false alarms only more likely. So the false alarms of all m rows
are compared with those of m - 1 draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError
from ..tally import ScoreTally
from ..tally.outcomes import FloatArray
from .order_statistics import at_rank, rate_low, rows_needed
from .promises import complement

if TYPE_CHECKING:
    import pandas as pd

#: Numbers of flagged rows at which precision is bounded; each bound has this part of the chance of being wrong.
RANKS = 20
#: Shares of the positives left below the cuts at which recall is bounded; 0 is the lowest positive.
MISSED = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75)
#: The first cut of a curve flags as many rows as could prove this precision.
LEAST_PRECISION = 0.5


@dataclass(frozen=True, eq=False)
class FlaggedCuts:
    """What R cuts flag, ascending in threshold.

    Attributes
    ----------
    threshold : (R,) float64
    flagged, false : (R,) int64
        Rows at or above the cut, and how many of them are negative.
    """

    threshold: FloatArray
    flagged: NDArray[np.int64]
    false: NDArray[np.int64]

    @property
    def precision(self) -> FloatArray:
        """Share of the flagged rows that are positive."""
        return np.asarray(1 - self.false / self.flagged)

    def precision_low(self, risk: float) -> FloatArray:
        """Lower bounds that all hold together but for a chance of ``risk``, for every distribution."""
        evidence = self.flagged - 1
        return rate_low(np.maximum(evidence - self.false, 0), evidence, risk / RANKS)


def fewest_flagged(precision: float, risk: float) -> int:
    """Count the rows that must be flagged, none of them a false alarm, before a precision can be promised.

    Examples
    --------
    >>> fewest_flagged(0.9, 0.05)
    58
    """
    return 1 + rows_needed(complement(precision), risk / RANKS)


def flagged_cuts(tally: ScoreTally, fewest: int) -> FlaggedCuts:
    """Lay cuts at up to twenty numbers of flagged rows, evenly spaced on a logarithmic scale; labels play no part.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes; every row counts once.
    fewest : int
        Flagged rows of the first cut; the last flags all rows.

    Returns
    -------
    FlaggedCuts
        Empty when there are fewer rows. A cut never parts rows with the same score or in the same bin: it flags as many of the
        rows wanted as it can, and is left out when that is none of them.
    """
    flagged = np.asarray(tally.tp + tally.fp)
    n = int(flagged[0]) if flagged.size else 0
    if n < fewest:
        nothing = np.empty(0, dtype=np.int64)
        return FlaggedCuts(np.empty(0), nothing, nothing)
    ranks = np.unique(np.rint(np.geomspace(fewest, n, RANKS)).astype(np.int64))
    first_left_out = at_rank(flagged, np.minimum(ranks + 1, n))
    kept = np.unique(np.where(ranks < n, np.append(flagged, 0)[first_left_out + 1], n).astype(np.int64))
    kept = kept[kept > 0][::-1]
    at = at_rank(flagged, kept)
    return FlaggedCuts(tally.score[at], kept, tally.fp[at].astype(np.int64))


def why_not_rows(tally: ScoreTally, *, grouped: bool = False) -> str:
    """Say why counts of this tally are not numbers of independent rows; empty when they are."""
    if tally.pos.ndim != 1:
        raise ValueError("promises are made of one tally at a time")
    if tally.squares is not None or not (_whole(tally.pos) and _whole(tally.neg)):
        return "the rows are weighted, and a promise rests on numbers of rows"
    return "rows that belong together are not independent draws" if grouped else ""


def _whole(counts: NDArray[Any]) -> bool:
    """Whether all counts are whole numbers."""
    return counts.dtype.kind in "iu" or bool(np.all(counts == np.rint(counts)))


@dataclass(frozen=True, eq=False)
class GuaranteedCurve:
    """Lower bounds of precision and of recall for rows yet to come; all of them hold together.

    Attributes
    ----------
    confidence : float
        Of everything on the curve at once. Half of the chance that is left goes to precision, in equal parts for each of
        ``RANKS`` cuts, half to recall, in equal parts for each of ``MISSED``.
    cuts : FlaggedCuts
        Where precision is bounded.
    precision_low : (R,) float64
        At those cuts. Between them nothing is known.
    recall_threshold : (S,) float64
        Where recall is bounded, ascending.
    recall_low : (S,) float64
        At each of them and at every lower cut; descending.
    tally : ScoreTally
    """

    confidence: float
    cuts: FlaggedCuts
    precision_low: FloatArray
    recall_threshold: FloatArray
    recall_low: FloatArray
    tally: ScoreTally

    def precision_at(self, cut: ArrayLike) -> FloatArray:
        """Return the bound of precision at any cuts, NaN where none was laid beforehand."""
        return _looked_up(self.cuts.threshold, self.precision_low, cut, same=True)

    def recall_at(self, cut: ArrayLike) -> FloatArray:
        """Return the bound of recall at any cuts, NaN above the highest that has one."""
        return _looked_up(self.recall_threshold, self.recall_low, cut, same=False)

    def frame(self) -> pd.DataFrame:
        """Return one row a cut, ascending: threshold, flagged, precision, precision_low, recall, recall_low.

        The bounds are NaN where nothing is promised.
        """
        import pandas as pd

        cut = np.union1d(self.cuts.threshold, self.recall_threshold)
        counted = self.tally.outcomes(cut)
        with np.errstate(invalid="ignore"):
            recall = np.asarray(counted.tp / counted.positives)
        return pd.DataFrame(
            {
                "threshold": cut,
                "flagged": counted.flagged,
                "precision": np.asarray(counted.tp / counted.flagged),  # no cut of the curve flags nothing
                "precision_low": self.precision_at(cut),
                "recall": recall,
                "recall_low": self.recall_at(cut),
            }
        )


def guaranteed_curve(
    tally: ScoreTally, *, confidence: float = 0.95, grouped: bool = False
) -> GuaranteedCurve:
    """Bound precision and recall from below at many cuts at once, for every target.

    Whoever slides a target or a cut along the curve until it suits keeps the confidence, because no target was used to
    lay the cuts. One target that was fixed before looking can be promised at more cuts, see ``certificates.certify``.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes; exact or in bins. A bin counts as one score: its edges are cuts that are counted exactly. Edges
        that ``reduce.with_cuts`` added after somebody had looked at labels are not label-free; use the tally as it first was.
    confidence : float
        Above 0 and below 1, for all bounds together.
    grouped : bool
        Whether rows belong together, such as several of one patient.

    Returns
    -------
    GuaranteedCurve
        Without cuts for precision when the rows are too few, and without any for recall when no row is positive.

    Raises
    ------
    DataError
        If the rows are weighted or belong together, or the confidence is no share.
    ValueError
        If the tally has leading axes.

    References
    ----------
    Bonferroni over Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404

    Examples
    --------
    >>> scores = np.arange(1000) / 1000
    >>> curve = guaranteed_curve(ScoreTally(scores, (scores > 0.6).astype(int), (scores <= 0.6).astype(int)))
    >>> [round(float(low), 3) for low in (curve.recall_at(0.6), curve.recall_at(0.7), curve.precision_at(0.7))]
    [0.985, 0.634, nan]
    """
    why = why_not_rows(tally, grouped=grouped)
    if why:
        raise DataError(f"No guaranteed curve can be drawn: {why}. Leave out the weights or groups if each row stands for itself.")  # fmt: skip
    half = risk_of(confidence) / 2
    cuts = flagged_cuts(tally, fewest_flagged(LEAST_PRECISION, half))
    n_pos = int(tally.n_pos)
    lowest = np.maximum(np.ceil(np.asarray(MISSED) * n_pos).astype(np.int64), 1) if n_pos else np.empty(0, dtype=np.int64)  # fmt: skip
    kept = n_pos + 1 - lowest  # positives at or above the cut, counted as if no other shared its score
    threshold, first = np.unique(tally.score[at_rank(tally.tp, kept)], return_index=True)
    low = rate_low(kept, n_pos, half / len(MISSED))[first]
    return GuaranteedCurve(confidence, cuts, cuts.precision_low(half), threshold, low, tally)


def risk_of(confidence: float) -> float:
    """Return the chance that is left.

    Raises
    ------
    DataError
        If the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        percent = f" For {confidence:g} % write {confidence / 100:g}." if 1 < confidence < 100 else ""
        raise DataError(f"A confidence of {confidence:g} cannot be given. Name a share above 0 and below 1.{percent}")  # fmt: skip
    return complement(confidence)


def _looked_up(threshold: FloatArray, low: FloatArray, cut: ArrayLike, *, same: bool) -> FloatArray:
    """Find the bound of the next threshold at or above each cut, or only of the very same one."""
    wanted = np.asarray(cut, dtype=np.float64)
    at = np.searchsorted(threshold, wanted, side="left")
    found = np.append(low, np.nan)[at]
    return np.where(np.append(threshold, np.nan)[at] == wanted, found, np.nan) if same else np.asarray(found)
