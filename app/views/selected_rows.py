"""Which judged rows an outcome selects, and in which order they are looked at."""

from __future__ import annotations

from typing import Literal

import numpy as np

from metrics_core.cases import OUTCOMES, BinaryCases, IntArray
from metrics_core.tally.outcomes import FloatArray

Order = Literal["loss", "score", "threshold", "file"]

#: How an order is called, what comes first usually, and what when it is turned round.
ORDERS: dict[Order, tuple[str, str, str]] = {
    "loss": ("Loss", "Most wrong", "Most right"),
    "score": ("Score", "Highest", "Lowest"),
    "threshold": ("Distance to the threshold", "Closest", "Farthest"),
    "file": ("File order", "First row", "Last row"),
}

_CODES = {"": (0, 1, 2, 3), "errors": (1, 2), **{name: (code,) for code, name in enumerate(OUTCOMES)}}


def orders(cases: BinaryCases, threshold: float | None) -> list[Order]:
    """Return the orders that mean something for these cases."""
    found: list[Order] = ["loss"]
    if cases.score is not None:
        found.append("score")
        if threshold is not None:
            found.append("threshold")
    return [*found, "file"]


def counts(cases: BinaryCases, threshold: float | None) -> dict[str, int]:
    """Count the rows of each selection: all, errors and each outcome; rows, whatever they weigh."""
    each = np.bincount(cases.outcome(threshold), minlength=4).tolist()
    return {name: sum(each[code] for code in codes) for name, codes in _CODES.items()}


def selected(
    cases: BinaryCases, threshold: float | None, rows: str, order: Order = "file", *, turned: bool = False
) -> IntArray:
    """Return indices into the cases of the selected rows, in order; equals stay in file order.

    Parameters
    ----------
    cases : BinaryCases
    threshold : float, optional
        None follows the file's own decision.
    rows : {"", "errors", "tp", "fp", "fn", "tn"}
    order : {"loss", "score", "threshold", "file"}
    turned : bool
        The other end first.
    """
    found = np.flatnonzero(np.isin(cases.outcome(threshold), _CODES[rows]))
    if order == "file":
        return found[::-1] if turned else found
    key = _descending(cases, threshold, order)[found]
    return found[np.argsort(key if turned else -key, kind="stable")]


def _descending(cases: BinaryCases, threshold: float | None, order: Order) -> FloatArray:
    """Return a number for each case, the largest of which comes first."""
    if order == "loss" or cases.score is None:
        return cases.wrongness(threshold)
    if order == "score" or threshold is None:
        return cases.score
    return -np.abs(cases.score - threshold)
