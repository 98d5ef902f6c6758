"""Whole numbers made small, and put in order, without sorting where counting is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

#: A range so many times as wide as there are numbers is still counted.
_WIDE = 4
_FEW = 1_000_000


def renumbered(code: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give whole numbers the numbers 0, 1, 2 and so on in their order.

    The same as ``numpy.unique`` with ``return_inverse``, by counting in a narrow range and by hashing in a wide one.

    Parameters
    ----------
    code : (n,) integer

    Returns
    -------
    found : (k,) int64
        The different numbers, ascending.
    place : (n,) int64
        Which of them each one is.

    Examples
    --------
    >>> found, place = renumbered(np.array([7, -2, 7, 5]))
    >>> found.tolist(), place.tolist()
    ([-2, 5, 7], [2, 0, 2, 1])
    """
    code = np.asarray(code, dtype=np.int64)
    if not code.size:
        return code, code
    low, high = int(code.min()), int(code.max())
    if high - low <= _WIDE * code.size + _FEW:
        there = np.zeros(high - low + 1, dtype=bool)
        there[code - low] = True
        return np.flatnonzero(there) + low, (np.cumsum(there) - 1)[code - low]
    encoded = pa.array(code).dictionary_encode()
    different = np.asarray(encoded.dictionary)
    order = np.argsort(different)
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    return different[order], rank[np.asarray(encoded.indices)]


def order_of(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.int64]:
    """Order pairs of whole numbers by the first, then the second one; equals stay as they stand.

    The same as ``numpy.lexsort((second, first))``; data that come in stretches of order take little time.

    Parameters
    ----------
    first, second : (n,) integer

    Examples
    --------
    >>> order_of(np.array([1, 0, 1]), np.array([5, 9, 2])).tolist()
    [1, 2, 0]
    """
    first, second = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if not first.size:
        return np.zeros(0, dtype=np.int64)
    low, width = int(second.min()), int(second.max()) - int(second.min()) + 1
    if (int(first.max()) + 1) * width >= 2**62 or int(first.min()) < 0:
        return np.lexsort((second, first)).astype(np.int64)
    return np.argsort(first * width + (second - low), kind="stable")


def numbered_together(*codes: NDArray[Any]) -> NDArray[np.int64]:
    """Number rows that are the same in several columns of whole numbers from 0 up, ``(n,)``.

    Examples
    --------
    >>> numbered_together(np.array([3, 3, 9]), np.array([1, 2, 1])).tolist()
    [0, 1, 2]
    """
    together = renumbered(codes[0])[1]
    for code in codes[1:]:
        found, place = renumbered(code)
        together = renumbered(together * max(found.size, 1) + place)[1]
    return together
