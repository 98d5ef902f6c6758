"""The groups of a column at one common threshold: their rates, and how far each is from the rest.

Rows count as independent here: a tally does not know which of them belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..checks import Finding, percent
from ..differences import benjamini_hochberg, newcombe, same_rate_p
from ..errors import DataError
from ..metrics import counts
from ..metrics.counts import ratio
from ..rate_interval import rate_cells, wilson
from ..reduce import score_tally
from ..slices import Level, levels
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from ..filters import Filter
    from ..predictions import Predictions

#: Rows that a group needs to be tested against the rest.
MIN_TESTED = 30
#: Level of the adjusted p-values at which base rates count as different.
DIFFERENT = 0.05


def flagged_share(o: Outcomes) -> FloatArray:
    """Share of the rows that were flagged."""
    return ratio(o.flagged, o.total)


#: What is shown of each group.
RATES: dict[str, Callable[[Outcomes], FloatArray]] = {
    "recall": counts.recall,
    "fpr": counts.fpr,
    "precision": counts.precision,
    "flagged_share": flagged_share,
    "prevalence": counts.prevalence,
}


@dataclass(frozen=True, eq=False)
class Sliced:
    """The groups of one column at a common threshold.

    Attributes
    ----------
    labels : tuple of V str
    tallies : tuple of V ScoreTally
        Of disjoint rows, each with scores of its own and without leading axes.
    threshold : float
        The common one.
    outcomes : Outcomes
        ``(V,)`` at the common threshold, counted exactly.
    """

    labels: tuple[str, ...]
    tallies: tuple[ScoreTally, ...]
    threshold: float
    outcomes: Outcomes

    @classmethod
    def of(cls, labels: Sequence[str], tallies: Sequence[ScoreTally] | ScoreTally, threshold: float, outcomes: Outcomes | None = None) -> Sliced:  # fmt: skip
        """Count the groups at a threshold.

        Parameters
        ----------
        labels : sequence of V str
        tallies : sequence of V ScoreTally, or ScoreTally
            One a group; or ``(V, D)`` of one column, such as ``slices.tallies`` counts.
        threshold : float
        outcomes : Outcomes, optional
            ``(V,)`` at the threshold; needed where the threshold lies inside a bin of scores.

        Raises
        ------
        ValueError
            If the labels do not fit the tallies, or a bin holds scores on both sides of the threshold.
        """
        if isinstance(tallies, ScoreTally):
            tallies = [_one(tallies, i) for i in range(tallies.pos.shape[0])]
        if len(tallies) != len(labels):
            raise ValueError(f"{len(labels)} labels do not fit {len(tallies)} groups")
        counted = stacked([t.outcomes(threshold) for t in tallies]) if outcomes is None else outcomes
        return cls(tuple(labels), tuple(tallies), float(threshold), counted)


def sliced_at(
    predictions: Predictions,
    column: str,
    threshold: float,
    *,
    model: str | None = None,
    where: Filter | str | None = None,
) -> tuple[list[Level], Sliced]:
    """Count the rows of each group of a column, every distinct score of groups up to 200,000 rows.

    Parameters
    ----------
    predictions : Predictions
        Binary, with a score.
    column : str
    threshold : float
        The common one; counted exactly.
    model : str, optional
    where : Filter or str, optional

    Returns
    -------
    groups : list of Level
        Those with rows.
    sliced : Sliced
        In the same order.

    Raises
    ------
    DataError
        If there is no such column, no score, or more than two classes.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> frame = pd.DataFrame({"y": [1, 0, 1, 0], "p": [0.9, 0.6, 0.4, 0.1], "sex": ["f", "f", "m", "m"]})
    >>> groups, sliced = sliced_at(mc.read(frame, y_true="y", y_score="p"), "sex", 0.5)
    >>> sliced.labels, sliced.outcomes.tp.tolist(), sliced.outcomes.fp.tolist()
    (('f', 'm'), [1, 0], [1, 0])
    """
    cases = predictions.judged(model, where)
    if not isinstance(cases, BinaryCases):
        raise DataError("Thresholds of groups are of one class against the rest: choose a class.")
    if cases.score is None:
        raise DataError("There is no score column. Name one with --y-score.")
    code, found = levels(predictions.source, column)
    of_case = code[cases.rows]
    order = np.argsort(of_case, kind="stable")
    ends = np.searchsorted(of_case[order], np.arange(len(found) + 1))
    used = [i for i in range(len(found)) if ends[i] < ends[i + 1]]
    counted = [score_tally(cases.at(order[ends[i] : ends[i + 1]]), cuts=[threshold]) for i in used]
    groups = [found[i] for i in used]
    return groups, Sliced.of([level.label for level in groups], counted, threshold)


@dataclass(frozen=True, eq=False)
class SliceRates:
    """Rates of each group at the common threshold, with Wilson's intervals on effective rows.

    Attributes
    ----------
    labels : tuple of V str
    threshold : float
    outcomes : Outcomes
        ``(V,)``.
    level : float
        Of the intervals.
    """

    labels: tuple[str, ...]
    threshold: float
    outcomes: Outcomes
    level: float

    def value(self, key: str) -> FloatArray:
        """Return one of ``RATES``, ``(V,)``; NaN where undefined."""
        return RATES[key](self.outcomes)

    def interval(self, key: str) -> tuple[FloatArray, FloatArray]:
        """Return the ends of its intervals, ``(V,)`` each."""
        return wilson(*_effective(self.outcomes, key), self.level)

    def frame(self) -> pd.DataFrame:
        """Return the table, one row a group."""
        import pandas as pd

        o = self.outcomes
        columns: dict[str, object] = {"slice": self.labels, "rows": o.total, "positives": o.positives}
        for key in RATES:
            low, high = self.interval(key)
            columns |= {key: self.value(key), f"{key}_low": low, f"{key}_high": high}
        return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class SliceGaps:
    """How far one rate of each group is from that of all other groups together.

    Attributes
    ----------
    labels : tuple of V str
    key : str
        Of ``RATES``.
    value, rest, difference : (V,) float64
        Of the group, of the others, and the first less the second.
    low, high : (V,) float64
        Newcombe's interval of the difference.
    p, q : (V,) float64
        P-value of equal rates, and the same adjusted over the groups after Benjamini and Hochberg; NaN where not
        tested.
    level : float
        Of the intervals.
    """

    labels: tuple[str, ...]
    key: str
    value: FloatArray
    rest: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    q: FloatArray
    level: float

    @property
    def tested(self) -> int:
        """Number of tests."""
        return int((~np.isnan(self.p)).sum())

    def frame(self) -> pd.DataFrame:
        """Return the table, one row a group."""
        import pandas as pd

        names = ("value", "rest", "difference", "low", "high", "p", "q")
        return pd.DataFrame({"slice": self.labels} | {name: getattr(self, name) for name in names})


def slice_rates(sliced: Sliced, *, level: float = 0.95) -> SliceRates:
    """Compute the rates of each group at the common threshold.

    Parameters
    ----------
    sliced : Sliced
    level : float
        Of the intervals, 0.95 for 95 %.
    """
    return SliceRates(sliced.labels, sliced.threshold, sliced.outcomes, level)


def slice_gaps(rates: SliceRates, key: str, *, min_rows: float = MIN_TESTED) -> SliceGaps:
    """Compare one rate of each group with that of all other groups together.

    Parameters
    ----------
    rates : SliceRates
    key : str
        Of ``RATES``.
    min_rows : float
        Effective rows that the rate must be counted on for a group to be tested.

    Returns
    -------
    SliceGaps

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Benjamini and Hochberg
    (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    others = _rest(rates.outcomes)
    k, n = _effective(rates.outcomes, key)
    other_k, other_n = _effective(others, key)
    low, high = newcombe(k, n, other_k, other_n, rates.level)
    p = np.where(n >= min_rows, same_rate_p(k, n, other_k, other_n), np.nan)
    value, rest = rates.value(key), RATES[key](others)
    return SliceGaps(rates.labels, key, value, rest, value - rest, low, high, p, benjamini_hochberg(p), rates.level)  # fmt: skip


def base_rate_warning(rates: SliceRates, column: str) -> Finding | None:
    """Warn that groups with different shares of positives cannot have everything equal at once.

    Parameters
    ----------
    rates : SliceRates
    column : str
        Name of the column.

    Returns
    -------
    Finding or None
        None where no group's share of positives differs from the rest (adjusted p-value below 0.05).

    References
    ----------
    Chouldechova (2017), doi:10.1089/big.2016.0047; Kleinberg, Mullainathan and Raghavan (2017),
    doi:10.4230/LIPIcs.ITCS.2017.43
    """
    gaps = slice_gaps(rates, "prevalence")
    if not np.any(gaps.q < DIFFERENT):
        return None
    share = np.where(np.isnan(gaps.p), np.nan, gaps.value)
    ends = [int(np.nanargmin(share)), int(np.nanargmax(share))]
    (low, low_share), (high, high_share) = ((rates.labels[i], float(share[i])) for i in ends)
    whole = summed(rates.outcomes)
    precision, recall = float(counts.precision(whole)), float(counts.recall(whole))
    text = (
        f"The share of positives differs between the groups of {column!r}, from {percent(low_share, 1)} in {low!r} to "
        f"{percent(high_share, 1)} in {high!r}. Unless a model makes no mistake, groups that differ so cannot have equal "
        "error rates and equal precision, or equal calibration, at the same time, whatever their thresholds "
        "(Chouldechova 2017; Kleinberg, Mullainathan and Raghavan 2017)."
    )
    if 0 < precision < 1 and high_share < 1:
        implied = [percent(implied_fpr(s, precision, recall), 1) for s in (low_share, high_share)]
        text += (
            f" With today's precision of {percent(precision, 1)} and recall of {percent(recall, 1)} in both, the false "
            f"positive rate would have to be {implied[0]} in {low!r} and {implied[1]} in {high!r}."
        )
    return Finding("slice-base-rates", "note", text, "Decide which of them has to be equal, and say so beside the result.")  # fmt: skip


def implied_fpr(prevalence: float, precision: float, recall: float) -> float:
    """False positive rate that follows from a share of positives, a precision above 0 and a recall (Chouldechova 2017).

    Examples
    --------
    >>> round(implied_fpr(0.2, 0.5, 0.8), 12)
    0.2
    """
    return recall * prevalence / (1 - prevalence) * (1 - precision) / precision


# ------------------------------------------------------------------------------------------------ counting


def _effective(o: Outcomes, key: str) -> tuple[FloatArray, FloatArray]:
    """Count the effective rows that a rate counts, and those it counts them among."""
    part, whole = rate_cells(RATES[key])
    cells, squares = (np.stack([x.tp, x.fp, x.fn, x.tn]).astype(np.float64) for x in (o, o.squares or o))
    weight, found = cells[whole].sum(0), cells[part].sum(0)
    n = weight * np.divide(weight, squares[whole].sum(0), out=np.zeros(weight.shape), where=weight > 0)
    return n * np.divide(found, weight, out=np.zeros(weight.shape), where=weight > 0), n


def _one(tally: ScoreTally, i: int) -> ScoreTally:
    """Take one of the leading entries of a tally."""
    squares, amounts = (None if t is None else _one(t, i) for t in (tally.squares, tally.amounts))
    return replace(tally, pos=tally.pos[i], neg=tally.neg[i], squares=squares, amounts=amounts)


def each_cell(o: Outcomes, of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Outcomes:
    """Apply a function to all cells."""
    squares, amounts = (None if x is None else each_cell(x, of) for x in (o.squares, o.amounts))
    return Outcomes(of(o.tp), of(o.fp), of(o.fn), of(o.tn), squares=squares, amounts=amounts)


def summed(o: Outcomes) -> Outcomes:
    """Add up all groups."""
    return each_cell(o, lambda cell: np.asarray(cell.sum()))


def _rest(o: Outcomes) -> Outcomes:
    """Add up all groups but each one; sums of the others, because a difference would lose the digits of light rows."""

    def of(cell: NDArray[np.float64]) -> NDArray[np.float64]:
        before, after = np.cumsum(cell), np.cumsum(cell[::-1])[::-1]
        return np.asarray(np.append(0, before[:-1]) + np.append(after[1:], 0))

    return each_cell(o, of)


def stacked(parts: Sequence[Outcomes]) -> Outcomes:
    """Put the outcomes of single groups side by side."""

    def cell(name: str) -> NDArray[np.float64]:
        return np.array([getattr(part, name) for part in parts])

    def more(name: str) -> Outcomes | None:
        found = [getattr(part, name) for part in parts]
        return None if not found or any(x is None for x in found) else stacked(found)

    return Outcomes(
        cell("tp"), cell("fp"), cell("fn"), cell("tn"), squares=more("squares"), amounts=more("amounts")
    )
