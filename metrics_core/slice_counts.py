"""What is counted for a table of slices: the rows that pass filters, and their cells for every metric of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from .cases import BinaryCases, BoolArray, Cases
from .errors import DataError
from .filters import Filter
from .filters.expressions import plain_columns
from .grouping import Grouping
from .groups_compared import Comparison, Counted, GroupTable
from .numbers_compared import NumberComparison
from .predictions import Predictions
from .reduce import score_tally
from .slices import Level
from .tally.outcomes import FloatArray
from .thresholds import default_threshold

# Bytes of masks of single conditions that are kept while slices are counted: many slices share conditions.
_KEPT = 200_000_000


class Masks:
    """Which rows of the table pass filters; what single conditions said is kept, because many slices share them."""

    def __init__(self, predictions: Predictions, filters: Sequence[Filter]) -> None:
        names = dict.fromkeys(column for where in filters for column in where.columns)
        for name in names:
            predictions.source.kind(name)  # says what is meant by a wrong one
        self._table: pa.Table = plain_columns(predictions.source.table(names)) if names else None
        self._times = Counter(term.text for where in filters for term in where.terms())
        self._kept: dict[str, BoolArray] = {}
        self._most = max(1, _KEPT // max(1, predictions.source.n_rows))

    def of(self, where: Filter) -> BoolArray:
        """Tell for each row of the table whether it passes."""
        masks = [self._term(term) for term in where.terms()]
        return masks[0] if len(masks) == 1 else np.asarray(np.logical_and.reduce(masks))

    def _term(self, term: Filter) -> BoolArray:
        """Answer one condition, once if several slices ask it."""
        if term.text in self._kept:
            return self._kept[term.text]
        mask = term.mask(self._table)
        if self._times[term.text] > 1 and len(self._kept) < self._most:
            self._kept[term.text] = mask
        return mask


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """The comparisons of one model, those on the same cells side by side.

    Attributes
    ----------
    cases : Cases
    by_cells : tuple of tuple of Comparison
    whole : tuple of Counted
        All judged rows in one group, for each of these.
    of_numbers : tuple of NumberComparison
        Those of predicted numbers, which are counted on no cells.
    """

    cases: Cases
    by_cells: tuple[tuple[Comparison, ...], ...]
    whole: tuple[Counted, ...]
    of_numbers: tuple[NumberComparison, ...] = ()

    @classmethod
    def of(
        cls, predictions: Predictions, model: str, metrics: Sequence[str],
        threshold: float | Mapping[str, float | None] | None, scope: BoolArray | None,
    ) -> ComparedModel:  # fmt: skip
        """Judge the rows of a model and find the cells of each metric."""
        cases = predictions.judged(model)
        cases = cases if scope is None else cases.where(scope)
        if not len(cases):
            raise DataError(f"No row of model {model!r} is left to compare.")
        cut = threshold.get(model) if isinstance(threshold, Mapping) else threshold
        if cut is None and isinstance(cases, BinaryCases) and cases.predicted is None:
            cut = 0.5 if cases.probability else default_threshold(score_tally(cases))
        shared: dict[bool, list[Comparison]] = {}
        of_numbers: list[NumberComparison] = []
        for metric in metrics:
            comparison = Comparison.of(cases, metric, cut if isinstance(cases, BinaryCases) else None)
            if isinstance(comparison, NumberComparison):
                of_numbers.append(comparison)
                continue
            alike = shared.setdefault(comparison.cells.four, [])
            # one table of cells for all of them, so that what was counted on it serves them all
            alike.append(replace(comparison, cells=alike[0].cells) if alike else comparison)
        everything = Grouping("", (), np.zeros(predictions.source.n_rows, dtype=np.int8))
        by_cells = tuple(map(tuple, shared.values()))
        whole = tuple(of[0].count(everything) for of in by_cells)
        return cls(cases, by_cells, whole, tuple(of_numbers))

    def tables(self, family: Level | Grouping, inside: BoolArray | None) -> dict[str, GroupTable]:
        """Compare groups by every metric, counted once for those on the same cells.

        Parameters
        ----------
        family : Level or Grouping
            One slice, or the groups of a column.
        inside : (n_rows,) bool, optional
            The rows of the table that are in the slice.
        """
        found = {}
        for of_numbers in self.of_numbers:
            found[of_numbers.metric.key] = of_numbers.table(_alone(family, inside))
        for comparisons, whole in zip(self.by_cells, self.whole, strict=True):
            if isinstance(family, Grouping):
                grouping, counted = family, comparisons[0].count(family)
            else:
                assert inside is not None  # a slice comes with its rows
                grouping = Grouping(
                    family.column, (family,), np.zeros(0, np.int8)
                )  # the rows are counted already
                every = self.cases.rows.size == inside.size  # then a copy in another order would be the same
                counted = self._counted(comparisons[0], whole, inside if every else inside[self.cases.rows])
            for comparison in comparisons:
                found[comparison.metric.key] = comparison.table(grouping, counted)
        return found

    def _counted(self, comparison: Comparison, whole: Counted, inside: BoolArray) -> Counted:
        """Count the rows of one slice; all others are the whole without them."""
        cases, cells = self.cases, comparison.cells
        at = np.flatnonzero(inside)
        of_row = cells.of_row[at]

        def count(weight: FloatArray | None) -> FloatArray:
            mine = None if weight is None else weight[at]
            return np.bincount(of_row, mine, minlength=cells.size).astype(np.float64)

        def both(mine: FloatArray, of_all: FloatArray) -> FloatArray:
            return np.stack([mine, np.maximum(of_all[0] - mine, 0.0)])

        counts = squares = count(cases.weight)
        if cases.weight is not None and not cases.frequency:
            squares = count(cases.weight**2)
        rows = np.array([at.size, inside.size - at.size])
        # only rows that belong together are looked at once more
        code = np.where(inside, 0, 1).astype(np.int8) if cases.together is not None else np.zeros(0, np.int8)
        return Counted(rows, both(counts, whole.counts), both(squares, whole.squares), code)


def _alone(family: Level | Grouping, inside: BoolArray | None) -> Grouping:
    """Return the groups of a column, or one slice and all other rows as such groups."""
    if isinstance(family, Grouping):
        return family
    assert inside is not None  # a slice comes with its rows
    return Grouping(family.column, (family,), np.where(inside, 0, 1).astype(np.int8))
