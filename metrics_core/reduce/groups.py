"""Cells of a small table, such as the four outcomes, counted in each group of a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..tally.outcomes import FloatArray

#: Rows handled at a time.
_CHUNK = 1 << 17


def group_cells(
    cell: NDArray[Any], code: NDArray[Any], n_groups: int, n_cells: int, weight: FloatArray | None = None
) -> NDArray[np.int64] | NDArray[np.float64]:
    """Count rows, or add up their weights, by group and cell.

    Parameters
    ----------
    cell : (n,) integer
        Where each row is counted, 0 to ``n_cells - 1``.
    code : (n,) integer
        The group of each row, 0 to ``n_groups - 1``.
    n_groups, n_cells : int
    weight : (n,) float64, optional

    Returns
    -------
    (n_groups, n_cells) int64, or float64 with weights

    Examples
    --------
    >>> group_cells(np.array([0, 1, 1]), np.array([1, 0, 0]), 2, 2).tolist()
    [[0, 2], [1, 0]]
    """
    size = n_groups * n_cells
    counts: NDArray[Any] = np.zeros(size, dtype=np.int64 if weight is None else np.float64)
    for start in range(0, code.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        at = code[part].astype(np.int64) * n_cells
        at += cell[part]
        counts += np.bincount(at, weights=None if weight is None else weight[part], minlength=size)
    return counts.reshape(n_groups, n_cells)
