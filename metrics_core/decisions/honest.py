"""What a rule is worth on rows it was not chosen on: repeated cross-validation of the choice itself.

The best of many cuts looks better on the rows it was chosen on than it is. So the rows are split into parts, the cut is
chosen on all parts but one and counted on that one, and the counts of all parts (not their ratios) are added up.

No rows are needed: splitting rows at random and counting them in each cell of the tally is drawing the counts from a
multivariate hypergeometric distribution. Each class is drawn once into equal blocks, and every repeat deals the blocks
anew to the parts. That makes every repeat a uniformly random split, as the blocks are a random ordering of the rows; rows of
one block stay together in all repeats, which changes no mean and little of the noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BinaryCases
from ..errors import DataError
from ..resampling import score_cells
from ..tally import Outcomes, ScoreTally
from ..tally.outcomes import FloatArray
from .replicates import (
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
    outcomes_above,
    row_counts,
    rows_of,
    sums_of,
    turns,
)
from .rule import IntArray, Rule

FOLDS, REPEATS = 5, 20
#: Fewest and most blocks for each part, and the numbers that all blocks of a class may take.
_FEWEST, _MOST, _NUMBERS = 5, 40, 1 << 21
#: Rows for each entry up to which shuffling rows is quicker than drawing counts; and what the hypergeometric generator takes.
_SHUFFLED, _COUNTED = 64, 10**9
#: Numbers looked at at a time: the arrays stay in the processor's cache.
_CHUNK = 1 << 18
#: Scores up to which each is tried as a cut, and how many about are tried of more.
_ALL, _SOME = 1 << 16, 1 << 14


@dataclass(frozen=True, eq=False)
class Honest:
    """What a rule is worth when it chooses on some rows and is counted on others.

    Attributes
    ----------
    value : float
        Of the objective on the pooled counts, costs as a total over as many rows as the tally has. NaN when undefined.
    apparent : float
        On the rows that the cut is chosen on.
    optimism : float
        How much better the apparent value is: apparent minus honest, the other way round when less is better.
    constraints : dict of str to float
        By constraint, its number on the pooled counts; NaN when undefined.
    outcomes : Outcomes or None
        The pooled counts, for as many rows as the tally has, with amounts when the rule looks at them.
    by_repeat : (R,) float64
        The objective on the pooled counts of each repeat: they differ by the random splits alone.
    folds, repeats : int
    infeasible : float
        Share of the choices in which no cut was feasible; these parts are left out of the counts. NaN when none was made.
    method : str
        ``cross_validation`` (the counts of the tally are split), ``row_cross_validation`` (the rows, with their weights or
        amounts) or ``group_cross_validation`` (the groups of rows that belong together).
    why : str
        Why there is no value.
    undefined : dict of str to str
        Why a constraint has no number.
    note : str
        What was left out or kept fixed.
    """

    value: float
    apparent: float
    optimism: float
    constraints: dict[str, float]
    outcomes: Outcomes | None
    by_repeat: FloatArray
    folds: int
    repeats: int
    infeasible: float
    method: str
    why: str
    undefined: dict[str, str]
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as it stands in the record of a decision; None for what is undefined."""
        o = self.outcomes
        counts = None if o is None else {name: float(getattr(o, name)) for name in ("tp", "fp", "fn", "tn")}
        numbers = {
            name: _null(getattr(self, name)) for name in ("value", "apparent", "optimism", "infeasible")
        }
        constraints = {text: _null(value) for text, value in self.constraints.items()}
        how = {"folds": self.folds, "repeats": self.repeats, "method": self.method}
        said = {"reason": self.why, "undefined": self.undefined, "note": self.note}
        return numbers | {"constraints": constraints, "outcomes": counts} | how | {name: text for name, text in said.items() if text}  # fmt: skip


