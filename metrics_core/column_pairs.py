"""Two columns against each other: the rows of every pair of groups, how often the model fails there, how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .cases import IntArray
from .differences import benjamini_hochberg
from .errors import DataError
from .filters import Filter, all_of
from .group_means import GroupMeans, group_means
from .grouping import Grouping
from .groups_compared import OTHER
from .row_losses import RowLoss
from .slices import Level
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

#: Groups of a column that have a row or column of their own; all others are one.
MOST = 20


@dataclass(frozen=True, eq=False, kw_only=True)
class ColumnPair:
    """The table of two columns; cells are ``(A, B)``, A groups of the first column by B of the second.

    Attributes
    ----------
    first, second : str
    rows_of, columns_of : tuple of Level or None
        The groups with rows, in their natural order; None is all other values.
    label, failures, unit : str
        Of the loss: what its mean is called, what it counts, and ``share`` or ``number``.
    mean : float
        Of all rows.
    rows : (A, B) int64
        0 where the two groups have no row in common.
    value, low, high, rest, difference, share_of_total, q : (A, B) float64
        Mean loss, its interval, that of all other rows, by how much it is larger, the part of all loss, and the q-value of
        the difference among all cells tested; NaN where undefined or, of q, where fewer than 30 rows count.
    n_tested : int
    """

    first: str
    second: str
    rows_of: tuple[Level | None, ...]
    columns_of: tuple[Level | None, ...]
    label: str
    failures: str
    unit: str
    mean: float
    rows: IntArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    rest: FloatArray
    difference: FloatArray
    share_of_total: FloatArray
    q: FloatArray
    n_tested: int

    def where(self, i: int, j: int) -> Filter | None:
        """Return the filter of a cell; None when one of its groups is all other values."""
        a, b = self.rows_of[i], self.columns_of[j]
        return None if a is None or b is None else all_of([a.where, b.where])

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the groups of both columns."""
        first, second = (
            [OTHER if x is None else x.label for x in of] for of in (self.rows_of, self.columns_of)
        )
        return tuple(first), tuple(second)

    def frame(self) -> pd.DataFrame:
        """Return one row a cell that has rows, rates as fractions."""
        import pandas as pd

        first, second = self.names()
        at = list(zip(*np.nonzero(self.rows), strict=True))
        fields = ("rows", "value", "low", "high", "rest", "difference", "share_of_total", "q")
        columns: dict[str, Any] = {
            self.first: [first[i] for i, _ in at],
            self.second: [second[j] for _, j in at],
        }
        return pd.DataFrame(columns | {name: [getattr(self, name)[i, j] for i, j in at] for name in fields})


def column_pair(first: Grouping, second: Grouping, loss: RowLoss, *, most: int = MOST) -> ColumnPair:
    """Count two columns against each other.

    Parameters
    ----------
    first, second : Grouping
        Of the whole source, as ``grouping`` returns them.
    loss : RowLoss
    most : int
        Groups of a column that stay apart, those with most rows.

    Returns
    -------
    ColumnPair

    Raises
    ------
    DataError
        If both are the same column.

    Examples
    --------
    >>> import metrics_core as mc, pandas as pd
    >>> from metrics_core.grouping import grouping
    >>> from metrics_core.row_losses import row_loss
    >>> frame = pd.DataFrame({"y": [1, 0] * 3, "said": [1, 1, 0, 0, 1, 0], "a": list("xxyyyy"), "b": list("uvuvuv")})
    >>> p = mc.read(frame, y_true="y", y_pred="said")
    >>> pair = column_pair(grouping(p.source, "a"), grouping(p.source, "b"), row_loss(p.judged()))
    >>> pair.rows.tolist(), pair.value.tolist()
    ([[1, 1], [2, 2]], [[0.0, 1.0], [0.5, 0.0]])
    """
    if first.column == second.column:
        raise DataError(f"Column {first.column!r} cannot be set against itself: choose two columns.")
    (code_a, levels_a), (code_b, levels_b) = (_kept(g, loss.rows, most) for g in (first, second))
    shape = (len(levels_a), len(levels_b))
    cell = code_a.astype(np.int64) * shape[1] + code_b
    means = group_means(loss, cell, shape[0] * shape[1])
    named = np.outer([x is not None for x in levels_a], [x is not None for x in levels_b]).ravel()
    p = np.where(named, means.p, np.nan)
    return ColumnPair(
        first=first.column, second=second.column, rows_of=levels_a, columns_of=levels_b, label=loss.label,
        failures=loss.failures, unit=loss.unit, mean=loss.mean, n_tested=int((~np.isnan(p)).sum()),
        q=benjamini_hochberg(p).reshape(shape), **_shaped(means, shape),
    )  # fmt: skip


def _kept(grouping: Grouping, rows: IntArray, most: int) -> tuple[NDArray[Any], tuple[Level | None, ...]]:
    """Keep the largest groups among some rows, in their order; all others are the last one, if there are any."""
    code = grouping.code[rows]
    sizes = np.bincount(code, minlength=grouping.n_groups)
    named = np.flatnonzero(sizes[:-1])
    kept = np.sort(named[np.argsort(-sizes[named], kind="stable")[:most]])
    place = np.full(grouping.n_groups, kept.size, dtype=np.int16)
    place[kept] = np.arange(kept.size)
    others = sizes.sum() > sizes[kept].sum()
    return place[code], (*(grouping.levels[i] for i in kept.tolist()), *((None,) if others else ()))


def _shaped(means: GroupMeans, shape: tuple[int, int]) -> dict[str, Any]:
    """Lay out the cells."""
    names = {"value": "mean"} | {
        n: n for n in ("rows", "low", "high", "rest", "difference", "share_of_total")
    }
    return {to: getattr(means, name).reshape(shape) for to, name in names.items()}
