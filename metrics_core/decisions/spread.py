"""How far the chosen cut itself may move: the same rule on rows drawn again.

Each replicate of the tally gets a cut of its own; their percentiles say which cuts other rows would have led to. A best cut
settles with the cube root of the number of rows, where the theory of the bootstrap does not reach; in simulations of 200
to 5000 rows, intervals of 95 % held the best cut of endless rows in 92 to 98 % of the samples. Tallies of many scores are
merged to some hundred cells first, and to finer ones where a trial run puts its cuts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cases import BinaryCases
from ..errors import DataError
from ..resampling import CELLS, GroupResampler, Resampler, RowResampler, Sample, chunks, score_cells
from ..tally import ScoreTally
from ..tally.outcomes import FloatArray
from .replicates import (  # fmt: skip
    NO_AMOUNTS,
    Rows,
    above,
    best_in_each,
    chosen,
    chosen_on_all,
    cuts_of,
    entries,
    fixed_constraints,
    needs_amounts,
    rows_of,
    sums_of,
    turns,
)
from .rule import BoolArray, IntArray, Rule

#: The data determine a cut when its interval spans no more than this share of the range of the scores ...
WIDEST = 0.3
#: ... and when no more than this share of the replicates has no feasible cut.
MAX_INFEASIBLE = 0.05
MIN_REPLICATES = 100
#: Replicates of the trial run, and the share of the rows of a class beyond each end of the range of the scores.
_TRIAL, _BEYOND = 200, 0.005


@dataclass(frozen=True, eq=False)
class Spread:
    """The cuts that a rule picks on rows drawn again.

    Attributes
    ----------
    low, high : float
        Percentile interval of the cut; it holds the cut chosen on all rows. NaN when there is none.
    level : float
    draws : (B,) float64
        The cut of each replicate, in the unit of the scores; NaN where no cut was feasible.
    flagged : (B,) float64
        Share of the rows at hand that each of these cuts flags.
    flagged_low, flagged_high : float
        Percentile interval of that share.
    infeasible : float
        Share of the replicates in which no cut was feasible.
    determined : bool
        Whether the rows settle where the cut lies: the interval spans at most 0.3 of the range of the scores, and at most
        5 % of the replicates have no feasible cut.
    method : str
        ``bootstrap`` or ``group_bootstrap``.
    why : str
        Why there is no interval, or in what way the data do not determine the cut.
    note : str
        What the replicates leave out.
    """

    low: float
    high: float
    level: float
    draws: FloatArray
    flagged: FloatArray
    flagged_low: float
    flagged_high: float
    infeasible: float
    determined: bool
    method: str
    why: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the interval as it stands in the record of a decision; None for what is undefined."""
        ends = {"low": _null(self.low), "high": _null(self.high), "level": self.level, "method": self.method}
        share = {"low": _null(self.flagged_low), "high": _null(self.flagged_high)}
        more = {"replicates": int(self.draws.size), "infeasible": _null(self.infeasible), "determined": self.determined, "flagged_share": share}  # fmt: skip
        said = {"reason": self.why, "note": self.note}
        return ends | more | {name: text for name, text in said.items() if text}