def honest_of(
    tally: ScoreTally,
    rule: Rule,
    *,
    seed: int = 0,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    cases: BinaryCases | None = None,
) -> Honest:
    """Estimate what a rule is worth on rows it was not chosen on, by repeated stratified cross-validation.

    Parameters
    ----------
    tally : ScoreTally
        Without leading axes. The work depends on its entries, not on the rows.
    rule : Rule
        A limit on the number of flags is scaled to the rows that a cut is chosen on.
    seed : int
    folds, repeats : int
        Parts of the rows, at least two, and how often they are split anew, at least once.
    cases : BinaryCases, optional
        The rows of the tally. Needed when rows belong together, because whole groups are then split; when they have
        sampling weights; and when costs depend on amounts and several rows share a score.

    Returns
    -------
    Honest

    Raises
    ------
    DataError
        If there are fewer than two folds or no repeats.
    ValueError
        If the tally has leading axes or the cases are not its rows.

    References
    ----------
    Varma and Simon (2006), Bias in error estimation when using cross-validation for model selection, BMC Bioinformatics 7:91.

    Examples
    --------
    >>> from metrics_core.decisions.objectives import Objective
    >>> from metrics_core.reduce.scores import tally_of
    >>> rng = np.random.default_rng(0)
    >>> tally = tally_of(rng.random(60), rng.random(60) < 0.3)
    >>> found = honest_of(tally, Rule(Objective.read(maximize="mcc")))
    >>> round(found.apparent, 2), round(found.value, 2)
    (0.15, 0.01)
    """
    if folds < 2 or repeats < 1:
        raise DataError(f"Cross-validation takes 2 or more parts and 1 or more repeats, not {folds} and {repeats}.")  # fmt: skip
    filled = entries(tally)
    split = _Split(filled, _tried(filled, rule), folds, repeats, needs_amounts(rule))
    method, why, columns = split.columns(np.random.default_rng(seed), cases)
    if why:
        return _nothing(split, float("nan"), float("nan"), method, why)
    whole, cut = above(sums_of(filled, amounts=split.amounts)), cuts_of(filled)
    at = chosen_on_all(filled, rule)
    if at.size == 0:
        return _nothing(split, float("nan"), float("nan"), method, "no cut meets the constraints on all rows")
    apparent = float(rule.objective.value(outcomes_above(whole[:, at], whole[:, :1], cut[at]))[0])
    tried = np.append(split.starts, filled.score.size)
    pooled, used = _pooled(rule, split, columns, whole[:, tried], cut[tried])
    infeasible = float((~used).mean())
    if infeasible == 1:
        return _nothing(split, apparent, infeasible, method, "no cut met the constraints in any choice on a part of the rows")  # fmt: skip
    return _summed_up(rule, split, pooled, whole[:, 0], apparent, infeasible, method)


# ------------------------------------------------------------------------------------------------ splitting


@dataclass(frozen=True, eq=False)
class _Column:
    """One number of the rows (positives, negatives or their amounts), by block, and who holds which block out."""

    held_out: FloatArray  # (R * F, K), 1 where a part has a block
    above: FloatArray  # (K, T), sums above each cut


