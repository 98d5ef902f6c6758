"""Two thresholds instead of one: above the upper one a row is flagged, below the lower one not, between them a person looks.

A band is chosen on the rows it is judged on, so its error rate is flattered: in simulations bands found with at most 5 %
errors had 6.6 % on new rows when chosen on 300 rows, 5.8 % on 1,000 and 5.1 % on 5,000. ``band_at`` judges a band on others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from ..metrics.counts import error_rate, ratio
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from ..thinning import even_in_arc_length
from .choice import candidate_outcomes
from .costs import Costs, Price
from .reject_search import cheapest, errors_of, least_error, most_automation, review_cost
from .rule import IntArray, lowest_best

if TYPE_CHECKING:
    import pandas as pd

#: Cuts whose pairs make the curve of bands, and points that are kept of it.
CURVE_CUTS, CURVE_POINTS = 512, 500


@dataclass(frozen=True, eq=False)
class RejectBand:
    """Which rows are decided automatically and which go to review, and what that does.

    Attributes
    ----------
    low, high : float
        ``score >= high`` is positive, ``score < low`` negative, between them is review; equal ends leave nothing to
        review.
    automated : Outcomes
        Of the rows decided automatically.
    review_pos, review_neg : float
        Rows that go to review, by class.
    threshold : float
        The single threshold that everything is compared with.
    without : Outcomes
        Of all rows at that threshold.
    cost, cost_without : float or None
        In the unit of the prices, with reviews that decide right, and at the single threshold; None without prices.
    reason : str
        Why no row is automated; empty when some are.
    """

    low: float
    high: float
    automated: Outcomes
    review_pos: float
    review_neg: float
    threshold: float
    without: Outcomes
    cost: float | None = None
    cost_without: float | None = None
    reason: str = ""

    @property
    def review_load(self) -> float:
        """Rows that go to review, or the sum of their weights."""
        return self.review_pos + self.review_neg

    @property
    def automation(self) -> float:
        """Share of the rows that are decided automatically."""
        return float(ratio(self.automated.total, self.automated.total + self.review_load))

    @property
    def errors(self) -> float:
        """Wrong ones among the automatic decisions."""
        return float(self.automated.fp + self.automated.fn)

    @property
    def error_rate(self) -> float:
        """Share of wrong ones among the automatic decisions; NaN when there are none."""
        return float(error_rate(self.automated))

    @property
    def errors_avoided(self) -> float:
        """Errors of the single threshold less those among the automatic decisions, when reviews decide right."""
        return float(self.without.fp + self.without.fn) - self.errors


@dataclass(frozen=True, eq=False)
class RejectCurve:
    """The bands that no other band beats: as much automation with fewer errors, or as few errors with more automation.

    Attributes
    ----------
    automation : (m,) float64
        Share of the rows decided automatically, falling from 1.
    error_rate : (m,) float64
        Share of wrong ones among them, falling.
    errors : (m,) float64
        Their number.
    review_load : (m,) float64
        Rows that go to review.
    low, high : (m,) float64
    """

    automation: FloatArray
    error_rate: FloatArray
    errors: FloatArray
    review_load: FloatArray
    low: FloatArray
    high: FloatArray

    def frame(self) -> pd.DataFrame:
        """Return the bands as a frame."""
        import pandas as pd

        names = ("automation", "error_rate", "errors", "review_load", "low", "high")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def reject_band(
    tally: ScoreTally,
    *,
    max_error: float | None = None,
    automation: float | None = None,
    costs: Costs | None = None,
    review: Price | str | float | None = None,
    threshold: float | None = None,
) -> RejectBand:
    """Find the best band for one of three aims.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    max_error : float, optional
        Most wrong ones among the automatic decisions, from 0 to below 1: the band that automates most.
    automation : float, optional
        Least share of the rows to decide automatically, above 0 and up to 1: the band with the lowest error rate, and
        of those the one that automates most.
    costs : Costs, optional
        With ``review``: the band that costs least when reviews decide right, and of those the one that reviews least.
    review : Price, str or float, optional
        What looking at one row costs, such as 2 or ``0.01*amount``.
    threshold : float, optional
        The single threshold to compare with; by default the one with the fewest errors, or with costs the cheapest.

    Returns
    -------
    RejectBand
        All rows go to review, with the reason, when no band with an automatic decision keeps to ``max_error``.

    Raises
    ------
    DataError
        If not exactly one aim is given, it is out of range, there are no rows, or costs need amounts that the rows do
        not have.
    ValueError
        If ``threshold`` lies inside a bin of scores: count the rows with it first.

    References
    ----------
    Chow (1970), doi:10.1109/TIT.1970.1054406

    Examples
    --------
    >>> score = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    >>> tally = ScoreTally(score, np.array([0, 1, 2, 2, 4]), np.array([4, 2, 2, 1, 0]))
    >>> band = reject_band(tally, max_error=0)
    >>> band.low, band.high, band.automation, band.errors_avoided
    (0.3, 0.9, 0.4444444444444444, 4.0)
    """
    o = _counted(tally)
    _one_aim(max_error, automation, costs, review)
    price = None if review is None else review if isinstance(review, Price) else Price.read(review)
    if costs is not None and price is not None:
        i, j = cheapest(o, costs, price)
    elif automation is not None:
        i, j = most_automation(o, least_error(o, automation))
    else:
        assert max_error is not None  # one of the aims is given
        i, j = most_automation(o, max_error)
    cuts = _cuts(o)
    single = cuts[
        int(
            lowest_best(errors_of(o) if costs is None else costs.total(o), np.ones(cuts.size, dtype=bool), -1)
        )
    ]
    return _band(o, i, j, tally.outcomes(float(single) if threshold is None else threshold), costs, price)


def band_at(tally: ScoreTally, low: float, high: float, *, threshold: float, costs: Costs | None = None, review: Price | str | float | None = None) -> RejectBand:  # fmt: skip
    """Say what a given band does.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.
    low, high : float
        Any two cuts, not only scores that occur.
    threshold : float
        The single threshold to compare with.
    costs, review
        See ``reject_band``; both or neither.

    Returns
    -------
    RejectBand

    Raises
    ------
    DataError
        If the lower end is above the upper one, there are no rows, or only one of costs and review is given.
    ValueError
        If a cut lies inside a bin of scores: count the rows with it first.
    """
    _counted(tally)
    if not low <= high:
        raise DataError(f"The lower end of the band, {low:g}, is above the upper one, {high:g}.")
    if (costs is None) != (review is None):
        raise DataError("What a band costs follows from the costs of errors and that of a review: give both, or neither.")  # fmt: skip
    price = None if review is None else review if isinstance(review, Price) else Price.read(review)
    return _band(tally.outcomes([low, high]), 0, 1, tally.outcomes(threshold), costs, price)


def reject_curve(tally: ScoreTally) -> RejectCurve:
    """Compute how error falls as less is automated.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes.

    Returns
    -------
    RejectCurve
        From all pairs of cuts when they are 512 or fewer, else of 512 spread over the rows of both classes.

    Raises
    ------
    DataError
        If there are no rows.
    """
    o = _counted(tally)
    at = _spread(o)
    cuts, errors = _cuts(o)[at], (o.fp[at], o.fn[at])
    i, j = np.triu_indices(at.size)
    flagged, total = o.flagged[at], float(o.total[0])
    rows = np.maximum(flagged[j] + (total - flagged[i]), 0)
    wrong = np.maximum(errors[0][j] + errors[1][i], 0)
    used = np.flatnonzero(rows > 0)
    rate = wrong[used] / rows[used]
    order = used[np.lexsort((j[used], rate, -rows[used]))]
    rate = wrong[order] / rows[order]
    better = np.flatnonzero(np.diff(np.minimum.accumulate(rate), prepend=np.inf) < 0)
    kept = better[even_in_arc_length(rows[order[better]] / total, rate[better], CURVE_POINTS)]
    at_kept = order[kept]
    return RejectCurve(
        rows[at_kept] / total, rate[kept], wrong[at_kept].astype(np.float64), total - rows[at_kept], cuts[i[at_kept]], cuts[j[at_kept]],
    )  # fmt: skip


def _spread(o: Outcomes) -> IntArray:
    """Pick cuts evenly by rows and by the rows of each class, both ends included."""
    n = o.flagged.size
    if n <= CURVE_CUTS:
        return np.arange(n)
    picked = [np.array([0, n - 1])]
    for falling, share in ((o.flagged, 2), (o.tp, 4), (o.fp, 4)):
        wanted = np.linspace(0, float(falling[0]), CURVE_CUTS // share - 1)
        picked.append(n - 1 - np.searchsorted(falling[::-1], wanted).clip(0, n - 1))
    return np.unique(np.concatenate(picked))


# ------------------------------------------------------------------------------------------------ counting


def _counted(tally: ScoreTally) -> Outcomes:
    """Count every candidate cut."""
    if tally.pos.ndim != 1:
        raise ValueError("a band is found on one tally at a time")
    if not tally.n_pos + tally.n_neg > 0:
        raise DataError("No row is left, so there is nothing to decide.")
    return candidate_outcomes(tally)


def _one_aim(max_error: float | None, automation: float | None, costs: Costs | None, review: object) -> None:
    """Make sure that exactly one aim is given and makes sense."""
    aims = [max_error is not None, automation is not None, costs is not None or review is not None]
    if sum(aims) != 1:
        raise DataError("Name one aim for the band: the most errors, the least automation, or costs with the cost of a review.")  # fmt: skip
    if aims[2] and (costs is None or review is None):
        raise DataError("A band by costs needs the costs of errors and the cost of a review: give both.")
    if max_error is not None and not 0 <= max_error < 1:
        raise DataError(f"The share of errors among automatic decisions is a fraction from 0 to below 1, not {max_error:g}.")  # fmt: skip
    if automation is not None and not 0 < automation <= 1:
        raise DataError(f"The share of rows to decide automatically is a fraction above 0 and at most 1, not {automation:g}.")  # fmt: skip


def _band(
    o: Outcomes, i: int, j: int, single: Outcomes, costs: Costs | None, review: Price | None
) -> RejectBand:
    """Describe the band between two cuts."""
    cuts = _cuts(o)
    automated = _mixed(o, {"tp": j, "fp": j, "fn": i, "tn": i})
    cost = cost_without = None
    if costs is not None and review is not None:
        looked_at = review_cost(o, review)
        decided = _mixed(o, {"tp": i, "fp": j, "fn": i, "tn": j})  # reviews decide right
        cost = float(costs.total(decided) + looked_at[i] - looked_at[j])
        cost_without = float(costs.total(single))
    reason = "" if automated.total > 0 else "no row can be decided automatically with so few errors"
    assert single.threshold is not None  # it was counted at one
    return RejectBand(
        float(cuts[i]), float(cuts[j]), automated, float(o.tp[i] - o.tp[j]), float(o.fp[i] - o.fp[j]),
        float(single.threshold), single, cost, cost_without, reason,
    )  # fmt: skip


def _mixed(o: Outcomes, at: dict[str, int]) -> Outcomes:
    """Take each cell at a cut of its own."""
    squares, amounts = (None if x is None else _mixed(x, at) for x in (o.squares, o.amounts))
    tp, fp, fn, tn = (np.asarray(getattr(o, name)[at[name]]) for name in ("tp", "fp", "fn", "tn"))
    return Outcomes(tp, fp, fn, tn, squares=squares, amounts=amounts)


def _cuts(o: Outcomes) -> FloatArray:
    """The cuts of counted outcomes."""
    assert o.threshold is not None  # candidates are cuts
    return o.threshold
