"""Which judged rows a selection holds, and in which order they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics_core.cases import OUTCOMES, BinaryCases, BoolArray, Cases, ClassCases, IntArray
from metrics_core.tally.outcomes import FloatArray

Order = Literal["confident", "loss", "score", "threshold", "margin", "wrong", "file"]

#: How an order is called, what comes first usually, and what when it is turned round.
ORDERS: dict[Order, tuple[str, str, str]] = {
    "confident": ("Confidence", "Confident mistakes", "Confident hits"),
    "loss": ("Loss", "Most wrong", "Most right"),
    "score": ("Score", "Highest", "Lowest"),
    "threshold": ("Distance to the threshold", "Closest", "Farthest"),
    "margin": ("Lead over the second class", "Closest calls", "Clearest calls"),
    "wrong": ("Mistakes", "Mistakes", "Hits"),
    "file": ("File order", "First row", "Last row"),
}

_CODES = {"": (0, 1, 2, 3), "errors": (1, 2), **{name: (code,) for code, name in enumerate(OUTCOMES)}}
#: What can be chosen of many classes.
CLASS_ROWS = ("", "errors", "right")


@dataclass(frozen=True)
class Selection:
    """Which rows are looked at.

    Attributes
    ----------
    rows : str
        Of two classes ``errors tp fp fn tn``, of many ``errors right``; empty for all.
    true, predicted : str
        Of many classes the true and the predicted one; empty for any.
    """

    rows: str = ""
    true: str = ""
    predicted: str = ""


def orders(cases: Cases, threshold: float | None) -> list[Order]:
    """Return the orders that mean something for these cases, the usual one first."""
    if isinstance(cases, ClassCases):
        return ["wrong", "file"] if cases.probabilities is None else ["confident", "loss", "margin", "file"]
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    found: list[Order] = ["loss"]
    if cases.score is not None:
        found.append("score")
        if threshold is not None:
            found.append("threshold")
    return [*found, "file"]


def counts(cases: Cases, threshold: float | None, selection: Selection = Selection()) -> dict[str, int]:
    """Count the rows of each choice of ``rows``, whatever they weigh; of many classes within the classes selected."""
    if isinstance(cases, ClassCases):
        of_classes = _of_classes(cases, selection)
        n, n_wrong = int(of_classes.sum()), int((of_classes & cases.wrong).sum())
        return {"": n, "errors": n_wrong, "right": n - n_wrong}
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    each = np.bincount(cases.outcome(threshold), minlength=4).tolist()
    return {name: sum(each[code] for code in codes) for name, codes in _CODES.items()}


def selected(
    cases: Cases,
    threshold: float | None,
    selection: Selection | str,
    order: Order = "file",
    *,
    turned: bool = False,
) -> IntArray:
    """Return indices into the cases of the selected rows, in order; equals stay in file order.

    Parameters
    ----------
    cases : Cases
    threshold : float, optional
        None follows the file's own decision.
    selection : Selection or str
        A text is its ``rows``.
    order : Order
        One of ``orders(cases, threshold)``.
    turned : bool
        The other end first.
    """
    selection = Selection(selection) if isinstance(selection, str) else selection
    found = np.flatnonzero(_chosen(cases, threshold, selection))
    if order == "file":
        return found[::-1] if turned else found
    key = _descending(cases, threshold, order)[found]
    return found[np.argsort(key if turned else -key, kind="stable")]


def _chosen(cases: Cases, threshold: float | None, selection: Selection) -> BoolArray:
    """Tell for each case whether it is selected."""
    if isinstance(cases, ClassCases):
        of_classes = _of_classes(cases, selection)
        return {"errors": of_classes & cases.wrong, "right": of_classes & ~cases.wrong}.get(
            selection.rows, of_classes
        )
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    return np.isin(cases.outcome(threshold), _CODES[selection.rows])


def _of_classes(cases: ClassCases, selection: Selection) -> BoolArray:
    """Tell for each case whether it is of the true and the predicted class selected; no row is of an unknown one."""
    found = np.ones(len(cases), dtype=bool)
    for label, code in ((selection.true, cases.truth), (selection.predicted, cases.predicted)):
        if label:
            found &= code == (cases.labels.index(label) if label in cases.labels else -1)
    return found


def _descending(cases: Cases, threshold: float | None, order: Order) -> FloatArray:
    """Return a number for each case, the largest of which comes first."""
    if isinstance(cases, ClassCases):
        return _descending_classes(cases, order)
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    if order == "loss" or cases.score is None:
        return cases.wrongness(threshold)
    if order == "score" or threshold is None:
        return cases.score
    return -np.abs(cases.score - threshold)


def _descending_classes(cases: ClassCases, order: Order) -> FloatArray:
    """Order cases of many classes by their probabilities, or by being wrong where there are none."""
    if cases.probabilities is None:
        return cases.wrong.astype(np.float64)
    if order == "loss":  # log loss grows as the probability of the truth shrinks
        return -cases.of_truth()
    if order == "margin":
        return -lead(cases.probabilities)
    of_decision = cases.of_decision()
    # from the surest mistake over the unsure ones to the surest hit; between them lies whatever is unsure
    return np.where(cases.wrong, of_decision, -1.0 - of_decision)


def lead(probabilities: FloatArray) -> FloatArray:
    """Return by how much the highest probability of each row exceeds the second highest, ``(n,)``.

    Examples
    --------
    >>> lead(np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])).tolist()
    [0.25, 0.0]
    """
    best = np.full(len(probabilities), -np.inf)
    second = best.copy()
    for column in probabilities.T:  # the columns lie together in memory
        np.maximum(second, np.minimum(best, column), out=second)
        np.maximum(best, column, out=best)
    return np.asarray(best - second)
