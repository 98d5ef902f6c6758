"""Which judged rows a selection holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.views.row_orders import in_order
from metrics_core.cases import OUTCOMES, BinaryCases, BoolArray, Cases, ClassCases, IntArray
from metrics_core.number_cases import NumberCases
from metrics_core.source import Source
from metrics_core.tally.outcomes import FloatArray

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


def counts(cases: Cases, threshold: float | None, selection: Selection = Selection()) -> dict[str, int]:
    """Count the rows of each choice of ``rows``, whatever they weigh; of many classes within the classes selected.

    Predicted numbers are not right or wrong, so all of their rows are one choice, and none is a mistake.
    """
    if isinstance(cases, NumberCases):
        return {"": len(cases), "errors": 0}
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
    order: str = "file",
    *,
    turned: bool = False,
    source: Source | None = None,
    apart: Sequence[FloatArray] = (),
) -> IntArray:
    """Return indices into the cases of the selected rows, in order; equals stay in file order.

    Parameters
    ----------
    cases : Cases
    threshold : float, optional
        None follows the file's own decision.
    selection : Selection or str
        A text is its ``rows``.
    order : str
        The key of a ``RowOrder``.
    turned : bool
        The other end first.
    source : Source, optional
        Where a column is read; only an order by a column needs it.
    apart : sequence of (n,) float64
        What falls in the order by disagreement.
    """
    selection = Selection(selection) if isinstance(selection, str) else selection
    found = np.flatnonzero(_chosen(cases, threshold, selection))
    return in_order(found, cases, threshold, order, turned=turned, source=source, apart=apart)


def _chosen(cases: Cases, threshold: float | None, selection: Selection) -> BoolArray:
    """Tell for each case whether it is selected."""
    if isinstance(cases, NumberCases):
        return np.ones(len(cases), dtype=bool)
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
