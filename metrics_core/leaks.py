"""Columns that give the label away: one alone does what the model is praised for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .cases import BinaryCases, BoolArray, Cases, ClassCases, IntArray
from .columns import numbers, rows_together
from .labels import distinct_count, read_labels
from .source import Source
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    from .predictions import Predictions

#: A column is named when its ROC AUC, or with many classes its share of right guesses, is above this.
GIVES_AWAY = 0.98
#: Columns and rows looked at; of more rows evenly spaced ones, or from disk the first and the last.
MAX_COLUMNS, MAX_ROWS = 60, 200_000
#: Rows a label must have, and must not have, in the half that judges: with fewer a column fits by chance.
MIN_ROWS = 10
#: With many classes: a larger share of one class leaves little to give away.
MAX_SHARE = 0.9
#: Of many rows every so-manyth is looked at first; a column whose ROC AUC is below this there is left at that.
_STEP, _HARMLESS = 10, 0.9
#: So many of these rows must have the label, and not have it, in either half; a value of a text must have more.
_LOOKED_AT, _ROWS_A_VALUE = 100, 200
#: A number column with fewer different values than this may be a code, so it is also read value by value.
_CODES = 50
_SCORE_WORD = re.compile(
    r"(?:^|[^a-z])y?(?:pred|score|logit|hat(?![a-z])|prob(?:s|a|as|ability|abilities)?(?![a-z]))"
)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Leak:
    """A column that alone tells the label.

    Attributes
    ----------
    column : str
    strength : float
        ROC AUC against the label; with many classes the share of rows it guesses right.
    """

    column: str
    strength: float


_FOUND: WeakKeyDictionary[Predictions, tuple[Leak, ...]] = WeakKeyDictionary()


def leaks_of(predictions: Predictions) -> tuple[Leak, ...]:
    """Find the columns that alone tell the label; looked for once and then remembered.

    Numbers and times are judged by their order (an empty cell comes first), texts by how often each value goes with
    the label: counted in one half of the rows and judged in the other, so a column that names every row says nothing.
    Columns with a role other than slice are left out, and so is what looks like a score or a decision by its name.

    Parameters
    ----------
    predictions : Predictions

    Returns
    -------
    tuple of Leak
        The strongest first.
    """
    found = _FOUND.get(predictions)
    if found is None:
        found = _FOUND[predictions] = tuple(sorted(_search(predictions), key=lambda leak: -leak.strength))
    return found


def _search(predictions: Predictions) -> list[Leak]:
    """Judge one column after the other on the rows of the first model."""
    cases = predictions.cases[predictions.roles.models[0].name]
    chosen = _chosen(len(cases), on_disk=predictions.source.on_disk)
    truth, learns = _truth(cases)[chosen], _half(cases)[chosen]
    judged = np.bincount(truth[~learns], minlength=2)
    most = int(judged.max())
    if min(judged.sum() - most, most, np.count_nonzero(learns)) < MIN_ROWS:
        return []
    binary = isinstance(cases, BinaryCases)
    if not binary and most > MAX_SHARE * judged.sum():
        return []
    look = binary and _is_enough(truth[::_STEP], learns[::_STEP])
    found = []
    for name in _candidates(predictions)[:MAX_COLUMNS]:
        cells, kind = cells_of(predictions.source, name, cases.rows[chosen]), predictions.source.kind(name)
        if look and _is_harmless(cells.take(pa.array(np.arange(0, chosen.size, _STEP))), kind, truth[::_STEP], learns[::_STEP]):  # fmt: skip
            continue
        strength = (_auc if binary else _guessed)(cells, kind, truth, learns)
        if strength > GIVES_AWAY:
            found.append(Leak(name, strength))
    return found


def _is_enough(positive: NDArray[np.int64], learns: BoolArray) -> bool:
    """Tell whether some rows are enough for a first look: then the AUC has a standard error of a few hundredths."""
    return int(np.bincount(2 * learns + positive, minlength=4).min()) >= _LOOKED_AT


def _is_harmless(cells: pa.ChunkedArray, kind: str, positive: NDArray[np.int64], learns: BoolArray) -> bool:
    """Tell a column that says so little of some rows that it cannot give the label away of all."""
    if pa.types.is_null(cells.type):
        return True
    if kind not in ("number", "time"):
        if _ROWS_A_VALUE * distinct_count(cells) > len(cells):
            return False  # too few rows of a value to learn from
    elif runs_on(_ordered(cells, kind)):
        return False  # all rows together may do so no more
    return _auc(cells, kind, positive, learns) < _HARMLESS


def _chosen(n: int, *, on_disk: bool) -> IntArray:
    """Take up to 200 000 of the rows; two blocks from disk, because whole parts of a file are decoded for a row."""
    if n <= MAX_ROWS:
        return np.arange(n)
    if on_disk:
        return np.concatenate([np.arange(MAX_ROWS // 2), np.arange(n - MAX_ROWS // 2, n)])
    return np.linspace(0, n - 1, MAX_ROWS).astype(np.int64)


def cells_of(source: Source, name: str, rows: IntArray) -> pa.ChunkedArray:
    """Read some cells of a column; all of them without a copy."""
    whole = rows.size == source.n_rows
    return source.column(name) if whole else source.rows(rows, [name]).column(0)


def runs_on(values: NDArray[Any]) -> bool:
    """Tell whether numbers only rise or only fall from row to row: they say where a row stands in the file."""
    before, after = values[:-1], values[1:]
    return bool((before < after).all() or (before > after).all())


def _truth(cases: Cases) -> NDArray[np.int64]:
    """Give each row's label as a code."""
    if isinstance(cases, ClassCases):
        return cases.truth.astype(np.int64)
    assert isinstance(cases, BinaryCases)  # these are the two tasks there are
    return cases.positive.astype(np.int64)


