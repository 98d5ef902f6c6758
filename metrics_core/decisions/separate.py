"""A threshold for each group of a column instead of one for all: the best of each, or equal rates, and what that costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..metrics import counts
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from .choice import candidate_outcomes, choose
from .constraints import Capacity
from .costs import Costs
from .rule import Limited, Rule
from .slices import RATES, Sliced, each_cell, stacked, summed

if TYPE_CHECKING:
    import pandas as pd

#: Rows, and rows of each class, that a group needs for a threshold of its own.
MIN_SUPPORT, MIN_OF_CLASS = 200, 10
#: Rates that differ by less are equal: sums of weights in another order.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class SeparateThresholds:
    """A threshold for each group, chosen on the same rows that it is judged on: what it gains is flattered.

    Attributes
    ----------
    labels : tuple of V str
    threshold : (V,) float64
        The common one where a group has none of its own.
    kept : tuple of V str
        Why a group keeps the common threshold; empty where it has its own.
    before, after : Outcomes
        ``(V,)`` at the common threshold, and at these.
    target : float or None
        Rate that all groups are brought to.
    """

    labels: tuple[str, ...]
    threshold: FloatArray
    kept: tuple[str, ...]
    before: Outcomes
    after: Outcomes
    target: float | None = None

    @property
    def own(self) -> NDArray[np.bool_]:
        """Whether a group has a threshold of its own, ``(V,)``."""
        return np.array([not reason for reason in self.kept], dtype=bool)

    def frame(self) -> pd.DataFrame:
        """Return the table, one row a group."""
        import pandas as pd

        columns: dict[str, object] = {"slice": self.labels, "threshold": self.threshold, "kept": self.kept}
        for key, rate in RATES.items():
            columns |= {f"{key}_before": rate(self.before), f"{key}_after": rate(self.after)}
        return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class Change:
    """One number before and after.

    Attributes
    ----------
    before, after : (V,) float64
        Of each group.
    all_before, all_after : float
        Of all groups together, from their summed outcomes.
    """

    before: FloatArray
    after: FloatArray
    all_before: float
    all_after: float


@dataclass(frozen=True, eq=False)
class SeparationPrice:
    """What separate thresholds change.

    Attributes
    ----------
    labels : tuple of V str
    changes : dict of Change
        By key: ``objective``, ``cost`` where there are prices (a total), ``precision``, ``recall``, ``fpr`` and
        ``flagged_share``.
    held, holds : dict of bool or None
        By constraint, whether all groups together keep to it before and after; None where it is undefined.
    """

    labels: tuple[str, ...]
    changes: dict[str, Change]
    held: dict[str, bool | None]
    holds: dict[str, bool | None]

    def frame(self) -> pd.DataFrame:
        """Return the table, one row a group."""
        import pandas as pd

        columns: dict[str, object] = {"slice": self.labels}
        for key, change in self.changes.items():
            columns |= {f"{key}_before": change.before, f"{key}_after": change.after}
        return pd.DataFrame(columns)


def own_thresholds(
    sliced: Sliced, rule: Rule, *, min_support: float = MIN_SUPPORT, min_of_class: float = MIN_OF_CLASS
) -> SeparateThresholds:
    """Choose the best threshold of each group by itself.

    Parameters
    ----------
    sliced : Sliced
    rule : Rule
        Its constraints have to hold in each group.
    min_support, min_of_class : float
        Effective rows, and rows of each class, below which a group keeps the common threshold.

    Returns
    -------
    SeparateThresholds

    Raises
    ------
    DataError
        If a constraint limits a number of rows or a capacity per day: it belongs to all groups together.
    """
    for constraint in rule.constraints:
        shared = isinstance(constraint, Capacity) and constraint.per is not None
        if shared or getattr(constraint, "key", "") == "flagged":
            raise DataError(f"'{constraint.text}' limits all rows together, so it cannot be kept by each group by itself. Give a share of the rows, such as 5%, or choose one threshold for all groups.")  # fmt: skip

    def pick(one: ScoreTally) -> tuple[float, Outcomes] | str:
        found = choose(one, rule)
        if found.threshold is None or found.outcomes is None:
            return found.reason
        return found.threshold, found.outcomes

    return _separate(sliced, pick, min_support, {"positive": min_of_class, "negative": min_of_class})


def equal_opportunity(
    sliced: Sliced, *, target: float | None = None, min_of_class: float = MIN_OF_CLASS
) -> SeparateThresholds:
    """Bring all groups to the same recall: in each the highest threshold that reaches it.

    Parameters
    ----------
    sliced : Sliced
    target : float, optional
        Recall above 0 and up to 1; by default that of all groups together at the common threshold.
    min_of_class : float
        Effective positive rows below which a group keeps the common threshold.

    Returns
    -------
    SeparateThresholds
        Steps of the scores leave the recalls at or a little above the target.

    Raises
    ------
    DataError
        If the target is outside that range, or no group has a positive row.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, NeurIPS
    """
    goal = _goal(sliced, "recall", target)

    def pick(one: ScoreTally) -> tuple[float, Outcomes]:
        o = candidate_outcomes(one)
        return _at(o, int(np.flatnonzero(counts.recall(o) >= goal - _ROUNDING)[-1]))

    found = _separate(sliced, pick, 0.0, {"positive": min_of_class})
    return replace(found, target=goal)


def equal_fpr(
    sliced: Sliced, *, target: float | None = None, min_of_class: float = MIN_OF_CLASS
) -> SeparateThresholds:
    """Bring all groups to the same false positive rate: in each the lowest threshold that stays within it.

    Parameters
    ----------
    sliced : Sliced
    target : float, optional
        False positive rate from 0 to below 1; by default that of all groups together at the common threshold.
    min_of_class : float
        Effective negative rows below which a group keeps the common threshold.

    Returns
    -------
    SeparateThresholds
        Steps of the scores leave the rates at or a little below the target.

    Raises
    ------
    DataError
        If the target is outside that range, or no group has a negative row.
    """
    goal = _goal(sliced, "fpr", target)

    def pick(one: ScoreTally) -> tuple[float, Outcomes]:
        o = candidate_outcomes(one)
        return _at(o, int(np.flatnonzero(counts.fpr(o) <= goal + _ROUNDING)[0]))

    found = _separate(sliced, pick, 0.0, {"negative": min_of_class})
    return replace(found, target=goal)


def separation_price(
    separate: SeparateThresholds, rule: Rule, *, costs: Costs | None = None
) -> SeparationPrice:
    """Compare separate thresholds with the common one, group by group and all together.

    Parameters
    ----------
    separate : SeparateThresholds
    rule : Rule
        Whose objective and constraints are looked at.
    costs : Costs, optional
        By default those of the objective, if it has any.

    Returns
    -------
    SeparationPrice

    Raises
    ------
    DataError
        If costs depend on amounts and the rows have none.
    """
    costs = rule.objective.costs if costs is None else costs
    measures: dict[str, Callable[[Outcomes], FloatArray]] = {"objective": rule.objective.value}
    if costs is not None:
        measures["cost"] = costs.total
    measures |= {key: RATES[key] for key in ("precision", "recall", "fpr", "flagged_share")}
    before, after = separate.before, separate.after
    whole, whole_after = summed(before), summed(after)
    changes = {key: Change(of(before), of(after), float(of(whole)), float(of(whole_after))) for key, of in measures.items()}  # fmt: skip
    checked = [c for c in rule.constraints if not (isinstance(c, Capacity) and c.per is not None)]
    held, holds = ({c.text: _holds(c, o) for c in checked} for o in (whole, whole_after))
    return SeparationPrice(separate.labels, changes, held, holds)


# ------------------------------------------------------------------------------------------------ counting


def _separate(
    sliced: Sliced, pick: Callable[[ScoreTally], tuple[float, Outcomes] | str], min_rows: float, least: dict[str, float]
) -> SeparateThresholds:  # fmt: skip
    """Pick a threshold in each group that is large enough, and keep the common one in the others."""
    before = sliced.outcomes
    threshold = np.full(len(sliced.labels), sliced.threshold)
    kept, after = [], []
    for i, one in enumerate(sliced.tallies):
        why = too_small(one, min_rows, least)
        found = why or pick(one)
        if isinstance(found, str):
            kept.append(found)
            after.append(_pick(before, i))
        else:
            kept.append("")
            threshold[i], at = found
            after.append(at)
    return SeparateThresholds(sliced.labels, threshold, tuple(kept), before, stacked(after))


def _holds(constraint: Limited, o: Outcomes) -> bool | None:
    """Say whether a constraint holds; None where it has no value."""
    return None if np.isnan(constraint.value(o)) else bool(constraint.holds(o))


def too_small(one: ScoreTally, min_rows: float, least: dict[str, float]) -> str:
    """Say why a group is too small for a threshold of its own; empty when it is not."""
    squares = one.squares or one
    sides = {"positive": (one.n_pos, squares.n_pos), "negative": (one.n_neg, squares.n_neg)}
    rows = _kish(one.n_pos + one.n_neg, squares.n_pos + squares.n_neg)
    if rows < max(min_rows, 1):
        return f"{_rows(rows)} are fewer than {max(min_rows, 1):,g}"
    for side, enough in least.items():
        n = _kish(*sides[side])
        if n < max(enough, 1):
            return f"{_rows(n, side)} are fewer than {max(enough, 1):,g}"
    return ""


def _rows(n: float, side: str = "") -> str:
    """Say how many rows."""
    return f"{n:,.0f} {side} rows" if side else f"{n:,.0f} rows"


def _kish(weight: float | NDArray[np.float64], squares: float | NDArray[np.float64]) -> float:
    """Rows of equal weight that tell as much."""
    return float(weight) * (float(weight) / float(squares)) if squares > 0 else 0.0


def _goal(sliced: Sliced, key: str, target: float | None) -> float:
    """Take the rate that was asked for, else that of all groups together."""
    low_ok = key == "fpr"
    label = "false positive rate" if low_ok else "recall"
    if target is None:
        found = float(RATES[key](summed(sliced.outcomes)))
        if np.isnan(found):
            raise DataError(f"No row is {'negative' if low_ok else 'positive'}, so there is no {label} to make equal.")  # fmt: skip
        return found
    if not (0 <= target < 1 if low_ok else 0 < target <= 1):
        span = "from 0 to below 1" if low_ok else "above 0 and at most 1"
        raise DataError(f"The {label} to bring all groups to is a fraction {span}, not {target:g}.")
    return target


def _at(o: Outcomes, i: int) -> tuple[float, Outcomes]:
    """Take one cut and its outcomes."""
    assert o.threshold is not None  # candidates are cuts
    return float(o.threshold[i]), _pick(o, i)


def _pick(o: Outcomes, i: int) -> Outcomes:
    """Take one entry, without its threshold."""
    return each_cell(o, lambda cell: np.asarray(cell[i]))
