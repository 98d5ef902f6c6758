"""Cases into tallies: the only work that grows with the number of rows."""

from __future__ import annotations

from ..cases import BinaryCases, Cases, ClassCases
from ..forecast_cases import ForecastCases
from ..metrics.spec import Tallies
from ..number_cases import NumberCases
from ..values import tallied
from .classes import confidence_tally, confusion_tally, one_vs_one, one_vs_rest, rank_tally, sum_tally
from .numbers import number_tally, order_tally
from .scores import decided_outcomes, score_tally
from .series import series_tally

__all__ = ["decided_outcomes", "score_tally", "tallies_of"]


def tallies_of(cases: Cases, threshold: float | None = None, *, exact: bool | None = None) -> Tallies:
    """Count everything that the metrics of a task read.

    Parameters
    ----------
    cases : BinaryCases, ClassCases, NumberCases or ForecastCases
    threshold : float, optional
        Decides binary cases; without one their own decision does.
    exact : bool, optional
        Whether every distinct score is counted; by default where they are not too many.

    Returns
    -------
    mapping of type to tally
    """
    if isinstance(cases, BinaryCases):
        scores = None if cases.score is None else score_tally(cases, exact=exact)
        return tallied(decided_outcomes(cases, threshold), scores)
    if isinstance(cases, ForecastCases):
        return tallied(number_tally(cases), order_tally(cases), series_tally(cases))
    if isinstance(cases, NumberCases):
        return tallied(number_tally(cases), order_tally(cases))
    if not isinstance(cases, ClassCases):
        raise TypeError(f"{type(cases).__name__} has no tallies")
    decided = confusion_tally(cases)
    if cases.probabilities is None:
        return tallied(decided)
    return tallied(
        decided,
        sum_tally(cases),
        rank_tally(cases),
        confidence_tally(cases, exact=exact),
        one_vs_rest(cases, exact=exact),
        one_vs_one(cases),
    )
