"""How the groups of one column fare: their rates side by side, how far apart they are, and what chance explains.

For a column such as sex or age band. Which of the rates should be equal is no question of statistics, and they cannot all be:
where the share of positives differs, equal precision and equal recall force the false positive rates apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import TYPE_CHECKING

import numpy as np

from .cases import BinaryCases, BoolArray, Cases, ClassCases
from .differences import benjamini_hochberg
from .errors import DataError, did_you_mean
from .group_means import GroupMeans, group_means
from .grouping import Grouping
from .row_losses import RowLoss
from .slices import Level

if TYPE_CHECKING:
    import pandas as pd

#: Q-value up to which a gap is called clear.
CLEAR = 0.05


@dataclass(frozen=True)
class Rate:
    """One rate and what its equality would mean.

    Attributes
    ----------
    key, label : str
    of : str
        The rows it is counted on.
    better : {"higher", "lower", "neither"}
    about : str
        What equal rates are called and promise.
    """

    key: str
    label: str
    of: str
    better: str
    about: str


RATES: Mapping[str, Rate] = {
    rate.key: rate
    for rate in (
        Rate("recall", "Recall", "positives", "higher", "Equal recall is equal opportunity: who should be found is found as often in every group."),
        Rate("fpr", "False positive rate", "negatives", "lower", "With equal recall, equal false positive rates are equalised odds."),
        Rate("precision", "Precision", "flagged rows", "higher", "Equal precision is predictive parity: a flag means the same in every group."),
        Rate("npv", "Negative predictive value", "rows not flagged", "higher", "With equal precision, what is not flagged means the same in every group."),
        Rate("error_rate", "Error rate", "rows", "lower", "Equal error rates treat both kinds of mistake alike."),
        Rate("selection_rate", "Share flagged", "rows", "neither", "Equal shares flagged are demographic parity, whatever the truth is."),
        Rate("prevalence", "Share of positives", "rows", "neither", "Not the model's doing: where it differs, not all other rates can be equal."),
    )
}  # fmt: skip
#: What is counted of many classes.
OF_CLASSES = ("error_rate",)


@dataclass(frozen=True, kw_only=True)
class GroupRate:
    """One rate of one group; what is undefined is NaN.

    Attributes
    ----------
    level : Level
    rate : str
        Key of ``RATES``.
    rows : int
        On which the rate is counted, whatever they weigh.
    value, low, high : float
    gap, gap_low, gap_high : float
        The rate minus that of the reference group, or of all other rows, and its interval.
    p, q : float
        Chance of such a gap if there were none; the same corrected for all gaps tested. NaN below 30 effective rows.
    """

    level: Level
    rate: str
    rows: int
    value: float
    low: float
    high: float
    gap: float
    gap_low: float
    gap_high: float
    p: float
    q: float = nan

    @property
    def clear(self) -> bool:
        """Whether chance does not explain the gap."""
        return self.q <= CLEAR


@dataclass(frozen=True, kw_only=True)
class GroupRates:
    """The rates of all groups of a column.

    Attributes
    ----------
    column : str
    reference : str
        Label of the group the gaps are to; empty for all other rows.
    levels : tuple of Level
        Groups with rows, in their natural order.
    rates : tuple of GroupRate
        One for each rate and group.
    n_tested : int
        Gaps among which the q-values are corrected.
    """

    column: str
    reference: str
    levels: tuple[Level, ...]
    rates: tuple[GroupRate, ...]
    n_tested: int

    def of(self, rate: str) -> tuple[GroupRate, ...]:
        """Return one rate of every group, in the order of ``levels``."""
        return tuple(one for one in self.rates if one.rate == rate)

    def widest(self, rate: str) -> tuple[GroupRate, GroupRate] | None:
        """Return the groups with the highest and the lowest rate among those of 30 rows and more; None with fewer than two."""
        known = [one for one in self.of(rate) if not isnan(one.value) and one.rows >= 30]
        if len(known) < 2:
            return None
        return max(known, key=lambda one: one.value), min(known, key=lambda one: one.value)

    def frame(self) -> pd.DataFrame:
        """Return one row a rate and group, as fractions."""
        import pandas as pd

        names = ("rate", "rows", "value", "low", "high", "gap", "gap_low", "gap_high", "p", "q")
        rows = [{self.column: one.level.label} | {n: getattr(one, n) for n in names} for one in self.rates]
        return pd.DataFrame(rows, columns=[self.column, *names])


def group_rates(
    cases: Cases, grouping: Grouping, *, threshold: float | None = None, reference: str = ""
) -> GroupRates:
    """Compute the rates of the groups of a column and how far they are apart.

    Parameters
    ----------
    cases : BinaryCases or ClassCases
        Of many classes only the error rate is counted; look at one class against the rest for the others.
    grouping : Grouping
        Of the whole source. Values that are no group of their own are left out, also from all other rows.
    threshold : float, optional
        Decides binary cases; without one their own decision does.
    reference : str
        Label of the group the gaps are to; by default each group's gap is to all others.

    Returns
    -------
    GroupRates

    Raises
    ------
    DataError
        If there is no such group, or the rows are neither of two nor of many classes.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> from metrics_core.grouping import grouping
    >>> frame = pd.DataFrame({"y": [1] * 8, "said": [1, 1, 1, 0, 1, 0, 0, 0], "sex": list("ffffmmmm")})
    >>> p = mc.read(frame, y_true="y", y_pred="said", pos_label="1")
    >>> found = group_rates(p.judged(), grouping(p.source, "sex"))
    >>> [(one.level.label, one.value, one.gap) for one in found.of("recall")]
    [('f', 0.75, 0.5), ('m', 0.25, -0.5)]
    """
    code = grouping.code[cases.rows]
    used = np.flatnonzero(np.bincount(code, minlength=grouping.n_groups)[: len(grouping.levels)])
    levels = tuple(grouping.levels[i] for i in used.tolist())
    labels = [level.label for level in levels]
    if reference and reference not in labels:
        raise DataError(f"Column {grouping.column!r} has no group {reference!r} among these rows. {did_you_mean(reference, labels)}")  # fmt: skip
    place = np.full(grouping.n_groups, -1, dtype=np.int64)
    place[used] = np.arange(used.size)
    found: list[GroupRate] = []
    for key, (event, eligible) in _events(cases, threshold).items():
        found += _of_rate(key, cases, event, eligible, place[code], levels, labels.index(reference) if reference else None)  # fmt: skip
    q = benjamini_hochberg([one.p for one in found])
    return GroupRates(
        column=grouping.column, reference=reference, levels=levels, n_tested=sum(not isnan(one.p) for one in found),
        rates=tuple(replace(one, q=float(x)) for one, x in zip(found, q, strict=True)),
    )  # fmt: skip


def implied_fpr(prevalence: float, precision: float, recall: float) -> float:
    """Return the false positive rate that share of positives, precision and recall leave no choice about.

    So with equal precision and recall a group with more positives must have a higher false positive rate.

    Returns
    -------
    float; NaN where precision is 0 or every row is positive

    References
    ----------
    Chouldechova (2017), doi:10.1089/big.2016.0047

    Examples
    --------
    >>> round(implied_fpr(0.2, 0.5, 0.8), 12), round(implied_fpr(0.4, 0.5, 0.8), 12)
    (0.2, 0.533333333333)
    """
    if not precision > 0 or prevalence >= 1:
        return nan
    return prevalence / (1 - prevalence) * (1 - precision) / precision * recall


def _events(cases: Cases, threshold: float | None) -> dict[str, tuple[BoolArray, BoolArray]]:
    """Return for each rate which rows it counts, and among which."""
    every = np.ones(len(cases), dtype=bool) if cases.weight is None else cases.weight > 0
    if isinstance(cases, ClassCases):
        return {"error_rate": (cases.wrong, every)}
    if not isinstance(cases, BinaryCases):
        raise DataError("Rates of groups are counted for rows of classes; these rows have numbers. Compare their errors by column instead.")  # fmt: skip
    flagged, positive = cases.flagged(threshold), cases.positive
    return {
        "recall": (flagged, every & positive),
        "fpr": (flagged, every & ~positive),
        "precision": (positive, every & flagged),
        "npv": (~positive, every & ~flagged),
        "error_rate": (flagged != positive, every),
        "selection_rate": (flagged, every),
        "prevalence": (positive, every),
    }


def _of_rate(
    key: str, cases: Cases, event: BoolArray, eligible: BoolArray, code: np.ndarray, levels: tuple[Level, ...], reference: int | None
) -> list[GroupRate]:  # fmt: skip
    """Compute one rate of every group."""
    at = np.flatnonzero(eligible & (code >= 0))
    loss = RowLoss(
        loss=event[at].astype(np.float64), rows=cases.rows[at], frequency=cases.frequency,
        weight=None if cases.weight is None else cases.weight[at], together=None if cases.together is None else cases.together[at],
    )  # fmt: skip
    groups = code[at]
    whole = group_means(loss, groups, len(levels))
    return [_written(key, level, whole, i, *_gap(loss, groups, whole, i, reference)) for i, level in enumerate(levels)]  # fmt: skip


def _gap(
    loss: RowLoss, groups: np.ndarray, whole: GroupMeans, i: int, reference: int | None
) -> tuple[float, float, float, float]:
    """Return the gap of a group, its interval and p: to all other rows, or to those of the reference alone."""
    if reference is None:
        means, at = whole, i
    elif i == reference:
        return 0.0, nan, nan, nan
    else:
        both = np.flatnonzero((groups == i) | (groups == reference))
        means, at = group_means(loss.at(both), (groups[both] == i).astype(np.int8), 2), 1
    fields = (means.difference, means.difference_low, means.difference_high, means.p)
    gap, low, high, p = (float(values[at]) for values in fields)
    return gap, low, high, p


def _written(key: str, level: Level, means: GroupMeans, i: int, gap: float, low: float, high: float, p: float) -> GroupRate:  # fmt: skip
    """Write one rate of one group."""
    return GroupRate(
        level=level, rate=key, rows=int(means.rows[i]), value=float(means.mean[i]), low=float(means.low[i]), high=float(means.high[i]),
        gap=gap, gap_low=low, gap_high=high, p=p,
    )  # fmt: skip
