"""In which order rows are looked at: what each order is called and means, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app import numbers
from metrics_core.cases import BinaryCases, BoolArray, Cases, ClassCases, IntArray
from metrics_core.number_cases import NumberCases
from metrics_core.source import Kind, Source
from metrics_core.tally.outcomes import FloatArray

_BY = "by:"
_TURNED = "-"


@dataclass(frozen=True)
class RowOrder:
    """One order that can be chosen.

    Attributes
    ----------
    key : str
        How the address calls it.
    label : str
    first, last : str
        What stands first usually, and when the order is turned round.
    about : str
        What the order means, in sentences.
    """

    key: str
    label: str
    first: str
    last: str
    about: str

    def falls(self, content: str) -> bool:
        """Whether the numbers of a column of the examples usually go down in this order."""
        falling = (
            "score",
            "sure",
            "confident",
            DISAGREEMENT.key,
            *(order.key for order in _OF_NUMBERS if order is not _FILE),
        )
        return self.key in falling or (self.key == "loss" and content == "loss")

    @property
    def column(self) -> str | None:
        """The column of the file it goes by, if it does."""
        return column_of(self.key)


_FILE = RowOrder("file", "File order", "First row", "Last row", "As the rows stand in the file.")
_WRONG = RowOrder("wrong", "Mistakes", "Mistakes", "Hits", "Wrong rows first, each part in file order.")
_SCORE = RowOrder("score", "Score", "Highest", "Lowest", "The score that is compared with the threshold.")
_LOSS = RowOrder("loss", "Log loss", "Largest", "Smallest",
                 "Minus the logarithm of the probability that was given to the true class, whatever was decided. Labels worth checking stand first.")  # fmt: skip
_MARGIN = RowOrder("margin", "Lead over the second class", "Closest calls", "Clearest calls",
                   "Highest probability of the row minus the second highest.")  # fmt: skip
_ERROR = RowOrder("error", "Size of the error", "Largest", "Smallest", "How far the prediction lies from the truth, on either side.")  # fmt: skip
_SIGNED = RowOrder("signed", "Error", "Most too high", "Most too low", "Prediction minus truth: above 0 the prediction was too high.")  # fmt: skip
_TRUTH = RowOrder("truth", "True value", "Highest", "Lowest", "The true value.")
_PREDICTION = RowOrder("prediction", "Prediction", "Highest", "Lowest", "The predicted value.")
DISAGREEMENT = RowOrder("disagree", "Disagreement of models", "Most disagreement", "Least disagreement",
                        "How many other models decide the row otherwise; of equals, how far their scores or predictions lie apart.")  # fmt: skip
_OF_NUMBERS = (_ERROR, _SIGNED, _TRUTH, _PREDICTION, _FILE)
_OF_KIND: dict[Kind, tuple[str, str, str]] = {
    "number": ("Smallest", "Largest", "by value"),
    "text": ("A to Z", "Z to A", "by spelling, capital letters before small ones"),
    "boolean": ("False", "True", "false before true"),
    "time": ("Earliest", "Latest", "by time"),
}


def orders(cases: Cases, threshold: float | None) -> list[RowOrder]:
    """Return the orders that mean something for these cases, the usual one first.

    Parameters
    ----------
    cases : Cases
    threshold : float, optional
        None when the file's own decision counts.
    """
    if isinstance(cases, NumberCases):
        return list(_OF_NUMBERS)
    if isinstance(cases, ClassCases):
        if cases.probabilities is None:
            return [_WRONG, _FILE]
        return [_confident("the predicted class"), _LOSS, _sure("the predicted class"), _MARGIN, _FILE]
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    if cases.score is None:
        return [_WRONG, _FILE]
    near = [] if threshold is None else [_near(threshold)]
    if cases.probability:
        given = "the label that was predicted (the score of a flagged row, else 1 minus the score)"
        return [_confident(given), _LOSS, *near, _sure(given), _SCORE, _FILE]
    return [_WRONG if threshold is None else _far(threshold), *near, _SCORE, _FILE]


def by_column(source: Source, name: str) -> str | None:
    """Return the key of the order by a column; None when its cells have none."""
    return f"{_BY}{name}" if source.kind(name) in _OF_KIND else None


def column_orders(source: Source) -> list[RowOrder]:
    """Return the orders by a column of the file; lists, bytes and other nested cells have none."""
    return [
        RowOrder(f"{_BY}{column.name}", column.name, *_OF_KIND[column.kind][:2],
                 f"Column {column.name} of the file, {_OF_KIND[column.kind][2]}; missing cells last either way.")
        for column in source.columns
        if column.kind in _OF_KIND
    ]  # fmt: skip


def column_of(key: str) -> str | None:
    """Return the column an order goes by; None for the other orders."""
    return key.removeprefix(_BY) if key.startswith(_BY) else None


def read_order(text: str) -> tuple[str, bool]:
    """Take the text of an address apart: which order, and whether it is turned round.

    Examples
    --------
    >>> read_order("-by:amount"), read_order("loss"), read_order("")
    (('by:amount', True), ('loss', False), ('', False))
    """
    return text.removeprefix(_TURNED), text.startswith(_TURNED)


def write_order(key: str, turned: bool, usual: str) -> str:
    """Write an order for the address; nothing for the usual one.

    Examples
    --------
    >>> write_order("loss", True, "confident"), write_order("confident", False, "confident")
    ('-loss', '')
    """
    return "" if key == usual and not turned else f"{_TURNED if turned else ''}{key}"


def in_order(
    found: IntArray,
    cases: Cases,
    threshold: float | None,
    key: str,
    *,
    turned: bool,
    source: Source | None,
    apart: Sequence[FloatArray] = (),
) -> IntArray:
    """Put cases in order; equals stay in file order.

    Parameters
    ----------
    found : (m,) int64
        Indices into the cases, ascending.
    cases : Cases
    threshold : float, optional
        None follows the file's own decision.
    key : str
        The key of a ``RowOrder`` of these cases, or of a column.
    turned : bool
        The other end first.
    source : Source, optional
        Where a column is read; only an order by a column needs it.
    apart : sequence of (n,) float64
        What falls in the order by disagreement, which the cases of one model do not know.

    Returns
    -------
    (m,) int64
    """
    if key == "file":
        return found[::-1] if turned else found
    column = column_of(key)
    if column is not None:
        if source is None:
            raise ValueError("an order by a column needs the source of the column")
        cells = source.column(column).take(pa.array(cases.rows[found]))
        return found[by_cells(cells, turned=turned)]
    sign = 1.0 if turned else -1.0  # the keys fall
    falling = [
        sign * number[found]
        for number in (apart if key == DISAGREEMENT.key else _falling(cases, threshold, key))
    ]
    return found[np.lexsort(falling[::-1])]  # stable; its last key counts most


def by_cells(cells: pa.ChunkedArray, *, turned: bool) -> IntArray:
    """Return the positions of cells from the smallest to the largest, or the other way round; missing ones last.

    Examples
    --------
    >>> by_cells(pa.chunked_array([["b", None, "a", "b"]]), turned=True).tolist()
    [0, 3, 2, 1]
    """
    kind = cells.type
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        cells = cells.cast(kind.value_type)
    if pa.types.is_string_view(cells.type):
        cells = cells.cast(pa.large_string())
    if pa.types.is_floating(cells.type):  # Arrow would put NaN before the empty cells; both are missing
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    keys = [("", "descending" if turned else "ascending")]
    return pc.sort_indices(cells, sort_keys=keys).to_numpy().astype(np.int64)


def _confident(given: str) -> RowOrder:
    """Mistakes by how sure the model was of them, by a probability."""
    about = f"Wrong rows first, by the probability of {given}, the highest on top; then the right rows, the lowest first."
    return RowOrder("confident", "Mistakes by confidence", "Confident mistakes", "Confident hits", about)


def _far(threshold: float) -> RowOrder:
    """Mistakes by how sure the model was of them, by scores that are no probabilities."""
    about = f"Wrong rows first, those farthest from the threshold {numbers.threshold(threshold)} on top; then the right rows, the nearest first."
    return RowOrder("confident", "Mistakes by confidence", "Confident mistakes", "Confident hits", about)


def _sure(given: str) -> RowOrder:
    """All rows by how sure the model was."""
    return RowOrder("sure", "Confidence", "Most confident", "Least confident", f"Probability of {given}, right or wrong.")  # fmt: skip


def _near(threshold: float) -> RowOrder:
    """All rows by their distance to the threshold."""
    about = f"How far the score lies above or below the threshold {numbers.threshold(threshold)}."
    return RowOrder("threshold", "Distance to the threshold", "Nearest", "Farthest", about)


def _falling(cases: Cases, threshold: float | None, key: str) -> list[FloatArray]:
    """Return the numbers that fall in an order, one for each case; later ones decide among equals."""
    if isinstance(cases, NumberCases):
        return [{"error": np.abs(cases.residual), "signed": cases.residual, "truth": cases.truth, "prediction": cases.predicted}[key]]  # fmt: skip
    if isinstance(cases, ClassCases):
        return _falling_of_many(cases, key)
    assert isinstance(cases, BinaryCases)  # there are these two tasks
    if key == "wrong" or cases.score is None:
        return [cases.loss("error", threshold)]
    if key == "loss":
        return [cases.loss("log_loss")]
    if key == "score":
        return [cases.score]
    if key == "threshold" and threshold is not None:
        return [-np.abs(cases.score - threshold)]
    flagged = cases.flagged(threshold)
    if cases.probability:
        # 1 - score rounds tiny scores away, so among equals the score itself decides
        sure = [np.where(flagged, cases.score, 1.0 - cases.score), np.where(flagged, 0.0, -cases.score)]
    else:
        assert threshold is not None  # the order is not offered without one
        sure = [np.abs(cases.score - threshold)]
    return sure if key == "sure" else _mistakes_first(flagged != cases.positive, sure)


def _falling_of_many(cases: ClassCases, key: str) -> list[FloatArray]:
    """Do the same for many classes, by being wrong where there are no probabilities."""
    if cases.probabilities is None:
        return [cases.wrong.astype(np.float64)]
    if key == "loss":  # log loss grows as the probability of the truth shrinks
        return [-cases.of_truth()]
    if key == "margin":
        return [-lead(cases.probabilities)]
    sure = [cases.of_decision()]
    return sure if key == "sure" else _mistakes_first(cases.wrong, sure)


def _mistakes_first(wrong: BoolArray, sure: list[FloatArray]) -> list[FloatArray]:
    """Go from the surest mistake over the unsure ones to the surest hit; between them lies whatever is unsure."""
    return [wrong.astype(np.float64), *(np.where(wrong, number, -number) for number in sure)]


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