def spread_of(
    tally: ScoreTally,
    rule: Rule,
    *,
    level: float = 0.95,
    seed: int = 0,
    replicates: int = 1000,
    cases: BinaryCases | None = None,
) -> Spread:
    """Choose the cut again on rows drawn again.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes; a weighted one is drawn by its effective numbers of rows.
    rule : Rule
    level : float
        Share of the replicates inside the interval, such as 0.95.
    seed, replicates : int
        The seed decides the draws.
    cases : BinaryCases, optional
        The rows of the tally. Needed when rows belong together, because the groups are then drawn, and when costs depend
        on amounts and several rows share a score.

    Returns
    -------
    Spread

    Raises
    ------
    DataError
        If the level is no fraction between 0 and 1 or the replicates are too few.
    ValueError
        If the tally has leading axes or the cases are not its rows.

    Examples
    --------
    >>> from metrics_core.decisions.objectives import Objective
    >>> from metrics_core.reduce.scores import tally_of
    >>> score = np.arange(40) / 40
    >>> found = spread_of(tally_of(score, score > 0.6), Rule(Objective.read(maximize="f1")))
    >>> found.low, found.high, found.determined
    (0.625, 0.725, True)
    """
    if not 0 < level < 1:
        raise DataError(f"The level of an interval is a fraction between 0 and 1, such as 0.95, not {level:g}.")  # fmt: skip
    if replicates < MIN_REPLICATES:
        raise DataError(f"{replicates} replicates are too few for an interval: take {MIN_REPLICATES} or more.")  # fmt: skip
    filled = entries(tally)
    sample = Sample(tally.outcomes(-np.inf), tally, cases, level, seed, replicates)
    method = "group_bootstrap" if sample.grouped else "bootstrap"
    why, rows = _drawable(filled, rule, cases)
    if why:
        missing = np.full(replicates, np.nan)
        nan = float("nan")
        return Spread(nan, nan, level, missing, missing, nan, nan, nan, False, method, why)
    starts = score_cells(filled)
    if starts.size < filled.score.size:
        starts = np.union1d(starts, turns(filled, rule))
        trial = _chosen_cells(filled, rule, rows, starts, seed, min(_TRIAL, replicates))
        near = np.append(starts[trial[trial >= 0].clip(max=starts.size - 1)], chosen_on_all(filled, rule))
        starts = best_in_each(filled, rule, _finer(filled, starts, near))
    drawn = _chosen_cells(filled, rule, rows, starts, seed, replicates)
    at = np.append(starts, filled.score.size)[drawn]  # entries; a draw of -1 is put aside below
    return _summed_up(filled, rule, at, drawn >= 0, sample, method)


# ------------------------------------------------------------------------------------------------ drawing


def _drawable(filled: ScoreTally, rule: Rule, cases: BinaryCases | None) -> tuple[str, Rows | None]:
    """Say why nothing can be drawn, or list the rows when they are drawn and not the counts."""
    if filled.score.size == 0:
        return "there are no rows", None
    together = None if cases is None else cases.together
    if together is not None and np.unique(together).size < 2:
        return "all rows belong together, so none can be drawn without the others", None
    if not needs_amounts(rule) and together is None:
        return "", None
    rows = rows_of(filled, cases, amounts=needs_amounts(rule))
    return ("", rows) if rows is not None else (NO_AMOUNTS, None)


def _chosen_cells(filled: ScoreTally, rule: Rule, rows: Rows | None, starts: IntArray, seed: int, replicates: int) -> IntArray:  # fmt: skip
    """Choose on replicates of merged entries: the number of the cell at whose start the cut lies, -1 for none."""
    cut = cuts_of(filled)[np.append(starts, filled.score.size)]
    found = np.empty(replicates, dtype=np.int64)
    for part, drawn in _draws(filled, rows, starts, seed, replicates):
        sums = drawn.reshape(len(drawn), -1, starts.size).swapaxes(0, 1)
        found[part] = chosen(rule, above(sums), cut)
    return found


def _draws(filled: ScoreTally, rows: Rows | None, starts: IntArray, seed: int, replicates: int) -> Iterator[tuple[slice, FloatArray]]:  # fmt: skip
    """Draw sums over cells, positives first, then negatives, then the same of amounts."""
    resampler: Resampler
    if rows is None:
        weight, squares = (
            np.add.reduceat(sums_of(t, amounts=False), starts, axis=-1).ravel()
            for t in (filled, filled.squares or filled)
        )
        resampler = RowResampler(weight, squares)
    else:
        size = starts.size
        cell = np.searchsorted(starts, rows.entry, side="right") - 1 + np.where(rows.positive, 0, size)
        unit = np.arange(rows.entry.size) if rows.together is None else rows.together
        n = len(rows.sums)
        cells = np.concatenate([cell + 2 * size * i for i in range(n)])
        resampler = GroupResampler.of(np.tile(unit, n), cells, np.concatenate(rows.sums), 2 * size * n)
    return chunks(resampler, seed, replicates)