def _half(cases: Cases) -> BoolArray:
    """Deal the rows into two halves, the same every time; rows that belong together into the same one."""
    code = cases.rows if cases.together is None else cases.together
    spread = (code.astype(np.uint64) + np.uint64(1)) * _SPREAD
    spread ^= spread >> np.uint64(32)
    spread *= _SPREAD
    return np.asarray(spread >> np.uint64(63) == 1)


def answers_of(predictions: Predictions) -> set[str]:
    """Name the columns that hold scores or decisions, by their roles or else by what they are called."""
    roles, source = predictions.roles, predictions.source
    found = {column for model in roles.models for column in model.columns}
    found |= {name for name in source.names if name != roles.y_true and _SCORE_WORD.search(name.lower())}
    if roles.task == "binary" and predictions.labels[0] == f"not {roles.pos_label}":  # one of many classes
        every = read_labels(source.column(roles.y_true)).names
        prefixes = {m.y_score.removesuffix(str(roles.pos_label)) for m in roles.models if m.y_score}
        found |= {prefix + other for prefix in prefixes for other in every} - {roles.y_true}
    return found


def _candidates(predictions: Predictions) -> list[str]:
    """List the columns that describe a row and are no answer of a model."""
    roles = predictions.roles
    own = {roles.y_true, roles.model_column, roles.id, roles.weight, roles.group, roles.split, roles.fold, roles.time, roles.amount}  # fmt: skip
    own |= answers_of(predictions)
    return [c.name for c in predictions.source.columns if c.name not in own and c.kind != "other"]


def _auc(cells: pa.ChunkedArray, kind: str, positive: NDArray[np.int64], learns: BoolArray) -> float:
    """Compute the ROC AUC of a column alone, whichever way it points."""
    if pa.types.is_null(cells.type):
        return 0.5
    if kind not in ("number", "time"):
        return _auc_by_value(rows_together(cells), positive, learns)
    values = _ordered(cells, kind)
    if runs_on(values):
        return 0.5
    different, code = np.unique(values, return_inverse=True)
    n = np.bincount(code, minlength=different.size)
    pos = np.bincount(code, positive, different.size)
    by_order = _area(pos, n - pos)
    by_order = max(by_order, 1 - by_order)
    return by_order if different.size >= _CODES else max(by_order, _auc_by_value(code, positive, learns))


def _auc_by_value(code: NDArray[np.int64], positive: NDArray[np.int64], learns: BoolArray) -> float:
    """Score each value by its share of positives in one half and compute the AUC of these scores in the other."""
    size = int(code.max()) + 1
    n, pos = np.bincount(code[learns], minlength=size), np.bincount(code[learns], positive[learns], size)
    rate = (pos + positive[learns].mean()) / (
        n + 1
    )  # one more row of the average kind: an unknown value is average
    judged, is_positive = code[~learns], positive[~learns]
    different, place = np.unique(rate[judged], return_inverse=True)
    all_n, all_pos = np.bincount(place), np.bincount(place, is_positive, different.size)
    return _area(all_pos, all_n - all_pos)


def _area(pos: NDArray[Any], neg: NDArray[Any]) -> float:
    """Compute the ROC AUC from counts at ascending values; ties count half."""
    above = pos[::-1].cumsum()[::-1] - pos / 2
    return float((neg * above).sum() / (pos.sum() * neg.sum()))


def _guessed(cells: pa.ChunkedArray, kind: str, truth: NDArray[np.int64], learns: BoolArray) -> float:
    """Guess the class by the column alone, learnt in one half; return the share that is right in the other."""
    if pa.types.is_null(cells.type):
        return 0.0
    if kind not in ("number", "time"):
        return _guessed_by_value(rows_together(cells), truth, learns)
    values = _ordered(cells, kind)
    if runs_on(values):
        return 0.0
    different, code = np.unique(values, return_inverse=True)
    if different.size < _CODES:
        return _guessed_by_value(code, truth, learns)
    order = np.argsort(values[learns], kind="stable")
    below = np.searchsorted(values[learns][order], values[~learns], side="right") - 1
    return float(
        (truth[learns][order][below.clip(0)] == truth[~learns]).mean()
    )  # the class of the next value below


def _guessed_by_value(code: NDArray[np.int64], truth: NDArray[np.int64], learns: BoolArray) -> float:
    """Guess the most frequent class of each value; a value that was not seen is never right."""
    k = int(truth.max()) + 1
    pairs, times = np.unique(code[learns] * k + truth[learns], return_counts=True)
    guess = np.full(int(code.max()) + 1, -1, dtype=np.int64)
    by_frequency = np.argsort(times, kind="stable")  # the most frequent class of a value is written last
    guess[pairs[by_frequency] // k] = pairs[by_frequency] % k
    return float((guess[code[~learns]] == truth[~learns]).mean())


def _ordered(cells: pa.ChunkedArray, kind: str) -> FloatArray:
    """Return numbers or times as numbers in their order, an empty cell as the least."""
    if kind == "time":
        if not pa.types.is_timestamp(cells.type):
            cells = pc.cast(cells, pa.timestamp("ms"))
        cells = pc.cast(cells, pa.int64())
    values = numbers(cells)
    values[np.isnan(values)] = -np.inf
    return values
