"""Choosing on many replicates of a tally at once: its sums above every cut, and its rows where those are needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..resampling import CELLS
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from .constraints import Capacity
from .promised import Promised
from .rule import BoolArray, IntArray, Rule

#: Why nothing is drawn when costs depend on amounts and the tally holds several rows in a cell.
NO_AMOUNTS = "the costs depend on the amount of each row, and a tally holds only their sums; it takes the rows themselves"
#: Sums of weights that differ by this share of all are equal.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a tally one by one.

    Attributes
    ----------
    entry : (n,) int64
        Which entry of the tally each is counted in.
    positive : (n,) bool
    weight : (n,) float64
    worth : (n,) float64, optional
        Weight times amount.
    together : (n,) int64, optional
    """

    entry: IntArray
    positive: BoolArray
    weight: FloatArray
    worth: FloatArray | None = None
    together: IntArray | None = None

    @property
    def sums(self) -> tuple[FloatArray, ...]:
        """What is added up: weights, and with amounts weight times amount."""
        return (self.weight,) if self.worth is None else (self.weight, self.worth)


def entries(tally: ScoreTally) -> ScoreTally:
    """Leave out the entries without rows: no cut is chosen there.

    Raises
    ------
    ValueError
        If the tally has leading axes.
    """
    if tally.pos.ndim != 1:
        raise ValueError("a cut is chosen on one tally at a time")
    used = (tally.pos != 0) | (tally.neg != 0)
    if used.all():
        return tally

    def of(t: ScoreTally) -> ScoreTally:
        parts = (None if part is None else of(part) for part in (t.squares, t.amounts))
        squares, amounts = parts
        top = None if t.top is None else t.top[used]
        return replace(t, score=t.score[used], pos=t.pos[used], neg=t.neg[used], top=top, squares=squares, amounts=amounts)  # fmt: skip

    return of(tally)


def cuts_of(tally: ScoreTally) -> FloatArray:
    """List the cut at each entry and the one above all of them, ``(D + 1,)``."""
    last = tally.score[-1] if tally.top is None else tally.top[-1]
    return np.append(tally.score, np.nextafter(last, np.inf))


def sums_of(tally: ScoreTally, *, amounts: bool) -> FloatArray:
    """Stack positives and negatives, and their amounts, ``(2 or 4, D)``."""
    of = [tally] if tally.amounts is None or not amounts else [tally, tally.amounts]
    return np.array([side for t in of for side in (t.pos, t.neg)], dtype=np.float64)


def above(counts: FloatArray) -> FloatArray:
    """Sum from the top, ``(..., D)`` to ``(..., D + 1)``: what each cut flags, the last one nothing."""
    out = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1))
    np.cumsum(counts[..., ::-1], axis=-1, out=out[..., -2::-1])
    return out


def outcomes_above(flagged: FloatArray, totals: FloatArray, cut: FloatArray | None) -> Outcomes:
    """Turn sums above cuts ``(A, ..., T)`` and over all rows ``(A, ..., 1)`` into outcomes; amounts when A is 4."""
    tp, fp = flagged[:2]
    fn, tn = totals[0] - tp, totals[1] - fp
    more = None if len(flagged) == 2 else outcomes_above(flagged[2:], totals[2:], cut)
    return Outcomes(tp, fp, fn, tn, None if cut is None else np.broadcast_to(cut, tp.shape), amounts=more)


def chosen(rule: Rule, flagged: FloatArray, cut: FloatArray) -> IntArray:
    """Choose in every replicate, ``(A, ..., T)`` to ``(...)``; -1 where no cut is feasible.

    A cut stands at a score that the replicate holds: scores between it and the next lower one that it holds could not
    be told from it, yet rows elsewhere may carry them. Only where the rule looks at the cut itself and refuses that score
    the cut stays lower.
    """
    totals = flagged[..., :1]
    at = rule.best(outcomes_above(flagged, totals, cut))
    rows = flagged[0] + flagged[1]
    total = rows[..., :1]
    here = np.take_along_axis(rows, np.maximum(at, 0)[..., np.newaxis], -1)
    same = rows >= here - _ROUNDING * total
    last = rows.shape[-1] - 1 - same[..., ::-1].argmax(-1)
    some = (here > _ROUNDING * total)[..., 0]
    where = np.broadcast_to(last[..., np.newaxis], (len(flagged), *last.shape, 1))
    there = outcomes_above(np.take_along_axis(flagged, where, -1), totals, cut[last][..., np.newaxis])
    return np.asarray(np.where((at >= 0) & some & rule.feasible(there)[..., 0], last, at))


def chosen_on_all(tally: ScoreTally, rule: Rule) -> IntArray:
    """Choose on all rows: the entry at which the cut lies (one past the last flags nothing), or none."""
    at = np.atleast_1d(chosen(rule, above(sums_of(tally, amounts=needs_amounts(rule))), cuts_of(tally)))
    return np.asarray(at[at >= 0])