@dataclass(frozen=True, eq=False)
class _Split:
    """How a tally is split."""

    tally: ScoreTally
    starts: IntArray  # (C,), the entries that are tried as cuts; each opens a cell
    folds: int
    repeats: int
    amounts: bool

    @property
    def blocks(self) -> int:
        """Blocks of a class: a multiple of the parts, fewer when the tally is long."""
        for_each = _NUMBERS // (self.folds * max(1, self.starts.size))
        return self.folds * min(max(for_each, _FEWEST), _MOST)

    def columns(self, rng: np.random.Generator, cases: BinaryCases | None) -> tuple[str, str, list[_Column]]:
        """Split the counts, the rows or the groups: the method, why not, and the columns."""
        grouped = cases is not None and cases.together is not None
        counted = row_counts(self.tally)
        if counted is not None and not grouped and not self.amounts:
            rows, ones = counted[::2], counted[1::2]
            why = self._too_few(int(rows[0].sum()), int(rows[1].sum()), "rows")
            return "cross_validation", why, [] if why else self._by_counts(rng, rows, ones)
        method = "group_cross_validation" if grouped else "row_cross_validation"
        found = None if self.tally.score.size == 0 else rows_of(self.tally, cases, amounts=self.amounts)
        if found is None:
            why = NO_AMOUNTS if self.amounts else "rows of different weight cannot be told apart in a tally; it takes the rows themselves"  # fmt: skip
            return method, why, []
        unit = np.arange(found.entry.size) if found.together is None else found.together
        positive, negative = (np.unique(unit[own]).size for own in (found.positive, ~found.positive))
        why = self._too_few(positive, negative, "groups" if grouped else "rows")
        return method, why, [] if why else self._by_units(rng, found, unit)

    def _too_few(self, positive: int, negative: int, of: str) -> str:
        """Say why a class cannot be split."""
        for n, name in ((positive, "positive"), (negative, "negative")):
            if n < self.folds:
                of_class = f"{name} rows" if of == "rows" else f"groups with {name} rows"
                return f"there are {n} {of_class}, fewer than the {self.folds} parts of a cross-validation"
        return ""

    def _by_counts(self, rng: np.random.Generator, rows: tuple[Any, ...], ones: tuple[Any, ...]) -> list[_Column]:  # fmt: skip
        """Draw the counts of each class into blocks."""
        found = []
        for counts, one in zip(rows, ones, strict=True):
            held_out = self._dealt(rng, int(counts.sum()))
            of_cell = np.add.reduceat(counts, self.starts)
            found.append(_Column(held_out, above(_in_blocks(rng, of_cell, self.blocks) * one)))
        return found

    def _by_units(self, rng: np.random.Generator, rows: Rows, unit: IntArray) -> list[_Column]:
        """Put the units (rows, or groups of rows) with and without a positive row into blocks, then add up their rows."""
        _, code = np.unique(unit, return_inverse=True)
        n = int(code.max()) + 1
        with_positive = np.bincount(code[rows.positive], minlength=n) > 0
        block, dealt = np.empty(n, dtype=np.int64), []
        for stratum, own in enumerate((with_positive, ~with_positive)):
            size = int(own.sum())
            block[own] = rng.permutation(size) % self.blocks + stratum * self.blocks
            dealt.append(self._dealt(rng, size))
        held_out = np.concatenate(dealt, axis=1)
        length, of_row = self.starts.size, block[code]
        cell = np.searchsorted(self.starts, rows.entry, side="right") - 1
        found = []
        for amount in rows.sums:
            for own in (rows.positive, ~rows.positive):
                at = of_row[own] * length + cell[own]
                sums = np.asarray(np.bincount(at, amount[own], 2 * self.blocks * length), dtype=np.float64)
                found.append(_Column(held_out, above(sums.reshape(-1, length))))
        return found

    def _dealt(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Deal the blocks of so many rows to the parts, anew for each repeat; those that hold a row more are dealt first."""
        longer = size % self.blocks
        order = np.tile(np.arange(self.blocks), (self.repeats, 1))
        for some in (order[:, :longer], order[:, longer:]):
            rng.permuted(some, axis=1, out=some)
        part = np.empty_like(order)
        np.put_along_axis(part, order, np.arange(self.blocks)[np.newaxis] % self.folds, axis=1)
        held_out = part[:, np.newaxis] == np.arange(self.folds)[:, np.newaxis]
        return np.asarray(held_out.reshape(-1, self.blocks), dtype=np.float64)


def _tried(tally: ScoreTally, rule: Rule) -> IntArray:
    """Choose the entries that are tried as cuts: all, or of very many so many that the rest makes no difference."""
    if tally.score.size <= _ALL:
        return np.arange(tally.score.size)
    return best_in_each(tally, rule, np.union1d(score_cells(tally, _SOME), turns(tally, rule)))


def _in_blocks(rng: np.random.Generator, counts: NDArray[np.int64], blocks: int) -> FloatArray:
    """Put the rows of a class into blocks of equal size, by chance, and count them by entry, ``(blocks, D)``."""
    used = np.flatnonzero(counts)
    rows, total = counts[used], int(counts.sum())
    if total <= _SHUFFLED * used.size:
        block = rng.permutation(total) % blocks
        at = block * used.size + np.repeat(np.arange(used.size), rows)
        found = np.bincount(at, minlength=blocks * used.size).reshape(blocks, used.size)
    elif total < _COUNTED:
        found, left = np.empty((blocks, used.size), dtype=np.int64), rows.copy()
        for i in range(blocks):
            size = total // blocks + (i < total % blocks)
            found[i] = rng.multivariate_hypergeometric(left, size, method="marginals")
            left -= found[i]
    else:  # blocks of about a size: of a billion rows they differ by less than one in a thousand
        found = rng.multinomial(rows, np.full(blocks, 1 / blocks)).T
    out: FloatArray = np.zeros((blocks, counts.size))
    out[:, used] = found
    return out


# ------------------------------------------------------------------------------------------------ choosing, pooling


def _pooled(rule: Rule, split: _Split, columns: list[_Column], whole: FloatArray, cut: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:  # fmt: skip
    """Choose without each part and count it: sums above the cut and in all, ``(A, 2, R)``, and which choices were made.

    The sums of a repeat are those of the parts whose choice was made.
    """
    n = split.repeats * split.folds
    counted, used = np.zeros((len(columns), 2, n)), np.zeros(n, dtype=bool)
    for part in _parts(n, cut.size):
        held = np.stack([c.held_out[part] @ c.above for c in columns])
        others = whole[:, np.newaxis] - held
        rows = others[:2, :, :1].sum(0)
        others *= whole[:2, 0].sum() / rows  # a limit on the number of flags is one for all rows
        at = chosen(rule, others, cut)
        used[part] = at >= 0
        where = np.broadcast_to(np.maximum(at, 0)[:, np.newaxis], (len(columns), at.size, 1))
        counted[:, 0, part] = np.take_along_axis(held, where, -1)[..., 0]
        counted[:, 1, part] = held[..., 0]
    by_repeat = (counted * used).reshape(len(columns), 2, split.repeats, split.folds).sum(-1)
    return by_repeat, used


def _parts(n: int, width: int) -> Iterator[slice]:
    """Take some splits at a time."""
    step = max(1, _CHUNK // width)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _summed_up(rule: Rule, split: _Split, pooled: FloatArray, totals: FloatArray, apparent: float, infeasible: float, method: str) -> Honest:  # fmt: skip
    """Compute the objective and the constraints of the pooled counts."""
    size = float(totals[:2].sum())
    flagged, every = pooled.swapaxes(0, 1)  # (A, R) each

    def of(flagged: FloatArray, every: FloatArray) -> Outcomes:
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = size / every[:2].sum(0)  # the rows of all parts again, of parts left out as well
        return outcomes_above(flagged * scale, every * scale, None)

    together = of(flagged.sum(-1), every.sum(-1))
    value = float(rule.objective.value(together))
    better = rule.objective.direction * (apparent - value)
    constraints, undefined, fixed = {}, {}, fixed_constraints(rule)
    for c in rule.constraints:
        constraints[c.text] = float("nan") if c.text in fixed else float(c.value(together))
        if c.text in fixed or c.text.startswith("net_benefit"):
            undefined[c.text] = "it belongs to a cut, and every part has a cut of its own"
        elif np.isnan(constraints[c.text]):
            undefined[c.text] = "it is undefined on the pooled counts"
    why = rule.objective.undefined_when if np.isnan(value) else ""
    by_repeat = rule.objective.value(of(flagged, every))
    return Honest(value, apparent, better, constraints, together, by_repeat, split.folds, split.repeats, infeasible, method, why, undefined, _note(rule, split, infeasible))  # fmt: skip


def _note(rule: Rule, split: _Split, infeasible: float) -> str:
    """Say what was left out or kept fixed."""
    said = []
    if split.starts.size < split.tally.score.size:
        said.append(f"of {split.tally.score.size:,} scores {split.starts.size:,} were tried as cuts")
    if infeasible > 0:
        said.append(f"in {infeasible:.1%} of the choices no cut met the constraints; the rows they would have been counted on are left out")  # fmt: skip
    fixed = fixed_constraints(rule)
    said += [f"kept on all rows in every choice: {', '.join(fixed)}"] if fixed else []
    return "; ".join(said)


def _nothing(split: _Split, apparent: float, infeasible: float, method: str, why: str) -> Honest:
    """Return no estimate and the reason."""
    nan = float("nan")
    missing = np.full(split.repeats, nan)
    return Honest(
        nan, apparent, nan, {}, None, missing, split.folds, split.repeats, infeasible, method, why, {}
    )


def _null(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)
