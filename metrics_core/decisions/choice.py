"""One cut chosen by a rule, and when there is none, what stands in the way and how close one gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from .constraints import Capacity
from .prevalence import reweighted
from .rule import BoolArray, Limited, Rule, lowest_best


@dataclass(frozen=True)
class TieBlock:
    """Rows that one step of the cut takes in or leaves out together: they share a score or, of binned scores, a bin.

    Attributes
    ----------
    score : float
        Their score, or the least that the bin may hold.
    rows, positives : float
        Rows, or sums of weights.
    """

    score: float
    rows: float
    positives: float


@dataclass(frozen=True)
class Overflow:
    """A capacity that falls inside a block of ties: the rows of the block fit in part only.

    Attributes
    ----------
    block : TieBlock
        The rows just below the cut.
    room : float
        How many of them still fit, in rows or sums of weights.
    precision : float
        Expected precision when the room is filled with rows of the block drawn by lot.
    recall : float
        Expected recall then.
    """

    block: TieBlock
    room: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Nearest:
    """How close a constraint comes to its limit.

    Attributes
    ----------
    value, threshold : float
        Where the constraint stands alone: if it can be met, the cut that just meets it; else the one that misses least.
        NaN when it is undefined at every cut.
    holds : bool
        Whether it can be met alone.
    beside_value, beside_threshold : float
        The same among the cuts where all other constraints hold; NaN when there are none.
    """

    value: float
    threshold: float
    holds: bool
    beside_value: float
    beside_threshold: float


@dataclass(frozen=True, eq=False)
class Choice:
    """The cut a rule picks on a tally.

    Attributes
    ----------
    rule : Rule
    threshold : float or None
        Of ``score >= threshold``; None when no cut is feasible.
    outcomes : Outcomes or None
        At the threshold, without leading axes.
    value : float
        Of the objective, costs as a total; NaN when no cut is feasible.
    values : dict of str to float
        By constraint, its number at the threshold; empty when no cut is feasible.
    ties : TieBlock or None
        The rows exactly at the threshold; None when nothing is flagged.
    overflow : Overflow or None
        When a capacity falls inside the block of ties below the threshold.
    blocking : tuple of Limited
        When no cut is feasible: the constraints without any one of which there would be a feasible cut, and if dropping
        one is not enough, all that stand in the smallest sets whose dropping is.
    nearest : dict of str to Nearest
        When no cut is feasible, by constraint.
    reason : str
        Why there is no threshold.
    prevalence : float or None
        The prevalence the tally was weighted to.
    """

    rule: Rule
    threshold: float | None
    outcomes: Outcomes | None
    value: float
    values: dict[str, float]
    ties: TieBlock | None = None
    overflow: Overflow | None = None
    blocking: tuple[Limited, ...] = ()
    nearest: dict[str, Nearest] | None = None
    reason: str = ""
    prevalence: float | None = None

    @property
    def feasible(self) -> bool:
        """Whether there is a threshold."""
        return self.threshold is not None

    @property
    def value_per_row(self) -> float:
        """Mean cost of a row; the value itself of any other objective."""
        costs = self.rule.objective.costs
        return self.value if costs is None or self.outcomes is None else float(costs.per_row(self.outcomes))


def candidates(tally: ScoreTally) -> FloatArray:
    """List the cuts worth looking at, ascending ``(T,)``: no other gives other outcomes.

    Returns
    -------
    (T,) float64
        Every distinct score that has rows, or the least score of every bin that has some, in any of the leading axes;
        then the cut above all of them, which flags nothing.

    Examples
    --------
    >>> from metrics_core.reduce.scores import tally_of
    >>> candidates(tally_of(np.array([0.2, 0.7, 0.7]), np.array([False, True, False])))
    array([0.2, 0.7, 0.7])
    """
    return _cuts(tally, _filled(tally))


def candidate_outcomes(tally: ScoreTally) -> Outcomes:
    """Count the four outcomes at every candidate, ``(..., T)``, quicker than ``tally.outcomes(candidates(tally))``."""
    at = _filled(tally)
    return _counted(tally, at, _cuts(tally, at))


def choose(tally: ScoreTally, rule: Rule, *, prevalence: float | None = None) -> Choice:
    """Pick the best cut that keeps to every constraint.

    Values that differ by rounding only are equal, and of equal values the lowest threshold wins.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes, with amounts when the costs depend on them.
    rule : Rule
    prevalence : float, optional
        Share of positives to weight the tally to, see ``prevalence.reweighted``.

    Returns
    -------
    Choice

    Raises
    ------
    DataError
        If costs depend on amounts and the tally has none, or the prevalence cannot be reached.
    ValueError
        If the tally has leading axes.

    Examples
    --------
    >>> from metrics_core.decisions.constraints import Constraint
    >>> from metrics_core.decisions.objectives import Objective
    >>> from metrics_core.reduce.scores import tally_of
    >>> tally = tally_of(np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True]))
    >>> found = choose(tally, Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.9"),)))
    >>> found.threshold, found.value
    (0.9, 0.5)
    >>> rule = Rule(Objective.read(maximize="recall"), (Constraint.read("precision>=0.9"), Constraint.read("recall>=0.9")))
    >>> choose(tally, rule).nearest["precision>=0.9"].beside_threshold
    0.4
    """
    if tally.pos.ndim != 1:
        raise ValueError("a cut is chosen on one tally at a time; Rule.best takes leading axes")
    if prevalence is not None:
        tally = reweighted(tally, prevalence)
    counted = candidate_outcomes(tally)
    cuts = counted.threshold
    assert cuts is not None  # candidates are cuts
    values = rule.values(counted)
    held = [c.holds(counted) for c in rule.constraints]
    feasible = np.logical_and.reduce(held) if held else np.ones(cuts.size, dtype=bool)
    best = int(lowest_best(values, feasible, rule.objective.direction))
    if best < 0:
        return _none(rule, counted, values, held, prevalence)
    here = _one(counted, best)
    return Choice(
        rule,
        float(cuts[best]),
        here,
        float(values[best]),
        {c.text: float(c.value(here)) for c in rule.constraints},
        ties=_block(counted, best),
        overflow=_overflow(rule, counted, held, best),
        prevalence=prevalence,
    )


# ------------------------------------------------------------------------------------------------ counting


def _filled(tally: ScoreTally) -> NDArray[np.intp] | slice:
    """Find the entries that have rows; a slice of all of them when none is empty."""
    rows = (tally.pos != 0) | (tally.neg != 0)
    rows = rows.any(axis=tuple(range(rows.ndim - 1)))
    return slice(None) if rows.all() else np.flatnonzero(rows)


def _cuts(tally: ScoreTally, at: NDArray[np.intp] | slice) -> FloatArray:
    """List the scores at some entries and the next number above all of them."""
    if tally.score.size == 0:
        return np.zeros(0)
    last = tally.score[-1] if tally.top is None else tally.top[-1]
    return np.append(tally.score[at], np.nextafter(last, np.inf))


def _counted(tally: ScoreTally, at: NDArray[np.intp] | slice, cuts: FloatArray) -> Outcomes:
    """Count at some entries and above all of them."""
    none = np.zeros((*tally.pos.shape[:-1], min(1, tally.score.size)), dtype=tally.pos.dtype)
    tp, fp = (np.concatenate([x[..., at], none.astype(x.dtype)], axis=-1) for x in (tally.tp, tally.fp))
    fn, tn = tally.n_pos[..., None] - tp, tally.n_neg[..., None] - fp
    squares, amounts = (None if t is None else _counted(t, at, cuts) for t in (tally.squares, tally.amounts))
    return Outcomes(tp, fp, fn, tn, np.broadcast_to(cuts, tp.shape), squares, amounts)


def _one(o: Outcomes, at: int) -> Outcomes:
    """Take one cut."""
    assert o.threshold is not None  # candidates are cuts
    tp, fp, fn, tn = (np.asarray(x[at]) for x in (o.tp, o.fp, o.fn, o.tn))
    squares, amounts = (None if x is None else _one(x, at) for x in (o.squares, o.amounts))
    return Outcomes(tp, fp, fn, tn, np.asarray(o.threshold[at]), squares, amounts)


def _block(o: Outcomes, at: int) -> TieBlock | None:
    """Count the rows that the cut takes in and the next higher one does not."""
    assert o.threshold is not None  # candidates are cuts
    if at + 1 >= o.threshold.size:
        return None
    positives, negatives = float(o.tp[at] - o.tp[at + 1]), float(o.fp[at] - o.fp[at + 1])
    return TieBlock(float(o.threshold[at]), positives + negatives, positives)


def _overflow(rule: Rule, o: Outcomes, held: list[BoolArray], at: int) -> Overflow | None:
    """Describe the block below the cut when a capacity for all rows is what keeps it out."""
    full = [c for c, h in zip(rule.constraints, held, strict=True) if isinstance(c, Capacity) and at > 0 and c.per is None and not h[at - 1]]  # fmt: skip
    if not full:
        return None
    block = _block(o, at - 1)
    assert block is not None  # it lies below the cut
    room = min((c.limit * float(o.total[at]) if c.share else c.limit) - float(o.flagged[at]) for c in full)
    if room <= 0:
        return None
    tp = float(o.tp[at]) + block.positives * room / block.rows
    positives = float(o.positives[at])
    return Overflow(block, room, tp / (float(o.flagged[at]) + room), tp / positives if positives else float("nan"))  # fmt: skip


# ------------------------------------------------------------------------------------------------ no feasible cut


def _none(rule: Rule, o: Outcomes, values: FloatArray, held: list[BoolArray], prevalence: float | None) -> Choice:  # fmt: skip
    """Explain why no cut is feasible."""
    defined = ~np.isnan(values)
    nothing = Choice(rule, None, None, float("nan"), {}, prevalence=prevalence)
    label = rule.objective.label
    if not defined.any():
        why = rule.objective.undefined_when or "there are no rows"
        return replace(nothing, reason=f"{label} is undefined at every threshold: {why}", nearest={})
    least, blocking = _blocking(held, defined)
    nearest = {c.text: _nearest(rule, i, o, held, defined) for i, c in enumerate(rule.constraints)}
    found = tuple(rule.constraints[i] for i in blocking)
    return replace(nothing, blocking=found, nearest=nearest, reason=_reason(rule, found, least, nearest))


def _blocking(held: list[BoolArray], defined: BoolArray) -> tuple[int, list[int]]:
    """Find how few constraints any one cut breaks, and which are among so few."""
    broken = np.zeros(defined.size, dtype=np.int64)
    for i, h in enumerate(held):
        broken |= (~h).astype(np.int64) << i
    sets = np.unique(broken[defined]).tolist()
    least = min(s.bit_count() for s in sets)
    return least, [i for i in range(len(held)) if any(s >> i & 1 for s in sets if s.bit_count() == least)]


def _nearest(rule: Rule, i: int, o: Outcomes, held: list[BoolArray], defined: BoolArray) -> Nearest:
    """Find where a constraint is just met or misses least, alone and beside the others."""
    constraint = rule.constraints[i]
    own = np.where(defined, constraint.slack(o), np.nan)
    others = np.logical_and.reduce([defined, *(h for j, h in enumerate(held) if j != i)])
    alone, beside = (_closest(s, held[i]) for s in (own, np.where(others, own, np.nan)))
    ends = (_value_at(constraint, o, at) for at in (alone, beside))
    (value, threshold), (beside_value, beside_threshold) = ends
    return Nearest(value, threshold, bool((held[i] & defined).any()), beside_value, beside_threshold)


def _value_at(constraint: Limited, o: Outcomes, at: int) -> tuple[float, float]:
    """Return the limited number at a cut, and the cut; NaN for none."""
    if at < 0 or o.threshold is None:
        return float("nan"), float("nan")
    return float(constraint.value(_one(o, at))), float(o.threshold[at])


def _closest(slack: FloatArray, met: BoolArray) -> int:
    """Find the lowest cut that just meets a limit, else the one that misses least; -1 when it is undefined everywhere."""
    known = ~np.isnan(slack)
    if (known & met).any():
        return int(lowest_best(slack, met, -1))
    return int(lowest_best(slack, known))


def _reason(rule: Rule, blocking: tuple[Limited, ...], least: int, nearest: dict[str, Nearest]) -> str:
    """Say in a sentence what stands in the way."""
    alone = [c.text for c in rule.constraints if not nearest[c.text].holds]
    if alone:
        return "; ".join(f"'{t}' holds at no threshold: {_near(nearest[t].value, nearest[t].threshold)}" for t in alone)  # fmt: skip
    if least > 1:
        return f"no threshold keeps to all constraints: {least} of {', '.join(repr(c.text) for c in blocking)} would have to go"  # fmt: skip
    said = [f"where the others hold, '{c.text}' does not: {_near(nearest[c.text].beside_value, nearest[c.text].beside_threshold)}" for c in blocking]  # fmt: skip
    return f"no threshold keeps to all constraints; {'; '.join(said)}"


def _near(value: float, threshold: float) -> str:
    """Say how close a constraint comes."""
    return "it is undefined there" if np.isnan(value) else f"the nearest is {value:.4g} at {threshold:.6g}"