def best_in_each(tally: ScoreTally, rule: Rule, starts: IntArray) -> IntArray:
    """Start further cells at the best entry of each cell: where replicates would put the cut if they saw all entries."""
    sums = above(sums_of(tally, amounts=needs_amounts(rule)))
    counted = outcomes_above(sums, sums[:, :1], cuts_of(tally))
    value = rule.objective.direction * rule.values(counted)
    value = np.where(rule.feasible(counted) & ~np.isnan(value), value, -np.inf)[:-1]
    cell = np.repeat(np.arange(starts.size), np.diff(starts, append=value.size))
    best = np.flatnonzero((value == np.maximum.reduceat(value, starts)[cell]) & (value > -np.inf))
    _, first = np.unique(cell[best], return_index=True)
    return np.union1d(starts, best[first])


def turns(tally: ScoreTally, rule: Rule) -> IntArray:
    """List entries at which the constraints begin or cease to hold on all rows.

    Cells of several entries must not hide them: few cuts among many may be feasible. Of very many every second, third ...
    is left, which are then as close as cells.
    """
    sums = above(sums_of(tally, amounts=needs_amounts(rule)))
    held = rule.feasible(outcomes_above(sums, sums[:, :1], cuts_of(tally)))
    found = np.flatnonzero(np.diff(held[:-1])) + 1
    return np.asarray(found[:: 1 + found.size // CELLS])


def needs_amounts(rule: Rule) -> bool:
    """Tell whether the rule looks at the amounts of rows."""
    return rule.objective.costs is not None and rule.objective.costs.uses_amounts


def fixed_constraints(rule: Rule) -> list[str]:
    """List the constraints that look at the cut and at all rows, not at the outcomes: other rows do not change them."""
    found = []
    for constraint in rule.constraints:
        bare = getattr(constraint, "bare", constraint)  # that of a rule at another prevalence
        if isinstance(bare, Promised) or (isinstance(bare, Capacity) and bare.per is not None):
            found.append(constraint.text)
    return found


def row_counts(tally: ScoreTally) -> tuple[NDArray[np.int64], float, NDArray[np.int64], float] | None:
    """Count rows when all rows of a class weigh the same: positives, the weight of one, negatives, the weight of one.

    None when weights differ, so that sums of weights do not tell the number of rows.
    """
    found: list[Any] = []
    for side in ("pos", "neg"):
        counts = np.asarray(getattr(tally, side), dtype=np.float64)
        one = 1.0
        if tally.squares is not None and counts.sum() > 0:
            squares = np.asarray(getattr(tally.squares, side), dtype=np.float64)
            one = float(squares.sum() / counts.sum())
            if not np.allclose(squares, one * counts, rtol=_ROUNDING, atol=0):
                return None
        rows = np.rint(counts / one)
        if not np.allclose(rows * one, counts, rtol=_ROUNDING, atol=0):
            return None
        found += [rows.astype(np.int64), one]
    return found[0], found[1], found[2], found[3]


def rows_of(tally: ScoreTally, cases: BinaryCases | None, *, amounts: bool) -> Rows | None:
    """List the rows of a tally; None when neither cases nor the tally have them one by one.

    Parameters
    ----------
    tally : ScoreTally
        Without empty entries.
    cases : BinaryCases, optional
        Its rows. The classes of the tally may have been weighted to another prevalence.
    amounts : bool
        Whether the amounts of the rows are needed.

    Raises
    ------
    ValueError
        If the cases are not the rows of the tally.
    """
    if cases is None or cases.score is None:
        return _single_rows(tally, amounts=amounts)
    entry = np.searchsorted(tally.score, cases.score, side="right") - 1
    weight = np.ones(len(cases)) if cases.weight is None else cases.weight
    factor = np.ones(len(cases))
    for side, own in ((tally.pos, cases.positive), (tally.neg, ~cases.positive)):
        total = float(weight[own].sum())
        factor[own] = float(side.sum()) / total if total > 0 else 1.0
        counts = np.bincount(entry[own].clip(0), weight[own] * factor[own], tally.score.size)
        if not np.allclose(counts, side, rtol=1e-6, atol=_ROUNDING * float(side.sum())):
            raise ValueError("these are not the rows of the tally")
    worth = cases.worth if amounts else None
    if amounts and worth is None:
        return None
    return Rows(entry, cases.positive, weight * factor, None if worth is None else worth * factor, cases.together)  # fmt: skip


def _single_rows(tally: ScoreTally, *, amounts: bool) -> Rows | None:
    """List the rows of a tally that holds at most one row of each class in an entry."""
    counted = row_counts(tally)
    if counted is None or max(counted[0].max(initial=0), counted[2].max(initial=0)) > 1:
        return None
    at = [np.flatnonzero(counted[i]) for i in (0, 2)]
    positive = np.repeat([True, False], [at[0].size, at[1].size])
    weight, *worth = (
        np.concatenate([t.pos[at[0]], t.neg[at[1]]]).astype(np.float64)
        for t in (tally, tally.amounts if amounts else None)
        if t is not None
    )
    return Rows(np.concatenate(at), positive, weight, worth[0] if worth else None)