def _finer(filled: ScoreTally, starts: IntArray, at: IntArray) -> IntArray:
    """Make the cells finer between the entries where cuts were chosen, and a cell beyond."""
    if at.size == 0:
        return starts
    ends = np.searchsorted(starts, [at.min(), at.max()], side="right") - 1
    low, high = int(starts[max(ends[0] - 1, 0)]), int(np.append(starts, filled.score.size)[min(ends[1] + 2, starts.size)])  # fmt: skip
    inside = ScoreTally(filled.score[low:high], filled.pos[low:high], filled.neg[low:high], probability=False)
    return np.unique(np.concatenate([starts, low + score_cells(inside, CELLS)]))


# ------------------------------------------------------------------------------------------------ summing up


def _summed_up(filled: ScoreTally, rule: Rule, at: IntArray, feasible: BoolArray, sample: Sample, method: str) -> Spread:  # fmt: skip
    """Make an interval of the entries at which the cuts lie."""
    cut = cuts_of(filled)
    rows = above(sums_of(filled, amounts=False)).sum(0)
    draws, share = (np.where(feasible, of[at], np.nan) for of in (cut, rows / rows[0]))
    infeasible = float((~feasible).mean())
    fixed = fixed_constraints(rule)
    note = f"kept on the rows at hand in every resample: {', '.join(fixed)}" if fixed else ""
    if not feasible.any():
        nan, why = float("nan"), "in none of the resamples does a cut meet the constraints"
        return Spread(nan, nan, sample.level, draws, share, nan, nan, infeasible, False, method, why, note)
    here = chosen_on_all(filled, rule)
    low, high = _percentiles(draws[feasible], cut[here], sample.tail())
    few, many = _percentiles(share[feasible], (rows / rows[0])[here], sample.tail())
    width = _range(filled)
    why = ""
    if infeasible > MAX_INFEASIBLE:
        why = f"the data do not determine the cut: in {infeasible:.0%} of the resamples no cut meets the constraints"  # fmt: skip
    elif high - low > WIDEST * width:
        of_range = f", {(high - low) / width:.0%} of the range of the scores" if width > 0 else ""
        why = f"the data do not determine the cut: resampled rows put it anywhere between {low:.4g} and {high:.4g}{of_range}, where it flags {few:.1%} to {many:.1%} of the rows"  # fmt: skip
    return Spread(low, high, sample.level, draws, share, few, many, infeasible, not why, method, why, note)


def _percentiles(drawn: FloatArray, here: FloatArray, tail: float) -> tuple[float, float]:
    """Order statistics with the same share of replicates beyond both; they hold what was chosen on all rows."""
    ordered = np.sort(drawn)
    beyond = min(max(int(tail * (ordered.size + 1)), 1), (ordered.size + 1) // 2)
    ends = np.concatenate([[ordered[beyond - 1], ordered[-beyond]], here])
    return float(ends.min()), float(ends.max())


def _range(filled: ScoreTally) -> float:
    """Measure the range of the scores without the outermost half per cent of either class.

    Of all rows together half a per cent may be all positives there are; 0 to 1 says nothing of probabilities that stay
    below 0.1.
    """
    ends = []
    for side in (filled.pos, filled.neg):
        total = np.cumsum(side, dtype=np.float64)
        if total[-1] > 0:
            ends += np.searchsorted(total, np.array([_BEYOND, 1 - _BEYOND]) * total[-1]).tolist()
    return float(filled.score[min(max(ends), filled.score.size - 1)] - filled.score[min(ends)])


def _null(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else value
