"""How well confidence tells right decisions from wrong ones: errors against the share of rows that are decided at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..metrics.counts import ratio
from ..tally import ScoreTally
from ..tally.outcomes import FloatArray
from ..thinning import extremes_by_column

if TYPE_CHECKING:
    import pandas as pd

#: Pixel columns of the curve.
COLUMNS = 1000


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Errors among the most confident rows, for every share of them.

    Attributes
    ----------
    coverage : (m,) float64
        Share of the rows that are decided, ascending to 1.
    selective_risk : (m,) float64
        Wrong ones among them.
    generalised_risk : (m,) float64
        Wrong ones among them, as a share of all rows.
    confidence : (m,) float64
        Rows at or above it are decided.
    error_rate : float
        When all are decided.
    aurc : float
        Area under the selective risk: its mean over all coverages. Rows of equal confidence come mixed, each with their
        common share of errors.
    e_aurc : float
        That area less the least possible at this error rate; 0 when every wrong row is less confident than every
        right one.
    augrc : float
        Area under the generalised risk: the chance that of two rows drawn at random the one drawn first is at least as
        confident as the other, and wrong (ties half).
    """

    coverage: FloatArray
    selective_risk: FloatArray
    generalised_risk: FloatArray
    confidence: FloatArray
    error_rate: float
    aurc: float
    e_aurc: float
    augrc: float

    def frame(self) -> pd.DataFrame:
        """Return the points as a frame."""
        import pandas as pd

        names = ("confidence", "coverage", "selective_risk", "generalised_risk")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def confidence_of(tally: ScoreTally, threshold: float = 0.5) -> ScoreTally:
    """Count right and wrong rows by the probability that was given to their decision.

    Parameters
    ----------
    tally : ScoreTally
        Of probabilities, without leading axes. Rows of a bin count at its middle.
    threshold : float
        ``score >= threshold`` is positive.

    Returns
    -------
    ScoreTally
        Of confidences: right decisions are its positives, wrong ones its negatives.

    Raises
    ------
    DataError
        If the scores are no probabilities.

    Examples
    --------
    >>> tally = ScoreTally(np.array([0.25, 0.75]), np.array([1, 5]), np.array([6, 2]))
    >>> found = confidence_of(tally)
    >>> found.score.tolist(), found.pos.tolist(), found.neg.tolist()
    ([0.75], [11], [3])
    """
    if not tally.probability:
        raise DataError("The confidence of a decision is read from its probability, and these scores are none. Use a score column between 0 and 1.")  # fmt: skip
    tally.outcomes(threshold)  # refuses a cut inside a bin
    flagged = tally.score >= threshold
    confidence = np.where(flagged, tally.middle, 1 - tally.middle)
    scores, place = np.unique(confidence, return_inverse=True)

    def summed(counts: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(place, weights=counts, minlength=scores.size).astype(counts.dtype)

    def of(t: ScoreTally, squares: ScoreTally | None = None) -> ScoreTally:
        right, wrong = np.where(flagged, t.pos, t.neg), np.where(flagged, t.neg, t.pos)
        return ScoreTally(scores, summed(right), summed(wrong), squares=squares)

    return of(tally, None if tally.squares is None else of(tally.squares))


def risk_coverage(confidence: ScoreTally) -> RiskCoverage:
    """Compute the risk-coverage curve and the areas under it.

    Parameters
    ----------
    confidence : ScoreTally
        Right decisions as positives and wrong ones as negatives by confidence, without leading axes: from
        ``confidence_of``, or with many classes what is counted by the probability of the predicted class.

    Returns
    -------
    RiskCoverage
        Points are thinned to what a screen can show; the areas are of all points.

    Raises
    ------
    DataError
        If there are no rows.

    Notes
    -----
    The areas are exact integrals, so a row of weight 2 is the same as two rows. Implementations that average the risk
    after each row, or join its points by straight lines, differ from ``aurc`` by about the inverse of the number of rows.

    References
    ----------
    Geifman, Uziel and El-Yaniv (2019), arXiv:1805.08206; Traub and others (2024), arXiv:2407.01032

    Examples
    --------
    >>> found = risk_coverage(ScoreTally(np.array([0.6, 0.8]), np.array([1, 2]), np.array([1, 0])))
    >>> found.coverage.tolist(), found.selective_risk.tolist(), found.augrc, round(found.e_aurc, 4)
    ([0.5, 1.0], [0.0, 0.25], 0.0625, 0.0425)
    """
    t = confidence
    if t.pos.ndim != 1:
        raise ValueError("a risk-coverage curve is drawn of one tally at a time")
    used = np.flatnonzero((t.pos + t.neg) > 0)[::-1]  # from the most confident down
    if used.size == 0:
        raise DataError("No row is left, so there are no curves.")
    rows, wrong = (t.pos + t.neg)[used].astype(np.float64), t.neg[used].astype(np.float64)
    covered, errors = np.cumsum(rows), np.cumsum(wrong)
    before, errors_before = covered - rows, errors - wrong
    n, share = float(covered[-1]), wrong / rows
    # inside a block of equal confidence the risk is (errors_before + share x) / (before + x)
    longer = np.log1p(rows / np.where(before > 0, before, np.inf))
    aurc = float((wrong + (errors_before - share * before) * longer).sum() / n)
    e = float(errors[-1]) / n
    least = e + (1 - e) * float(np.log1p(-e)) if e < 1 else 1.0
    augrc = float((rows * (errors_before + wrong / 2)).sum() / n**2)
    risk = ratio(errors, covered)
    kept = extremes_by_column(covered / n, risk, COLUMNS)
    return RiskCoverage(
        (covered / n)[kept], risk[kept], (errors / n)[kept], t.score[used][kept], e, aurc, max(aurc - least, 0.0), augrc
    )  # fmt: skip
