"""Everything between arrays and slices worth reading: counting, testing, correcting, dropping what repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BoolArray, IntArray
from ..errors import DataError, did_you_mean
from ..filters import all_of
from ..grouping import Grouping
from ..reading.watch import UNWATCHED, Watch
from ..row_losses import RowLoss
from ..tally.outcomes import FloatArray
from .cube import sum_slices
from .lattice import Items, count_slices
from .multiplicity import CORRECTIONS, corrected
from .picking import MOST, SCORES, Lookup, Picked, contributions, fold, repeats
from .results import CLEAR, Discovery, FoundSlice
from .significance import (
    Evidence,
    Together,
    chance_within,
    difference_ends,
    effect_size,
    evidence_of,
    test_of,
)
from .sums import Losses, Sums

#: Rows below which a slice is not looked at, and errors that must be expected in it.
FEWEST_ROWS, FEWEST_ERRORS = 30, 5
#: Rows that must be left outside.
FEWEST_OUTSIDE = 5
#: Conditions a slice may have.
MOST_CONDITIONS = 3
#: Columns that are searched to the full depth, by the depth.
MOST_COLUMNS = {1: 200, 2: 20, 3: 20}
LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How to search.

    Attributes
    ----------
    depth : int
        Conditions that a slice may join, 1 to 3.
    min_support : float
        Share of the rows that a slice must have (never fewer than 30 rows), or from 1 on a number of rows.
    score : {"z", "sliceline", "lift"}
    correction : {"bh", "by", "holm"}
    limit : int
        Slices to list.
    unclear : bool
        Whether slices that chance explains fill up the list.
    most_columns : int
        Columns searched to the full depth: those with the clearest level alone.
    """

    depth: int = 2
    min_support: float = 0.01
    score: str = "z"
    correction: str = "bh"
    limit: int = 10
    unclear: bool = False
    most_columns: int = 20

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        DataError
        """
        if self.depth not in range(1, MOST_CONDITIONS + 1):
            raise DataError(
                f"Slices join 1 to {MOST_CONDITIONS} conditions: the depth cannot be {self.depth}."
            )
        if not (isfinite(self.min_support) and self.min_support > 0):
            raise DataError(f"The least support is a share of the rows such as 0.01, or a number of rows, not {self.min_support:g}.")  # fmt: skip
        if self.score not in SCORES:
            raise DataError(f"There is no score {self.score!r}. {did_you_mean(self.score, list(SCORES))}")
        if self.correction not in CORRECTIONS:
            raise DataError(f"There is no correction {self.correction!r}. {did_you_mean(self.correction, list(CORRECTIONS))}")  # fmt: skip
        if self.limit < 1:
            raise DataError(f"At least one slice must be listed, not {self.limit}.")


@dataclass(frozen=True, eq=False)
class Tested:
    """Every slice with enough rows, and what was found out about it.

    Attributes
    ----------
    items : Items
    slices : (M, depth) int32
        Ascending items, -1 behind the last one.
    sums : Sums
    evidence : Evidence
    q : (M,) float64
        NaN where nothing was tested.
    n_tested : int
    """

    items: Items
    slices: NDArray[np.int32]
    sums: Sums
    evidence: Evidence
    q: FloatArray
    n_tested: int

    def of(self, at: int) -> tuple[int, ...]:
        """Return the items of a slice."""
        return tuple(int(i) for i in self.slices[at] if i >= 0)


def least_rows(losses: Losses, min_support: float) -> int:
    """Rows, or their number if rows stand for several, that a slice must have.

    A rate needs so many that five errors are expected where nothing is different.
    """
    n = float(losses.of.weights.sum()) if losses.of.frequency else float(len(losses.of))
    need = max(1, ceil(min_support)) if min_support >= 1 else max(FEWEST_ROWS, ceil(min_support * n))
    if losses.of.is_rate and losses.mean > 0:
        need = max(need, ceil(FEWEST_ERRORS / losses.mean - 1e-9))
    return need


def search_slices(
    codes: Sequence[NDArray[Any]], n_levels: Sequence[int], losses: Losses, *,
    depth: int, need: int, correction: str = "bh", more_p: FloatArray | None = None, watch: Watch = UNWATCHED,
) -> Tested:  # fmt: skip
    """Test every conjunction of at most ``depth`` levels with at least ``need`` rows against all other rows.

    Parameters
    ----------
    codes : sequence of (n,) integer arrays
        The level of each row in each column; what is no level is ``-1`` or not below ``n_levels``.
    n_levels : sequence of int
    losses : Losses
        Of the same n rows.
    depth, need : int
    correction : str
    more_p : (L,) float64, optional
        P-values of other tests that belong to the same search.
    watch : Watch
    """
    if losses.counted:
        items, found = count_slices(codes, n_levels, losses.wrong, depth=depth, need=need, watch=watch.part(0.0, 0.8))  # fmt: skip
        slices, sums = found.items, losses.from_counts(found.rows, found.wrong)
    else:
        moments = losses.moments()  # the first one counts the rows: with frequencies what they stand for
        items, slices, added = sum_slices(codes, n_levels, moments, depth=depth, need=need, watch=watch.part(0.0, 0.8))  # fmt: skip
        sums = losses.read(added)
    whole = losses.whole
    evidence = evidence_of(losses, sums, whole)
    p = np.where(_testable(losses, sums, whole), evidence.p, np.nan)
    if losses.of.together is not None:
        evidence, p = _by_groups(codes, items, slices, losses, evidence, p, watch.part(0.8, 1.0))
    every = p if more_p is None else np.concatenate([p, more_p])
    q = corrected(every, correction)[: p.size] if every.size else p
    return Tested(items, slices, sums, evidence, q, int(np.count_nonzero(~np.isnan(every))))


def _testable(losses: Losses, sums: Sums, whole: Sums) -> BoolArray:
    """Tell which slices leave enough rows outside, and have enough that weigh."""
    fine = np.asarray(whole.rows - sums.rows >= (1 if losses.of.frequency else FEWEST_OUTSIDE))
    if losses.of.frequency:
        fine &= whole.weight - sums.weight >= FEWEST_OUTSIDE
    elif losses.of.weight is not None:
        enough = sums.effective >= FEWEST_ROWS
        if losses.of.is_rate:
            enough &= sums.effective * losses.mean >= FEWEST_ERRORS
        fine &= enough & ((whole - sums).effective >= FEWEST_OUTSIDE)
    return fine


def _by_groups(
    codes: Sequence[NDArray[Any]], items: Items, slices: NDArray[np.int32], losses: Losses,
    evidence: Evidence, p: FloatArray, watch: Watch,
) -> tuple[Evidence, FloatArray]:  # fmt: skip
    """Test again, by groups of rows, what would be clear if rows were independent.

    The larger p-value counts. Slices with p above 0.05 cannot be reported whatever the groups say, so they keep theirs,
    and the correction of the others is the same.
    """
    together = Together(losses)
    z, p = evidence.z.copy(), p.copy()
    again = np.flatnonzero(p <= CLEAR)
    for at, i in enumerate(again.tolist()):
        watch.at(at / again.size)
        of = [int(x) for x in slices[i] if x >= 0]
        design, own_p, _, _ = together.evidence(items.inside(codes, of), LEVEL)
        z[i], p[i] = z[i] / max(design, 1.0) ** 0.5, max(p[i], own_p)
    return replace(evidence, z=z, p=p), p


def find(groupings: Sequence[Grouping], loss: RowLoss, asked: Asked, watch: Watch = UNWATCHED) -> Discovery:
    """Find the slices where more is lost than elsewhere.

    Parameters
    ----------
    groupings : sequence of Grouping
        Over all rows of the table.
    loss : RowLoss
        Of any task: 0 and 1 are a rate, other numbers a mean.
    asked : Asked
    watch : Watch

    Raises
    ------
    DataError
        If something that is asked for makes no sense, or weights and the loss do not go together.
    """
    asked.check()
    losses = Losses.of_rows(loss)
    need = least_rows(losses, asked.min_support)
    notes = _notes(losses)
    if not _differs(losses):
        return _nothing(groupings, losses, asked, need, notes)
    kept, dropped, more_p = _narrowed(groupings, losses, asked, need, watch.part(0.0, 0.1))
    codes = [_of_rows(g, loss) for g in kept]
    sizes = [len(g.levels) for g in kept]
    tested = search_slices(codes, sizes, losses, depth=asked.depth, need=need, correction=asked.correction,
                           more_p=more_p, watch=watch.part(0.1, 0.8))  # fmt: skip
    return _Report(kept, codes, losses, asked, need, tested, watch.part(0.8, 1.0)).discovery(dropped, notes)


def _of_rows(group: Grouping, loss: RowLoss) -> NDArray[Any]:
    """Take the levels of the rows with a loss, without a copy when all rows have one."""
    return group.code if loss.rows.size == group.code.size else np.asarray(group.code[loss.rows])


def _differs(losses: Losses) -> bool:
    """Tell whether there is anything to find: not every row is equally wrong."""
    return len(losses.of) > 1 and bool((losses.of.loss != losses.of.loss[0]).any())


def _notes(losses: Losses) -> list[str]:
    """Say what a reader should know about the tests."""
    of, notes = losses.of, []
    if of.weight is not None and not of.frequency:
        notes.append("Rows weigh differently: rates and means are weighted, and what is tested is how much they spread with these weights.")  # fmt: skip
    if of.together is not None:
        notes.append("Rows that belong together count as one: a slice needs 10 such groups inside and outside to be reported.")  # fmt: skip
    if of.left_out:
        notes.append(f"{of.left_out:,} rows of series without a scale are left out.")
    return notes


def _nothing(
    groupings: Sequence[Grouping], losses: Losses, asked: Asked, need: int, notes: list[str]
) -> Discovery:
    """Say that every row is alike."""
    how = "No row counts as wrong" if losses.mean == 0 else "Every row is equally wrong"
    return Discovery(
        slices=(), tested=0, n_clear=0, n_repeated=0, n_unlisted=0, rows=len(losses.of), errors=float((losses.of.weights * losses.of.loss).sum()),
        rate=losses.mean, loss="", label=losses.of.label, failures=losses.of.failures, unit=losses.of.unit, depth=asked.depth, min_rows=need,
        test=test_of(losses), correction=asked.correction, score=asked.score, columns=tuple(g.column for g in groupings), left_out=(),
        covering=(), notes=(*notes, f"{how}, so no slice can be worse than the rest."),
    )  # fmt: skip


def _narrowed(
    groupings: Sequence[Grouping], losses: Losses, asked: Asked, need: int, watch: Watch
) -> tuple[list[Grouping], list[str], FloatArray | None]:
    """Keep the columns with the clearest level alone; the tests of the others count as tests too."""
    if len(groupings) <= asked.most_columns:
        return list(groupings), [], None
    clearest, p = np.zeros(len(groupings)), []
    for i, g in enumerate(groupings):
        watch.at(i / len(groupings))
        alone = search_slices([_of_rows(g, losses.of)], [len(g.levels)], losses, depth=1, need=need)
        strength = np.abs(alone.evidence.z[np.isfinite(alone.evidence.z)])
        clearest[i] = strength.max(initial=0.0)
        p.append(np.where(np.isnan(alone.q), np.nan, alone.evidence.p))
    kept = set(np.argsort(-clearest, kind="stable")[: asked.most_columns].tolist())
    dropped = [g.column for i, g in enumerate(groupings) if i not in kept]
    more = np.concatenate([x for i, x in enumerate(p) if i not in kept])
    return [groupings[i] for i in sorted(kept)], dropped, more


@dataclass(frozen=True, eq=False)
class _Report:
    """Turns what was tested into what is read."""

    groupings: list[Grouping]
    codes: list[NDArray[Any]]
    losses: Losses
    asked: Asked
    need: int
    tested: Tested
    watch: Watch

    def discovery(self, dropped: list[str], notes: list[str]) -> Discovery:
        """Choose and describe."""
        t, losses, of = self.tested, self.losses, self.losses.of
        whole = losses.whole
        clear = np.flatnonzero(t.q <= CLEAR)
        new, n_repeated = self._without_repeats(clear)
        order = self._ordered(new, whole)
        weighed = of.weights * of.loss
        picked = fold(
            order.tolist(), self._inside, weighed, limit=self.asked.limit, tick=self.watch.part(0.0, 0.7).at
        )
        listed = [self._described(i, also) for i, also in zip(picked.kept, picked.also, strict=True)]
        if self.asked.unclear and len(listed) < self.asked.limit:
            listed += self._unclear(self.asked.limit - len(listed), whole)
        if len(order) > MOST:
            notes.append(f"Of {len(order):,} clear slices the first {MOST} were compared row by row.")
        reason = (
            f"alone it is less clear than the {self.asked.most_columns} columns that are searched together"
        )
        return Discovery(
            slices=tuple(listed), tested=t.n_tested, n_clear=int(clear.size), n_repeated=n_repeated, n_unlisted=len(picked.rest),
            rows=len(of), errors=float(weighed.sum()), rate=losses.mean, loss="", label=of.label, failures=of.failures, unit=of.unit,
            depth=self.asked.depth, min_rows=self.need, test=test_of(losses), correction=self.asked.correction, score=self.asked.score,
            columns=tuple(g.column for g in self.groupings), left_out=tuple((c, reason) for c in dropped),
            covering=tuple(picked.covering), notes=tuple(notes),
        )  # fmt: skip

    def _without_repeats(self, clear: IntArray) -> tuple[IntArray, int]:
        """Drop slices that say nothing that the same with one condition less does not say."""
        t, losses = self.tested, self.losses
        same = repeats(
            t.slices, clear, t.evidence.value, losses.mean, self._lookup,
            lambda a, b: chance_within(losses, t.sums.at(a), t.sums.at(b)), is_rate=losses.of.is_rate,
        )  # fmt: skip
        return clear[~same], int(np.count_nonzero(same))

    def _ordered(self, chosen: IntArray, whole: Sums) -> IntArray:
        """Order slices by the score, the best first; of equals the shorter, then the larger."""
        t = self.tested
        score = self._score(chosen, whole)
        size = (t.slices[chosen] >= 0).sum(1)
        return chosen[np.lexsort((-t.sums.weight[chosen], size, -score))]

    def _score(self, chosen: IntArray, whole: Sums) -> FloatArray:
        """Compute what slices are ordered by; what has no number comes last."""
        t = self.tested
        found = SCORES[self.asked.score](t.evidence.value[chosen], self.losses.mean, t.sums.weight[chosen],
                                         float(whole.weight), t.evidence.z[chosen])  # fmt: skip
        return np.where(np.isnan(found), -np.inf, found)

    def _unclear(self, limit: int, whole: Sums) -> list[FoundSlice]:
        """Take the best of those that chance explains."""
        t = self.tested
        others = np.flatnonzero((t.q > CLEAR) & (t.evidence.value > t.evidence.rest))
        new, _ = self._without_repeats(others)
        order = self._ordered(new, whole)
        picked: Picked = fold(
            order.tolist(), self._inside, np.zeros(len(self.losses.of)), limit=limit, tick=lambda _: None
        )
        return [self._described(i, []) for i in picked.kept]

    @cached_property
    def _lookup(self) -> Lookup:
        """Find any slice by its items."""
        return Lookup(self.tested.slices, len(self.tested.items))

    def _inside(self, at: int) -> BoolArray:
        """Tell which rows are in a slice."""
        return self.tested.items.inside(self.codes, self.tested.of(at))

    def _levels(self, at: int) -> tuple[Any, ...]:
        """Name the conditions of a slice."""
        items = self.tested.items
        return tuple(self.groupings[items.column[i]].levels[items.value[i]] for i in self.tested.of(at))

    def _described(self, at: int, also: list[int]) -> FoundSlice:
        """Write down everything about a slice."""
        t, losses = self.tested, self.losses
        whole, own = losses.whole, t.sums.at([at])
        low, high, method = difference_ends(losses, own, whole, LEVEL)
        ends = float(low[0]), float(high[0])
        if losses.of.together is not None:
            _, _, *ends_by_group = Together(losses).evidence(self._inside(at), LEVEL)
            ends, method = (ends_by_group[0], ends_by_group[1]), "groups"
        errors, weight = float(losses.errors(own)[0]), float(own.weight[0])
        total = float(losses.errors(whole))
        levels = self._levels(at)
        where = all_of([level.where for level in levels])
        assert where is not None  # a slice has a condition
        evidence = t.evidence
        return FoundSlice(
            where=where, levels=levels, rows=round(float(own.rows[0])), errors=errors, rate=float(evidence.value[at]),
            rest_rate=float(evidence.rest[at]), difference=float(evidence.difference[at]), low=ends[0], high=ends[1],
            level=LEVEL, method=method, z=float(evidence.z[at]), p=float(evidence.p[at]), q=float(t.q[at]),
            clear=bool(t.q[at] <= CLEAR), score=float(self._score(np.array([at]), whole)[0]),
            share_of_errors=errors / total if total > 0 else float("nan"), excess=errors - losses.mean * weight,
            effect=float(effect_size(own, whole)[0]), contributions=contributions(t.of(at), self._divergence),
            also=tuple(self._levels(other) for other in also),
        )  # fmt: skip

    def _divergence(self, sets: Sequence[tuple[int, ...]]) -> FloatArray:
        """Look up how far conjunctions are from all rows."""
        slices = np.full((len(sets), self.tested.slices.shape[1]), -1, dtype=np.int32)
        for row, items in enumerate(sets):
            slices[row, : len(items)] = items
        return self.tested.evidence.value[self._lookup.find(slices)] - self.losses.mean
